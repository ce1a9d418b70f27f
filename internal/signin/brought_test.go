package signin_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// byHtpasswd is htpasswd -nbBC 4 of the right password.
const byHtpasswd = "$2y$04$qHi3mKYRCNrzDzxkLpdZEuqQ21sjYm0lG3Jy7FvoA2p.0YiZGHMU."

// bring gives a person the password hash of another system.
func (d *desk) bring(h *human) {
	d.t.Helper()
	sealed, err := d.hasher.SealForeign(h.ID, byHtpasswd)
	d.must(err)
	d.rows(`UPDATE person SET password_sealed = $1 WHERE id = $2`, sealed, string(h.ID))
}

// own reports whether the stored hash is one of ours.
func (d *desk) own(h *human) bool {
	d.t.Helper()
	text, err := d.ring.Open(secret.PasswordOf(h.ID), d.account(h).User.PasswordSealed)
	d.must(err)
	return strings.HasPrefix(string(text), "$argon2id$v=19$m=64,")
}

// TestBroughtHashIsReplacedAtOnce: the first right password makes a hash of ours
// of it, whatever it was typed for, and neither ends a session nor counts as a
// new password.
func TestBroughtHashIsReplacedAtOnce(t *testing.T) {
	d := newDesk(t)
	plain, withApp := d.person("ana"), d.withApp("bea", core.CredentialActive)
	confirming := d.person("cem")
	signedIn := d.browser()
	signedIn.to(confirming, core.StepDone)
	for name, c := range map[string]struct {
		h     *human
		tries func(typed string) error
	}{
		"into a session": {plain, func(typed string) error { _, err := d.browser().SubmitPassword(plain.Login(), typed); return err }},
		"to the app":     {withApp, func(typed string) error { _, err := d.browser().SubmitPassword(withApp.Login(), typed); return err }},
		"to confirm":     {confirming, func(typed string) error { _, err := signedIn.confirm(typed); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			d.bring(c.h)
			version := d.account(c.h).User.PasswordVersion
			if err := c.tries("wrong battery horse"); err == nil || d.own(c.h) {
				t.Fatalf("a wrong password: %v, replaced: %v", err, d.own(c.h))
			}
			d.must(c.tries(right))
			if !d.own(c.h) {
				t.Error("the brought hash is still there")
			}
			if now := d.account(c.h).User.PasswordVersion; now != version {
				t.Errorf("password version %d, want %d", now, version)
			}
			d.must(c.tries(right))
		})
	}
}

// TestBroughtApp: the app that somebody used before is asked for, and its code is
// good once, from the minute after the load.
func TestBroughtApp(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive, func(n *core.NewUser) {
		f, _ := d.factors.Get(core.KindApp)
		c, added, err := f.(*factor.App).Bring(n.User.ID, "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", nil, d.now)
		if err != nil || !added {
			t.Fatalf("added %v, %v", added, err)
		}
		c.ID, c.OrganizationID, c.CreatedAt = core.NewID(d.now, random), n.User.OrganizationID, d.now
		n.Credentials = []core.Credential{c}
	})
	h.app = []byte("12345678901234567890")
	d.bring(h)
	b := d.browser()
	b.to(h, core.StepChoose)
	b.choose(core.KindApp)
	_, err := b.submit(core.KindApp, d.code(h))
	wants(t, err, "code", "code.used")
	d.pass(2 * otpPeriod)
	b.finish(core.KindApp, d.code(h))
	if !d.own(h) {
		t.Error("the brought hash is still there")
	}
}
