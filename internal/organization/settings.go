package organization

import (
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Setting is one setting of an organization as pages, the command line and the
// audit log name it. Its text is what a form field holds: "on" or nothing for a
// box, digits for a number, 2030-01-31 for a date where the organization is.
type Setting struct {
	Name string // of the field, and in the audit log
	Tab  Tab
	Box  bool          // its text is On, or nothing
	Unit time.Duration // of a length of time; zero for everything else
	// Text returns the setting as it is.
	Text func(o core.Organization) string
	// put reads a text into o; the error belongs to the field.
	put func(o *core.Organization, text string) *core.Error
}

// Tab is the page a setting stands on.
type Tab string

// The tabs of Organizations and Security.
const (
	General  Tab = "general"
	Security Tab = "security"
)

// On is the text of a ticked box.
const On = "on"

// Settings returns every setting in the order of the pages. What depends on
// several of them, such as when a requirement begins, is in [Service.Change].
func Settings() []Setting {
	return []Setting{
		line("name", General, func(o *core.Organization) *string { return &o.Name }),
		line("app_name", General, func(o *core.Organization) *string { return &o.AppName }),
		text("help", General, func(o *core.Organization) *string { return &o.Help }),
		contacts(),
		line("language", General, func(o *core.Organization) *string { return &o.Language }),
		line("time_zone", General, func(o *core.Organization) *string { return &o.TimeZone }),
		box("locked", General, func(o *core.Organization) *bool { return &o.Locked }),
		text("lock_note", General, func(o *core.Organization) *string { return &o.LockNote }),

		line("logout_url", General, func(o *core.Organization) *string { return &o.LogoutURL }),

		box("require_two_factor", Security, func(o *core.Organization) *bool { return &o.Policy.RequireTwoFactor }),
		date("require_from", func(o *core.Organization) *time.Time { return &o.Policy.RequireFrom }),
		askNow(),
		unticked("method_email", func(o *core.Organization) *bool { return &o.Policy.AppsOnly }),
		unticked("method_app", func(o *core.Organization) *bool { return &o.Policy.NoNewApps }),
		date("apps_only_from", func(o *core.Organization) *time.Time { return &o.Policy.AppsOnlyFrom }),
		date("administrators_app_from", func(o *core.Organization) *time.Time { return &o.Policy.AdministratorAppFrom }),
		number("remember_days", func(o *core.Organization) *int { return &o.Policy.RememberDays }),
		number("password_minimum", func(o *core.Organization) *int { return &o.Policy.PasswordMinimum }),
		text("password_pattern", Security, func(o *core.Organization) *string { return &o.Policy.PasswordPattern }),
		line("password_message", Security, func(o *core.Organization) *string { return &o.Policy.PasswordMessage }),
		box("block_leaked", Security, func(o *core.Organization) *bool { return &o.Policy.BlockLeaked }),
		number("password_history", func(o *core.Organization) *int { return &o.Policy.PasswordHistory }),
		number("password_days", func(o *core.Organization) *int { return &o.Policy.PasswordDays }),
		box("strict_reset", Security, func(o *core.Organization) *bool { return &o.Policy.StrictReset }),
		box("single_session", Security, func(o *core.Organization) *bool { return &o.Policy.SingleSession }),
		lasting("reset_wait", time.Hour, func(o *core.Organization) *time.Duration { return &o.Policy.ResetWait }),
		lasting("idle", time.Minute, func(o *core.Organization) *time.Duration { return &o.Policy.Idle }),
		lasting("absolute", time.Hour, func(o *core.Organization) *time.Duration { return &o.Policy.Absolute }),
		networks(),
		unticked("password_clients", func(o *core.Organization) *bool { return &o.Policy.NoPasswordClients }),
		lasting("pause_cap", time.Minute, func(o *core.Organization) *time.Duration { return &o.Policy.PauseCap }),
		number("audit_days", func(o *core.Organization) *int { return &o.Policy.AuditDays }),
		box("code_in_subject", Security, func(o *core.Organization) *bool { return &o.Policy.CodeInSubject }),
	}
}

// SettingsOf returns those of one tab.
func SettingsOf(tab Tab) []Setting {
	var some []Setting
	for _, s := range Settings() {
		if s.Tab == tab {
			some = append(some, s)
		}
	}
	return some
}

func setting(name string, tab Tab, show func(*core.Organization) string, put func(*core.Organization, string) *core.Error) Setting {
	return Setting{Name: name, Tab: tab, put: put, Text: func(o core.Organization) string { return show(&o) }}
}

// line is a text without line breaks, and without spaces around it.
func line(name string, tab Tab, at func(*core.Organization) *string) Setting {
	return setting(name, tab, func(o *core.Organization) string { return *at(o) }, func(o *core.Organization, s string) *core.Error {
		*at(o) = strings.TrimSpace(s)
		return nil
	})
}

// text may have several lines.
func text(name string, tab Tab, at func(*core.Organization) *string) Setting {
	return setting(name, tab, func(o *core.Organization) string { return *at(o) }, func(o *core.Organization, s string) *core.Error {
		*at(o) = strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n"))
		return nil
	})
}

func box(name string, tab Tab, at func(*core.Organization) *bool) Setting {
	return asBox(setting(name, tab, func(o *core.Organization) string { return ticked(*at(o)) }, func(o *core.Organization, s string) *core.Error {
		*at(o) = s != ""
		return nil
	}))
}

// unticked is a box that stands for the contrary of what is stored.
func unticked(name string, at func(*core.Organization) *bool) Setting {
	return asBox(setting(name, Security, func(o *core.Organization) string { return ticked(!*at(o)) }, func(o *core.Organization, s string) *core.Error {
		*at(o) = s == ""
		return nil
	}))
}

func asBox(s Setting) Setting {
	s.Box = true
	return s
}

func ticked(yes bool) string {
	if yes {
		return On
	}
	return ""
}

func number(name string, at func(*core.Organization) *int) Setting {
	return setting(name, Security, func(o *core.Organization) string { return strconv.Itoa(*at(o)) }, func(o *core.Organization, s string) *core.Error {
		n, err := strconv.Atoi(strings.TrimSpace(s))
		if err != nil {
			return core.NewError(core.Invalid, "policy.number")
		}
		*at(o) = n
		return nil
	})
}

// lasting is a whole number of units of time.
func lasting(name string, unit time.Duration, at func(*core.Organization) *time.Duration) Setting {
	length := setting(name, Security, func(o *core.Organization) string { return strconv.FormatInt(int64(*at(o)/unit), 10) }, func(o *core.Organization, s string) *core.Error {
		n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 32)
		if err != nil {
			return core.NewError(core.Invalid, "policy.number")
		}
		*at(o) = time.Duration(n) * unit
		return nil
	})
	length.Unit = unit
	return length
}

// date is the first moment of a day where the organization is. A moment within
// a day is kept as it is while its day is.
func date(name string, at func(*core.Organization) *time.Time) Setting {
	show := func(o *core.Organization) string {
		if at(o).IsZero() {
			return ""
		}
		return at(o).In(zone(*o)).Format(time.DateOnly)
	}
	return setting(name, Security, show, func(o *core.Organization, s string) *core.Error {
		s = strings.TrimSpace(s)
		if s == "" {
			*at(o) = time.Time{}
			return nil
		}
		day, err := time.ParseInLocation(time.DateOnly, s, zone(*o))
		if err != nil || day.Year() < 2000 || day.Year() > 2999 {
			return core.NewError(core.Invalid, "policy.date")
		}
		if show(o) != s {
			*at(o) = day
		}
		return nil
	})
}

// networks is a list of networks, one a line.
func networks() Setting {
	return setting("allowed_networks", Security,
		func(o *core.Organization) string { return o.Policy.AllowedNetworks },
		func(o *core.Organization, s string) *core.Error {
			list, err := core.ParseNetworks(s)
			if err == nil {
				o.Policy.AllowedNetworks = list.String()
			}
			return err
		})
}

// contacts is a list of names and addresses, one a line.
func contacts() Setting {
	return setting("contacts", General,
		func(o *core.Organization) string { return o.Contacts },
		func(o *core.Organization, s string) *core.Error {
			list, err := core.ParseContacts(s)
			if err != nil {
				return err
			}
			lines := make([]string, len(list))
			for i, c := range list {
				lines[i] = c.String()
			}
			o.Contacts = strings.Join(lines, "\n")
			return nil
		})
}

// askNow is the box "Ask people who are signed in now"; from when on is settled
// with the beginning of the requirement.
func askNow() Setting {
	return asBox(setting("ask_now", Security,
		func(o *core.Organization) string { return ticked(!o.Policy.EnforceExistingFrom.IsZero()) },
		func(o *core.Organization, s string) *core.Error {
			switch {
			case s == "":
				o.Policy.EnforceExistingFrom = time.Time{}
			case o.Policy.EnforceExistingFrom.IsZero():
				o.Policy.EnforceExistingFrom = time.Unix(1, 0)
			}
			return nil
		}))
}

// zone is where the organization is.
func zone(o core.Organization) *time.Location {
	if z, err := time.LoadLocation(o.TimeZone); err == nil {
		return z
	}
	return time.UTC
}
