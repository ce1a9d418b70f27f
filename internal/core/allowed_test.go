package core_test

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

func TestParseNetworks(t *testing.T) {
	tests := []struct{ name, text, want, code string }{
		{"none", " \n\r\n", "", ""},
		{"both families", "203.0.113.0/24\n2001:db8::/32", "203.0.113.0/24\n2001:db8::/32", ""},
		{"single addresses", "203.0.113.9, ::1", "203.0.113.9/32\n::1/128", ""},
		{"host bits are cleared", "203.0.113.9/24", "203.0.113.0/24", ""},
		{"IPv4 written as IPv6", "::ffff:203.0.113.0/120\n::ffff:192.0.2.1", "203.0.113.0/24\n192.0.2.1/32", ""},
		{"everybody", "0.0.0.0/0\n::/0", "0.0.0.0/0\n::/0", ""},
		{"a name", "office.example", "", "policy.allowed_networks"},
		{"half an address", "203.0.113/24", "", "policy.allowed_networks"},
		{"too many bits", "203.0.113.0/33", "", "policy.allowed_networks"},
		{"a zone", "fe80::1%eth0", "", "policy.allowed_networks"},
		{"mapped, but wider than IPv4", "::ffff:203.0.113.0/90", "", "policy.allowed_networks"},
		{"100", strings.Repeat("10.0.0.0/8\n", 100), strings.TrimSpace(strings.Repeat("10.0.0.0/8\n", 100)), ""},
		{"101", strings.Repeat("10.0.0.0/8\n", 101), "", "policy.networks_many"},
		{"a megabyte", strings.Repeat(" ", 1<<20), "", "policy.networks_many"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := core.ParseNetworks(tt.text)
			switch {
			case tt.code == "" && (err != nil || got.String() != tt.want):
				t.Errorf("got %q, %v; want %q", got, err, tt.want)
			case tt.code != "" && (err == nil || err.Code != tt.code):
				t.Errorf("got %v, want %s", err, tt.code)
			}
		})
	}
}

func TestAllow(t *testing.T) {
	list, err := core.ParseNetworks("203.0.113.0/24\n2001:db8::/32")
	if err != nil {
		t.Fatal(err)
	}
	for address, want := range map[string]bool{
		"203.0.113.9": true, "::ffff:203.0.113.9": true, "203.0.114.1": false, "2001:db8::1": true, "2001:db9::1": false, "": false,
	} {
		a, _ := netip.ParseAddr(address)
		if got := list.Allow(a); got != want {
			t.Errorf("%q: %v, want %v", address, got, want)
		}
		if !core.AllowedNetworks(nil).Allow(a) {
			t.Errorf("%q is not let in where there is no list", address)
		}
	}
	at := netip.MustParseAddr("198.51.100.1")
	if n := testing.AllocsPerRun(100, func() { list.Allow(at) }); n != 0 {
		t.Errorf("%v allocations for a request", n)
	}
}

// TestVerdictFrom: nothing opens from elsewhere, and what is over stays over.
func TestVerdictFrom(t *testing.T) {
	list, _ := core.ParseNetworks("203.0.113.0/24")
	here, there := netip.MustParseAddr("203.0.113.9"), netip.MustParseAddr("192.0.2.9")
	for _, v := range []core.Verdict{core.VerdictOpen, core.VerdictStepUp, core.VerdictAppDue, core.VerdictPasswordDue, core.VerdictEnded} {
		want := core.VerdictElsewhere
		if v == core.VerdictEnded {
			want = v
		}
		if v.From(list, here) != v || v.From(nil, there) != v || v.From(list, there) != want {
			t.Errorf("%s: here %s, elsewhere %s", v, v.From(list, here), v.From(list, there))
		}
	}
}

func FuzzParseNetworks(f *testing.F) {
	f.Add("203.0.113.0/24\n2001:db8::/32, ::1")
	f.Add("::ffff:1.2.3.4/96")
	f.Fuzz(func(t *testing.T, text string) {
		list, err := core.ParseNetworks(text)
		if err != nil {
			return
		}
		again, err := core.ParseNetworks(list.String())
		if err != nil || again.String() != list.String() {
			t.Fatalf("%q is read as %q, then as %q, %v", text, list, again, err)
		}
	})
}
