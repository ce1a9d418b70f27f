package core_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

func TestContacts(t *testing.T) {
	kim := core.Contact{Name: "Kim Lee", Email: "kim@example.com"}
	tests := []struct {
		name, text string
		want       []core.Contact
		code       string
	}{
		{"none", "\n \n", nil, ""},
		{"name and address", " Kim Lee <kim@example.com> ", []core.Contact{kim}, ""},
		{"address alone", "kim@example.com\r\nKim Lee <kim@example.com>", []core.Contact{{Email: "kim@example.com"}, kim}, ""},
		{"a name alone", "Kim Lee", nil, "organization.contacts"},
		{"two addresses", "kim@example.com, lou@example.com", nil, "organization.contacts"},
		{"markup", "<b> <kim@example.com>", nil, "organization.contacts"},
		{"a control character", "Kim\x07 <kim@example.com>", nil, "organization.contacts"},
		{"a name that turns the line round", "Kim\u202e <kim@example.com>", nil, "organization.contacts"},
		{"a second recipient in a link", "Kim <kim@example.com?bcc=eve@example.com>", nil, "organization.contacts"},
		{"more of a link", "kim?subject=x&bcc=eve@example.com", nil, "organization.contacts"},
		{"a long name", strings.Repeat("x", 81) + " <kim@example.com>", nil, "organization.contacts"},
		{"eleven", strings.Repeat("kim@example.com\n", 11), nil, "organization.contacts_many"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := core.ParseContacts(tt.text)
			if tt.code != "" {
				if err == nil || err.Code != tt.code {
					t.Errorf("got %v, want %s", err, tt.code)
				}
				return
			}
			if d := cmp.Diff(tt.want, got); err != nil || d != "" {
				t.Errorf("%v (-want +got):\n%s", err, d)
			}
		})
	}
	o := core.Organization{Help: "Ask the desk.", Contacts: "Kim Lee <kim@example.com>\nlou@example.com"}
	if got := o.Ask(); got != "Ask the desk.\nKim Lee <kim@example.com>\nlou@example.com" {
		t.Errorf("Ask %q", got)
	}
}

func TestLogoutURL(t *testing.T) {
	for address, right := range map[string]bool{
		"": true, "https://www.example.com": true, "https://www.example.com:8443/bye?from=us#end": true, "https://[2001:db8::1]/": true,
		"http://www.example.com": false, "www.example.com": false, "//www.example.com": false, "/signin": false, "https://": false,
		"https:///path": false, "https://a:b@example.com": false, "https:example.com": false, "javascript:alert(1)": false,
		"https://example.com:99999/": false, "https://example.com\\x": false, "https://example.com/a b": false, "https://example.com/\n": false,
		"https://example.com/" + strings.Repeat("x", 500): false,
	} {
		o := org()
		o.LogoutURL = address
		if err := o.Validate(func(string) bool { return true }); (err == nil) != right {
			t.Errorf("%q: %v", address, err)
		}
	}
}
