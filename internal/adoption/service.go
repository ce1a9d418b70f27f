package adoption

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/rounds"
)

// Days is how many days the picture shows, today being the last.
const Days = 90

// Hour is how often figures are counted.
const Hour = time.Hour

// Store counts, and keeps what was counted.
type Store interface {
	// Organizations returns all, by name.
	Organizations(ctx context.Context) ([]core.Organization, error)
	// ClaimTally gives the next count to one caller: it reports true to the first
	// that asks at or after the time it set the last time, and sets next.
	ClaimTally(ctx context.Context, now, next time.Time) (bool, error)
	// PeopleFigures counts who may sign in by how their second step stands.
	PeopleFigures(ctx context.Context, o core.Organization, now time.Time) (map[core.FigureName]int, error)
	// EventFigures counts what happened from one moment until before another.
	EventFigures(ctx context.Context, organizationID core.ID, from, until time.Time) (map[core.FigureName]int, error)
	// SaveFigures stores figures over those of the same days.
	SaveFigures(ctx context.Context, figures []core.Figure) error
	// LastTally returns the newest day that has figures; false where none has.
	LastTally(ctx context.Context, organizationID core.ID) (core.Day, bool, error)
	// Figures returns those of a stretch of days, both ends included.
	Figures(ctx context.Context, organizationID core.ID, from, until core.Day) ([]core.Figure, error)
}

// Service counts and shows.
type Service struct {
	store Store
	clock core.Clock
}

// New returns a Service.
func New(store Store, clock core.Clock) *Service { return &Service{store: store, clock: clock} }

// Run counts every hour until ctx ends. Several servers share the work: one of
// them counts.
func (s *Service) Run(ctx context.Context, log *slog.Logger) error {
	return rounds.Every(ctx, time.Minute, func(ctx context.Context) {
		if err := s.Tally(ctx); err != nil && ctx.Err() == nil {
			log.Error("counting the figures of adoption failed", "cause", err)
		}
	})
}

// Tally counts once, where an hour has passed since anybody did. People are
// counted as they are now; what happened, for every day since the last count, so
// that days without a server are not empty.
func (s *Service) Tally(ctx context.Context) error {
	now := s.clock()
	mine, err := s.store.ClaimTally(ctx, now, now.Add(Hour))
	if err != nil || !mine {
		return err
	}
	organizations, err := s.store.Organizations(ctx)
	for _, o := range organizations {
		if one := s.count(ctx, o, now); one != nil {
			err = errors.Join(err, one)
		}
	}
	return err
}

// count stores the figures of one organization.
func (s *Service) count(ctx context.Context, o core.Organization, now time.Time) error {
	zone := Zone(o)
	today := core.DayOf(now, zone)
	last, found, err := s.store.LastTally(ctx, o.ID)
	if err != nil {
		return err
	}
	first := today - Days + 1
	if found {
		first = max(first, last)
	}
	var all []core.Figure
	add := func(day core.Day, counted map[core.FigureName]int) {
		for name, n := range counted {
			all = append(all, core.Figure{OrganizationID: o.ID, Day: day, Name: name, N: n})
		}
	}
	for day := first; day <= today; day++ {
		counted, err := s.store.EventFigures(ctx, o.ID, day.Begins(zone), (day + 1).Begins(zone))
		if err != nil {
			return err
		}
		add(day, counted)
	}
	people, err := s.store.PeopleFigures(ctx, o, now)
	if err != nil {
		return err
	}
	add(today, people)
	return s.store.SaveFigures(ctx, all)
}

// Zone is where an organization's days begin.
func Zone(o core.Organization) *time.Location {
	if z, err := time.LoadLocation(o.TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// Picture is the figures of the last days, a value for each; a day without a
// count of people shows those of the day before.
type Picture struct {
	From  core.Day
	Until core.Day // today
	Of    map[core.FigureName][]int
}

// Picture returns that of an administrator's organization.
func (s *Service) Picture(ctx context.Context, v core.SessionView) (Picture, error) {
	o := v.Organization
	today := core.DayOf(s.clock(), Zone(o))
	p := Picture{From: today - Days + 1, Until: today, Of: map[core.FigureName][]int{}}
	figures, err := s.store.Figures(ctx, o.ID, p.From, p.Until)
	if err != nil {
		return p, err
	}
	counted := map[core.Day]bool{} // the days on which people were
	for _, f := range figures {
		if p.Of[f.Name] == nil {
			p.Of[f.Name] = make([]int, Days)
		}
		p.Of[f.Name][f.Day-p.From] = f.N
		counted[f.Day] = counted[f.Day] || isPeople(f.Name)
	}
	for day := p.From + 1; day <= p.Until; day++ {
		if counted[day] {
			continue
		}
		for name, values := range p.Of {
			if isPeople(name) {
				values[day-p.From] = values[day-p.From-1]
			}
		}
	}
	return p, nil
}

// Last returns the newest value of a figure.
func (p Picture) Last(name core.FigureName) int {
	if values := p.Of[name]; len(values) > 0 {
		return values[len(values)-1]
	}
	return 0
}

func isPeople(name core.FigureName) bool {
	return len(name) > len(core.FigurePeople) && name[:len(core.FigurePeople)] == core.FigurePeople
}
