package app_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestNoSpellingLeavesTheStricterApplication: "/;/admin" is "/admin" for
// servers that cut segments at a semicolon and count slashes in a row as one
// (FA3; the promise of gate's covers).
func TestNoSpellingLeavesTheStricterApplication(t *testing.T) {
	s := start(t, behindProxy)
	for _, a := range []core.Application{
		{OrganizationID: s.Org.ID, Name: "Site", URL: "https://app.example.com", Level: core.LevelPassword},
		{OrganizationID: s.Org.ID, Name: "Admin", URL: "https://app.example.com/admin", Level: core.LevelStrong, Groups: []string{"nobody"}},
	} {
		if _, err := s.Organizations.AddApplication(t.Context(), a, operator); err != nil {
			t.Fatal(err)
		}
	}
	s.Gate.Forget()
	s.person("wil@example.com")
	b := s.browser()
	b.signIn("wil@example.com", password).must(t, 200, "Home")
	for _, uri := range []string{"/admin", "/admin/x", "/;/admin", "/;a=b/admin/x", "/%3b/admin", "/x/;/../admin", "/ADMIN", "/Admin/x", "/admin;a=b"} {
		p := askGate(b, uri)
		if p.StatusCode == 200 {
			t.Errorf("%s: 200, the wider application", uri)
		}
	}
}
