package app_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestTakenBackWithItsApp: where a mailbox was never proved, the password alone
// moves the address, and a code to the new one sets up an app. Taken back, that
// app must not let the thief in again beside the password.
func TestTakenBackWithItsApp(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u := s.person("vera@example.com")
		thief := s.browser()
		thief.signIn(u.Email, password).must(t, 200, "Home")
		thief.moveTo(s, u.Email, password, "eve@evil.example")
		link := undoLink.FindStringSubmatch(s.aboutAddress(u.Email).Text)
		thief.turnOn(s, "eve@evil.example")
		b := s.browser()
		b.submit(b.get(link[1]), "/address/undo", nil).must(t, 200, "The change was taken back")
		if acc := s.account(u.Email); acc.Apps+acc.RecoveryCodes > 0 {
			t.Errorf("%d apps and %d recovery codes of the thief are left", acc.Apps, acc.RecoveryCodes)
		}
		p := b.choose(b.signIn(u.Email, password), "email")
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)})
		if got := s.verdict(b); got != core.VerdictPasswordDue {
			t.Errorf("the owner's way in ends at %s", got)
		}
	})
}
