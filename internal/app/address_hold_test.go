package app_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

// account reads a person as stored.
func (s *server) account(login string) core.Account {
	s.t.Helper()
	acc, _, err := s.Accounts.Find(s.t.Context(), login)
	if err != nil {
		s.t.Fatal(err)
	}
	return acc
}

// TestHoldOutlastsAWayBack: a thief of the password who saw one code, changes the address twice
// and takes the second change back has a mailbox of his own on the account, and no
// code or link goes there before the day is over (SU5).
func TestHoldOutlastsAWayBack(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		const owner, first, second = "uma@example.com", "first@thief.example", "second@thief.example"
		s.person(owner)
		b := s.browser()
		b.forgot(owner)
		b.reset(s.link(owner), newPassword).must(t, 200, "Your password was changed") // proves the mailbox
		thief := s.browser()
		thief.signIn(owner, newPassword).must(t, 200, "Home")
		thief.moveTo(s, owner, newPassword, first)
		thief.moveTo(s, owner, newPassword, second)
		m := s.mail(first, func(m devmail.Mail) bool { return undoLink.MatchString(m.Text) })
		thief.submit(thief.get(undoLink.FindStringSubmatch(m.Text)[1]), "/address/undo", nil).must(t, 200)
		acc := s.account(first)
		s.mail(owner, titled("was restored"))
		if got := acc.User.CodeAddress(s.now()); got != owner {
			t.Fatalf("codes and links go to %s, want %s", got, owner)
		}
		thief.forgot(first)
		if m := s.mail("", func(m devmail.Mail) bool { return linkInMail.MatchString(m.Text) && number(m.ID) > s.read }); !strings.Contains(m.To[0], owner) {
			t.Errorf("the reset link went to %s", m.To)
		}
		// The owner's own way back is open as before.
		m = s.mail(owner, func(m devmail.Mail) bool { return undoLink.MatchString(m.Text) })
		b.submit(b.get(undoLink.FindStringSubmatch(m.Text)[1]), "/address/undo", nil).must(t, 200)
		if u := s.account(owner).User; u.Email != owner || u.CodeAddress(s.now()) != owner {
			t.Errorf("taken back, the address is %s and codes go to %s", u.Email, u.CodeAddress(s.now()))
		}
	})
}
