package core

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Organization is one customer of the deployment; every person, application
// and event belongs to exactly one.
type Organization struct {
	ID        ID
	Name      string // shown top left and in emails
	AppName   string // issuer shown in authenticator apps; empty means Name, cleaned
	Help      string // whom to ask, shown on help pages; plain text
	TimeZone  string // IANA name; empty means UTC
	Language  string // BCP 47; empty: pages follow the browser, mails are in English
	Locked    bool   // only administrators may sign in
	LockNote  string // the Locked Account Message
	LogoutURL string // where a browser goes after signing out; empty: the sign-in page
	Contacts  string // Points of Contact, one a line: [Organization.PointsOfContact]
	Policy    Policy
	CreatedAt time.Time
	Version   int64 // compare-and-swap
}

// Policy is what an organization demands of its people's sign-ins. It is read
// at every request (law 2), so a change bites within 5 seconds everywhere.
type Policy struct {
	// RequireTwoFactor asks everybody for a second step from RequireFrom on.
	RequireTwoFactor bool
	RequireFrom      time.Time // when the requirement begins; set when it is switched on
	// EnforceExistingFrom, when set, also asks people who were signed in
	// before RequireFrom. Zero leaves their open sessions as they are.
	EnforceExistingFrom time.Time
	// AppsOnly takes email away as a lasting second step; it then serves only
	// to prove the mailbox once.
	AppsOnly     bool
	AppsOnlyFrom time.Time // until then people may wait ("You can wait until")
	// NoNewApps takes authenticator apps out of the methods: nobody sets one up
	// any more. Those that were confirmed stay and are asked for (law 3).
	NoNewApps bool
	// AdministratorAppFrom, when set, is the date from which administrators
	// must use an app (D3).
	AdministratorAppFrom time.Time
	RememberDays         int // 0 to 30; 0 hides "Remember this device"
	// DevicesFrom, when set, ends the worth of every device remembered before it
	// ("Ask again now"). Sessions stay, and show their second step again.
	DevicesFrom     time.Time
	Idle            time.Duration // 5 to 480 minutes
	Absolute        time.Duration // 1 to 168 hours
	PasswordMinimum int           // 8 to 64 code points
	CodeInSubject   bool          // show the emailed code in the subject
	PasswordHistory int           // how many of the last passwords are not taken again, 0 to 24
	PasswordDays    int           // after so many days a password must be replaced; 0: never
	// PasswordsFrom, when set, makes everybody replace a password from before it
	// ("Reset All Passwords"): at the next sign-in, or with PasswordsNow in open
	// sessions too. PasswordsExcept is the administrator who asked for it.
	PasswordsFrom   time.Time
	PasswordsNow    bool
	PasswordsExcept ID
	PasswordPattern string // RE2 expressions, one a line, that a new password must each match; empty: none
	PasswordMessage string // what people are told of them
	BlockLeaked     bool   // refuse passwords of the bundled list
	SingleSession   bool   // a sign-in ends the person's other sessions ("Prevent multiple logins")
	// StrictReset takes emailed codes no more from a person who chose a password
	// by a mailed link, and has an app or recovery codes, until one was shown (D2).
	StrictReset bool
	// AllowedNetworks are the networks people may use, one a line, as
	// [ParseNetworks] reads them; empty: any.
	AllowedNetworks string
	// ResetWait is how long a reset of somebody's two-factor authentication waits,
	// so that the person can cancel it; 0: it is carried out at once.
	ResetWait time.Duration
	PauseCap  time.Duration // the longest pause for password clients; 0: none
	// NoPasswordClients refuses programs that sign in with a password alone (AD5).
	NoPasswordClients bool
	AuditDays         int // how long events are kept, 90 to 2,555 days
}

// MaxPasswordHistory bounds how many old passwords are kept and compared: each
// comparison is a whole hash.
const MaxPasswordHistory = 24

// DefaultPolicy returns the numbers of the design's table.
func DefaultPolicy() Policy {
	return Policy{RememberDays: 30, Idle: 60 * time.Minute, Absolute: 24 * time.Hour, PasswordMinimum: 12, PasswordHistory: 5, BlockLeaked: true, PauseCap: PauseCapDefault, AuditDays: AuditDaysDefault}
}

// Validate reports every setting outside its range, by field.
func (p Policy) Validate() error {
	if fields := p.problems(); len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

func (p Policy) problems() map[string]*Error {
	fields := map[string]*Error{}
	outside := func(field string, bad bool) {
		if bad {
			fields[field] = NewError(Invalid, "policy."+field)
		}
	}
	outside("remember_days", p.RememberDays < 0 || p.RememberDays > 30)
	outside("idle", p.Idle < 5*time.Minute || p.Idle > 480*time.Minute)
	outside("absolute", p.Absolute < time.Hour || p.Absolute > 168*time.Hour)
	outside("password_minimum", p.PasswordMinimum < 8 || p.PasswordMinimum > 64)
	outside("password_history", p.PasswordHistory < 0 || p.PasswordHistory > MaxPasswordHistory)
	outside("password_days", p.PasswordDays != 0 && (p.PasswordDays < 7 || p.PasswordDays > 730))
	outside("reset_wait", p.ResetWait < 0 || p.ResetWait > MaxResetWait)
	outside("pause_cap", p.PauseCap != 0 && !slices.Contains(PauseLengths(), p.PauseCap))
	outside("audit_days", p.AuditDays < AuditDaysLeast || p.AuditDays > AuditDaysMost)
	outside("require_from", p.RequireTwoFactor && p.RequireFrom.IsZero())
	switch {
	case p.NoNewApps && p.AppsOnly:
		fields["method_app"] = NewError(Invalid, "policy.methods")
	case p.NoNewApps && !p.AdministratorAppFrom.IsZero():
		fields["method_app"] = NewError(Invalid, "policy.method_app")
	}
	outside("password_message", utf8.RuneCountInString(p.PasswordMessage) > 200 || !cleanLine(p.PasswordMessage))
	if _, err := CompilePattern(p.PasswordPattern); err != nil {
		fields["password_pattern"] = err
	}
	if _, err := ParseNetworks(p.AllowedNetworks); err != nil {
		fields["allowed_networks"] = err
	}
	return fields
}

// Requires reports whether the organization asks for a second step at now.
func (p Policy) Requires(now time.Time) bool {
	return p.RequireTwoFactor && !now.Before(p.RequireFrom)
}

// RequiresFrom returns the date ahead from which the organization will ask,
// or the zero time where nothing is ahead.
func (p Policy) RequiresFrom(now time.Time) time.Time {
	if p.RequireTwoFactor && now.Before(p.RequireFrom) {
		return p.RequireFrom
	}
	return time.Time{}
}

// AppDueFrom returns from when on [Require] holds an account at the set-up of an
// authenticator app, if nothing about the account changes; it may have passed.
// The zero time means never: no rule of the policy concerns the account, or it
// has an app.
func (p Policy) AppDueFrom(acc Account) time.Time {
	if acc.Apps > 0 || p.NoNewApps {
		return time.Time{}
	}
	var due time.Time
	soonest := func(dates ...time.Time) {
		at := slices.MaxFunc(dates, time.Time.Compare)
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	if p.RequireTwoFactor && p.AppsOnly {
		soonest(p.RequireFrom, acc.ExemptUntil(), p.AppsOnlyFrom)
	}
	if acc.User.Type == Administrator && !p.AdministratorAppFrom.IsZero() {
		if acc.User.TwoFactor == TwoFactorOn {
			soonest(p.AdministratorAppFrom)
		}
		if p.RequireTwoFactor {
			soonest(p.RequireFrom, acc.ExemptUntil(), p.AdministratorAppFrom)
		}
	}
	return due
}

// Issuer returns the name that authenticator apps show: AppName, or Name with
// the characters taken out that some apps cannot read (interop §1).
func (o Organization) Issuer() string {
	if o.AppName != "" {
		return o.AppName
	}
	clean := strings.Map(func(r rune) rune {
		if issuerRune(r) {
			return r
		}
		return ' '
	}, o.Name)
	clean = strings.Join(strings.Fields(clean), " ")
	if runes := []rune(clean); len(runes) > 32 {
		clean = strings.TrimSpace(string(runes[:32]))
	}
	if clean == "" {
		return "Sallyport"
	}
	return clean
}

func issuerRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == ' ' || r == '-' || r == '.'
}

// Validate checks what an operator or administrator typed, the policy too.
// language reports whether there is a language; the list is not core's.
func (o Organization) Validate(language func(string) bool) error {
	fields := o.Policy.problems()
	if n := utf8.RuneCountInString(o.Name); strings.TrimSpace(o.Name) == "" || n > 80 || !cleanLine(o.Name) {
		fields["name"] = NewError(Invalid, "organization.name")
	}
	if o.AppName != "" && !ValidIssuer(o.AppName) {
		fields["app_name"] = NewError(Invalid, "organization.app_name")
	}
	if o.TimeZone != "" {
		if !namesZone(o.TimeZone) {
			fields["time_zone"] = NewError(Invalid, "organization.time_zone")
		}
	}
	if o.Language != "" && !language(o.Language) {
		fields["language"] = NewError(Invalid, "organization.language")
	}
	if utf8.RuneCountInString(o.Help) > 500 || !cleanText(o.Help) {
		fields["help"] = NewError(Invalid, "organization.help")
	}
	if utf8.RuneCountInString(o.LockNote) > 500 || !cleanText(o.LockNote) {
		fields["lock_note"] = NewError(Invalid, "organization.help")
	}
	if o.LogoutURL != "" && !validLogoutURL(o.LogoutURL) {
		fields["logout_url"] = NewError(Invalid, "organization.logout_url")
	}
	if err := checkContacts(o.Contacts); err != nil {
		fields["contacts"] = err
	}
	if len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// namesZone reports whether name is a time zone that is the same on every host:
// some names mean whatever the host is set to.
func namesZone(name string) bool {
	switch name {
	case "Local", "localtime", "posixrules":
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// ValidIssuer reports whether every authenticator app reads name alike:
// letters, digits, space, dot, hyphen, 1 to 32 characters, trimmed.
func ValidIssuer(name string) bool {
	if n := utf8.RuneCountInString(name); n < 1 || n > 32 || strings.TrimSpace(name) != name {
		return false
	}
	for _, r := range name {
		if !issuerRune(r) {
			return false
		}
	}
	return true
}

// cleanLine reports whether s is valid UTF-8 without any control character, so
// it may stand in a mail header or a table cell (ML3), and shows what it holds.
func cleanLine(s string) bool {
	return cleanText(s) && !strings.ContainsAny(s, "\n\t")
}

// cleanText is cleanLine that also allows line breaks and tabs.
func cleanText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) && r != '\n' && r != '\t' || misleads(r)
	})
}
