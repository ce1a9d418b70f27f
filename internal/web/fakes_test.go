package web_test

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/signin"
)

// fakeSessions knows sessions by the value of their cookie.
type fakeSessions struct {
	views     map[string]core.SessionView
	signedOut []core.ID
	forgot    bool
}

func (f *fakeSessions) LookupAnew(ctx context.Context, token string, from netip.Addr) (core.SessionView, core.Verdict, error) {
	return f.Lookup(ctx, token, from)
}

func (f *fakeSessions) Lookup(_ context.Context, token string, from netip.Addr) (core.SessionView, core.Verdict, error) {
	v, ok := f.views[token]
	if !ok {
		return core.SessionView{}, core.VerdictEnded, core.NewError(core.Unauthenticated, "session.none")
	}
	allowed, _ := core.ParseNetworks(v.Organization.Policy.AllowedNetworks)
	return v, v.Verdict(noon).From(allowed, from), nil
}

func (f *fakeSessions) End(_ context.Context, v core.SessionView, _ core.EndReason, _ core.Origin, forget bool) error {
	f.signedOut, f.forgot = append(f.signedOut, v.Session.ID), forget
	return nil
}

// fakeSignIn answers every call with what the test put there.
type fakeSignIn struct {
	state  signin.State
	result signin.Result
	err    error

	visitor  signin.Visitor // of the last call
	login    string
	password string
	kind     core.FactorKind
	typed    string
	remember bool
	ended    bool
}

func (f *fakeSignIn) SubmitPassword(_ context.Context, v signin.Visitor, login, password string) (signin.Result, error) {
	f.visitor, f.login, f.password = v, login, password
	if f.err == nil {
		f.result.ReturnTo = v.ReturnTo
	}
	return f.result, f.err
}

func (f *fakeSignIn) Show(_ context.Context, v signin.Visitor) (signin.State, error) {
	f.visitor = v
	return f.state, nil
}

func (f *fakeSignIn) Choose(_ context.Context, v signin.Visitor, kind core.FactorKind, remember bool) (signin.State, error) {
	f.visitor, f.kind, f.remember = v, kind, remember
	return f.state, f.err
}

func (f *fakeSignIn) SendAgain(_ context.Context, v signin.Visitor) (signin.State, error) {
	f.visitor = v
	return f.state, f.err
}

func (f *fakeSignIn) SubmitCode(_ context.Context, v signin.Visitor, kind core.FactorKind, typed string, remember bool) (signin.Result, error) {
	f.visitor, f.kind, f.typed, f.remember = v, kind, typed, remember
	return f.result, f.err
}

func (f *fakeSignIn) Cancel(_ context.Context, v signin.Visitor) error {
	f.visitor, f.ended = v, true
	return f.err
}

// fakeLinks knows one link, of one kind.
type fakeLinks struct {
	token string
	kind  core.LinkKind // empty: an invitation
	err   error         // of UseLink
	gone  error         // of a link that is over
	used  bool
}

func (f *fakeLinks) Link(_ context.Context, token string, kinds ...core.LinkKind) (core.Link, core.Account, core.Organization, error) {
	if f.gone != nil {
		return core.Link{}, core.Account{}, core.Organization{}, f.gone
	}
	if kind := cmp.Or(f.kind, core.LinkInvitation); token != f.token || f.used || !slices.Contains(kinds, kind) {
		return core.Link{}, core.Account{}, core.Organization{}, core.NewError(core.Gone, "link.over")
	}
	view := visitorAna()
	return core.Link{}, view.Account, view.Organization, nil
}

func (f *fakeLinks) UseLink(ctx context.Context, token, _ string, _ core.Origin, kinds ...core.LinkKind) error {
	if _, _, _, err := f.Link(ctx, token, kinds...); err != nil {
		return err
	}
	f.used = f.err == nil
	return f.err
}

// fakeResets remembers for whom a link was asked.
type fakeResets struct{ asked []string }

func (f *fakeResets) AskReset(_ context.Context, login string, _ core.Origin) error {
	if login == "" {
		return core.InField("login", core.NewError(core.Invalid, "signin.login.empty"))
	}
	f.asked = append(f.asked, login)
	return nil
}

// fakeOffers remembers how the offer was answered.
type fakeOffers struct {
	never, answered bool
	begun           core.EnrolmentGoal
	err             error
}

func (f *fakeOffers) AnswerOffer(_ context.Context, _ core.SessionView, _ core.Origin, never bool) error {
	f.answered, f.never = true, never
	return f.err
}

func (f *fakeOffers) Begin(_ context.Context, _ core.SessionView, _ core.Origin, goal core.EnrolmentGoal) error {
	f.begun = goal
	return f.err
}

// fakeAlarms knows the token of one mail.
type fakeAlarms struct {
	token   string
	alarm   account.Alarm
	browser string    // of the last press
	pressed []core.ID // sessions, or the event of the mail
}

func (f *fakeAlarms) Alarm(_ context.Context, token string) (account.Alarm, error) {
	if token != f.token || token == "" {
		return account.Alarm{}, core.NewError(core.Gone, "alarm.over")
	}
	return f.alarm, nil
}

func (f *fakeAlarms) RaiseAlarm(ctx context.Context, token, browser string, _ core.Origin) error {
	a, err := f.Alarm(ctx, token)
	if err == nil {
		f.browser, f.pressed, f.alarm.SettledAt = browser, append(f.pressed, a.Event.ID), noon
	}
	return err
}

func (f *fakeAlarms) RaiseAlarmBySession(_ context.Context, v core.SessionView, browser string, _ core.Origin) (string, error) {
	f.browser, f.pressed, f.alarm.SettledAt = browser, append(f.pressed, v.Session.ID), noon
	return f.token, nil
}

// fakeReadiness says whether there is anybody.
type fakeReadiness bool

func (f fakeReadiness) SetUp(context.Context) (bool, error) { return bool(f), nil }

// fakeAddresses knows one application by the beginning of its address.
type fakeAddresses struct{ app core.Application }

func (f fakeAddresses) ApplicationAt(_ context.Context, address string) (core.Application, error) {
	if f.app.URL == "" || !strings.HasPrefix(address, f.app.URL) {
		return core.Application{}, core.ErrNotFound
	}
	return f.app, nil
}

// northwind is the organization of all fixtures.
func northwind() core.Organization {
	return core.Organization{ID: "org", Name: "Northwind", Help: "the IT desk, extension 4411", Policy: core.DefaultPolicy()}
}

// visitorAna is a signed-in person with two-factor on.
func visitorAna() core.SessionView {
	return core.SessionView{
		Session: core.Session{
			ID: "session", UserID: "ana", OrganizationID: "org", Level: core.LevelStrong,
			SignedInAt: noon, ProvedAt: noon, LastSeenAt: noon, Device: "Firefox on Windows", Network: "203.0.113.0/24",
		},
		Account: core.Account{
			User: core.User{
				ID: "ana", OrganizationID: "org", Email: "ana@example.com", FirstName: "Ana", LastName: "Diaz",
				Type: core.Ordinary, Status: core.Active, PasswordSealed: "sealed", TwoFactor: core.TwoFactorOn,
			},
			Apps: 1, RecoveryCodes: 7,
		},
		Organization: northwind(),
	}
}
