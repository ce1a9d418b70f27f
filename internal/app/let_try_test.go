package app_test

import (
	"net/http"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestTheHelpDeskEndsAWait: whoever typed too many wrong passwords is found by the
// help desk, which says from where, and lets the person try again; it lets nobody
// in, and is of one organization.
func TestTheHelpDeskEndsAWait(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("uma@example.com")
		hal, _ := s.helper(s.Org, "hal@example.com", core.HelpDesk)
		other, err := s.Organizations.Create(t.Context(), "Other", operator)
		if err != nil {
			t.Fatal(err)
		}
		theirs, _ := s.helper(other, "kim@example.com", core.Administrator)
		list, person := "/admin/users?status=waiting", "/admin/users/"+string(s.idOf("uma@example.com"))
		hal.get(list).must(t, 200, "No one matches these filters.")

		uma := s.browser()
		for range 5 {
			uma.signIn("uma@example.com", "not the password").must(t, 422)
		}
		uma.signIn("uma@example.com", password).must(t, 429, "Too many tries.")
		hal.get(list).must(t, 200, "Waiting after wrong passwords", "uma@example.com", "1 of 2 people")
		theirs.get(list).must(t, 200, "No one matches these filters.")
		hal.get(person+"/security").must(t, 200, "No password can be tried from the network 127.0.0.0/24 until", "/let-try")
		if got := theirs.get(person + "/let-try").StatusCode; got != http.StatusNotFound {
			t.Errorf("another organization's administrator got %d", got)
		}

		hal.submit(hal.get(person+"/let-try").must(t, 200, "make sure first"), person+"/let-try", nil).must(t, 200, "The wait was ended.")
		hal.get(list).must(t, 200, "No one matches these filters.")
		if uma.cookie("sp_session") != "" {
			t.Error("ending a wait signed somebody in")
		}
		uma.signIn("uma@example.com", password).must(t, 200, "Home")
	})
}
