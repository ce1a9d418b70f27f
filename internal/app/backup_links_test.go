package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestLinksOfBeforeARestore: what would open an account or set its password is
// dead; what only ends things or gives them back to their owner lives on (BK2,
// ADR 20).
func TestLinksOfBeforeARestore(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		ana, ben := s.person("ana@example.com"), s.person("ben@example.com")
		s.prove(ana)
		s.browser().signIn(ben.Email, password).must(t, 200, "Home")
		s.browser().signIn(ben.Email, password).must(t, 200, "Home")
		alarm := s.alarmLink(ben.Email, "New sign-in")
		s.browser().forgot(ben.Email)
		_, reset, _ := strings.Cut(s.link(ben.Email), s.URL)
		invitation := s.invited("cy@example.com")
		thief := s.browser()
		thief.signIn(ana.Email, password).must(t, 200, "Home")
		thief.moveTo(s, ana.Email, password, "eve@evil.example")
		undo := undoLink.FindStringSubmatch(s.aboutAddress(ana.Email).Text)[1]
		s.browser().get(reset).must(t, 200, "Choose a new password") // it is alive at the backup
		s.browser().get("/welcome/"+invitation).must(t, 200, `name="password"`)
		k := s.backUp()

		r := start(t, k.restoring(t, s.Config))
		deadLink(t, r, invitation)
		if p := r.browser().get(reset); p.StatusCode != http.StatusGone || strings.Contains(p.Body, `name="password"`) {
			t.Errorf("a reset link of before the restore: status %d, %q", p.StatusCode, p.title())
		}
		b := r.browser()
		b.submit(b.get(alarm).must(t, 200, "b•••@example.com"), "/not-you", nil).must(t, 200, "Everything was signed out")
		b = r.browser()
		b.submit(b.get(undo).must(t, 200, "e•••@evil.example"), "/address/undo", nil).must(t, 200, "The change was taken back")
		acc, _, err := r.Store.AccountByID(context.Background(), ana.OrganizationID, ana.ID)
		if err != nil || acc.User.Email != ana.Email {
			t.Errorf("the address is %q, %v, want it given back", acc.User.Email, err)
		}
		for _, u := range []core.User{ana, ben} { // neither let anybody in
			if p := r.browser().signIn(u.Email, password); strings.Contains(p.title(), "Home") {
				t.Errorf("%s: the password of before leads in: %q", u.Email, p.title())
			}
		}
	})
}
