package app_test

import "testing"

// TestAWaitingAppIsDropped: whoever has the password alone can leave an app and
// recovery codes that wait for the next emailed code. After "Wasn't you?" or a
// new password by mail the owner's own code must not make them good: the owner
// could not even remove them, since confirming would ask for the thief's app.
func TestAWaitingAppIsDropped(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		t.Run("alarm", func(t *testing.T) { waitingAppIsDropped(t, true) })
		t.Run("reset alone", func(t *testing.T) { waitingAppIsDropped(t, false) })
	})
}

func waitingAppIsDropped(t *testing.T, alarm bool) {
	s := start(t)
	u := s.person("tess@example.com")
	thief := s.browser()
	thief.signIn(u.Email, password).must(t, 200, "Home")
	p := thief.submit(thief.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
	p = thief.submit(p, "/account/security/setup/email/later", nil).must(t, 200, "Scan the QR code")
	_, p = thief.scan(p)
	thief.submit(p, "/account/security/setup/save", map[string]string{"saved": "1"}).must(t, 200, "Two-factor authentication is on")
	if acc := s.account(u.Email); acc.WaitingApps != 1 {
		t.Fatalf("%d apps wait, want 1", acc.WaitingApps)
	}

	b := s.browser()
	if alarm {
		b.submit(b.get(s.alarmLink(u.Email, "Two-factor authentication is on")), "/not-you", nil).must(t, 200, "Everything was signed out")
	}
	b.forgot(u.Email)
	b.reset(s.link(u.Email), newPassword).must(t, 200, "Your password was changed")
	p = b.choose(b.signIn(u.Email, newPassword), "email")
	b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)}).must(t, 200, "Home")
	if acc := s.account(u.Email); acc.Apps+acc.WaitingApps+acc.RecoveryCodes > 0 {
		t.Errorf("the thief's second factor is there: %d apps, %d waiting, %d recovery codes", acc.Apps, acc.WaitingApps, acc.RecoveryCodes)
	}
	b.submit(b.get("/account/security"), "/account/security/apps", nil).must(t, 200, "Scan the QR code") // the owner's own
}
