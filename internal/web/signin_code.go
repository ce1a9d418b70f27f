package web

import (
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/signin"
)

// VerifyCodePage asks for the code of one method (ux 2.3 to 2.5): one page for
// all, since each is a field and the ways out of it.
type VerifyCodePage struct {
	Frame
	Attempting
	Kind      core.FactorKind
	Issuer    string        // app: the name to look for in it
	SentTo    string        // email: where it went, masked; not always to whom it is (SU5)
	Reference string        // email: the four letters
	Life      time.Duration // email: how long the code still works
	Delivery  core.Delivery // email: how far the message got
	SendWait  time.Duration // email: until another may be asked for
	CanSend   bool          // email: another may be asked for at all
	Text      string        // further kinds: text id of what to do
}

// codeShow is GET /signin/verify/{kind}. It sends nothing, however often it is
// loaded.
func (s *Site) codeShow(w http.ResponseWriter, r *http.Request) error {
	kind, err := s.codeKind(r)
	if err != nil {
		return err
	}
	st, err := s.deps.SignIn.Show(r.Context(), s.visitor(r))
	if err != nil {
		return err
	}
	if done, err := s.notOpen(w, r, st); done {
		return err
	}
	if !typable(st, kind) {
		return see(w, r, "/signin/verify")
	}
	return s.Render(w, r, http.StatusOK, s.codePage(st, kind))
}

// codeKind reads the method from the address. What is no kind of this build is
// not found.
func (s *Site) codeKind(r *http.Request) (core.FactorKind, error) {
	kind := core.FactorKind(r.PathValue("kind"))
	if !slices.Contains(s.deps.Kinds, kind) {
		return "", core.ErrNotFound
	}
	return kind, nil
}

// typable reports whether a code of this kind can be typed: the method works,
// and where it mails, something was sent.
func typable(st signin.State, kind core.FactorKind) bool {
	m := st.Step.Method(kind)
	if kind == core.KindEmail {
		return st.Challenge.ID != "" && (m.Ready() || m.State == core.MethodMailDown)
	}
	return m.Ready()
}

func (s *Site) codePage(st signin.State, kind core.FactorKind) *VerifyCodePage {
	now := s.deps.Clock()
	page := &VerifyCodePage{Attempting: attempting(st, now), Kind: kind}
	switch kind {
	case core.KindEmail:
		page.Frame = attemptFrame("signin.email.title", st)
		c := st.Challenge
		page.SentTo = core.MaskedEmail(c.Address)
		page.Reference, page.Delivery = c.Reference, c.Delivery
		page.Life = max(0, c.IssuedAt.Add(core.CodeLife).Sub(now))
		page.SendWait = c.SendWait(now)
		page.CanSend = c.Sends < core.SendsPerAttempt && st.Step.Method(kind).Ready()
	case core.KindApp:
		page.Frame = attemptFrame("signin.app.title", st)
		page.Issuer = st.Organization.Issuer()
	case core.KindRecovery:
		page.Frame = attemptFrame("signin.recovery.title", st)
		page.RememberDays = 0 // a recovery code remembers no device (RC rules)
	default:
		page.Frame = attemptFrame("signin.method."+string(kind)+".title", st)
		page.Text = "signin.method." + string(kind) + ".text"
	}
	return page
}

// codeSubmit is POST /signin/verify/{kind}.
func (s *Site) codeSubmit(w http.ResponseWriter, r *http.Request) error {
	kind, err := s.codeKind(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, "code", "remember")
	var res signin.Result
	if err == nil {
		res, err = s.deps.SignIn.SubmitCode(r.Context(), s.visitor(r), kind, form.Value("code"), form.Ticked("remember"))
	} else if httpx.FormExpired(err) || core.CodeOf(err) == "form.invalid" {
		res.State, _ = s.deps.SignIn.Show(r.Context(), s.visitor(r)) // what is told is the form's error
	}
	if err == nil {
		return s.advance(w, r, res)
	}
	return s.codeFailed(w, r, res.State, kind, form, err)
}

// codeFailed shows the page again with what is wrong beside the field.
func (s *Site) codeFailed(w http.ResponseWriter, r *http.Request, st signin.State, kind core.FactorKind, form Form, err error) error {
	if why := over(err); why != "" {
		return s.startOver(w, r, why)
	}
	failed, here := form.Failed(err, "code")
	if !here {
		return err
	}
	if done, gone := s.notOpen(w, r, st); done {
		return gone
	}
	page := s.codePage(st, kind)
	if e := failed.Error("code"); e != nil {
		failed = failed.Wrong("code", s.withClock(ofKind(e, kind), &page.Frame))
	}
	page.Form = failed.Without("code")
	return s.Render(w, r, statusOf(w, err), page)
}

// ofKind gives an error of a code the sentence of its method: where to look for
// the right one differs.
func ofKind(e *core.Error, kind core.FactorKind) *core.Error {
	c := *e
	switch {
	case e.Code == "code.empty", e.Code == "code.wrong", e.Code == "code.used" && kind == core.KindEmail:
		c.Code += "." + string(kind)
	case kind == core.KindRecovery && (e.Code == "code.short" || e.Code == "code.long" || e.Code == "code.letters"):
		c.Code += ".recovery"
	case e.Code == "code.used" && kind == core.KindRecovery:
		c.Code = "code.wrong.recovery"
	}
	return &c
}

// withClock also shows our clock from the second miss of an app on: a phone
// whose clock is off makes only wrong codes (ux 2.4).
func (s *Site) withClock(e *core.Error, f *Frame) *core.Error {
	misses, _ := e.Params["misses"].(int)
	if e.Code != "code.wrong.app" || misses < 2 {
		return e
	}
	c := e.With("clock", s.deps.Words.Printer(f.Language).Clock(s.deps.Clock(), f.Zone))
	c.Code = "code.wrong.app.clock"
	return c
}

// codeSend is POST /signin/verify/email/send.
func (s *Site) codeSend(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	var st signin.State
	if err == nil {
		st, err = s.deps.SignIn.SendAgain(r.Context(), s.visitor(r))
	}
	if err == nil {
		return see(w, r, "/signin/verify/email?done=code-sent")
	}
	var e *core.Error
	if errors.As(err, &e) && e.Kind == core.Invalid && over(err) == "" && !typable(st, core.KindEmail) {
		return s.chooseFailed(w, r, st, form, err)
	}
	return s.codeFailed(w, r, st, core.KindEmail, form, err)
}

// cancel is POST /signin/cancel: "Not you? Start again".
func (s *Site) cancel(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	if err := s.deps.SignIn.Cancel(r.Context(), s.visitor(r)); err != nil {
		return err
	}
	s.edge.ClearCookie(w, httpx.CookiePending)
	if visitOf(r).signedIn {
		return see(w, r, "/home")
	}
	s.keepLogin(w, "", false)
	return see(w, r, "/signin")
}
