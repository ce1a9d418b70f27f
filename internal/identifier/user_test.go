package identifier_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

func TestUser(t *testing.T) {
	tests := []struct {
		name, email, username string
		keys                  core.LoginKeys
		stored                string // the username
		wrong                 []string
	}{
		{name: "an address alone", email: " Ana@Example.COM ", keys: core.LoginKeys{Email: "ana@example.com"}},
		{name: "and a name", email: "ana@example.com", username: "Ana", keys: core.LoginKeys{Email: "ana@example.com", Username: "ana"}, stored: "Ana"},
		{name: "both are wrong", email: "ana@", username: "a@b", wrong: []string{"email", "username"}},
		{name: "nothing at all", wrong: []string{"email"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := core.User{FirstName: "Ana", LastName: "Diaz", Username: "before"}
			keys, fields := identifier.User(&u, tt.email, tt.username)
			if diff := cmp.Diff(tt.wrong, slices.Sorted(maps.Keys(fields))); diff != "" {
				t.Fatalf("wrong (want -, got +):\n%s", diff)
			}
			if len(tt.wrong) == 0 && (keys != tt.keys || u.Username != tt.stored) {
				t.Errorf("got %+v and %q", keys, u.Username)
			}
		})
	}
	u := core.User{}
	if _, fields := identifier.User(&u, "ana@example.com", ""); fields["first_name"] == nil {
		t.Error("a person without a name is whole")
	}
}
