package cli

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
)

type orgCommands struct {
	Create orgCreate `cmd:"" help:"Create an organization."`
	List   orgList   `cmd:"" help:"List organizations."`
	Set    orgSet    `cmd:"" help:"Change an organization's settings."`
}

type orgCreate struct {
	Name string `arg:"" help:"Its name, as people see it."`
}

// Run creates an organization.
func (c *orgCreate) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		o, err := b.Organizations.Create(ctx, c.Name, operator())
		if err != nil {
			return err
		}
		return r.print(map[string]string{"id": string(o.ID), "name": o.Name}, "created organization %s", o.Name)
	})
}

type orgList struct{}

// listedOrganization is an organization for programs.
type listedOrganization struct {
	Name             string `json:"name"`
	RequireTwoFactor bool   `json:"require_two_factor"`
	RequireFrom      string `json:"require_from,omitempty"`
	AppsOnly         bool   `json:"apps_only"`
	RememberDays     int    `json:"remember_days"`
	Idle             string `json:"idle"`
	Absolute         string `json:"absolute"`
	Locked           bool   `json:"locked"`
	Help             string `json:"help,omitempty"`
}

// Run lists organizations.
func (orgList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		all, err := b.Organizations.List(ctx)
		if err != nil {
			return err
		}
		listed, rows := []listedOrganization{}, [][]string{}
		for _, o := range all {
			p := o.Policy
			l := listedOrganization{Name: o.Name, RequireTwoFactor: p.RequireTwoFactor, AppsOnly: p.AppsOnly, RememberDays: p.RememberDays,
				Idle: p.Idle.String(), Absolute: p.Absolute.String(), Locked: o.Locked, Help: o.Help}
			require := "no"
			if p.RequireTwoFactor {
				l.RequireFrom = p.RequireFrom.UTC().Format(time.RFC3339)
				require = "from " + l.RequireFrom
			}
			listed = append(listed, l)
			rows = append(rows, []string{l.Name, require, yesNo(l.AppsOnly), strconv.Itoa(l.RememberDays), l.Idle, l.Absolute, yesNo(l.Locked)})
		}
		return r.table(listed, []string{"NAME", "TWO-FACTOR REQUIRED", "APPS ONLY", "REMEMBER DAYS", "IDLE", "ABSOLUTE", "LOCKED"}, rows)
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

type orgSet struct {
	Org                   string         `help:"Organization; needed where there are several."`
	Name                  *string        `name:"rename" help:"New name."`
	AppName               *string        `help:"Name shown in authenticator apps."`
	Help                  *string        `name:"help-contact" help:"Whom people ask, shown on help pages."`
	TimeZone              *string        `help:"Time zone, such as Europe/London."`
	RequireTwoFactor      *bool          `negatable:"" help:"Ask everybody for a second step from their next sign-in on."`
	From                  *time.Time     `format:"2006-01-02" help:"Date from which it is required, at most 30 days ahead (2026-12-01)."`
	AskNow                bool           `help:"Also ask people who are signed in."`
	AppsOnly              *bool          `negatable:"" help:"Take email away as a lasting second step."`
	AppsOnlyFrom          *time.Time     `format:"2006-01-02" help:"Date until which people may wait with their app."`
	AdministratorsAppFrom *time.Time     `format:"2006-01-02" help:"Date from which administrators must use an app."`
	RememberDays          *int           `help:"Days a device may be remembered, 0 to 30."`
	Idle                  *time.Duration `help:"Idle time after which a session ends, 5m to 8h."`
	Absolute              *time.Duration `help:"Time after which any session ends, 1h to 168h."`
	Locked                *bool          `negatable:"" help:"Only administrators may sign in."`
	LockNote              *string        `help:"What the others are told then."`
}

// maxAhead is how far ahead a requirement may begin (AD3).
const maxAhead = 30 * 24 * time.Hour

// Run changes an organization.
func (c *orgSet) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		o, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		changed := map[string]string{}
		c.apply(&o, changed)
		if c.From != nil && (c.From.Sub(b.Clock()) > maxAhead || c.RequireTwoFactor == nil || !*c.RequireTwoFactor) {
			return usageError{text: "--from goes with --require-two-factor and may be at most 30 days ahead"}
		}
		if c.RequireTwoFactor != nil {
			var from time.Time
			if c.From != nil {
				from = *c.From
			}
			if o, err = b.Organizations.Require(ctx, o, *c.RequireTwoFactor, from, c.AskNow, operator()); err != nil {
				return err
			}
			changed["require_two_factor"] = strconv.FormatBool(*c.RequireTwoFactor)
		} else if len(changed) > 0 {
			if err := b.Organizations.Save(ctx, o, operator(), changed); err != nil {
				return err
			}
		}
		if len(changed) == 0 {
			return usageError{text: "nothing to change", hint: "run: sallyport org set --help"}
		}
		return r.print(changed, "changed %s (%d settings); it holds at everybody's next sign-in, and for open sessions within 5 seconds", o.Name, len(changed))
	})
}

// apply copies what was given, and notes it for the audit log.
func (c *orgSet) apply(o *core.Organization, changed map[string]string) {
	p := &o.Policy
	put(changed, "name", &o.Name, c.Name)
	put(changed, "app_name", &o.AppName, c.AppName)
	put(changed, "help", &o.Help, c.Help)
	put(changed, "time_zone", &o.TimeZone, c.TimeZone)
	put(changed, "apps_only", &p.AppsOnly, c.AppsOnly)
	put(changed, "apps_only_from", &p.AppsOnlyFrom, c.AppsOnlyFrom)
	put(changed, "administrators_app_from", &p.AdministratorAppFrom, c.AdministratorsAppFrom)
	put(changed, "remember_days", &p.RememberDays, c.RememberDays)
	put(changed, "idle", &p.Idle, c.Idle)
	put(changed, "absolute", &p.Absolute, c.Absolute)
	put(changed, "locked", &o.Locked, c.Locked)
	put(changed, "lock_note", &o.LockNote, c.LockNote)
}

func put[T comparable](changed map[string]string, name string, at *T, value *T) {
	if value == nil || *at == *value {
		return
	}
	changed[name] = fmt.Sprintf("%v to %v", *at, *value)
	*at = *value
}
