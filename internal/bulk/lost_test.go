package bulk_test

import (
	"context"
	"testing"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
)

// putOut does what it is asked to, and after some people something becomes of whoever
// asks.
type putOut struct {
	bulk.Deeds
	after int
	then  func(ctx context.Context)
}

// SignOut implements bulk.Deeds.
func (p *putOut) SignOut(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, forget bool) error {
	if p.after--; p.after == 0 {
		p.then(ctx)
	}
	return p.Deeds.SignOut(ctx, v, o, id, forget)
}

// TestPutOutOfOffice: a job whose asker is put out of office in the middle of a
// batch, or says that it wasn't them, stops there; nobody after that moment is done,
// and nobody is told to have been skipped.
func TestPutOutOfOffice(t *testing.T) {
	for name, what := range map[string]func(ctx context.Context, d *desk) error{
		"deactivated": func(ctx context.Context, d *desk) error {
			return d.store.SetStatus(ctx, core.StatusChange{OrganizationID: d.org.ID, UserID: d.boss.ID, From: core.Active, To: core.Inactive, At: d.clock()})
		},
		"alarmed": func(ctx context.Context, d *desk) error {
			return d.store.RaiseAlarm(ctx, core.Alarm{OrganizationID: d.org.ID, UserID: d.boss.ID, Since: d.clock(), At: d.clock()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			d.person(d.org, "abe", core.Administrator)
			d.crowd(10)
			id := d.ask(core.BulkSignOut)
			d.start(id)
			d.Deeds = &putOut{d.Deeds, 4, func(ctx context.Context) { d.must(what(ctx, d)) }}
			d.work(d.worker())
			j, err := d.store.BulkByID(t.Context(), d.org.ID, id)
			d.must(err)
			if c := j.Counts; j.State != core.BulkStopped || c.Done != 3 || c.Failed != 0 || c.Waiting != 8 {
				t.Errorf("%s with %+v, want it stopped after 3", j.State, c)
			}
			done := 0
			for _, e := range d.events(core.EventSessionEnded) {
				if e.Result == "ok" {
					done++
				}
			}
			if done != 3 {
				t.Errorf("%d were signed out, want 3", done)
			}
		})
	}
}
