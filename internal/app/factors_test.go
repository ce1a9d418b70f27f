package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

func titled(subject string) func(devmail.Mail) bool {
	return func(m devmail.Mail) bool { return strings.Contains(m.Subject+m.Text, subject) }
}

// signOut ends the browser's session.
func (b *browser) signOut() {
	b.submit(b.get("/home"), "/signout", nil).must(b.t, 200, "You have signed out.")
}

// withCode signs in with password and a code of the app.
func (b *browser) withCode(email, code string) page {
	b.t.Helper()
	p := b.choose(b.signIn(email, password), "app")
	return b.submit(p, "/signin/verify/app", map[string]string{"code": code})
}

// TestWrongCodesInARow: ten in a row pause apps and mail the owner, thirty block
// them; email and recovery codes still work, and a right password alone resets
// nothing (TO4, TO5, No dead ends).
func TestWrongCodesInARow(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		_, app, codes := s.withApp("pam@example.com")
		wrong := 0
		for wrong < 10 {
			b := s.browser()
			p := b.choose(b.signIn("pam@example.com", password), "app")
			for range core.AttemptTries {
				if b.send(p, "/signin/verify/app", map[string]string{"code": "000000"}); wrong < 10 {
					wrong++
				}
			}
		}
		s.mail("pam@example.com", titled("Too many wrong codes"))
		b := s.browser()
		p := b.signIn("pam@example.com", password).must(t, 200, "Authenticator Code")
		if got := b.send(p, "/signin/verify", map[string]string{"method": "app"}); got.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("a paused app was chosen: %d, want 422", got.StatusCode)
		}
		p = b.get("/signin/verify/recovery")
		b.submit(p, "/signin/verify/recovery", map[string]string{"code": codes[0]}).must(t, 200, "9 recovery codes left")
		// The completed second step set the counter back: the app works at once.
		s.browser().withCode("pam@example.com", app.code()).must(t, 200, "Home")
	})
}

// TestPauseEnds: a pause ends by the clock, and the code of then is taken.
func TestPauseEnds(t *testing.T) {
	s := start(t)
	_, app, _ := s.withApp("quinn@example.com")
	for range 2 {
		b := s.browser()
		p := b.choose(b.signIn("quinn@example.com", password), "app")
		for range core.AttemptTries {
			b.send(p, "/signin/verify/app", map[string]string{"code": "000000"})
		}
	}
	s.advance(15*time.Minute + time.Second)
	s.browser().withCode("quinn@example.com", app.code()).must(t, 200, "Home")
}

// TestSendAllowance: 30 seconds apart, three in an attempt, and a reload sends
// nothing (EM6).
func TestSendAllowance(t *testing.T) {
	s := start(t)
	s.person("ray@example.com")
	s.require()
	b := s.browser()
	p := b.submit(b.signIn("ray@example.com", password), "/signin/verify", map[string]string{"method": "email"})
	first := s.code("ray@example.com")
	for range 3 {
		b.get("/signin/verify/email").must(t, 200)
	}
	if got := b.send(p, "/signin/verify/email/send", nil); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("sending again at once: %d, want 429", got.StatusCode)
	}
	s.advance(core.SendGap)
	b.send(p, "/signin/verify/email/send", nil)
	if again := s.code("ray@example.com"); again != first {
		t.Errorf("sent again within its life: %s, want the same code", again)
	}
	s.advance(core.CodeLife - core.CodeRepeatMargin)
	b.send(p, "/signin/verify/email/send", nil)
	second := s.code("ray@example.com")
	if second == first {
		t.Error("a code with less than two minutes left was repeated")
	}
	s.advance(core.SendGap)
	if got := b.send(p, "/signin/verify/email/send", nil); got.StatusCode != http.StatusTooManyRequests {
		t.Errorf("a fourth mail: %d, want 429", got.StatusCode)
	}
	if got := b.send(p, "/signin/verify/email", map[string]string{"code": first}); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the replaced code: %d, want 422", got.StatusCode)
	}
	b.submit(b.get("/signin/verify/email"), "/signin/verify/email", map[string]string{"code": second}).must(t, 200)
	if n := len(s.Mailbox.Messages()); n != 3 {
		t.Errorf("%d mails, want 3", n)
	}
}

// TestTimesOut: a half-done sign-in ends 15 minutes after the last send or try.
func TestTimesOut(t *testing.T) {
	s := start(t)
	_, app, _ := s.withApp("sue@example.com")
	b := s.browser()
	p := b.choose(b.signIn("sue@example.com", password), "app")
	s.advance(core.AttemptIdle)
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Your sign-in timed out.")
	if b.cookie("sp_session") != "" {
		t.Error("signed in after the time was over")
	}
}

// tabsAtOnce stays below the five password checks that one browser may have
// under way (law 5).
const tabsAtOnce = 4

// TestCopiedDevice: a value older than the last two means that two browsers hold
// the device; it ends and its owner is told. Two tabs at once never trip it.
func TestCopiedDevice(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, _ := s.withApp("tom@example.com")
		b.signOut()
		p := b.submit(b.signIn("tom@example.com", password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Home")
		b.signOut()
		thief := b.again()
		var tabs sync.WaitGroup
		var in atomic.Int64
		page := b.get("/signin")
		for range tabsAtOnce {
			tab := b.again()
			tabs.Go(func() {
				got := tab.send(page, "/signin", map[string]string{"login": "tom@example.com", "password": password})
				if tab.cookie("sp_session") != "" && got.Header.Get("Location") == "/home" {
					in.Add(1)
				}
			})
		}
		tabs.Wait()
		if n := in.Load(); n != tabsAtOnce {
			t.Errorf("%d of %d tabs at once got in with the device, want all", n, tabsAtOnce)
		}
		for range 2 { // the owner goes on; the value moves past the copy
			b.signIn("tom@example.com", password).must(t, 200, "Home")
			b.signOut()
		}
		thief.signIn("tom@example.com", password).must(t, 200, "Choose how to verify it's you")
		s.mail("tom@example.com", titled("remembered"))
		b.signIn("tom@example.com", password).must(t, 200, "Choose how to verify it's you")
	})
}

// TestOtherPersonsIDs: an id of somebody else is not found, whatever the page.
func TestOtherPersonsIDs(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.withApp("una@example.com")
		b, _, _ := s.withApp("vic@example.com")
		una, _, err := s.Accounts.Find(t.Context(), "una@example.com")
		if err != nil {
			t.Fatal(err)
		}
		apps, err := s.Store.Credentials(t.Context(), s.Org.ID, una.User.ID, core.KindApp)
		if err != nil || len(apps) != 1 {
			t.Fatalf("apps = %d, %v", len(apps), err)
		}
		own := b.get("/account/security").forms(t)[0].values.Get("form_token")
		for _, path := range []string{"/account/security/apps/%s/rename", "/account/security/apps/%s/remove"} {
			address := fmt.Sprintf(path, apps[0].ID)
			b.do("GET", address, nil).must(t, 404)
			b.do("POST", address, map[string][]string{"form_token": {own}, "label": {"mine now"}}).must(t, 404)
		}
		after, err := s.Store.Credentials(t.Context(), s.Org.ID, una.User.ID, core.KindApp)
		if err != nil || len(after) != 1 || after[0].Label != apps[0].Label {
			t.Errorf("another person's app was touched: %+v, %v", after, err)
		}
	})
}

// TestFormTokenOfAnotherSession: a token serves the session it was made for.
func TestFormTokenOfAnotherSession(t *testing.T) {
	s := start(t)
	one, _, _ := s.withApp("wes@example.com")
	two, _, _ := s.withApp("xia@example.com")
	token := one.get("/account/security").forms(t)[0].values.Get("form_token")
	two.do("POST", "/account/security/turn-off", map[string][]string{"form_token": {token}, "how": {"remove"}}).must(t, 403)
}

// TestOffForNow: suspended keeps the app; one code turns it on again, with
// nothing to scan.
func TestOffForNow(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, _ := s.withApp("yan@example.com")
		p := b.submit(b.get("/account/security/turn-off"), "/account/security/turn-off", map[string]string{"how": "now"})
		p.must(t, 200, "Two-factor authentication is off for now")
		s.mail("yan@example.com", titled("off for now"))
		other := s.browser()
		other.signIn("yan@example.com", password).must(t, 200, "Home")
		p = b.submit(b.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
		b.submit(p, "/account/security/resume", map[string]string{"kind": "app", "code": app.code()}).must(t, 200, "Two-factor authentication is on")
		if got := other.do("GET", "/home", nil); got.StatusCode != http.StatusSeeOther {
			t.Errorf("the other session lives on: %d", got.StatusCode)
		}
		s.browser().withCode("yan@example.com", app.code()).must(t, 200, "Home")
	})
}

// TestTurnOffForGood removes everything; while required it is refused.
func TestTurnOffForGood(t *testing.T) {
	s := start(t)
	b, _, _ := s.withApp("zoe@example.com")
	b.submit(b.get("/account/security/turn-off"), "/account/security/turn-off", map[string]string{"how": "remove"}).must(t, 200)
	s.mail("zoe@example.com", titled("off"))
	acc, _, err := s.Accounts.Find(t.Context(), "zoe@example.com")
	if err != nil || acc.Apps != 0 || acc.RecoveryCodes != 0 || acc.User.TwoFactor != core.TwoFactorOff {
		t.Errorf("left over: %d apps, %d codes, box %s, %v", acc.Apps, acc.RecoveryCodes, acc.User.TwoFactor, err)
	}
	c, _, _ := s.withApp("abe@example.com")
	s.require()
	if err := s.Sessions.Poll(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.get("/account/security/turn-off").must(t, 200, "Your organization requires two-factor authentication")
}
