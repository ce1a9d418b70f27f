package passwordclient_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestPauseCoversSpellings: a pause is for a network, however an address of it is
// spelled, and for no other that looks like it.
func TestPauseCoversSpellings(t *testing.T) {
	for _, tt := range []struct{ network, shown, want string }{
		{"192.0.2.0/24", "192.0.2.200", ""},
		{"192.0.2.0/24", "::ffff:192.0.2.9", ""},
		{"192.0.2.0/24", "::ffff:192.0.3.9", "two_factor_required"},
		{"192.0.2.0/24", "64:ff9b::c000:207", "two_factor_required"},
		{"192.0.2.0/24", "::c000:207", "two_factor_required"},
		{"fe80::/64", "fe80::2%eth1", ""},
		{"2001:db8::/64", "2001:db8:0:1::1", "two_factor_required"},
		{"2001:db8::/64", "", "two_factor_required"},
		{"2001:db8::/64", "2001:db8::1, 192.0.2.7", "two_factor_required"},
	} {
		d := newDesk(t)
		u := d.person("ana")
		d.must(d.StartPause(t.Context(), d.view(u), 15*time.Minute, "", core.Origin{Address: "x", Network: tt.network}))
		if got := d.shows(u.Email, password, core.Origin{Address: tt.shown, Network: tt.network}); got != tt.want {
			t.Errorf("for %s, from %s: %q, want %q", tt.network, tt.shown, got, tt.want)
		}
	}
}

// TestWhatIsRememberedOpensNothing: within the minute in which a password is not
// hashed again, whatever else changes bites at the next request, also where another
// process changed it.
func TestWhatIsRememberedOpensNothing(t *testing.T) {
	policy := func(change func(*core.Organization)) func(d *desk, u core.User) {
		return func(d *desk, _ core.User) {
			o, err := d.store.Organization(d.t.Context(), d.org.ID)
			d.must(err)
			change(&o)
			d.must(d.store.SaveOrganization(d.t.Context(), o, core.Record{}))
		}
	}
	for _, tt := range []struct {
		name, want string
		change     func(d *desk, u core.User)
	}{
		{"deactivated", "client.wrong", func(d *desk, u core.User) {
			d.must(d.store.SetStatus(d.t.Context(), core.StatusChange{OrganizationID: u.OrganizationID, UserID: u.ID, From: core.Active, To: core.Inactive, At: d.clock()}))
		}},
		{"locked", "client.locked", policy(func(o *core.Organization) { o.Locked = true })},
		{"another network is allowed", "client.elsewhere", policy(func(o *core.Organization) { o.Policy.AllowedNetworks = "198.51.100.0/24" })},
		{"half of the network is allowed", "client.elsewhere", policy(func(o *core.Organization) { o.Policy.AllowedNetworks = "192.0.2.128/25" })},
		{"switched off", "client.off", policy(func(o *core.Organization) { o.Policy.NoPasswordClients = true })},
		{"no pauses any more", "two_factor_required", policy(func(o *core.Organization) { o.Policy.PauseCap = 0 })},
		{"signed out everywhere", "two_factor_required", func(d *desk, u core.User) {
			d.must(d.store.SignOutEverywhere(d.t.Context(), core.EverywhereSignOut{OrganizationID: u.OrganizationID, UserID: u.ID, At: d.clock()}))
		}},
		{"ended on another replica", "two_factor_required", func(d *desk, u core.User) { d.must(d.other().EndPause(d.t.Context(), d.view(u), office)) }},
		{"over", "two_factor_required", func(d *desk, _ core.User) { d.pass(15 * time.Minute) }},
	} {
		d := newDesk(t)
		u := d.person("ana")
		d.must(d.StartPause(t.Context(), d.view(u), 15*time.Minute, "", office))
		if got := d.shows(u.Email, password, office); got != "" {
			t.Fatalf("%s: before: %q", tt.name, got)
		}
		tt.change(d, u)
		if got := d.shows(u.Email, password, office); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestOddPasswords: a program's password is taken apart from its name at the first
// colon, and is no other for its letters.
func TestOddPasswords(t *testing.T) {
	const odd = "päss:wörd: :\U0001F511 ñandú"
	d := newDesk(t)
	u := d.person("ana", off, func(u *core.User) {
		var err error
		u.PasswordSealed, err = d.hashes.Hash(t.Context(), u.ID, odd)
		d.must(err)
	})
	for typed, want := range map[string]string{
		odd: "", "pa\u0308ss:wo\u0308rd: :\U0001F511 n\u0303andu\u0301": "", "päss": "client.wrong", odd + "\x00": "client.wrong",
		"p\xe4ss:w\xf6rd": "client.wrong", "\xff\xfe": "client.wrong",
	} {
		if got := d.shows(u.Email, typed, office); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}
