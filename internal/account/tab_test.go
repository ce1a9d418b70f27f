package account_test

import (
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// tab is a signed-in browser on the Security tab.
type tab struct {
	d     *desk
	token string
}

func here() core.Origin {
	return core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24", Device: "Firefox on Linux"}
}

// signIn opens a session of a level, proved now.
func (d *desk) signIn(u core.User, level core.Level) *tab {
	d.t.Helper()
	acc := d.account(u)
	b := &tab{d: d, token: core.NewToken(random)}
	s := core.Session{
		ID: core.NewID(d.now, random), TokenHash: secret.Digest(b.token), Level: level, SignedInAt: d.now, ProvedAt: d.now,
		Methods: []string{"pwd"}, BrowserHash: "browser", CreatedAt: d.now, LastSeenAt: d.now,
	}
	if level > core.LevelPassword {
		s.Methods = append(s.Methods, "otp")
	}
	d.must(d.store.CompleteSignIn(d.t.Context(), core.Completion{
		UserID: u.ID, OrganizationID: u.OrganizationID, PasswordVersion: acc.User.PasswordVersion,
		FactorSetVersion: acc.User.FactorSetVersion, Session: s, At: d.now,
		NewDevice: &core.Device{
			ID: core.NewID(d.now, random), SeedSealed: "sealed", N: 1, PasswordVersion: acc.User.PasswordVersion,
			FactorSetVersion: acc.User.FactorSetVersion, Label: "Firefox on Linux", CreatedAt: d.now, ExpiresAt: d.now.AddDate(0, 0, 30),
		},
	}))
	return b
}

// view is the session as the store has it.
func (b *tab) view() core.SessionView {
	b.d.t.Helper()
	v, err := b.d.store.SessionByToken(b.d.t.Context(), secret.Digest(b.token))
	b.d.must(err)
	return v
}

// keep takes the renewed value of the session's cookie, as web does.
func (b *tab) keep(token string, err error) error {
	if err == nil && token != "" {
		b.token = token
	}
	return err
}

// The calls of the panel, in the name of this session.

func (b *tab) begin(g core.EnrolmentGoal) error {
	return b.d.Begin(b.d.t.Context(), b.view(), here(), g)
}
func (b *tab) sendAgain() error { return b.d.SendAgain(b.d.t.Context(), b.view(), here()) }
func (b *tab) proveEmail(typed string) error {
	return b.d.ProveEmail(b.d.t.Context(), b.view(), here(), typed)
}
func (b *tab) deferEmail() error { return b.d.DeferEmail(b.d.t.Context(), b.view(), here()) }
func (b *tab) emailOnly() error  { return b.d.ChooseEmailOnly(b.d.t.Context(), b.view(), here()) }
func (b *tab) showAs(name string) error {
	return b.d.ShowAs(b.d.t.Context(), b.view(), here(), name)
}
func (b *tab) back() error   { return b.d.Back(b.d.t.Context(), b.view(), here()) }
func (b *tab) cancel() error { return b.d.Cancel(b.d.t.Context(), b.view(), here()) }
func (b *tab) proveApp(typed, label string) error {
	return b.keep(b.d.ProveApp(b.d.t.Context(), b.view(), here(), typed, label))
}

func (b *tab) save(saved bool) error {
	return b.keep(b.d.Save(b.d.t.Context(), b.view(), here(), saved))
}

func (b *tab) turnOff(forNow bool) error {
	return b.keep(b.d.TurnOff(b.d.t.Context(), b.view(), here(), forNow))
}

func (b *tab) remove(id core.ID) error {
	return b.keep(b.d.RemoveApp(b.d.t.Context(), b.view(), here(), id))
}

func (b *tab) rename(id core.ID, label string) error {
	return b.d.RenameApp(b.d.t.Context(), b.view(), here(), id, label)
}
func (b *tab) sendResume() error { return b.d.SendResumeCode(b.d.t.Context(), b.view(), here()) }
func (b *tab) resume(k core.FactorKind, typed string) error {
	return b.keep(b.d.Resume(b.d.t.Context(), b.view(), here(), k, typed))
}

func (b *tab) password(current, next string) error {
	return b.keep(b.d.ChangePassword(b.d.t.Context(), b.view(), here(), current, next))
}

// panel is the open panel, which must be there.
func (b *tab) panel() account.Panel {
	b.d.t.Helper()
	p, err := b.d.Panel(b.d.t.Context(), b.view())
	b.d.must(err)
	return p
}

// mailed is the code in the mailbox.
func (b *tab) mailed() string {
	b.d.t.Helper()
	return b.d.mailed(b.panel().Challenge)
}

// scanned is the secret that the QR code of the panel holds.
func (b *tab) scanned() []byte {
	b.d.t.Helper()
	raw, err := otp.DecodeKey(b.panel().Secret)
	b.d.must(err)
	return raw
}

// toApp walks to step 2 by the emailed code.
func (b *tab) toApp() {
	b.d.t.Helper()
	b.d.must(b.begin(core.GoalTurnOn))
	b.d.must(b.proveEmail(b.mailed()))
}

// toCodes walks to step 3 and returns the app's secret.
func (b *tab) toCodes() []byte {
	b.d.t.Helper()
	b.toApp()
	app := b.scanned()
	b.d.must(b.proveApp(b.d.code(app), "Phone"))
	return app
}

// turnOn walks the whole panel.
func (b *tab) turnOn() (app []byte, codes []string) {
	b.d.t.Helper()
	app = b.toCodes()
	codes = b.panel().Codes
	b.d.must(b.save(true))
	b.d.pass(otp.Period)
	return app, codes
}

// addApp adds another app.
func (b *tab) addApp(label string) []byte {
	b.d.t.Helper()
	b.d.must(b.begin(core.GoalAddApp))
	app := b.scanned()
	b.d.must(b.proveApp(b.d.code(app), label))
	return app
}

// stale is later than any confirmation lasts.
const stale = core.ConfirmLife + time.Second
