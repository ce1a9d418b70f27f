package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

const nextPassword = "seven wet dogs bark"

func changing(current, next, repeat string) map[string]string {
	return map[string]string{"current": current, "password": next, "repeat": repeat}
}

// TestChangeOfPassword: on the tab the current password and the new one twice;
// everything the old one opened elsewhere ends, this browser goes on, and the
// person is told (ux 3.4, PW11, RD6, SE10).
func TestChangeOfPassword(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u := s.person("uma@example.com")
		b, other, half := s.browser(), s.browser(), s.browser()
		b.signIn(u.Email, password).must(t, 200, "Home")
		other.signIn(u.Email, password).must(t, 200, "Home")
		tab := b.get("/account/password").must(t, 200, "Current password", "Saving signs you out on your other devices")
		second, old := b.again(), b.again()
		for _, tt := range []struct {
			fill map[string]string
			want string
		}{
			{changing("wrong battery horse", nextPassword, nextPassword), "That is not your current password."},
			{changing("", nextPassword, nextPassword), "Enter your current password"},
			{changing(password, nextPassword, "something else"), "The two passwords do not match."},
			{changing(password, password, password), "You used this password recently. Choose another."},
			{changing(password, "passwordpassword", "passwordpassword"), "This password appears in lists of leaked passwords. Choose another."},
		} {
			p := b.send(tab, "/account/password", tt.fill).must(t, http.StatusUnprocessableEntity, tt.want, "Something needs fixing")
			if strings.Contains(p.Body, nextPassword) || strings.Contains(p.Body, password) {
				t.Error("a password came back in the page")
			}
		}
		b.submit(tab, "/account/password", changing(password, nextPassword, nextPassword)).must(t, 200, "Your password is changed.")
		m := s.mail(u.Email, func(m devmail.Mail) bool { return strings.Contains(m.Subject, "password was changed") })
		if strings.Contains(m.Text, nextPassword) || !strings.Contains(m.Text, "Firefox on Linux") {
			t.Errorf("the mail:\n%s", m.Text)
		}
		for name, gone := range map[string]*browser{"the other browser": other, "the old cookie": old} {
			if p := gone.do("GET", "/home", nil); p.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: %d, want 303", name, p.StatusCode)
			}
		}
		// A second tab with the page of before and the cookie of now, and one that
		// still has the old cookie.
		b.send(tab, "/account/password", changing(nextPassword, "another wet dog barks", "another wet dog barks")).
			must(t, http.StatusForbidden, "This page was open too long. Try again.")
		second.send(tab, "/account/password", changing(password, "another wet dog barks", "another wet dog barks")).must(t, http.StatusSeeOther)
		half.signIn(u.Email, password).must(t, http.StatusUnprocessableEntity)
		half.signIn(u.Email, nextPassword).must(t, 200, "Home")
		b.get("/home").must(t, 200, "Home")
	})
}

// TestChangeOfPasswordNeedsTheFactor: somebody with an app confirms with it
// first, and then does not type the current password again; a remembered device
// never stands in and is worth nothing afterwards.
func TestChangeOfPasswordNeedsTheFactor(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, _ := s.withApp("vic@example.com")
		b.submit(b.get("/home"), "/signout", nil)
		p := b.submit(b.signIn("vic@example.com", password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
		b.submit(b.get("/home"), "/signout", nil)
		b.signIn("vic@example.com", password).must(t, 200, "Home") // by the device

		token := b.get("/home").forms(t)[0].values.Get("form_token")
		skipped := b.do("POST", "/account/password", url.Values{
			"form_token": {token}, "current": {password}, "password": {nextPassword}, "repeat": {nextPassword},
		})
		if skipped.StatusCode != http.StatusSeeOther || skipped.Header.Get("Location") != "/confirm?next=%2Faccount%2Fpassword" {
			t.Fatalf("without the factor: %d to %q", skipped.StatusCode, skipped.Header.Get("Location"))
		}
		p = b.get("/account/password").must(t, 200, "Confirm it's you")
		p = b.submit(p, "/confirm", map[string]string{"password": password}).must(t, 200)
		p = b.choose(p, "app")
		p = b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "New password")
		if strings.Contains(p.Body, `name="current"`) {
			t.Error("the current password is asked for again right after the confirmation")
		}
		b.submit(p, "/account/password", changing("", nextPassword, nextPassword)).must(t, 200, "Your password is changed.")
		b.submit(b.get("/home"), "/signout", nil)
		b.signIn("vic@example.com", nextPassword).must(t, 200, "Choose how to verify it's you")
	})
}

// TestPasswordWall: a session that owes a new password opens the wall, help,
// signing out and nothing else, whatever asks; then it goes on to the page that
// was asked for.
func TestPasswordWall(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		u := s.person("wes@example.com")
		gate := core.Application{
			ID: "app", OrganizationID: s.Org.ID, Name: "Wiki", URL: "https://app.example.com", Level: core.LevelPassword, CreatedAt: s.now(),
		}
		if err := s.Store.AddApplication(t.Context(), gate, core.Record{}); err != nil {
			t.Fatal(err)
		}
		if err := s.Organizations.Save(t.Context(), func() core.Organization {
			o := s.Org
			o.Policy.PasswordDays = 30
			return o
		}(), operator, map[string]string{"password_days": "0 to 30"}); err != nil {
			t.Fatal(err)
		}
		s.advance(31 * 24 * time.Hour)
		b := s.browser()
		p := b.get("/account/profile")
		p = b.submit(p, "/signin", map[string]string{"login": u.Email, "password": password}).
			must(t, 200, "Your password has expired", "every 30 days")
		const wall = "/password/expired?next="
		for _, path := range []string{
			"/home", "/account/profile", "/account/security", "/account/password", "/account/security/turn-off", "/signin/recovery-used",
			"/continue?to=https://app.example.com/", "/signin?rd=https://app.example.com/x",
		} {
			got := b.do("GET", path, nil)
			if got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), wall) {
				t.Errorf("%s: %d to %q, want the wall", path, got.StatusCode, got.Header.Get("Location"))
			}
		}
		b.do("GET", "/api/session", nil).must(t, http.StatusForbidden, "session.password_due")
		if got := askGate(b, "/"); got.StatusCode == http.StatusOK {
			t.Error("the gate is open")
		}
		b.get("/help").must(t, 200)
		out := b.again()
		other := s.browser()
		other.signIn(u.Email, password).must(t, 200, "Your password has expired")
		if got := out.do("GET", "/confirm", nil); got.StatusCode != http.StatusOK {
			t.Errorf("/confirm: %d", got.StatusCode)
		}
		other.submit(other.get("/home"), "/signout", nil).must(t, 200, "You have signed out.")

		b.send(p, "/password/expired", changing("", password, password)).must(t, http.StatusUnprocessableEntity, "You used this password recently.")
		done := b.submit(p, "/password/expired", changing("", nextPassword, nextPassword)).must(t, 200)
		if done.At != "/account/profile" {
			t.Errorf("went on to %s, want /account/profile", done.At)
		}
		if got := b.do("GET", wall+"/help", nil); got.Header.Get("Location") != "/help" {
			t.Errorf("the wall, once paid, leads to %q", got.Header.Get("Location"))
		}
		askGate(b, "/").must(t, http.StatusOK)
		b.do("GET", "/api/session", nil).must(t, http.StatusOK)
	})
}

// TestPasswordChangesAtOnce: fifty changes with the one current password, from
// fifty tabs: one is stored, one session is left, one mail goes out.
func TestPasswordChangesAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u := s.person("xena@example.com")
		b := s.browser()
		b.signIn(u.Email, password).must(t, 200, "Home")
		tab := b.get("/account/password")
		var changed atomic.Int64
		var all sync.WaitGroup
		for i := range 50 {
			one := b.again()
			all.Go(func() {
				next := fmt.Sprintf("seven wet dogs bark %d", i)
				p := one.send(tab, "/account/password", changing(password, next, next))
				if p.Header.Get("Location") == "/account/password?done=password-changed" {
					changed.Add(1)
				} else if p.StatusCode >= 500 && p.StatusCode != http.StatusServiceUnavailable {
					t.Errorf("status %d", p.StatusCode)
				}
			})
		}
		all.Wait()
		acc, _, err := s.Store.AccountByID(context.Background(), u.OrganizationID, u.ID)
		if err != nil || changed.Load() != 1 || acc.User.PasswordVersion != 2 {
			t.Errorf("%d changed, version %d, want 1 and 2 (%v)", changed.Load(), acc.User.PasswordVersion, err)
		}
		if n := s.eventsOf(u, core.EventPasswordChanged); n != 1 {
			t.Errorf("%d changes recorded", n)
		}
		if n := len(rowsOf(t, s.database(), `SELECT id FROM session WHERE ended_at = 0`)); n != 1 {
			t.Errorf("%d sessions are open, want 1", n)
		}
	})
}

// TestStrengthMeter: it answers who is signed in or holds a link, to a script of
// ours only, whatever is typed; and nothing of it is kept.
func TestStrengthMeter(t *testing.T) {
	s := start(t)
	s.person("yara@example.com")
	const meter = "/password/strength"
	stranger := s.browser()
	token := stranger.get("/signin").forms(t)[0].values.Get("form_token")
	stranger.do("POST", meter, url.Values{"form_token": {token}, "password": {"x"}}).must(t, http.StatusGone)
	b := s.browser()
	b.signIn("yara@example.com", password).must(t, 200, "Home")
	token = b.get("/home").forms(t)[0].values.Get("form_token")
	ask := func(typed string, changes ...func(*http.Request)) page {
		return b.do("POST", meter, url.Values{"form_token": {token}, "password": {typed}}, changes...)
	}
	const told = "hot-soup-for-nobody-9"
	for typed, want := range map[string]string{
		"": `{"score":0}`, "password1234": `{"score":0}`, told: `{"score":4}`, strings.Repeat("é", 2000): `{"score":0}`,
	} {
		if p := ask(typed).must(t, 200); strings.TrimSpace(p.Body) != want || p.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%.20q: %s, want %s; %v", typed, p.Body, want, p.Header)
		}
	}
	ask(strings.Repeat("x", 70000)).must(t, http.StatusRequestEntityTooLarge)
	ask("\xff\xfe").must(t, http.StatusBadRequest)
	ask("a\x00b").must(t, http.StatusBadRequest)
	ask(told, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }).must(t, http.StatusForbidden)
	b.do("POST", meter, url.Values{"form_token": {"x"}, "password": {told}}).must(t, http.StatusForbidden)
	b.do("GET", meter, nil).must(t, http.StatusMethodNotAllowed)
	if strings.Contains(s.log.text(t), told) {
		t.Error("what was typed is in the log")
	}
}

// TestWellKnownChangePassword: the address that password managers know.
func TestWellKnownChangePassword(t *testing.T) {
	s := start(t)
	s.person("zoe@example.com")
	b := s.browser()
	p := b.get("/.well-known/change-password").must(t, 200, "Sign in")
	b.submit(p, "/signin", map[string]string{"login": "zoe@example.com", "password": password}).must(t, 200, "Confirm new password")
	b.get("/.well-known/change-password").must(t, 200, "Confirm new password")
}

// TestPasswordDueOnARememberedDevice: the device lets the person through to the
// wall and ends with the old password, so the factor is asked for next; nobody
// goes round in circles.
func TestPasswordDueOnARememberedDevice(t *testing.T) {
	s := start(t)
	b, app, _ := s.withApp("abe@example.com")
	b.submit(b.get("/home"), "/signout", nil)
	p := b.submit(b.signIn("abe@example.com", password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
	b.submit(b.get("/home"), "/signout", nil)
	acc, _, err := s.Accounts.Find(t.Context(), "abe@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Accounts.RequirePassword(t.Context(), acc, operator); err != nil {
		t.Fatal(err)
	}
	p = b.signIn("abe@example.com", password).must(t, 200, "Choose a new password to continue")
	p = b.submit(p, "/password/expired", changing("", nextPassword, nextPassword)).must(t, 200, "Confirm it's you")
	p = b.choose(b.submit(p, "/confirm", map[string]string{"password": nextPassword}), "app")
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
}

// TestFormKeptOverTheFactor: what was chosen before "Confirm it's you" is there
// again after the password and the code, and another person's browser cannot
// read it (ux §1.7).
func TestFormKeptOverTheFactor(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		const turnOff = "/account/security/turn-off"
		b, app, _ := s.withApp("bea@example.com")
		s.advance(core.ConfirmLife + time.Minute)
		p := b.submit(b.get(turnOff), turnOff, map[string]string{"how": "remove"}).must(t, 200, "Confirm it's you")
		thief := s.browser()
		s.person("cal@example.com")
		thief.signIn("cal@example.com", password).must(t, 200, "Home")
		thief.set("sp_typed", b.cookie("sp_typed"))
		if strings.Contains(thief.get("/account/security").Body, "What you typed before") {
			t.Error("another person reads the form")
		}
		p = b.choose(b.submit(p, "/confirm", map[string]string{"password": password}), "app")
		p = b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "What you typed before is still here.")
		if !strings.Contains(p.Body, `value="remove" checked`) {
			t.Error("the choice is gone")
		}
		b.submit(p, turnOff, nil).must(t, 200, "Two-factor authentication is off")
	})
}
