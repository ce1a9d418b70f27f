package signin_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
)

// browser keeps the cookies that the service gives out, as a browser would.
type browser struct {
	d       *desk
	visitor signin.Visitor
	session string
}

func (d *desk) browser() *browser {
	return &browser{d: d, visitor: signin.Visitor{Origin: core.Origin{
		Address: "192.0.2.7", Network: "192.0.2.0/24", Device: "Firefox on Linux",
	}}}
}

// again is a second tab, or a thief with all the cookies.
func (b *browser) again() *browser { c := *b; return &c }

// keep takes the cookies of an answer.
func (b *browser) keep(r signin.Result) {
	i, v := r.Issued, &b.visitor
	for _, c := range []struct{ to, value *string }{
		{&v.PendingToken, &i.Pending}, {&v.BrowserToken, &i.Browser}, {&v.DeviceToken, &i.Device}, {&b.session, &i.Session},
	} {
		if *c.value != "" {
			*c.to = *c.value
		}
	}
	if i.EndPending {
		v.PendingToken = ""
	}
	if i.EndDevice {
		v.DeviceToken = ""
	}
}

// password types the right password.
func (b *browser) password(h *human) (signin.Result, error) {
	b.d.t.Helper()
	r, err := b.SubmitPassword(h.Login(), right)
	return r, err
}

// SubmitPassword types a login and a password.
func (b *browser) SubmitPassword(login, password string) (signin.Result, error) {
	r, err := b.d.SubmitPassword(b.d.t.Context(), b.visitor, login, password)
	b.keep(r)
	return r, err
}

// to types the right password and insists on the step that follows.
func (b *browser) to(h *human, want core.StepKind) signin.Result {
	b.d.t.Helper()
	r, err := b.password(h)
	if err != nil || r.Step.StepKind != want {
		b.d.t.Fatalf("after the password: step %q, %v, want %q", r.Step.StepKind, err, want)
	}
	return r
}

// choose picks a method, which must work.
func (b *browser) choose(kind core.FactorKind) signin.State {
	b.d.t.Helper()
	st, err := b.d.Choose(b.d.t.Context(), b.visitor, kind, false)
	b.d.must(err)
	return st
}

// submit types a code.
func (b *browser) submit(kind core.FactorKind, typed string) (signin.Result, error) {
	b.d.t.Helper()
	return b.submitRemember(kind, typed, false)
}

func (b *browser) submitRemember(kind core.FactorKind, typed string, remember bool) (signin.Result, error) {
	r, err := b.d.SubmitCode(b.d.t.Context(), b.visitor, kind, typed, remember)
	b.keep(r)
	return r, err
}

// finish types a code that must be right.
func (b *browser) finish(kind core.FactorKind, typed string) signin.Result {
	b.d.t.Helper()
	r, err := b.submit(kind, typed)
	if err != nil || r.Step.StepKind != core.StepDone {
		b.d.t.Fatalf("%s code: step %q, %v, want done", kind, r.Step.StepKind, err)
	}
	return r
}

// byEmail signs in with an emailed code.
func (b *browser) byEmail(h *human) signin.Result {
	b.d.t.Helper()
	b.to(h, core.StepChoose)
	return b.finish(core.KindEmail, b.d.mailed(b.choose(core.KindEmail).Challenge))
}

// byApp signs in with a code of the app, remembering the device if asked.
func (b *browser) byApp(h *human, remember bool) signin.Result {
	b.d.t.Helper()
	b.to(h, core.StepChoose)
	b.choose(core.KindApp)
	r, err := b.submitRemember(core.KindApp, b.d.code(h), remember)
	b.d.must(err)
	b.d.pass(otpPeriod) // the next code of the app is another one
	return r
}

// view is the session as the store has it.
func (b *browser) view() core.SessionView {
	b.d.t.Helper()
	v, err := b.d.store.SessionByToken(b.d.t.Context(), secret.Digest(b.session))
	b.d.must(err)
	return v
}

// signedIn puts the session beside the other cookies, as web does.
func (b *browser) signedIn() *browser {
	b.visitor.Session = b.view()
	return b
}

// show is where the attempt stands.
func (b *browser) show() signin.State {
	b.d.t.Helper()
	st, err := b.d.Show(b.d.t.Context(), b.visitor)
	b.d.must(err)
	return st
}

// wants fails unless err is wrong with a field, or is itself of this code.
func wants(t *testing.T, err error, name, code string) {
	t.Helper()
	if got := field(err, name); got != code {
		t.Errorf("error %v, want %q at %s", err, code, name)
	}
}
