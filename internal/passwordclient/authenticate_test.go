package passwordclient_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

func off(u *core.User) { u.TwoFactor = core.TwoFactorOff }

// shows has a program show a password to Scorecard, and returns the code of what
// it is answered; empty: it is let in.
func (d *desk) shows(login, typed string, from core.Origin) string {
	d.t.Helper()
	v, err := d.Authenticate(d.t.Context(), login, typed, d.app, from)
	if err == nil && (v.Account.User.ID == "" || v.Session.ID != "" || v.Session.Level != core.LevelNone) {
		d.t.Errorf("let in as %+v", v.Session)
	}
	if err != nil && v.Account.User.ID != "" {
		d.t.Error("a refusal says who it was")
	}
	return codeOf(err)
}

// TestPasswordClient: refused while two-factor is on, let in while paused, refused
// after; and each of it is written down.
func TestPasswordClient(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	if got := d.shows(u.Email, password, office); got != "two_factor_required" {
		t.Fatalf("two-factor on: %q", got)
	}
	d.must(d.StartPause(t.Context(), d.view(u), 15*time.Minute, "", office))
	if got := d.shows(u.Email, password, office); got != "" {
		t.Fatalf("paused: %q", got)
	}
	far := core.Origin{Address: "198.51.100.9", Network: "198.51.100.0/24"}
	if got := d.shows(u.Email, password, far); got != "two_factor_required" {
		t.Errorf("from another network: %q", got)
	}
	d.must(d.EndPause(t.Context(), d.view(u), office))
	if got := d.shows(u.Email, password, office); got != "two_factor_required" { // a replay, remembered or not
		t.Errorf("after its end: %q", got)
	}
	d.must(d.StartPause(t.Context(), d.view(u), 15*time.Minute, "", office))
	d.pass(15 * time.Minute)
	if got := d.shows(u.Email, password, office); got != "two_factor_required" {
		t.Errorf("after its time: %q", got)
	}
	var told []string
	for _, e := range slices.Backward(d.events(core.EventClientSignedIn)) {
		if e.SubjectID != u.ID || e.Target != "Scorecard" || e.Origin.Address == "" {
			t.Errorf("recorded %+v", e)
		}
		told = append(told, e.Result+" "+e.Detail[core.DetailReason]+e.Detail[core.DetailPause])
	}
	want := "refused two_factor_required|ok yes|refused two_factor_required|refused two_factor_required|refused two_factor_required"
	if got := strings.Join(told, "|"); got != want {
		t.Errorf("recorded\n%s, want\n%s", got, want)
	}
}

// TestPasswordClientWrong: unknown, wrong, inactive and impossible look alike, and
// the work is the same (EN1, EN2).
func TestPasswordClientWrong(t *testing.T) {
	d := newDesk(t)
	u, none := d.person("ana", off), d.person("ben", func(u *core.User) { u.PasswordSealed = "" })
	gone, barred := d.person("cis", off, func(u *core.User) { u.Status = core.Inactive }), d.person("dan", off, func(u *core.User) { u.Type = core.NoAccess })
	for name, c := range map[string][2]string{
		"another password": {u.Email, "something else entirely"}, "nobody": {"nobody@acme.example", password}, "no name at all": {"\x00", password},
		"no password yet": {none.Email, password}, "deactivated": {gone.Email, password}, "no access": {barred.Email, password},
	} {
		before := d.hashes.n.Load()
		if got := d.shows(c[0], c[1], core.Origin{Address: "203.0.113.1", Network: "203.0.113.0/24"}); got != "client.wrong" {
			t.Errorf("%s: %q", name, got)
		}
		if n := d.hashes.n.Load() - before; n != 1 {
			t.Errorf("%s: %d hashes", name, n)
		}
	}
	for name, c := range map[string][2]string{
		"nothing": {"", ""}, "no password": {u.Email, ""}, "a long name": {strings.Repeat("a", 321), password}, "a long password": {u.Email, strings.Repeat("a", 129)},
	} {
		if got := d.shows(c[0], c[1], office); got != "client.wrong" {
			t.Errorf("%s: %q", name, got)
		}
	}
	if got := d.shows(u.Email, password, office); got != "" {
		t.Errorf("the right one: %q", got)
	}
}

// TestPasswordClientGuesses: guesses count as on the web, and a right password
// during the wait is answered as a wrong one (RL7, RL8).
func TestPasswordClientGuesses(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", off)
	for range throttleLimit {
		if got := d.shows(u.Email, "wrong wrong wrong", office); got != "client.wrong" {
			t.Fatalf("a guess: %q", got)
		}
	}
	for _, typed := range []string{"wrong wrong wrong", password} {
		if got := d.shows(u.Email, typed, office); got != "signin.limited" {
			t.Errorf("during the wait: %q", got)
		}
	}
	home := core.Origin{Address: "198.51.100.9", Network: "198.51.100.0/24"}
	if got := d.shows(u.Email, password, home); got != "" {
		t.Errorf("from elsewhere: %q", got)
	}
}

const throttleLimit = 5

// TestPasswordClientManyRequests: a bulk client's requests cost one hash a minute,
// one event, no mail and no lockout.
func TestPasswordClientManyRequests(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", off)
	for range 1000 {
		if got := d.shows(u.Email, password, office); got != "" {
			t.Fatal(got)
		}
	}
	if n := d.hashes.n.Load(); n != 1 {
		t.Errorf("%d hashes", n)
	}
	if n := len(d.events(core.EventClientSignedIn)); n != 1 {
		t.Errorf("%d events", n)
	}
	var mails int
	d.must(d.raw.QueryRowContext(t.Context(), "SELECT count(*) FROM outbox").Scan(&mails))
	if mails != 0 {
		t.Errorf("%d mails", mails)
	}
	d.pass(time.Minute)
	d.shows(u.Email, password, office)
	far := core.Origin{Address: "198.51.100.9", Network: "198.51.100.0/24"}
	d.shows(u.Email, password, far)
	if n := d.hashes.n.Load(); n != 3 {
		t.Errorf("%d hashes after a minute and from another network", n)
	}
	if got := d.shows(u.Email, password+"r", office); got != "client.wrong" {
		t.Errorf("a remembered password opens for another: %q", got)
	}
}

// TestPasswordChangeBitesAtOnce: what is remembered of a right password is worth
// nothing once it was changed, or the account may not sign in any more.
func TestPasswordChangeBitesAtOnce(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", off)
	if got := d.shows(u.Email, password, office); got != "" {
		t.Fatal(got)
	}
	acc := d.view(u).Account.User
	sealed, err := d.hashes.Hash(t.Context(), u.ID, "another horse battery")
	d.must(err)
	now := d.clock()
	open := core.Session{ID: "s1", TokenHash: "t1", OrganizationID: u.OrganizationID, UserID: u.ID, Level: core.LevelPassword, CreatedAt: now, SignedInAt: now, LastSeenAt: now}
	d.must(d.store.CompleteSignIn(t.Context(), core.Completion{
		UserID: u.ID, OrganizationID: u.OrganizationID, PasswordVersion: acc.PasswordVersion, FactorSetVersion: acc.FactorSetVersion, Session: open, At: now,
	}))
	next := open
	next.ID, next.TokenHash = "s2", "t2"
	d.must(d.store.ChangePassword(t.Context(), core.PasswordChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, PasswordVersion: acc.PasswordVersion, PasswordSealed: sealed, KeepSession: "s1", Session: next, At: d.clock(),
	}))
	if got := d.shows(u.Email, password, office); got != "client.wrong" {
		t.Errorf("the password of before: %q", got)
	}
	if got := d.shows(u.Email, "another horse battery", office); got != "" {
		t.Errorf("the new one: %q", got)
	}
}

// TestPasswordClientOfWhom: only people of the application, in its organization.
func TestPasswordClientOfWhom(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", off)
	d.app.Groups = []string{"Finance"}
	if got := d.shows(u.Email, password, office); got != "client.not_member" {
		t.Errorf("not in the group: %q", got)
	}
	d.app.Groups, d.app.OrganizationID = nil, "other"
	if got := d.shows(u.Email, password, office); got != "client.not_member" {
		t.Errorf("of another organization: %q", got)
	}
}
