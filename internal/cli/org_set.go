package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

type orgSet struct {
	Org                   string         `placeholder:"NAME" help:"Organization; needed where there are several."`
	Name                  *string        `name:"rename" placeholder:"NAME" help:"New name."`
	AppName               *string        `placeholder:"NAME" help:"Name shown in authenticator apps."`
	Help                  *string        `name:"help-contact" placeholder:"TEXT" help:"Whom people ask, shown on help pages."`
	Contacts              *string        `placeholder:"LINES" help:"Points of contact, one a line: a name and an address in <>, or an address."`
	TimeZone              *string        `placeholder:"ZONE" help:"Time zone, such as Europe/London."`
	Language              *string        `placeholder:"TAG" help:"Language of pages and mails, such as es; empty for that of each browser."`
	LogoutURL             *string        `name:"logout-url" placeholder:"URL" help:"Where browsers go after signing out; empty for the sign-in page."`
	RequireTwoFactor      *bool          `negatable:"" help:"Ask everybody for a second step from their next sign-in on."`
	From                  *string        `placeholder:"DATE" help:"Date from which it is required, such as 2030-01-31, at most 30 days ahead."`
	AskNow                bool           `help:"Also ask people who are signed in."`
	AppsOnly              *bool          `negatable:"" help:"Take email away as a lasting second step."`
	AppsOnlyFrom          *string        `placeholder:"DATE" help:"Date until which people may wait with their app."`
	NewApps               *bool          `negatable:"" help:"Let people add authenticator apps. Without, those they have stay."`
	AdministratorsAppFrom *string        `placeholder:"DATE" help:"Date from which administrators must use an app."`
	RememberDays          *int           `placeholder:"N" help:"Days a device may be remembered, 0 to 30."`
	AskAgain              bool           `help:"Forget every remembered device now."`
	Idle                  *time.Duration `placeholder:"TIME" help:"Idle time after which a session ends, 5m to 8h."`
	Absolute              *time.Duration `placeholder:"TIME" help:"Time after which any session ends, 1h to 168h."`
	PasswordMinimum       *int           `placeholder:"N" help:"Least length of a new password in characters, 8 to 64."`
	PasswordPattern       *string        `placeholder:"LINES" help:"Expressions (RE2), one a line, that a new password must each match."`
	PasswordMessage       *string        `placeholder:"TEXT" help:"What people are told of them."`
	BlockLeaked           *bool          `negatable:"" help:"Refuse passwords of the bundled list of leaked ones."`
	PasswordHistory       *int           `placeholder:"N" help:"How many of the last passwords are not taken again, 0 to 24."`
	PasswordDays          *int           `placeholder:"N" help:"Days after which a password must be replaced, 7 to 730; 0 for never. Forced changes weaken passwords."`
	ResetPasswords        bool           `help:"Make everybody, you too, choose a new password at the next sign-in."`
	AtOnce                bool           `help:"With --reset-passwords: also people who are signed in."`
	StrictReset           *bool          `negatable:"" help:"After a reset by mail, take no emailed code of people who have an app or recovery codes."`
	SingleSession         *bool          `negatable:"" help:"A sign-in ends the person's other sessions (prevent multiple logins)."`
	AllowedNetworks       *string        `placeholder:"LINES" help:"Networks people may use, one a line or separated by commas; empty for any."`
	CodeInSubject         *bool          `negatable:"" help:"Show the emailed code in the subject."`
	ResetWait             *time.Duration `placeholder:"TIME" help:"Time for which a reset of two-factor waits and can be cancelled, up to 72h; 0 for none."`
	PasswordClients       *bool          `negatable:"" help:"Let programs sign in with a password (Data Loader 1.0), where two-factor is not in force or paused."`
	PauseCap              *time.Duration `placeholder:"TIME" help:"The longest pause for them: 15m, 1h or 4h; 0 for none."`
	AuditDays             *int           `placeholder:"N" help:"Days the audit log is kept, 90 to 2555."`
	Locked                *bool          `negatable:"" help:"Only administrators may sign in."`
	LockNote              *string        `placeholder:"TEXT" help:"What the others are told then."`
}

// Run changes an organization.
func (c *orgSet) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		o, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		typed, err := c.typed(o)
		if err != nil {
			return err
		}
		if len(typed) == 0 && len(c.acts(b)) == 0 {
			return usageError{text: "nothing to change: no setting was given", hint: "run: sallyport org set --help"}
		}
		detail, err := b.Organizations.Set(ctx, o, operator(), typed)
		if err != nil {
			return err
		}
		changed := told(detail)
		for _, act := range c.acts(b) {
			if o, err = b.Store.Organization(ctx, o.ID); err != nil {
				return err
			}
			if detail, err = act(ctx, o); err != nil {
				return err
			}
			maps.Copy(changed, told(detail))
		}
		if name, renamed := typed["name"]; renamed {
			o.Name = strings.TrimSpace(name)
		}
		return r.printChanged(o.Name, changed)
	})
}

// typed are the settings that were given, as a form would send them: from here on
// pages and command line are alike.
func (c *orgSet) typed(o core.Organization) (map[string]string, error) {
	typed := map[string]string{}
	for name, text := range map[string]*string{
		"name": c.Name, "app_name": c.AppName, "help": c.Help, "contacts": c.Contacts, "time_zone": c.TimeZone, "language": c.Language,
		"logout_url": c.LogoutURL, "require_from": c.From, "apps_only_from": c.AppsOnlyFrom, "administrators_app_from": c.AdministratorsAppFrom,
		"password_pattern": c.PasswordPattern, "password_message": c.PasswordMessage, "allowed_networks": c.AllowedNetworks, "lock_note": c.LockNote,
		"require_two_factor": box(c.RequireTwoFactor, true), "method_email": box(c.AppsOnly, false), "method_app": box(c.NewApps, true),
		"block_leaked": box(c.BlockLeaked, true), "strict_reset": box(c.StrictReset, true), "single_session": box(c.SingleSession, true),
		"code_in_subject": box(c.CodeInSubject, true), "password_clients": box(c.PasswordClients, true), "locked": box(c.Locked, true),
		"remember_days": number(c.RememberDays), "password_minimum": number(c.PasswordMinimum), "password_history": number(c.PasswordHistory),
		"password_days": number(c.PasswordDays), "audit_days": number(c.AuditDays),
	} {
		if text != nil {
			typed[name] = *text
		}
	}
	if c.AskNow {
		typed["ask_now"] = organization.On
	}
	required := o.Policy.RequireTwoFactor
	if c.RequireTwoFactor != nil {
		required = *c.RequireTwoFactor
	}
	switch {
	case !required && (c.From != nil || c.AskNow):
		return nil, usageError{text: "--from and --ask-now go with --require-two-factor"}
	case c.AtOnce && !c.ResetPasswords:
		return nil, usageError{text: "--at-once goes with --reset-passwords"}
	}
	return typed, c.lengths(typed)
}

// lengths adds the lengths of time, in the unit of each setting.
func (c *orgSet) lengths(typed map[string]string) error {
	given := map[string]*time.Duration{"idle": c.Idle, "absolute": c.Absolute, "reset_wait": c.ResetWait, "pause_cap": c.PauseCap}
	for _, setting := range organization.Settings() {
		length := given[setting.Name]
		if length == nil {
			continue
		}
		if *length%setting.Unit != 0 {
			return usageError{text: fmt.Sprintf("--%s: %v is not a whole number of %v", setting.Name, *length, setting.Unit)}
		}
		typed[setting.Name] = strconv.FormatInt(int64(*length/setting.Unit), 10)
	}
	return nil
}

// acts are what was asked for that is no setting.
func (c *orgSet) acts(b *app.Base) (all []func(context.Context, core.Organization) (map[string]string, error)) {
	if c.AskAgain {
		all = append(all, func(ctx context.Context, o core.Organization) (map[string]string, error) {
			return b.Organizations.AskAgainFor(ctx, o, operator())
		})
	}
	if c.ResetPasswords {
		all = append(all, func(ctx context.Context, o core.Organization) (map[string]string, error) {
			return b.Organizations.ResetPasswordsFor(ctx, o, operator(), c.AtOnce)
		})
	}
	return all
}

// box is a flag as a form sends it; on says what a ticked box stands for.
func box(given *bool, on bool) *string {
	if given == nil {
		return nil
	}
	text := ""
	if *given == on {
		text = organization.On
	}
	return &text
}

func number(given *int) *string {
	if given == nil {
		return nil
	}
	text := strconv.Itoa(*given)
	return &text
}

// told is what the audit log says of a change, as it is printed.
func told(detail map[string]string) map[string]string {
	kinds := map[string]organization.Setting{}
	for _, setting := range organization.Settings() {
		kinds[setting.Name] = setting
	}
	lines := map[string]string{}
	for key, after := range detail {
		if name, ok := strings.CutSuffix(key, "_after"); ok {
			lines[name] = printed(kinds[name], detail[name+"_before"]) + " to " + printed(kinds[name], after)
		}
	}
	return lines
}

func printed(s organization.Setting, text string) string {
	n, err := strconv.Atoi(text)
	switch {
	case s.Box && text == "":
		return "off"
	case text == "":
		return "none"
	case s.Unit != 0 && err == nil:
		return (time.Duration(n) * s.Unit).String()
	case strings.ContainsAny(text, " \n"):
		return strconv.Quote(text)
	}
	return text
}

func (r *run) printChanged(name string, changed map[string]string) error {
	if len(changed) == 0 { // a script may say the same every night
		return r.print(changed, "nothing changed: it is so already")
	}
	lines := []string{"changed " + name}
	for _, setting := range slices.Sorted(maps.Keys(changed)) {
		lines = append(lines, "  "+strings.ReplaceAll(setting, "_", " ")+": "+changed[setting])
	}
	err := r.print(changed, "%s", strings.Join(lines, "\n"))
	r.say("open sessions follow within 5 seconds")
	return err
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
