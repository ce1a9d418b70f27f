package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
)

type orgSet struct {
	Org                   string         `placeholder:"NAME" help:"Organization; needed where there are several."`
	Name                  *string        `name:"rename" placeholder:"NAME" help:"New name."`
	AppName               *string        `placeholder:"NAME" help:"Name shown in authenticator apps."`
	Help                  *string        `name:"help-contact" placeholder:"TEXT" help:"Whom people ask, shown on help pages."`
	TimeZone              *string        `placeholder:"ZONE" help:"Time zone, such as Europe/London."`
	Language              *string        `placeholder:"TAG" help:"Language of pages and mails, such as es; empty for that of each browser."`
	RequireTwoFactor      *bool          `negatable:"" help:"Ask everybody for a second step from their next sign-in on."`
	From                  *string        `placeholder:"DATE" help:"Date from which it is required, such as 2030-01-31, at most 30 days ahead."`
	AskNow                bool           `help:"Also ask people who are signed in."`
	AppsOnly              *bool          `negatable:"" help:"Take email away as a lasting second step."`
	AppsOnlyFrom          *string        `placeholder:"DATE" help:"Date until which people may wait with their app."`
	AdministratorsAppFrom *string        `placeholder:"DATE" help:"Date from which administrators must use an app."`
	RememberDays          *int           `placeholder:"N" help:"Days a device may be remembered, 0 to 30."`
	Idle                  *time.Duration `placeholder:"TIME" help:"Idle time after which a session ends, 5m to 8h."`
	Absolute              *time.Duration `placeholder:"TIME" help:"Time after which any session ends, 1h to 168h."`
	PasswordMinimum       *int           `placeholder:"N" help:"Least length of a new password in characters, 8 to 64."`
	PasswordHistory       *int           `placeholder:"N" help:"How many of the last passwords are not taken again, 0 to 24."`
	PasswordDays          *int           `placeholder:"N" help:"Days after which a password must be replaced, 7 to 730; 0 for never. Forced changes weaken passwords."`
	ResetPasswords        bool           `help:"Make everybody, you too, choose a new password at the next sign-in."`
	SingleSession         *bool          `negatable:"" help:"A sign-in ends the person's other sessions (prevent multiple logins)."`
	AuditDays             *int           `placeholder:"N" help:"Days the audit log is kept, 90 to 2555."`
	Locked                *bool          `negatable:"" help:"Only administrators may sign in."`
	LockNote              *string        `placeholder:"TEXT" help:"What the others are told then."`
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
		if err := c.apply(&o, changed); err != nil {
			return err
		}
		if c.ResetPasswords {
			o.Policy.PasswordsFrom = b.Clock()
			changed["reset_passwords"] = "everybody chooses a new one at the next sign-in; nobody is left out"
		}
		demand, err := c.demanded(o, b.Clock())
		if err != nil {
			return err
		}
		if demand != nil {
			if err := b.Organizations.Validate(o); err != nil {
				return err // before the first of two writes
			}
		}
		if len(changed) > 0 {
			if err := b.Organizations.Save(ctx, o, operator(), changed); err != nil {
				return err
			}
		}
		if demand != nil {
			if o, err = b.Organizations.Find(ctx, o.Name); err != nil {
				return err
			}
			if _, err := b.Organizations.Require(ctx, o, demand.on, demand.from, demand.askNow, operator()); err != nil {
				return err
			}
			changed["require_two_factor"] = demand.String()
		}
		return r.printChanged(o.Name, changed)
	})
}

func (r *run) printChanged(name string, changed map[string]string) error {
	if len(changed) == 0 {
		return usageError{text: "nothing to change: no setting was given, or each is so already", hint: "run: sallyport org set --help"}
	}
	lines := []string{"changed " + name}
	for _, setting := range slices.Sorted(maps.Keys(changed)) {
		lines = append(lines, "  "+strings.ReplaceAll(setting, "_", " ")+": "+changed[setting])
	}
	err := r.print(changed, "%s", strings.Join(lines, "\n"))
	r.say("open sessions follow within 5 seconds")
	return err
}

// demand is a change of the requirement of two-factor.
type demand struct {
	on     bool
	from   time.Time
	askNow bool
}

func (d demand) String() string {
	switch {
	case !d.on:
		return "off"
	case d.askNow:
		return "on from " + d.from.Format(time.RFC3339) + ", also for people who are signed in"
	}
	return "on from " + d.from.Format(time.RFC3339)
}

// demanded returns how the requirement changes, nil where it stays. Asking
// again for what is so already moves its beginning nowhere: that would let off
// who signed in since.
func (c *orgSet) demanded(o core.Organization, now time.Time) (*demand, error) {
	on := o.Policy.RequireTwoFactor
	if c.RequireTwoFactor != nil {
		on = *c.RequireTwoFactor
	}
	if !on {
		if c.From != nil || c.AskNow {
			return nil, usageError{text: "--from and --ask-now go with --require-two-factor"}
		}
		if !o.Policy.RequireTwoFactor {
			return nil, nil
		}
		return &demand{}, nil
	}
	asked := !o.Policy.EnforceExistingFrom.IsZero()
	d := demand{on: true, from: o.Policy.RequireFrom, askNow: c.AskNow || asked}
	switch {
	case c.From != nil:
		date, err := dateIn(o, "from", *c.From)
		if err != nil {
			return nil, err
		}
		if d.from = date; date.AddDate(0, 0, 1).After(now) && date.Before(now) {
			d.from = now // today
		}
		if d.from.Before(now) || d.from.Sub(now) > maxAhead {
			return nil, usageError{text: "--from must be today or at most 30 days ahead"}
		}
	case !o.Policy.RequireTwoFactor:
		d.from = now
	case !c.AskNow || asked:
		return nil, nil
	}
	return &d, nil
}

// apply copies what was given, and notes it for the audit log.
func (c *orgSet) apply(o *core.Organization, changed map[string]string) error {
	p := &o.Policy
	put(changed, "time_zone", &o.TimeZone, c.TimeZone) // dates are in it
	put(changed, "language", &o.Language, c.Language)
	put(changed, "name", &o.Name, c.Name)
	put(changed, "app_name", &o.AppName, c.AppName)
	put(changed, "help", &o.Help, c.Help)
	put(changed, "apps_only", &p.AppsOnly, c.AppsOnly)
	put(changed, "remember_days", &p.RememberDays, c.RememberDays)
	put(changed, "idle", &p.Idle, c.Idle)
	put(changed, "absolute", &p.Absolute, c.Absolute)
	put(changed, "password_minimum", &p.PasswordMinimum, c.PasswordMinimum)
	put(changed, "password_history", &p.PasswordHistory, c.PasswordHistory)
	put(changed, "password_days", &p.PasswordDays, c.PasswordDays)
	put(changed, "single_session", &p.SingleSession, c.SingleSession)
	put(changed, "audit_days", &p.AuditDays, c.AuditDays)
	put(changed, "locked", &o.Locked, c.Locked)
	put(changed, "lock_note", &o.LockNote, c.LockNote)
	if err := putDate(changed, *o, "apps_only_from", &p.AppsOnlyFrom, c.AppsOnlyFrom); err != nil {
		return err
	}
	return putDate(changed, *o, "administrators_app_from", &p.AdministratorAppFrom, c.AdministratorsAppFrom)
}

func put[T comparable](changed map[string]string, name string, at *T, value *T) {
	if value == nil || *at == *value {
		return
	}
	changed[name] = fmt.Sprintf("%v to %v", *at, *value)
	if text, isText := any(*at).(string); isText {
		changed[name] = fmt.Sprintf("%q to %q", text, any(*value))
	}
	*at = *value
}

func putDate(changed map[string]string, o core.Organization, name string, at *time.Time, typed *string) error {
	if typed == nil {
		return nil
	}
	date, err := dateIn(o, strings.ReplaceAll(name, "_", "-"), *typed)
	if err != nil || date.Equal(*at) {
		return err
	}
	before := "none"
	if !at.IsZero() {
		before = at.In(date.Location()).Format(time.DateOnly)
	}
	changed[name] = before + " to " + date.Format(time.DateOnly)
	*at = date
	return nil
}

// dateIn reads a date as the first moment of that day where the organization
// is.
func dateIn(o core.Organization, flag, typed string) (time.Time, error) {
	zone, err := time.LoadLocation(o.TimeZone)
	if err != nil {
		return time.Time{}, core.InField("time_zone", core.NewError(core.Invalid, "organization.time_zone"))
	}
	date, err := time.ParseInLocation(time.DateOnly, typed, zone)
	if err != nil {
		return time.Time{}, usageError{text: fmt.Sprintf("--%s: %q is not a date such as 2030-01-31", flag, typed)}
	}
	return date, nil
}
