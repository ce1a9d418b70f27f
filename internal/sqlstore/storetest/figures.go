package storetest

import (
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func figureTests() map[string]test {
	return map[string]test{
		"one of many counts":           oneTally,
		"people by their second step":  peopleFigures,
		"what happened in a day":       eventFigures,
		"stored over those of the day": storedFigures,
	}
}

func oneTally(w *world) {
	now := w.clock()
	claim := func(at time.Time) int {
		return w.together(callers, func(s *sqlstore.Store, _ int) error {
			mine, err := s.ClaimTally(w.ctx, at, at.Add(time.Hour))
			if err == nil && !mine {
				return core.ErrUsed
			}
			return err
		}, core.ErrUsed)
	}
	w.count("first counts", claim(now), 1)
	w.count("counts before the hour is over", claim(now.Add(time.Hour-time.Second)), 0)
	w.count("counts after it", claim(now.Add(time.Hour)), 1)
	w.organization("New")
	w.count("counts for a new organization, at once", claim(now.Add(time.Hour+time.Second)), 1)
}

func peopleFigures(w *world) {
	o := w.organization("Northwind")
	off, app, gone := w.person(o, "off"), w.person(o, "app"), w.person(o, "gone")
	w.enrol(app, 2)
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE person SET status = 'inactive' WHERE id = '"+string(gone.ID)+"'")
	w.must(err)
	count := func(o core.Organization) map[core.FigureName]int {
		got, err := w.store.PeopleFigures(w.ctx, o, w.clock())
		w.must(err)
		sum := map[core.FigureName]int{}
		for name, n := range got {
			if n > 0 {
				sum[name] = n
			}
		}
		return sum
	}
	if diff := cmp.Diff(map[core.FigureName]int{"people.app": 1, "people.off": 1}, count(o)); diff != "" {
		w.t.Errorf("while nothing is required (want -, got +):\n%s", diff)
	}
	o.Policy.RequireTwoFactor, o.Policy.RequireFrom = true, w.clock()
	step := w.account(off).SecondStep(o.Policy, w.clock())
	if diff := cmp.Diff(map[core.FigureName]int{"people.app": 1, core.PeopleFigure(step): 1}, count(o)); diff != "" {
		w.t.Errorf("once it is (want -, got +):\n%s", diff)
	}
}

// happened stores an event at a moment.
func (w *world) happened(u core.User, kind string, at time.Time, pairs ...string) {
	w.t.Helper()
	e := w.event(u, kind)
	e.At, e.Detail = at, map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		e.Detail[pairs[i]] = pairs[i+1]
	}
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{e}}))
}

func eventFigures(w *world) {
	u := w.person(w.organization("Northwind"), "ana")
	from := w.clock()
	until := from.Add(24 * time.Hour)
	for _, at := range []time.Time{from.Add(-time.Microsecond), from, until.Add(-time.Microsecond), until} {
		w.happened(u, core.EventSignInCompleted, at, "method", "app")
	}
	w.happened(u, core.EventSignInCompleted, from, "method", "email", core.DetailNewBrowser, "yes")
	w.happened(u, core.EventSignInCompleted, from, "method", "recovery")
	w.happened(u, core.EventSignInCompleted, from, "method", "password")
	w.happened(u, core.EventSignInCompleted, from, "method", "password", core.DetailDevice, "remembered")
	w.happened(u, core.EventConfirmed, from, "method", "app")
	w.happened(u, core.EventCodeWrong, from)
	var messages []core.Message
	for _, d := range []core.Delivery{core.DeliverySent, core.DeliverySent, core.DeliveryRefused, core.DeliveryQueued} {
		m := w.message(u, core.MailNewBrowser, "")
		m.Delivery = d
		messages = append(messages, m)
	}
	w.must(w.store.Note(w.ctx, core.Record{Messages: messages}))
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE outbox SET tried_at = CAST($1 AS BIGINT)", from.UnixMicro())
	w.must(err)
	got, err := w.store.EventFigures(w.ctx, u.OrganizationID, from, until)
	w.must(err)
	want := map[core.FigureName]int{
		core.FigureSignInApp: 2, core.FigureSignInEmail: 1, core.FigureSignInRecovery: 1, core.FigureSignInPassword: 1, core.FigureSignInDevice: 1,
		core.FigureCodesWrong: 1, core.FigureMailSent: 2, core.FigureMailRefused: 1,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("want -, got +:\n%s", diff)
	}
}

func storedFigures(w *world) {
	o := w.organization("Northwind")
	_, found, err := w.store.LastTally(w.ctx, o.ID)
	w.must(err)
	if found {
		w.t.Error("figures before any were stored")
	}
	figure := func(day core.Day, n int) core.Figure {
		return core.Figure{OrganizationID: o.ID, Day: day, Name: core.FigureMailSent, N: n}
	}
	w.must(w.store.SaveFigures(w.ctx, []core.Figure{figure(10, 1), figure(11, 2), figure(12, 3)}))
	w.must(w.store.SaveFigures(w.ctx, []core.Figure{figure(12, 7), figure(13, 4)}))
	got, err := w.store.Figures(w.ctx, o.ID, 11, 12)
	w.must(err)
	if diff := cmp.Diff([]core.Figure{figure(11, 2), figure(12, 7)}, got); diff != "" {
		w.t.Errorf("want -, got +:\n%s", diff)
	}
	day, found, err := w.store.LastTally(w.ctx, o.ID)
	w.must(err)
	if !found || day != 13 {
		w.t.Errorf("the newest day is %d, %v", day, found)
	}
}

// figureCalls count in the organization that the person is not in.
func (v *victim) figureCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	w.must(s.SaveFigures(w.ctx, []core.Figure{{OrganizationID: v.application.OrganizationID, Day: 10, Name: core.FigureMailSent, N: 5}}))
	nothing := func(counted map[core.FigureName]int, err error) error {
		for name, n := range counted {
			w.count(string(name), n, 0)
		}
		if err == nil {
			err = core.ErrNotFound
		}
		return err
	}
	return map[string]func() error{
		"PeopleFigures": func() error {
			return nothing(s.PeopleFigures(w.ctx, core.Organization{ID: org, Policy: core.DefaultPolicy()}, w.clock()))
		},
		"EventFigures": func() error {
			return nothing(s.EventFigures(w.ctx, org, time.Time{}, w.clock().Add(time.Hour)))
		},
		"Figures": func() error { return empty(s.Figures(w.ctx, org, 0, 100)) },
		"LastTally": func() error {
			if _, found, err := s.LastTally(w.ctx, org); found || err != nil {
				return err
			}
			return core.ErrNotFound
		},
	}
}
