package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestLinkOfAnotherTab: the page behind one link, sent after another link was
// opened in the same browser, sets nobody's password: it said whose it was, and
// the cookie now is of somebody else (PR5).
func TestLinkOfAnotherTab(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		ana, ben := s.person("ana@example.com"), s.person("ben@example.com")
		b := s.browser()
		b.forgot(ana.Email)
		anas := b.get(s.link(ana.Email)).must(t, 200, "a•••@example.com")
		b.forgot(ben.Email)
		bens := s.link(ben.Email)
		b.get(bens).must(t, 200, "b•••@example.com")
		p := b.submit(anas, "/password/reset", map[string]string{"password": newPassword, "repeat": newPassword})
		p.must(t, http.StatusUnprocessableEntity, "b•••@example.com", "Another link was opened")
		s.browser().signIn(ben.Email, password).must(t, 200, "Home")
		b.submit(p, "/password/reset", map[string]string{"password": newPassword, "repeat": newPassword}).must(t, 200, "Your password was changed")
		s.browser().signIn(ben.Email, newPassword).must(t, 200, "Home")
	})
}

// TestUndoOfAnotherTab: the same for the page that takes a change of address back.
func TestUndoOfAnotherTab(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b := s.browser()
		pages := map[string]page{}
		for _, who := range []string{"ana", "ben"} {
			u := s.person(who + "@example.com")
			thief := s.browser()
			thief.signIn(u.Email, password).must(t, 200, "Home")
			thief.moveTo(s, u.Email, password, who+"@thief.example")
			pages[who] = b.get(undoLink.FindStringSubmatch(s.aboutAddress(u.Email).Text)[1]).must(t, 200, "Take the change back")
		}
		p := b.submit(pages["ana"], "/address/undo", nil).must(t, 200, "b•••@thief.example", "Take the change back")
		s.account("ana@thief.example") // both are as they were
		s.account("ben@thief.example")
		b.submit(p, "/address/undo", nil).must(t, 200, "The change was taken back")
		s.account("ben@example.com")
	})
}

// TestAlarmOfAnotherTab: the same for the button behind "Wasn't you?".
func TestAlarmOfAnotherTab(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		ana, ben := s.person("ana@example.com"), s.person("ben@example.com")
		b := s.browser()
		pages := map[string]page{}
		for _, u := range []core.User{ana, ben} {
			s.browser().signIn(u.Email, password).must(t, 200, "Home")
			s.browser().signIn(u.Email, password).must(t, 200, "Home")
			pages[u.Email] = b.get(s.alarmLink(u.Email, "New sign-in")).must(t, 200, core.MaskedEmail(u.Email))
		}
		p := b.submit(pages[ana.Email], "/not-you", nil).must(t, 200, "b•••@example.com", "What the button does")
		if n := s.eventsOf(ana, core.EventNotYou) + s.eventsOf(ben, core.EventNotYou); n != 0 {
			t.Fatalf("the page of another tab raised %d alarms", n)
		}
		b.submit(p, "/not-you", nil).must(t, 200, "Everything was signed out")
		if a, c := s.eventsOf(ana, core.EventNotYou), s.eventsOf(ben, core.EventNotYou); a != 0 || c != 1 {
			t.Errorf("alarms of the one and of the other: %d and %d, want 0 and 1", a, c)
		}
	})
}

// TestLinkInAnothersBrowser: a password that is chosen over a link where somebody
// else is signed in leaves that person in, and the page says whose it was.
func TestLinkInAnothersBrowser(t *testing.T) {
	s := start(t)
	ana, ben := s.person("ana@example.com"), s.person("ben@example.com")
	b := s.browser()
	b.signIn(ana.Email, password).must(t, 200, "Home")
	s.browser().forgot(ben.Email)
	b.reset(s.link(ben.Email), newPassword).must(t, 200, "Home", "The password of the other account was changed.")
	if got := s.verdict(b); got != core.VerdictOpen {
		t.Errorf("the one who is signed in: %s", got)
	}
	s.browser().forgot(ana.Email)
	own := b.reset(s.link(ana.Email), newPassword).must(t, 200, "Your password was changed and you were signed out everywhere.")
	if strings.Contains(own.Body, "other account") {
		t.Error("a reset of one's own is told as that of somebody else")
	}
}
