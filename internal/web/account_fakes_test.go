package web_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/passwordclient"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeAccount answers for package account: what it shows is set by the test,
// what it is asked to do is written down, and fail is what the next change
// returns.
type fakeAccount struct {
	security account.Security
	panel    *account.Panel
	pause    passwordclient.Standing
	passes   core.AppPasswords
	programs []core.Application
	wanted   passwordclient.WantedAppPassword
	apps     []core.Application
	ask      account.PasswordAsk
	token    string // what a change that renews the session returns
	own      session.Own
	events   []core.Event
	fail     error
	calls    []string
}

func (f *fakeAccount) did(call string, args ...string) error {
	f.calls = append(f.calls, strings.TrimSpace(call+" "+strings.Join(args, "|")))
	return f.fail
}

func (f *fakeAccount) changed(call string, args ...string) (string, error) {
	if err := f.did(call, args...); err != nil {
		return "", err
	}
	return f.token, nil
}

func (f *fakeAccount) Security(context.Context, core.SessionView) (account.Security, error) {
	return f.security, nil
}

func (f *fakeAccount) Panel(context.Context, core.SessionView) (account.Panel, error) {
	if f.panel == nil {
		return account.Panel{}, core.ErrNotFound
	}
	return *f.panel, nil
}

func (f *fakeAccount) Standing(context.Context, core.SessionView, string) (passwordclient.Standing, error) {
	return f.pause, nil
}

func (f *fakeAccount) StartPause(_ context.Context, _ core.SessionView, length time.Duration, reason string, _ core.Origin) error {
	return f.did("pause", length.String(), reason)
}

func (f *fakeAccount) EndPause(context.Context, core.SessionView, core.Origin) error {
	return f.did("end pause")
}

func (f *fakeAccount) OldPrograms(context.Context, core.SessionView) ([]core.Application, error) {
	if f.programs == nil {
		return nil, core.ErrClientsOff
	}
	return f.programs, nil
}

func (f *fakeAccount) AppPasswords(context.Context, core.SessionView) (core.AppPasswords, error) {
	return f.passes, nil
}

func (f *fakeAccount) MakeAppPassword(_ context.Context, _ core.SessionView, _ core.Origin, w passwordclient.WantedAppPassword) (passwordclient.MadeAppPassword, error) {
	f.wanted = w
	return passwordclient.MadeAppPassword{AppPassword: core.AppPassword{ID: "p1"}, Text: "k7qm-22tz-w9h4-c6ve"}, f.did("app password", w.Name, string(w.Application), w.Life.String())
}

func (f *fakeAccount) DeleteAppPassword(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.did("delete app password", string(id))
}

func (f *fakeAccount) App(_ context.Context, _ core.SessionView, id core.ID) (core.Credential, error) {
	for _, a := range f.security.Apps {
		if a.ID == id {
			return a, nil
		}
	}
	return core.Credential{}, core.ErrNotFound
}

func (f *fakeAccount) RenameApp(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, label string) error {
	return f.did("rename", string(id), label)
}

func (f *fakeAccount) RemoveApp(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) (string, error) {
	return f.changed("remove", string(id))
}

func (f *fakeAccount) TurnOff(_ context.Context, _ core.SessionView, _ core.Origin, forNow bool) (string, error) {
	return f.changed("off", map[bool]string{true: "now", false: "remove"}[forNow])
}

func (f *fakeAccount) SendResumeCode(context.Context, core.SessionView, core.Origin) error {
	return f.did("resume-send")
}

func (f *fakeAccount) Resume(_ context.Context, _ core.SessionView, _ core.Origin, k core.FactorKind, typed string) (string, error) {
	return f.changed("resume", string(k), typed)
}

func (f *fakeAccount) Begin(_ context.Context, _ core.SessionView, _ core.Origin, g core.EnrolmentGoal) error {
	return f.did("begin", string(g))
}

func (f *fakeAccount) SendAgain(context.Context, core.SessionView, core.Origin) error {
	return f.did("send-again")
}

func (f *fakeAccount) ProveEmail(_ context.Context, _ core.SessionView, _ core.Origin, typed string) error {
	return f.did("prove-email", typed)
}

func (f *fakeAccount) DeferEmail(context.Context, core.SessionView, core.Origin) error {
	return f.did("defer-email")
}

func (f *fakeAccount) ChooseEmailOnly(context.Context, core.SessionView, core.Origin) error {
	return f.did("email-only")
}

func (f *fakeAccount) ShowAs(_ context.Context, _ core.SessionView, _ core.Origin, name string) error {
	return f.did("show-as", name)
}

func (f *fakeAccount) ProveApp(_ context.Context, _ core.SessionView, _ core.Origin, typed, label string) (string, error) {
	return f.changed("prove-app", typed, label)
}

func (f *fakeAccount) Back(context.Context, core.SessionView, core.Origin) error {
	return f.did("back")
}

func (f *fakeAccount) Cancel(context.Context, core.SessionView, core.Origin) error {
	return f.did("cancel")
}

func (f *fakeAccount) Save(_ context.Context, _ core.SessionView, _ core.Origin, saved bool) (string, error) {
	return f.changed("save", map[bool]string{true: "saved", false: "not saved"}[saved])
}

func (f *fakeAccount) PasswordAsk(core.SessionView) account.PasswordAsk { return f.ask }

func (f *fakeAccount) ChangePassword(_ context.Context, _ core.SessionView, _ core.Origin, current, password string) (string, error) {
	return f.changed("password", current, password)
}

func (f *fakeAccount) TryPassword(_ context.Context, org core.Organization, _ core.Origin, password string) error {
	if len(password) < org.Policy.PasswordMinimum {
		return core.InField("password", core.NewError(core.Invalid, "password.short").With("minimum", org.Policy.PasswordMinimum))
	}
	return nil
}

func (f *fakeAccount) PasswordStrength(_ context.Context, u core.User, _ core.Organization, _ core.Origin, password string) (int, error) {
	return 3, f.did("strength", string(u.ID), password)
}

func (f *fakeAccount) Applications(context.Context, core.ID) ([]core.Application, error) {
	return f.apps, nil
}

func (f *fakeAccount) BeginConfirm(_ context.Context, v signin.Visitor, _ core.SessionView, password string) (signin.Result, error) {
	if err := f.did("confirm", v.ReturnTo, password); err != nil {
		return signin.Result{}, err
	}
	return signin.Result{
		State: signin.State{Step: core.Step{StepKind: core.StepDone}}, ReturnTo: v.ReturnTo,
		Issued: signin.Issued{Session: f.token}, RecoveryLeft: -1,
	}, nil
}

// bea is signed in with a password, proved a minute ago; two-factor is off.
func bea() core.SessionView {
	u := core.User{
		ID: "bea", OrganizationID: "org", Email: "bea@example.com", FirstName: "Bea", LastName: "Ito",
		Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed",
		EmailProvedAt: noon.AddDate(0, -6, 0), LastSignInAt: noon.Add(-time.Minute),
	}
	return core.SessionView{
		Session: core.Session{
			ID: "session", UserID: u.ID, OrganizationID: u.OrganizationID, Level: core.LevelPassword,
			SignedInAt: noon.Add(-time.Minute), ProvedAt: noon.Add(-time.Minute), LastSeenAt: noon,
			Network: "203.0.113.0/24", Device: "Firefox on Windows",
		},
		Account:      core.Account{User: u},
		Organization: northwind(),
	}
}

// person is one signed-in browser against the pages.
type person struct {
	t         *testing.T
	handler   http.Handler
	account   *fakeAccount
	profile   *fakeProfiles
	emails    *fakeEmails
	agent     string
	languages string
}

// signedIn builds the pages around a session and an account; Security shows the
// same account unless the fake says otherwise.
func signedIn(t *testing.T, v core.SessionView, f *fakeAccount) *person {
	t.Helper()
	if f == nil {
		f = &fakeAccount{}
	}
	s := &f.security
	s.Account, s.Requirement = v.Account, core.Require(v.Account, v.Organization.Policy, noon)
	s.RequiredByOrganization = v.Organization.Policy.Requires(noon) && !v.Account.Exempt(noon)
	if v.Account.Exempt(noon) {
		s.ExemptUntil = v.Account.User.ExemptUntil
	}
	s.RecoveryLeft = v.Account.RecoveryCodes
	profiles, emails := &fakeProfiles{}, &fakeEmails{}
	_, handler := newSite(t, func(d *web.Deps) {
		d.Sessions = &fakeSessions{views: map[string]core.SessionView{"live": v}}
		d.TwoFactor, d.SetUp, d.SetUpEnd, d.Applications, d.Confirmation, d.Passwords = f, f, f, f, f, f
		d.Profiles, d.EmailChanges, d.EmailUndos = profiles, emails, emails
		d.OwnSessions, d.Activity, d.Pauses, d.AppPasswords = f, f, f, f
	})
	return &person{t: t, handler: handler, account: f, profile: profiles, emails: emails}
}

func (p *person) do(method, target string, form url.Values) *httptest.ResponseRecorder {
	p.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://localhost:8080"+target, body)
	r.Header.Set("Cookie", "sp_session=live")
	if p.agent != "" {
		r.Header.Set("User-Agent", p.agent)
	}
	if p.languages != "" {
		r.Header.Set("Accept-Language", p.languages)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", "http://localhost:8080")
	}
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w
}

func (p *person) get(target string) *httptest.ResponseRecorder {
	p.t.Helper()
	return p.do(http.MethodGet, target, nil)
}

// post sends a form with the token that the session's pages carry.
func (p *person) post(target string, pairs ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	page := p.get("/help").Body.String()
	token := formToken.FindString(page)
	if token == "" {
		p.t.Fatal("no form token on /help")
	}
	form := url.Values{"form_token": {strings.TrimSuffix(strings.TrimPrefix(token, `name="form_token" value="`), `"`)}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.do(http.MethodPost, target, form)
}
