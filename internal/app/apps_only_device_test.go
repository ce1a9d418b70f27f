package app_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestAppsOnlyEndsDevicesOfEmail: a device remembered by an emailed code meets
// at most level 2; a policy that tightens to apps only revokes it (RD5, RD6,
// law 2).
func TestAppsOnlyEndsDevicesOfEmail(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.withApp("sue@example.com")
		b := s.browser()
		p := b.submit(b.signIn("sue@example.com", password), "/signin/verify", map[string]string{"method": "email", "remember": "1"})
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("sue@example.com"), "remember": "1"}).must(t, 200, "Home")
		b.submit(b.get("/home"), "/signout", nil)
		s.require(func(p *core.Policy) { p.AppsOnly = true })
		if err := s.Sessions.Poll(t.Context()); err != nil {
			t.Fatal(err)
		}
		p = b.signIn("sue@example.com", password)
		if p.title() == "Home – Northwind" || b.cookie("sp_session") != "" {
			t.Errorf("apps only, yet a device remembered by email opens %q at level %d", p.title(), b.levelOf(s))
		}
	})
}
