package core_test

import (
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
