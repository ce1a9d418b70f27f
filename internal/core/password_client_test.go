package core_test

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestPasswordClientVerdict is the table of account x policy x pause x network x
// exemption x "off for now".
func TestPasswordClientVerdict(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	here, there := netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("198.51.100.9")
	for _, state := range []core.TwoFactor{core.TwoFactorOff, core.TwoFactorOn, core.TwoFactorSuspended} {
		for bits := range 64 {
			required, exempt, paused := bits&1 > 0, bits&2 > 0, bits&4 > 0
			over, away, ahead := bits&8 > 0, bits&16 > 0, bits&32 > 0
			c := core.PasswordClient{From: here, Level: core.LevelPassword}
			c.Organization.Policy = core.DefaultPolicy()
			c.Account.User = core.User{ID: "u", PasswordSealed: "x", Type: core.Ordinary, Status: core.Active, TwoFactor: state, CreatedAt: now}
			if required {
				c.Organization.Policy.RequireTwoFactor, c.Organization.Policy.RequireFrom = true, now.Add(-time.Hour)
			}
			if ahead {
				c.Organization.Policy.RequireFrom = now.Add(time.Hour)
			}
			if exempt {
				c.Account.User.ExemptUntil = now.Add(time.Hour)
			}
			if paused {
				c.Account.Pause = core.Pause{ID: "p", Network: "192.0.2.0/24", Until: now.Add(time.Minute)}
			}
			if over {
				c.Account.Pause.Until = now
			}
			if away {
				c.From = there
			}
			inForce := state == core.TwoFactorOn || required && !ahead && !exempt
			covered := paused && !over && !away
			byPause, err := c.Verdict(now)
			name := fmt.Sprintf("%s required=%v exempt=%v paused=%v over=%v away=%v ahead=%v", state, required, exempt, paused, over, away, ahead)
			if open := err == nil; open != (!inForce || covered) || byPause != (inForce && covered) {
				t.Errorf("%s: open %v by pause %v", name, open, byPause)
			}
			if err != nil && core.CodeOf(err) != "two_factor_required" {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

// TestPasswordClientRefusals: what a pause does not help with.
func TestPasswordClientRefusals(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	office, bad := core.ParseNetworks("198.51.100.0/24")
	if bad != nil {
		t.Fatal(bad)
	}
	tests := []struct {
		name   string
		change func(c *core.PasswordClient)
		want   string
	}{
		{"nothing", func(*core.PasswordClient) {}, ""},
		{"deactivated", func(c *core.PasswordClient) { c.Account.User.Status = core.Inactive }, "client.wrong"},
		{"invited", func(c *core.PasswordClient) { c.Account.User.Status = core.Invited }, "client.wrong"},
		{"no access", func(c *core.PasswordClient) { c.Account.User.Type = core.NoAccess }, "client.wrong"},
		{"locked", func(c *core.PasswordClient) { c.Organization.Locked = true }, "client.locked"},
		{"locked, an administrator", func(c *core.PasswordClient) {
			c.Organization.Locked, c.Account.User.Type = true, core.Administrator
		}, ""},
		{"a network that is not allowed", func(c *core.PasswordClient) { c.Allowed = office }, "client.elsewhere"},
		{"from nowhere", func(c *core.PasswordClient) { c.From = netip.Addr{} }, "two_factor_required"},
		{"no password clients", func(c *core.PasswordClient) { c.Organization.Policy.NoPasswordClients = true }, "client.off"},
		{"no pauses any more", func(c *core.PasswordClient) { c.Organization.Policy.PauseCap = 0 }, "two_factor_required"},
		{"a new password is due", func(c *core.PasswordClient) {
			c.Account.User.PasswordDue, c.Account.User.PasswordDueAt = core.PasswordTemporary, now.Add(-time.Hour)
		}, "client.password_due"},
		{"a distrusted password", func(c *core.PasswordClient) {
			c.Account.User.PasswordDue, c.Account.User.PasswordDueAt = core.PasswordDistrusted, now.Add(-time.Hour)
		}, "client.password_due"},
		{"all passwords were reset", func(c *core.PasswordClient) { c.Organization.Policy.PasswordsFrom = now.Add(time.Hour) }, ""},
		{"all passwords were reset before", func(c *core.PasswordClient) { c.Organization.Policy.PasswordsFrom = now.Add(-time.Minute) }, "client.password_due"},
		{"an application that asks for a code", func(c *core.PasswordClient) { c.Level = core.LevelEmail }, ""},
		{"likewise, with nothing in force", func(c *core.PasswordClient) {
			c.Level, c.Account.User.TwoFactor, c.Account.Pause = core.LevelEmail, core.TwoFactorOff, core.Pause{}
		}, ""},
		{"an application that asks for an app", func(c *core.PasswordClient) { c.Level = core.LevelStrong }, "client.level"},
	}
	for _, tt := range tests {
		c := core.PasswordClient{From: netip.MustParseAddr("192.0.2.7"), Level: core.LevelPassword}
		c.Organization.Policy = core.DefaultPolicy()
		c.Account.User = core.User{ID: "u", PasswordSealed: "x", Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOn, CreatedAt: now.Add(-time.Hour)}
		c.Account.Pause = core.Pause{ID: "p", Network: "192.0.2.0/24", Until: now.Add(time.Minute)}
		tt.change(&c)
		_, err := c.Verdict(now)
		got := ""
		if err != nil {
			got = core.CodeOf(err)
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

// TestAppPasswordVerdict is the table of what is shown x what there is: an app
// password needs no pause and no two-factor off, and where one lives nothing else is
// enough.
func TestAppPasswordVerdict(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	live := core.AppPassword{ID: "p", ApplicationID: "a", Network: "192.0.2.0/24", ExpiresAt: now.Add(time.Second)}
	with := func(change func(p *core.AppPassword)) core.AppPassword {
		p := live
		change(&p)
		return p
	}
	over := with(func(p *core.AppPassword) { p.ExpiresAt = now })
	tests := []struct {
		name   string
		has    core.AppPasswords
		shows  *core.AppPassword
		change func(c *core.PasswordClient)
		want   string
	}{
		{"a live one", core.AppPasswords{live}, &live, nil, ""},
		{"one that is over", core.AppPasswords{over}, &over, nil, "client.app_password_over"},
		{"the own password beside a live one", core.AppPasswords{over, live}, nil, nil, "client.app_password_set"},
		{"the own password beside one that is over", core.AppPasswords{over}, nil, nil, "two_factor_required"},
		{"likewise where two-factor is off", core.AppPasswords{live}, nil, func(c *core.PasswordClient) { c.Account.User.TwoFactor = core.TwoFactorOff }, "client.app_password_set"},
		{"likewise in a pause", core.AppPasswords{live}, nil, func(c *core.PasswordClient) {
			c.Account.Pause = core.Pause{ID: "p", Network: "192.0.2.0/24", Until: now.Add(time.Minute)}
		}, "client.app_password_set"},
		{"the own password at another application", core.AppPasswords{live}, nil, func(c *core.PasswordClient) {
			c.Application, c.Account.User.TwoFactor = "b", core.TwoFactorOff
		}, ""},
		{"another application", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.Application = "b" }, "client.app_password_for"},
		{"another network", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.From = netip.MustParseAddr("198.51.100.9") }, "client.app_password_elsewhere"},
		{"no address", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.From = netip.Addr{} }, "client.app_password_elsewhere"},
		{"any network", nil, ptr(with(func(p *core.AppPassword) { p.Network = "" })), func(c *core.PasswordClient) { c.From = netip.MustParseAddr("2001:db8::1") }, ""},
		{"a network that cannot be read", nil, ptr(with(func(p *core.AppPassword) { p.Network = "x" })), nil, "client.app_password_elsewhere"},
		{"the strongest level", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.Level = core.LevelStrong }, "client.level"},
		{"a new password is due", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.Account.User.PasswordDue = core.PasswordTemporary }, ""},
		{"the password is distrusted", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.Account.User.PasswordDue = core.PasswordDistrusted }, "client.password_due"},
		{"deactivated", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.Account.User.Status = core.Inactive }, "client.wrong"},
		{"no password clients", core.AppPasswords{live}, &live, func(c *core.PasswordClient) { c.Organization.Policy.NoPasswordClients = true }, "client.off"},
	}
	for _, tt := range tests {
		c := core.PasswordClient{From: netip.MustParseAddr("192.0.2.7"), Level: core.LevelEmail, Application: "a", AppPasswords: tt.has, Shown: tt.shows}
		c.Organization.Policy = core.DefaultPolicy()
		c.Account.User = core.User{ID: "u", PasswordSealed: "x", Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOn, CreatedAt: now}
		if tt.change != nil {
			tt.change(&c)
		}
		byPause, err := c.Verdict(now)
		got := ""
		if err != nil {
			got = core.CodeOf(err)
		}
		if got != tt.want || byPause {
			t.Errorf("%s: %q by pause %v, want %q", tt.name, got, byPause, tt.want)
		}
	}
}

func ptr[T any](v T) *T { return &v }
