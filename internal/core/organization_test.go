package core_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
)

func TestAppDueFrom(t *testing.T) {
	soon := now.Add(72 * time.Hour)
	adminsAppSoon := func(p *core.Policy) { p.AdministratorAppFrom = soon }
	requiredLater := func(p *core.Policy) { p.RequireTwoFactor, p.RequireFrom = true, soon.Add(time.Hour) }
	tests := []struct {
		name string
		acc  core.Account
		org  core.Organization
		want time.Time
	}{
		{"nothing", person(), org(), time.Time{}},
		{"required, any method", person(), org(required), time.Time{}},
		{"apps only", person(), org(required, appsOnly), now.Add(-time.Hour)},
		{"apps only, grace", person(), org(required, appsOnlyLater), soon},
		{"apps only, has an app", person(withApp), org(required, appsOnlyLater), time.Time{}},
		{"apps only, the app waits for the mailbox", person(waitingApp), org(required, appsOnlyLater), soon},
		{"apps only, not required", person(boxOn), org(appsOnlyLater), time.Time{}},
		{"apps only, requirement after the grace", person(), org(requiredLater, appsOnlyLater), soon.Add(time.Hour)},
		{"apps only, exempt past the requirement", person(exempt), org(required, appsOnly), now.Add(24 * time.Hour)},
		{"administrators, grace", person(admin), org(required, adminsAppSoon), soon},
		{"administrators, does not bind others", person(), org(required, adminsAppSoon), time.Time{}},
		{"administrators, not required, box off", person(admin), org(adminsAppSoon), time.Time{}},
		{"administrators, not required, box on", person(admin, boxOn), org(adminsAppSoon), soon},
		{"administrators, the earlier of two dates", person(admin), org(requiredLater, appsOnly, adminsApp), soon.Add(time.Hour)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.org.Policy.AppDueFrom(tt.acc); !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

// TestAppDueFromIsWhenTheWallStands compares the date with the decision itself.
func TestAppDueFromIsWhenTheWallStands(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		date := func(name string) time.Time {
			if rapid.Bool().Draw(t, name+" unset") {
				return time.Time{}
			}
			return now.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, name)) * time.Hour)
		}
		acc := person(func(a *core.Account) {
			a.Apps = rapid.IntRange(0, 1).Draw(t, "apps")
			a.User.ExemptUntil = date("exempt")
			a.User.Type = rapid.SampledFrom([]core.UserType{core.Ordinary, core.Administrator}).Draw(t, "type")
			a.User.TwoFactor = rapid.SampledFrom([]core.TwoFactor{core.TwoFactorOff, core.TwoFactorOn}).Draw(t, "box")
		})
		p := core.DefaultPolicy()
		p.RequireTwoFactor, p.RequireFrom = rapid.Bool().Draw(t, "required"), now.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "from"))*time.Hour)
		p.AppsOnly, p.AppsOnlyFrom = rapid.Bool().Draw(t, "apps only"), date("apps only from")
		p.AdministratorAppFrom = date("administrators")
		due := p.AppDueFrom(acc)
		if got, want := !due.IsZero() && !now.Before(due), core.Require(acc, p, now).AppWall; got != want {
			t.Errorf("due %v: wall stands %v, want %v", due, got, want)
		}
	})
}

// TestWhatAnOrganizationMayBeCalled: nothing that an organization says of itself
// turns the line round that it stands in, and its time zone is one on every host.
func TestWhatAnOrganizationMayBeCalled(t *testing.T) {
	tests := map[string]struct {
		change func(o *core.Organization)
		field  string
	}{
		"a name":           {func(o *core.Organization) { o.Name = "Café Nº 1 – שלום" }, ""},
		"a turned name":    {func(o *core.Organization) { o.Name = "\u202ecba" }, "name"},
		"two lines":        {func(o *core.Organization) { o.Name = "a\u2028b" }, "name"},
		"help":             {func(o *core.Organization) { o.Help = "Ask\nthe desk." }, ""},
		"turned help":      {func(o *core.Organization) { o.Help = "Ask\n\u2067the desk." }, "help"},
		"a turned note":    {func(o *core.Organization) { o.LockNote = "\u202e" }, "lock_note"},
		"a turned message": {func(o *core.Organization) { o.Policy.PasswordMessage = "\u202ex" }, "password_message"},
		"a zone":           {func(o *core.Organization) { o.TimeZone = "Europe/Madrid" }, ""},
		"no zone of all":   {func(o *core.Organization) { o.TimeZone = "UTC" }, ""},
		"the host's":       {func(o *core.Organization) { o.TimeZone = "Local" }, "time_zone"},
		"by its file":      {func(o *core.Organization) { o.TimeZone = "localtime" }, "time_zone"},
		"by its rules":     {func(o *core.Organization) { o.TimeZone = "posixrules" }, "time_zone"},
		"another file":     {func(o *core.Organization) { o.TimeZone = "../../etc/passwd" }, "time_zone"},
		"a whole path":     {func(o *core.Organization) { o.TimeZone = "/etc/localtime" }, "time_zone"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			o := org()
			tt.change(&o)
			err := o.Validate(func(string) bool { return true })
			var e *core.Error
			if got := errors.As(err, &e) && e.Fields[tt.field] != nil; tt.field == "" && err != nil || tt.field != "" && !got {
				t.Errorf("got %v, want a problem of %q", err, tt.field)
			}
		})
	}
}
