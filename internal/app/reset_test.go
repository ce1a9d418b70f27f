package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/identifier"
)

const newPassword = "another horse battery 9"

var linkInMail = regexp.MustCompile(`http://[^\s"]+/(?:password/reset|invite)/[0-9a-v]{52}`)

// link waits for the newest mail with a link to an address, newer than the last
// one taken, and returns the link.
func (s *server) link(to string) string {
	s.t.Helper()
	m := s.mail(to, func(m devmail.Mail) bool { return linkInMail.MatchString(m.Text) && number(m.ID) > s.read })
	s.read = number(m.ID)
	return linkInMail.FindString(m.Text)
}

// forgot asks for a reset link, from the sign-in page on.
func (b *browser) forgot(login string) page {
	b.t.Helper()
	p := b.submit(b.get("/signin"), "/password/forgot/start", map[string]string{"login": login}).must(b.t, 200, "Reset your password")
	if carried := p.forms(b.t)[0].values.Get("login"); carried != login {
		b.t.Errorf("carried %q, want %q", carried, login)
	}
	return b.submit(p, "/password/forgot", nil).must(b.t, 200, "If that address has an account, a link is on its way.")
}

// reset chooses a new password over a link.
func (b *browser) reset(link, password string) page {
	b.t.Helper()
	p := b.get(link).must(b.t, 200, "Choose a new password")
	return b.submit(p, "/password/reset", map[string]string{"password": password, "repeat": password})
}

// TestForgottenPassword: the whole way, with an app set up; everything that the
// old password opened ends, and the app is asked for as before (PR4 to PR7).
func TestForgottenPassword(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		const ana = "ana@example.com"
		inside, app, _ := s.withApp(ana)
		remembered := s.browser()
		p := remembered.submit(remembered.signIn(ana, password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
		remembered.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
		half := s.browser()
		half.choose(half.signIn(ana, password), "app")

		b := s.browser()
		b.forgot("ANA@example.com")
		link := s.link(ana)
		if !strings.HasPrefix(link, s.URL+"/password/reset/") {
			t.Fatalf("mailed %s", link)
		}
		scanner := s.browser() // of the mail server: it opens links first
		for range 5 {
			scanner.get(link).must(t, 200, "Choose a new password")
			if p := scanner.do("HEAD", link, nil); p.StatusCode != http.StatusSeeOther {
				t.Errorf("HEAD: %d", p.StatusCode)
			}
		}
		inside.get("/home").must(t, 200, "Home") // asking changed nothing (PR8)

		b.reset(link, newPassword).must(t, 200, "Your password was changed and you were signed out everywhere.")
		if b.cookie("sp_session") != "" {
			t.Error("a reset signed somebody in")
		}
		if p := b.get(link); p.StatusCode != http.StatusGone {
			t.Errorf("the used link answers %d, want 410", p.StatusCode)
		}
		if err := s.Sessions.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, old := range map[string]*browser{"signed in": inside, "remembered": remembered} {
			if p := old.do("GET", "/home", nil); p.StatusCode != http.StatusSeeOther {
				t.Errorf("%s: /home answers %d", name, p.StatusCode)
			}
		}
		if p := half.send(half.get("/signin/verify/app"), "/signin", nil); p.StatusCode == http.StatusOK {
			t.Error("the half-done sign-in goes on")
		}
		s.mail(ana, titled("password of your Northwind account was changed"))
		remembered.signIn(ana, password).must(t, http.StatusUnprocessableEntity, "do not match an account")
		remembered.signIn(ana, newPassword).must(t, 200, "Choose how to verify it's you")
		fresh := s.browser()
		p = fresh.choose(fresh.signIn(ana, newPassword), "app")
		fresh.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
	})
}

// TestForgottenOnTheWay: whoever was going somewhere arrives there with the new
// password.
func TestForgottenOnTheWay(t *testing.T) {
	s := start(t)
	const ana = "ana@example.com"
	s.person(ana)
	b := s.browser()
	p := b.get("/account/activity").must(t, 200, "Forgot your password?")
	p = b.submit(p, "/password/forgot/start", map[string]string{"login": ana}).must(t, 200, "Reset your password")
	b.submit(p, "/password/forgot", nil).must(t, 200, "a link is on its way")
	p = b.reset(s.link(ana), newPassword).must(t, 200, "Your password was changed")
	b.submit(p, "/signin", map[string]string{"login": ana, "password": newPassword}).must(t, 200, "My activity", "Signed in.")
}

// TestResetUsedByMany: fifty browsers spend one link at once; one password is
// stored (law 5).
func TestResetUsedByMany(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("ben@example.com")
		s.browser().forgot("ben@example.com")
		link := s.link("ben@example.com")
		first := s.browser()
		p := first.get(link).must(t, 200)
		var g sync.WaitGroup
		var done, gone, busy atomic.Int64
		for i := range 50 {
			form := p.forms(t)[0].values
			form.Set("password", fmt.Sprintf("another horse battery %d", i))
			form.Set("repeat", form.Get("password"))
			g.Go(func() {
				switch p := first.do("POST", "/password/reset", form); p.StatusCode {
				case http.StatusSeeOther:
					done.Add(1)
				case http.StatusGone:
					gone.Add(1)
				case http.StatusServiceUnavailable:
					busy.Add(1)
				default:
					t.Errorf("status %d", p.StatusCode)
				}
			})
		}
		g.Wait()
		acc, _, err := s.Accounts.Find(t.Context(), "ben@example.com")
		if err != nil {
			t.Fatal(err)
		}
		if done.Load() != 1 || acc.User.PasswordVersion != 2 {
			t.Errorf("%d changed it (version %d), %d were told it is over, %d busy", done.Load(), acc.User.PasswordVersion, gone.Load(), busy.Load())
		}
	})
}

// TestResetLinkGoesWhereItShould: the Host a stranger sends has no part in it
// (RR2), nor do names with line breaks; the mail goes to the stored address alone
// (PR9), and with it nothing but the link of that person.
func TestResetLinkGoesWhereItShould(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("cai@example.com")
		eve := s.person("eve@example.com")
		s.person("zoe@example.com")
		b := s.browser()
		form := b.get("/password/forgot").forms(t)[0].values
		form.Set("login", "cai@example.com")
		p := b.do("POST", "/password/forgot", form, func(r *http.Request) { r.Host = "evil.example" })
		if p.StatusCode != http.StatusMisdirectedRequest && p.StatusCode != http.StatusForbidden {
			t.Errorf("a foreign Host: %d", p.StatusCode)
		}
		for _, name := range []string{"X-Forwarded-Host", "Forwarded", "X-Original-Host", "X-Host"} {
			b.do("POST", "/password/forgot", form, func(r *http.Request) { r.Header.Set(name, "evil.example") })
			if link := s.link("cai@example.com"); !strings.HasPrefix(link, s.URL+"/") {
				t.Fatalf("%s made the link %s", name, link)
			}
			s.advance(time.Hour)
		}
		for name, login := range map[string]url.Values{
			"two addresses": {"login": {"cai@example.com", "eve@example.com"}},
			"a list":        {"login": {"cai@example.com,eve@example.com"}},
			"a header":      {"login": {"cai@example.com\r\nBcc: eve@example.com"}},
		} {
			login.Set("form_token", form.Get("form_token"))
			b.do("POST", "/password/forgot", login)
			s.advance(time.Hour)
			if n := s.eventsOf(eve, core.EventResetAsked); n != 0 {
				t.Errorf("%s: %d links for eve@", name, n)
			}
		}
		b.forgot("zoe@example.com")
		s.link("zoe@example.com") // what was queued before has gone out
		for _, m := range s.Mailbox.Messages() {
			if strings.Contains(fmt.Sprint(m.To)+string(m.Raw), "eve@") {
				t.Errorf("mail to %v:\n%s", m.To, m.Raw)
			}
		}
	})
}

// TestInvitedByMail: the mail of an invitation leads to the account and proves
// its address; asked for again on the sign-in page it comes again, and the older
// one is over.
func TestInvitedByMail(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, token, err := s.Accounts.Create(t.Context(), account.NewUser{
			OrganizationID: s.Org.ID, Email: "dee@example.com", FirstName: "Dee", LastName: "Eng", Type: core.Ordinary, Mail: true,
		}, s.Org, operator, core.LinkInvitation)
		if err != nil || token != "" {
			t.Fatalf("created with %q, %v", token, err)
		}
		first := s.link("dee@example.com")
		b := s.browser()
		b.forgot("dee@example.com")
		second := s.link("dee@example.com")
		if !strings.HasPrefix(second, s.URL+"/invite/") || first == second {
			t.Fatalf("then %s, now %s", first, second)
		}
		b.get(first).must(t, http.StatusGone, "This link no longer works", "or a newer one was sent. Open the newest message")
		b.get(strings.Replace(second, "/invite/", "/password/reset/", 1)).must(t, http.StatusGone)
		p := b.get(second).must(t, 200, "Welcome to Northwind", "Dee Eng", "dee@example.com")
		b.submit(p, "/invite", map[string]string{"password": password, "repeat": password}).must(t, 200, "Your password is set.")
		b.signIn("dee@example.com", password).must(t, 200, "Home")
		acc, _, err := s.Accounts.Find(t.Context(), "dee@example.com")
		if err != nil || acc.User.EmailProvedAt.IsZero() {
			t.Errorf("proved at %v, %v", acc.User.EmailProvedAt, err)
		}
	})
}

// TestResetUnblocksApps: thirty wrong codes block apps until a reset, and the
// reset itself asks for no code (TO4, No dead ends).
func TestResetUnblocksApps(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		const fay = "fay@example.com"
		_, app, _ := s.withApp(fay)
		blocked := func() bool {
			acc, _, err := s.Accounts.Find(t.Context(), fay)
			if err != nil {
				t.Fatal(err)
			}
			return acc.Guards[core.KindApp].Blocked
		}
		for !blocked() {
			b := s.browser()
			p := b.choose(b.signIn(fay, password), "app")
			for range core.AttemptTries {
				b.send(p, "/signin/verify/app", map[string]string{"code": "000000"})
			}
			s.advance(16 * time.Minute)
		}
		b := s.browser()
		b.forgot(fay)
		b.reset(s.link(fay), newPassword).must(t, 200)
		s.advance(16 * time.Minute)
		p := b.choose(b.signIn(fay, newPassword), "app")
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
	})
}

// TestStrangersAtTheAccount: a stranger who fails 150 times an hour, from many
// networks, keeps the owner out of no browser that is known, and not of the reset
// link; the owner is mailed one once, and unlock ends the siege (RL4, RL5).
func TestStrangersAtTheAccount(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		const gus = "gus@example.com"
		u := s.person(gus)
		known := s.browser()
		known.signIn(gus, password).must(t, 200, "Home")
		known.signOut()
		for i := range 150 {
			s.knock(fmt.Sprintf("10.%d.%d.1", i/100, i), gus, "wrong password 123")
			s.advance(24 * time.Second)
		}
		m := s.mail(gus, func(m devmail.Mail) bool { return linkInMail.MatchString(m.Text) })
		if !strings.Contains(m.Text, "many wrong passwords") {
			t.Errorf("the mail does not say why:\n%s", m.Text)
		}
		asked, err := s.Store.Events(t.Context(), u.OrganizationID, core.EventFilter{SubjectID: u.ID, Kinds: []string{core.EventResetAsked}})
		if err != nil || len(asked) != 1 {
			t.Errorf("%d mails by themselves, %v, want 1", len(asked), err)
		}
		if status, _ := s.knock("10.77.0.1", gus, "wrong password 123"); status != http.StatusUnprocessableEntity {
			t.Errorf("a stranger's one try: %d", status)
		}
		b := s.browser()
		values := b.get("/signin").forms(t)[0].values
		values.Set("login", gus)
		values.Set("password", password)
		limited := b.do("POST", "/signin", values, from("10.77.0.1"))
		limited.must(t, http.StatusTooManyRequests, "or reset your password.", "Forgot your password?")
		known.signIn(gus, password).must(t, 200, "Home") // and ends the row of wrong ones
		for i := range 100 {
			s.knock(fmt.Sprintf("10.8.%d.1", i), gus, "wrong password 123")
		}
		s.knock("10.77.0.1", gus, "wrong password 123")
		if status, _ := s.knock("10.77.0.1", gus, password); status != http.StatusTooManyRequests {
			t.Errorf("the siege is not on again: %d", status)
		}
		b.reset(linkInMail.FindString(m.Text), newPassword).must(t, 200, "Your password was changed")
		key, _ := identifier.LoginKey(gus)
		if err := s.Throttle.Unlock(context.Background(), u.ID, []string{key}, core.Record{}); err != nil {
			t.Fatal(err)
		}
		if status, _ := s.knock("10.77.0.1", gus, newPassword); status != http.StatusSeeOther {
			t.Errorf("after unlock: %d", status)
		}
	})
}

// TestOneNameInFiveSpellings: they are one to the throttle, and to the allowance
// of links (RL1).
func TestOneNameInFiveSpellings(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t, behindProxy)
		s.person("hana@example.com")
		spellings := []string{"hana@example.com", "HANA@EXAMPLE.COM", " Hana@Example.com ", "hana@example.com.", "hana@EXAMPLE.Com"}
		for _, name := range spellings {
			if _, key, err := identifier.Email(name); err != nil || key != spellings[0] {
				t.Fatalf("%q is %q, %v: no spelling of the name", name, key, err)
			}
		}
		tried := 0
		for range 2 {
			for _, name := range spellings {
				if status, _ := s.knock("10.1.0.1", name, "wrong password 123"); status == http.StatusUnprocessableEntity {
					tried++
				}
			}
		}
		for _, name := range spellings {
			if status, _ := s.knock("10.1.0.1", name, password); status == http.StatusSeeOther {
				t.Errorf("%q is let in during the wait", name)
			}
		}
		if tried != 5 {
			t.Errorf("%d passwords tried under several spellings, want 5", tried)
		}
		for i, name := range spellings {
			b := s.browser()
			form := b.get("/password/forgot").forms(t)[0].values
			form.Set("login", name)
			b.do("POST", "/password/forgot", form, from(fmt.Sprintf("10.2.%d.1", i)))
		}
		mails, err := s.Store.Events(t.Context(), s.Org.ID, core.EventFilter{Kinds: []string{core.EventResetAsked}})
		if err != nil || len(mails) != 3 {
			t.Errorf("%d links under five spellings, %v, want 3", len(mails), err)
		}
	})
}
