package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/signin"
)

// Attempting is the part that all pages of a half-done sign-in share.
type Attempting struct {
	Masked       string // whose sign-in it is, recognisable to the owner only (EN3)
	Confirming   bool   // "Confirm it's you" of a session, not a sign-in
	RememberDays int    // 0 hides "Remember this device"
	Contact      string // whom to ask; may be empty
	// Held is the address before a change, masked, where codes go for a while;
	// empty: they go to the address of now (SU5).
	Held      string
	HeldUntil time.Time
}

// VerifyChoosePage asks how to verify it's you (ux 2.2). It always names both
// methods.
type VerifyChoosePage struct {
	Frame
	Attempting
	Methods  []MethodLine
	Recovery bool // "Use a recovery code" leads somewhere
	Held     bool // recovery codes wait since a backup was restored
}

// MethodLine is one radio button.
type MethodLine struct {
	Kind  core.FactorKind
	Name  string // text id
	Note  string // text id
	With  []any  // for Note
	Ready bool
	On    bool // preselected
}

// attempting fills the shared part from an attempt.
func attempting(st signin.State, now time.Time) Attempting {
	a := Attempting{
		Masked:     core.MaskedEmail(st.Account.User.Email),
		Confirming: st.Attempt.Purpose == core.PurposeConfirm,
		Contact:    firstLine(st.Organization.Ask()),
	}
	if u := st.Account.User; u.CodeAddress(now) != u.Email {
		a.Held, a.HeldUntil = core.MaskedEmail(u.PreviousEmail), u.PreviousEmailUntil
	}
	if !a.Confirming {
		a.RememberDays = st.Organization.Policy.RememberDays
	}
	return a
}

// attemptFrame is the frame of a page of a half-done sign-in. The person is
// known by name only after the second step; the organization is.
func attemptFrame(title string, st signin.State) Frame {
	f := Frame{Title: title, Card: true, Organization: st.Organization.Name}
	f.Zone = firstOf(st.Account.User.TimeZone, st.Organization.TimeZone)
	f.Language = languageOf(st.Account.User, st.Organization)
	if st.Attempt.Remember {
		f.Form = f.Form.With("remember", "1")
	}
	return f
}

// verifyShow is GET /signin/verify.
func (s *Site) verifyShow(w http.ResponseWriter, r *http.Request) error {
	st, err := s.deps.SignIn.Show(r.Context(), s.visitor(r))
	if err != nil {
		return err
	}
	if done, err := s.notOpen(w, r, st); done {
		return err
	}
	return s.Render(w, r, http.StatusOK, choosePage(st, s.deps.Clock()))
}

// notOpen answers for a visitor who has no second step to do, and reports
// whether it did.
func (s *Site) notOpen(w http.ResponseWriter, r *http.Request, st signin.State) (bool, error) {
	switch st.Step.StepKind {
	case core.StepChoose, core.StepVerify:
		return false, nil
	case core.StepPaused, core.StepElsewhere:
		return true, s.paused(w, r, st)
	}
	return true, s.startOver(w, r, "timeout")
}

// startOver sends the visitor back to where the attempt began. A person who is
// signed in goes Home, which asks again for what it needs.
func (s *Site) startOver(w http.ResponseWriter, r *http.Request, why string) error {
	switch {
	case visitOf(r).signedIn:
		return see(w, r, "/home")
	case s.edge.Cookie(r, httpx.CookiePending) == "":
		return see(w, r, "/signin")
	}
	return see(w, r, "/signin?why="+why)
}

// verifyChoose is POST /signin/verify.
func (s *Site) verifyChoose(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "method", "remember")
	if err != nil && !httpx.FormExpired(err) {
		return err
	}
	kind := core.FactorKind(form.Value("method"))
	var st signin.State
	switch {
	case err != nil:
		st, _ = s.deps.SignIn.Show(r.Context(), s.visitor(r)) // the expired form is what is told
	case kind == "":
		err = core.InField("method", core.NewError(core.Invalid, "method.empty"))
		if shown, failed := s.deps.SignIn.Show(r.Context(), s.visitor(r)); failed == nil {
			st = shown
		}
	default:
		st, err = s.deps.SignIn.Choose(r.Context(), s.visitor(r), kind, form.Ticked("remember"))
	}
	if err == nil {
		return see(w, r, "/signin/verify/"+string(kind))
	}
	return s.chooseFailed(w, r, st, form, err)
}

// chooseFailed shows the page again with what is wrong beside the choice.
func (s *Site) chooseFailed(w http.ResponseWriter, r *http.Request, st signin.State, form Form, err error) error {
	if why := over(err); why != "" {
		return s.startOver(w, r, why)
	}
	if done, failed := s.notOpen(w, r, st); done {
		return failed
	}
	failed, here := form.Failed(err, "method")
	if !here {
		return err
	}
	page := choosePage(st, s.deps.Clock())
	page.Form = failed
	for i, m := range page.Methods {
		page.Methods[i].On = m.Ready && (string(m.Kind) == form.Value("method") || form.Value("method") == "" && m.On)
	}
	return s.Render(w, r, statusOf(w, err), page)
}

func choosePage(st signin.State, now time.Time) *VerifyChoosePage {
	page := &VerifyChoosePage{Frame: attemptFrame("signin.choose.title", st), Attempting: attempting(st, now)}
	page.Step = true
	for _, m := range st.Step.Methods {
		line := methodLine(m, page.Attempting, now)
		line.On = m.Ready() && m.Kind == st.Step.Selected
		page.Methods = append(page.Methods, line)
	}
	page.Recovery, page.Held = st.Step.Recovery.Ready(), st.Step.Recovery.State == core.MethodHeld
	return page
}

// Usable reports whether any of the methods can be chosen.
func (p *VerifyChoosePage) Usable() bool {
	for _, m := range p.Methods {
		if m.Ready {
			return true
		}
	}
	return false
}

// methodLine says of a method how it works, or why it cannot be used.
func methodLine(m core.Method, a Attempting, now time.Time) MethodLine {
	line := MethodLine{Kind: m.Kind, Ready: m.Ready()}
	switch m.Kind {
	case core.KindApp:
		line.Name, line.Note = "signin.method.app", "signin.method.app.ready"
	case core.KindEmail:
		line.Name, line.Note, line.With = "signin.method.email", "signin.method.email.ready", []any{"Masked", a.Masked}
		if a.Held != "" {
			line.Note, line.With = "signin.method.email.held", []any{"Masked", a.Held}
		}
	default:
		line.Name, line.Note = "signin.method."+string(m.Kind), "signin.method."+string(m.Kind)+".ready"
	}
	switch m.State {
	case core.MethodNotSetUp:
		line.Note = "signin.method.app.not_set_up"
	case core.MethodAfterEmail:
		line.Note = "signin.method.app.after_email"
	case core.MethodMailDown:
		line.Note, line.With = "signin.method.email.down", nil
		if a.Contact != "" {
			line.Note, line.With = "signin.method.email.down_contact", []any{"Contact", a.Contact}
		}
	case core.MethodNoAddress:
		line.Note, line.With = "signin.method.email.no_address", nil
	case core.MethodNotOffered:
		line.Note = "signin.method.app.not_offered"
	case core.MethodAfterReset:
		line.Note, line.With = "signin.method.email.after_reset", nil
	case core.MethodNotAllowed:
		line.Note, line.With = "signin.method.email.not_allowed", nil
	case core.MethodAppAtHand:
		line.Note, line.With = "signin.method.email.app_at_hand", nil
	case core.MethodPaused:
		line.Note, line.With = "signin.method.paused", []any{"Wait", max(0, m.Until.Sub(now))}
	case core.MethodBlocked:
		line.Note, line.With = "signin.method.blocked", nil
	}
	return line
}

// firstLine returns the first line of a text that is to stand in a sentence.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	return strings.TrimSuffix(strings.TrimSpace(line), ".")
}
