package signin_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/signin"
)

// failing is the real store on a day when one statement fails.
type failing struct {
	signin.Store
	at string
}

var errDisk = errors.New("disk full")

func (f *failing) CompleteSignIn(ctx context.Context, c core.Completion) error {
	if f.at == "complete" {
		return errDisk
	}
	return f.Store.CompleteSignIn(ctx, c)
}

func (f *failing) SendCode(ctx context.Context, c core.CodeSend) error {
	if f.at == "send" {
		return errDisk
	}
	return f.Store.SendCode(ctx, c)
}

func (f *failing) MailWorks(ctx context.Context, since time.Time) (bool, error) {
	if f.at == "mail" {
		return false, errDisk
	}
	return f.Store.MailWorks(ctx, since)
}

// TestStoreFails: a store that fails never signs in, and the same code works
// once it is well again (RL10).
func TestStoreFails(t *testing.T) {
	for _, at := range []string{"complete", "mail"} {
		t.Run(at, func(t *testing.T) {
			d := newDesk(t)
			h := d.withApp("ana", core.CredentialActive)
			b := d.browser()
			b.to(h, core.StepChoose)
			well, deps := d.Service, d.deps()
			deps.Store = &failing{Store: d.store, at: at}
			d.Service = signin.New(deps)
			if _, err := b.submit(core.KindApp, d.code(h)); !errors.Is(err, errDisk) || b.session != "" {
				t.Errorf("%v with session %q, want the cause and none", err, b.session)
			}
			if g := d.account(h).Guards[core.KindApp]; g.Failures != 0 {
				t.Errorf("%d wrong codes counted for a right one, want none", g.Failures)
			}
			d.Service = well
			b.finish(core.KindApp, d.code(h))
		})
	}
}

// TestSendFails: a failed send leaves the attempt where it was.
func TestSendFails(t *testing.T) {
	d := newDesk(t, required)
	h := d.person("ana")
	b := d.browser()
	b.to(h, core.StepChoose)
	deps := d.deps()
	deps.Store = &failing{Store: d.store, at: "send"}
	d.Service = signin.New(deps)
	if _, err := d.Choose(t.Context(), b.visitor, core.KindEmail, false); !errors.Is(err, errDisk) {
		t.Errorf("%v, want the cause", err)
	}
	if st := b.show(); st.Step.StepKind != core.StepChoose || st.Challenge.ID != "" {
		t.Errorf("stands at %q with code %q, want choose and none", st.Step.StepKind, st.Challenge.ID)
	}
}

// TestOneCodeOneSession: fifty tabs send the same right code at once; one opens
// a session, for each kind of code (law 5).
func TestOneCodeOneSession(t *testing.T) {
	for _, kind := range []core.FactorKind{core.KindEmail, core.KindApp, core.KindRecovery} {
		t.Run(string(kind), func(t *testing.T) {
			d := newDesk(t)
			h := d.withApp("ana", core.CredentialActive)
			b := d.browser()
			b.to(h, core.StepChoose)
			typed := h.codes[0]
			switch kind {
			case core.KindEmail:
				typed = d.mailed(b.choose(kind).Challenge)
			case core.KindApp:
				typed = d.code(h)
			}
			var in atomic.Int64
			var tabs sync.WaitGroup
			for range 50 {
				tabs.Go(func() {
					if r, err := d.SubmitCode(t.Context(), b.visitor, kind, typed, false); err == nil && r.Issued.Session != "" {
						in.Add(1)
					} else if core.KindOf(err) == core.Internal {
						t.Errorf("SubmitCode: %v", err)
					}
				})
			}
			tabs.Wait()
			if n := in.Load(); n != 1 {
				t.Errorf("%d sessions, want 1", n)
			}
			if g := d.account(h).Guards[kind]; g.Failures != 0 {
				t.Errorf("%d failures counted for a right code, want none", g.Failures)
			}
		})
	}
}
