package profile_test

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// tab is one browser of a person who is signed in.
type tab struct {
	*desk
	token string
}

// signIn opens a session that was proved now, by a code too.
func (d *desk) signIn(u core.User) *tab {
	d.t.Helper()
	b := &tab{desk: d, token: core.NewToken(random)}
	u = d.user(u)
	d.must(d.store.CompleteSignIn(d.t.Context(), core.Completion{
		UserID: u.ID, OrganizationID: u.OrganizationID, PasswordVersion: u.PasswordVersion, FactorSetVersion: u.FactorSetVersion, At: d.now,
		Session: core.Session{
			ID: core.NewID(d.now, random), TokenHash: secret.Digest(b.token), Level: core.LevelEmail, SignedInAt: d.now, ProvedAt: d.now,
			CreatedAt: d.now, LastSeenAt: d.now,
		},
	}))
	return b
}

// seen is what a request of this browser sees.
func (b *tab) seen() core.SessionView {
	b.t.Helper()
	v, err := b.store.SessionByToken(b.t.Context(), secret.Digest(b.token))
	b.must(err)
	return v
}

func (b *tab) change(kind core.AddressKind, to string) error {
	return b.Change(b.t.Context(), b.seen(), here(), kind, to)
}

func (b *tab) prove(kind core.AddressKind, code string) error {
	token, err := b.Prove(b.t.Context(), b.seen(), here(), kind, code)
	if err == nil && token != "" {
		b.token = token
	}
	return err
}

// code is what the newest mail of a change would hold, sent or not.
func (b *tab) code(kind core.AddressKind) string {
	b.t.Helper()
	u := b.seen().Account.User
	a, err := b.store.OpenAddressChange(b.t.Context(), u.OrganizationID, u.ID, b.seen().Session.ID, kind)
	b.must(err)
	code, err := b.codes.Compose(a.Challenge)
	b.must(err)
	return code
}

// mails counts the queued codes of a person.
func (b *tab) mails() int {
	b.t.Helper()
	jobs, err := b.store.LeaseMail(b.t.Context(), "test", b.now, b.now.Add(time.Nanosecond), 1000)
	b.must(err)
	return len(jobs)
}

// moves changes the sign-in address to its end and returns the token of the way
// back.
func (b *tab) moves(to string) string {
	b.t.Helper()
	b.pass(time.Minute)
	b.must(b.change(core.AddressSignIn, to))
	u := b.seen().Account.User
	a, err := b.store.OpenAddressChange(b.t.Context(), u.OrganizationID, u.ID, b.seen().Session.ID, core.AddressSignIn)
	b.must(err)
	b.must(b.prove(core.AddressSignIn, b.code(core.AddressSignIn)))
	token, err := b.UndoToken(a.Change.ID)
	b.must(err)
	return token
}

func wrong(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
