package loadschedule

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// AskTime is how long a query may take while somebody waits for its rows: no longer
// than a page may be on its way (IN1).
const AskTime = 25 * time.Second

// How many people may wait for rows at once in a process, and how many of one
// organization: each holds a connection to the database behind.
const (
	asking     = 6
	askingEach = 2
)

// askers counts those who wait for rows.
type askers struct {
	mu  sync.Mutex
	all int
	of  map[core.ID]int // by organization
}

// enter takes a place, where there is one; whoever has it leaves it.
func (a *askers) enter(organizationID core.ID) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.all == asking || a.of[organizationID] == askingEach {
		return false
	}
	a.all++
	a.of[organizationID]++
	return true
}

func (a *askers) leave(organizationID core.ID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all--
	if a.of[organizationID]--; a.of[organizationID] == 0 {
		delete(a.of, organizationID)
	}
}

var (
	errAskSlow = core.NewError(core.Unavailable, "source.ask_slow")
	errAskBusy = core.NewError(core.Conflict, "source.ask_busy")
	errStopped = core.NewError(core.Conflict, "schedule.is_stopped")
)

// Databases returns the names of the databases that the caller may ask.
func (s *Service) Databases(ctx context.Context, c loader.Caller) ([]string, error) {
	if !c.View.Account.User.CanAdminister() {
		return nil, core.ErrNotFound
	}
	places, err := s.offered(ctx, c.View.Organization)
	var names []string
	for _, p := range places {
		if p.Query {
			names = append(names, p.Name)
		}
	}
	return names, err
}

// Ask takes the rows of a query in, as if they were a file that was put up: what they
// are is said next, and nothing is loaded yet. It needs "Confirm it's you", as a
// schedule does: the database may hold more than this organization's people. Errors
// are at the fields place, query and package.
func (s *Service) Ask(ctx context.Context, c loader.Caller, from core.LoadSource, target core.LoadTarget, kept core.ID) (core.LoadFile, error) {
	if err := s.may(c); err != nil {
		return core.LoadFile{}, err
	}
	from.Kind = core.LoadFromQuery
	if err := from.Check(); err != nil {
		return core.LoadFile{}, err
	}
	if _, err := s.place(ctx, c.View.Organization, from.In()); errors.Is(err, errPlace) {
		return core.LoadFile{}, core.InField("place", errPlace)
	} else if err != nil {
		return core.LoadFile{}, err
	}
	org := c.View.Organization.ID
	if !s.askers.enter(org) {
		return core.LoadFile{}, errAskBusy
	}
	defer s.askers.leave(org)
	within, end := context.WithTimeout(ctx, s.AskTime)
	defer end()
	var f core.LoadFile
	put := loadfile.Put{Name: from.Place + ".csv", Target: target, Package: kept, Reading: asText(), Database: from.Place}
	err := s.rows(within, from, func(in io.Reader) (err error) {
		f, err = s.Files.Upload(within, c, put, in)
		return err
	})
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = errAskSlow.With("wait", s.AskTime).Because(err)
	}
	if err != nil {
		if noted := s.noteAsked(context.WithoutCancel(ctx), c, from, err); noted != nil {
			return f, errors.Join(err, noted)
		}
	}
	return f, err
}

// noteAsked writes down a query from which no file came: what the database says of it
// can hold what it read.
func (s *Service) noteAsked(ctx context.Context, c loader.Caller, from core.LoadSource, why error) error {
	now, by := s.Clock(), c.View.Account.User
	e := core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, At: now, Kind: core.EventLoadFile, Result: "failed",
		Actor: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, Target: from.Place + ".csv", Origin: c.Origin, Detail: map[string]string{"database": from.Place},
	}
	if err := blame(&e, faultOf(why)); err != nil {
		return err
	}
	return s.Needs.Note(ctx, core.Record{Events: []core.Event{e}})
}

// asText is how the rows of a query are read, which become a text on their way.
func asText() loadfile.Reading {
	return loadfile.Reading{Encoding: "UTF-8", Delimiter: ",", HeaderRow: 1}
}

// rows has somebody read the rows of a query while they come.
func (s *Service) rows(ctx context.Context, from core.LoadSource, read func(in io.Reader) error) error {
	rows, err := s.Sources.Open(ctx, from.Place, from.Query)
	if err != nil {
		return err
	}
	in, out := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := write(out, rows)
		_ = out.CloseWithError(errors.Join(err, rows.Close())) // it never fails; without an error it is the end
	}()
	err = read(in)
	_ = in.Close() // it never fails, and ends the writing where nobody reads on
	<-done
	return err
}

// RunNow makes it a schedule's turn at once. It must be the caller's own, as it loads as
// its key's person; and one that is stopped is resumed, not run.
func (s *Service) RunNow(ctx context.Context, c loader.Caller, id core.ID) error {
	is, err := s.mine(ctx, c, id)
	if err != nil {
		return err
	}
	if is.Stopped {
		return errStopped
	}
	if err := s.check(ctx, c, &is); err != nil {
		return err
	}
	is.NextAt = s.Clock()
	return told(s.Store.ChangeLoadSchedule(ctx, is, s.record(c, is, core.EventScheduleRun)))
}
