package bulk_test

import (
	"context"
	"testing"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
)

// putOut does what it is asked to, and puts whoever asks out of office after some
// people.
type putOut struct {
	bulk.Deeds
	d     *desk
	after int
}

// SignOut implements bulk.Deeds.
func (p *putOut) SignOut(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, forget bool) error {
	if p.after--; p.after == 0 {
		p.d.must(p.d.store.SetStatus(ctx, core.StatusChange{
			OrganizationID: p.d.org.ID, UserID: p.d.boss.ID, From: core.Active, To: core.Inactive, At: p.d.clock(),
		}))
	}
	return p.Deeds.SignOut(ctx, v, o, id, forget)
}

// TestPutOutOfOffice: a job whose asker is put out of office in the middle of a
// batch stops there; nobody after that moment is done, and nobody is told to have
// been skipped.
func TestPutOutOfOffice(t *testing.T) {
	d := newDesk(t)
	d.person(d.org, "abe", core.Administrator)
	d.crowd(10)
	id := d.ask(core.BulkSignOut)
	d.start(id)
	d.Deeds = &putOut{Deeds: d.Deeds, d: d, after: 4}
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
}
