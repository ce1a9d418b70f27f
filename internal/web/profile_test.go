package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// ana is what the form of the Profile tab sends, as field and value by turns.
func profileForm(change ...string) []string {
	sent := map[string]string{
		"first_name": "Bea", "last_name": "Ito", "title": "", "phone": "", "department": "", "time_zone": "",
		"was_first_name": "Bea", "was_last_name": "Ito", "was_title": "", "was_phone": "", "was_department": "", "was_time_zone": "",
	}
	for i := 0; i+1 < len(change); i += 2 {
		sent[change[i]] = change[i+1]
	}
	var pairs []string
	for name, value := range sent {
		pairs = append(pairs, name, value)
	}
	return pairs
}

// TestProfileSave: what was typed and what was shown reach the service, and
// nothing else: an id, a type or an address in the form is not looked at.
func TestProfileSave(t *testing.T) {
	p := signedIn(t, bea(), nil)
	w := p.post("/account/profile", profileForm(
		"title", "Analyst", "was_title", "Clerk", "time_zone", "Asia/Tokyo",
		"id", "cal", "user_id", "cal", "organization_id", "other", "type", "3", "user_type", "3", "email", "eve@example.com",
		"email_proved_at", "1", "two_factor", "off", "status", "active", "password_sealed", "x", "photo", "x", "username", "root",
	)...)
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account/profile?done=profile-saved" {
		t.Fatalf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if diff := cmp.Diff(core.Profile{FirstName: "Bea", LastName: "Ito", Title: "Analyst", TimeZone: "Asia/Tokyo"}, p.profile.typed); diff != "" {
		t.Errorf("typed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(core.Profile{FirstName: "Bea", LastName: "Ito", Title: "Clerk"}, p.profile.was); diff != "" {
		t.Errorf("shown before (-want +got):\n%s", diff)
	}
}

// TestProfileProblem: a problem stands beside its field, and everything typed
// stays.
func TestProfileProblem(t *testing.T) {
	p := signedIn(t, bea(), nil)
	p.profile.fail = &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: map[string]*core.Error{
		"phone": core.NewError(core.Invalid, "user.phone"), "time_zone": core.NewError(core.Invalid, "user.time_zone").With("zone", "Mars/Olympus"),
	}}
	w := p.post("/account/profile", profileForm("title", `"><script>alert(1)</script>`, "phone", "call me", "time_zone", "Mars/Olympus")...)
	golden(t, "account/profile_problem", steady(w.Body.Bytes()))
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("got %d, want 422", w.Code)
	}
}

// TestProfileChangedElsewhere: what another tab stored is on screen, so sending
// the form again means it.
func TestProfileChangedElsewhere(t *testing.T) {
	p := signedIn(t, bea(), nil)
	p.profile.fail = &core.Error{Kind: core.Conflict, Code: "form.invalid", Fields: map[string]*core.Error{
		"title": core.NewError(core.Conflict, "profile.changed").With("value", "Manager"), "phone": core.NewError(core.Conflict, "profile.emptied"),
	}}
	w := p.post("/account/profile", profileForm("title", "Analyst", "was_title", "Clerk", "phone", "12", "was_phone", "1")...)
	body := w.Body.String()
	for _, want := range []string{
		"changed this to Manager. Save again to use yours.", "emptied this. Save again to use yours.", `name="title" type="text" maxlength="80" autocomplete="organization-title" value="Analyst"`,
		`name="was_title" value="Manager"`, `name="was_phone" value=""`, `name="was_first_name" value="Bea"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if w.Code != http.StatusUnprocessableEntity {
		t.Errorf("got %d, want 422", w.Code)
	}
}
