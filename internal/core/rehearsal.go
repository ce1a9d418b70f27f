package core

import (
	"slices"
	"strings"
	"time"
)

// Prospect is what the next sign-in of an account comes to.
type Prospect string

// The prospects.
const (
	ProspectIn      Prospect = "in"      // the password is enough
	ProspectAsked   Prospect = "asked"   // a second step is asked for, and there is a way through it
	ProspectStuck   Prospect = "stuck"   // right password, and no way in
	ProspectInvited Prospect = "invited" // no password was chosen yet
	ProspectOutside Prospect = "outside" // deactivated, or without access
)

// Hindrance says why one way in is closed.
type Hindrance string

// The hindrances. The sentence of each is in the catalogue.
const (
	HindranceLocked         Hindrance = "locked"          // the organization is locked
	HindranceAppPaused      Hindrance = "app_paused"      // wrong codes in a row, for a while
	HindranceAppBlocked     Hindrance = "app_blocked"     // wrong codes in a row, until somebody helps
	HindranceFactorPaused   Hindrance = "factor_paused"   // likewise a further kind of factor
	HindranceFactorBlocked  Hindrance = "factor_blocked"  //
	HindranceNoAddress      Hindrance = "no_address"      // no email address to mail a code to
	HindranceRefused        Hindrance = "address_refused" // the mail server refused that address lately
	HindranceMailDown       Hindrance = "mail_down"       // no email can be sent to anybody
	HindranceEmailPaused    Hindrance = "email_paused"    // wrong codes in a row, for a while
	HindranceNotAllowed     Hindrance = "not_allowed"     // email is not taken beside an app
	HindranceAfterReset     Hindrance = "after_reset"     // email, since the password was chosen by a mailed link (D2)
	HindranceRecoveryPaused Hindrance = "recovery_paused" // wrong codes in a row, for a while
	HindranceRecoveryHeld   Hindrance = "recovery_held"   // they wait since a backup was restored
)

// RefusalMemory is how long a mail server's refusal of an address counts, unless
// a later mail to it is taken.
const RefusalMemory = 30 * 24 * time.Hour

// Rehearsed is an account with what a rehearsal needs beside it.
type Rehearsed struct {
	Account Account
	// Refused are the addresses of the person that the mail server refused for
	// good within [RefusalMemory] and took no mail for since.
	Refused []string
}

// Outlook is what an organization's settings, not in force yet, come to for one
// account, at its next sign-in in a browser that it never used, from a network
// that is allowed.
type Outlook struct {
	Prospect Prospect
	// Hindrances say, for ProspectStuck, why each way is closed: that of the factor
	// the account has first.
	Hindrances []Hindrance
	// From is when the account is stuck first; later than the beginning of the
	// requirement where a date of the settings, or of an exemption, is.
	From time.Time
	// Until is when a pause ends by itself that alone hinders; zero: none does.
	Until time.Time
	// Already: it is as stuck today, under the settings in force.
	Already bool
	// Newly: a second step is asked for, and is not today.
	Newly bool
}

// Rehearse tells what a policy comes to for an account. It has no rule of its
// own: it takes the decisions of a sign-in, [NextAfterPassword] and
// [Session.Verdict], under the settings proposed, at each moment from which on
// they may come out differently.
func Rehearse(r Rehearsed, is, proposed Organization, c Circumstances, now time.Time) Outlook {
	acc := r.Account
	switch {
	case acc.User.Status == Inactive, acc.User.Type <= NoAccess:
		return Outlook{Prospect: ProspectOutside}
	case !acc.User.MaySignIn():
		return Outlook{Prospect: ProspectInvited}
	}
	start := proposed.Policy.Begins(now)
	asked := Require(acc, proposed.Policy, start).Level > LevelPassword
	newly := asked && Require(acc, is.Policy, now).Level == LevelPassword
	out := Outlook{Prospect: ProspectIn, Newly: newly}
	if asked {
		out.Prospect = ProspectAsked
	}
	moments, n := proposed.Policy.moments(acc, now)
	for _, at := range moments[:n] {
		closed, until, in := r.wayIn(proposed, c, at)
		if in {
			continue
		}
		out.Prospect, out.Hindrances, out.From, out.Until = ProspectStuck, closed, at, until
		_, _, today := r.wayIn(is, c, now)
		out.Already = !today
		break
	}
	return out
}

// Begins returns when the settings are in force as a whole: now, or when the
// requirement begins.
func (p Policy) Begins(now time.Time) time.Time {
	if from := p.RequiresFrom(now); !from.IsZero() {
		return from
	}
	return now
}

// moments are those, n of them and the first one now, from which on a sign-in of
// the account may be decided differently.
func (p Policy) moments(acc Account, now time.Time) (all [5]time.Time, n int) {
	all[0], n = now, 1
	add := func(at time.Time, counts bool) {
		if counts && at.After(now) && !slices.Contains(all[:n], at) {
			all[n], n = at, n+1
		}
	}
	add(p.RequireFrom, p.RequireTwoFactor)
	add(p.AppsOnlyFrom, p.AppsOnly)
	add(p.AdministratorAppFrom, acc.User.Type == Administrator)
	add(acc.ExemptUntil(), true)
	slices.SortFunc(all[:n], time.Time.Compare)
	return all, n
}

// wayIn reports whether there is a way in at a moment; if not, why each is
// closed, and when a pause ends that alone is in the way.
func (r Rehearsed) wayIn(o Organization, c Circumstances, at time.Time) (closed []Hindrance, until time.Time, in bool) {
	acc := r.Account
	step := NextAfterPassword(acc, o, "", c, at)
	switch step.StepKind {
	case StepPaused:
		return []Hindrance{HindranceLocked}, time.Time{}, false
	case StepDone: // the same demand decides both, so the session is open
		return nil, time.Time{}, true
	}
	for _, m := range slices.Concat(step.Methods, []Method{step.Recovery}) {
		switch {
		case m.Kind == KindEmail && (m.Ready() || m.State == MethodPaused) && r.refused(at):
			closed = append(closed, HindranceRefused)
		case m.Ready():
			after, level := acc.shown(m.Kind, c)
			if r.opens(after, level, o, c, at) {
				return nil, time.Time{}, true
			}
			closed = append(closed, HindranceNotAllowed)
		default:
			if h := hindrance(m); h != "" {
				closed = append(closed, h)
			}
			if m.State == MethodPaused && (until.IsZero() || m.Until.Before(until)) {
				until = m.Until
			}
		}
	}
	return closed, until, false
}

// opens reports whether a session of a level that begins now leads in. One that
// must set up an app or choose a password does; one that must show more does
// where there is a way to show it.
func (r Rehearsed) opens(after Account, level Level, o Organization, c Circumstances, at time.Time) bool {
	s := Session{Level: level, SignedInAt: at, LastSeenAt: at}
	switch s.Verdict(after, o, LevelNone, at) {
	case VerdictEnded:
		return false
	case VerdictStepUp:
		if after.WaitingApps == r.Account.WaitingApps {
			return false // it would be asked for the same again
		}
		_, _, in := Rehearsed{after, r.Refused}.wayIn(o, c, at)
		return in
	}
	return true
}

// shown is the account once a code of a kind was right, and the level that
// shows. An emailed code proves the mailbox: apps that waited for it count.
func (a Account) shown(k FactorKind, c Circumstances) (Account, Level) {
	switch k {
	case KindEmail:
		a.Apps, a.WaitingApps = a.Apps+a.WaitingApps, 0
		return a, LevelEmail
	case KindApp, KindRecovery:
		return a, LevelStrong
	}
	for _, spec := range c.Kinds {
		if spec.Kind == k {
			return a, spec.Level
		}
	}
	return a, LevelPassword
}

// refused reports whether the address that codes go to is one the mail server
// refuses.
func (r Rehearsed) refused(at time.Time) bool {
	to := r.Account.User.CodeAddress(at)
	return slices.ContainsFunc(r.Refused, func(s string) bool { return strings.EqualFold(s, to) })
}

// hindrance says why a method is closed; empty where there was none.
func hindrance(m Method) Hindrance {
	switch m.State {
	case MethodNoAddress:
		return HindranceNoAddress
	case MethodMailDown:
		return HindranceMailDown
	case MethodNotAllowed:
		return HindranceNotAllowed
	case MethodAfterReset:
		return HindranceAfterReset
	case MethodHeld:
		return HindranceRecoveryHeld
	case MethodPaused:
		switch m.Kind {
		case KindApp:
			return HindranceAppPaused
		case KindEmail:
			return HindranceEmailPaused
		case KindRecovery:
			return HindranceRecoveryPaused
		}
		return HindranceFactorPaused
	case MethodBlocked:
		if m.Kind == KindApp {
			return HindranceAppBlocked
		}
		return HindranceFactorBlocked
	}
	return ""
}
