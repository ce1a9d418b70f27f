package bulk

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Report is what is reported of people.
type Report string

// The reports.
const (
	ReportList     Report = "list"     // those of a list, with its filters
	ReportAccess   Report = "access"   // who has which access
	ReportActivity Report = "activity" // who did what in a stretch of time
)

// Row is a person of a report.
type Row struct {
	Account  core.Account
	Step     core.SecondStep
	Opens    []string            // names of the applications they may open
	Activity core.PersonActivity // of ReportActivity
}

// Asked is a report as it is asked for.
type Asked struct {
	Report      Report
	Filter      core.PersonFilter // of ReportList
	From, Until time.Time         // of ReportActivity
}

// Reporting is what reports read beside people.
type Reporting interface {
	// PeopleActivity counts what people did in a stretch of time.
	PeopleActivity(ctx context.Context, organizationID core.ID, ids []core.ID, from, until time.Time) (map[core.ID]core.PersonActivity, error)
	// Applications returns an organization's applications.
	Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error)
}

// Export hands over everybody of a report by name, so many at a time. That it was
// taken is recorded before; it needs a fresh confirmation (SU2).
func (s *Service) Export(ctx context.Context, v core.SessionView, o core.Origin, a Asked, each func([]Row) error) error {
	if err := administers(v); err != nil {
		return err
	}
	now := s.Clock()
	if !v.Session.Confirmed(now) {
		return core.NewError(core.Unauthenticated, "confirm.needed")
	}
	f := core.PersonFilter{}
	if a.Report == ReportList {
		f = a.Filter
	}
	org := v.Account.User.OrganizationID
	f.OrganizationID, f.Now, f.Required, f.After, f.Sort = org, now, v.Organization.Policy.Requires(now), "", core.SortName
	f.Limit = core.BulkGatherStep
	applications, err := s.Reporting.Applications(ctx, org)
	if err != nil {
		return err
	}
	e := s.event(v, o, core.EventPeopleExported)
	e.Target = string(a.Report)
	if err := s.Store.Note(ctx, core.Record{Warrant: v.Warrant(core.Administrator, ""), Events: []core.Event{e}}); err != nil {
		return err
	}
	for {
		people, err := s.People.MatchPeople(ctx, f)
		if err != nil || len(people) == 0 {
			return err
		}
		rows, err := s.rows(ctx, v, a, people, applications, now)
		if err != nil {
			return err
		}
		if err := each(rows); err != nil {
			return err
		}
		f.After = people[len(people)-1].User.ID
	}
}

func (s *Service) rows(ctx context.Context, v core.SessionView, a Asked, people []core.Account, applications []core.Application, now time.Time) ([]Row, error) {
	var did map[core.ID]core.PersonActivity
	if a.Report == ReportActivity {
		ids := make([]core.ID, len(people))
		for i, p := range people {
			ids[i] = p.User.ID
		}
		var err error
		if did, err = s.Reporting.PeopleActivity(ctx, v.Account.User.OrganizationID, ids, a.From, a.Until); err != nil {
			return nil, err
		}
	}
	rows := make([]Row, len(people))
	for i, p := range people {
		rows[i] = Row{Account: p, Step: p.SecondStep(v.Organization.Policy, now), Activity: did[p.User.ID]}
		if !p.User.MaySignIn() {
			continue
		}
		for _, app := range applications {
			if app.MayOpen(p.Groups) {
				rows[i].Opens = append(rows[i].Opens, app.Name)
			}
		}
	}
	return rows, nil
}
