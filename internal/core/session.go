package core

import (
	"net/netip"
	"time"
)

// ConfirmLife is how long a full proof lets a person make risky changes in
// that session before "Confirm it's you" asks again (SU1).
const ConfirmLife = 10 * time.Minute

// SessionsPerUser is how many sessions a person may have; the oldest ends
// first (SE8).
const SessionsPerUser = 20

// Session is a signed-in browser.
type Session struct {
	ID             ID
	TokenHash      string // digest of the sp_session cookie
	OrganizationID ID
	UserID         ID
	Level          Level
	// SignedInAt is when the sign-in was completed. A new id (confirm, raised
	// level) keeps it.
	SignedInAt time.Time
	// ProvedAt is the last full proof: the password and, where the account has
	// one, a second factor. Zero after a sign-in by a remembered device.
	ProvedAt time.Time
	// Methods says what happened: "pwd", "otp", "mfa" (RFC 8176 values).
	Methods []string
	// DeviceID is the remembered device that met the demand for level 2.
	DeviceID    ID
	BrowserHash string
	Network     string
	Device      string // "Firefox on Windows"
	CreatedAt   time.Time
	LastSeenAt  time.Time
	EndedAt     time.Time
	EndReason   EndReason
}

// EndReason is why somebody or something ended a session before its time. It is
// told only to the browser that holds the ended session's cookie.
type EndReason string

// The reasons.
const (
	EndSignedOut       EndReason = "signed_out"
	EndByOwner         EndReason = "ended"            // from the list of sessions
	EndReplaced        EndReason = "replaced"         // the same browser goes on under a new id (SE3)
	EndElsewhere       EndReason = "elsewhere"        // the organization allows one session at a time
	EndTooMany         EndReason = "too_many"         // SE8
	EndPasswordChanged EndReason = "password_changed" // SE10
	EndFactorsChanged  EndReason = "factors_changed"  // SE10
	EndEmailChanged    EndReason = "email_changed"    // the sign-in address (RD6)
	EndFactorsReset    EndReason = "factors_reset"    // an administrator or operator helped (RC6)
	EndNotYou          EndReason = "not_you"          // "Wasn't you?"
	EndAdministrator   EndReason = "administrator"    // one signed the person out, or took the access away
	EndRestored        EndReason = "restored"         // a backup was restored (BK2)
)

// MethodRecovery stands in Session.Methods beside the RFC's words where a
// recovery code was shown and no app.
const MethodRecovery = "recovery"

// Requirement is what an account must show at now.
type Requirement struct {
	Level Level
	// ByPerson: the person's own box asks for it, whatever the organization says.
	ByPerson bool
	// AppWall: an authenticator app is demanded and none is set up: a session
	// opens only the set-up until one is.
	AppWall bool
}

// Require returns what an account must show at now under a policy (law 2). It
// is the one place where policy turns into a demand.
func Require(acc Account, p Policy, now time.Time) Requirement {
	r := Requirement{Level: LevelPassword}
	byOrganization := p.Requires(now) && !acc.Exempt(now)
	r.ByPerson = acc.User.TwoFactor == TwoFactorOn
	if acc.User.PasswordDue == PasswordDistrusted {
		r.Level = LevelEmail // somebody else may know the password
	}
	if !r.ByPerson && !byOrganization {
		return r
	}
	r.Level = LevelEmail
	appsOnly := p.AppsOnly && !now.Before(p.AppsOnlyFrom)
	admin := acc.User.Type == Administrator && !p.AdministratorAppFrom.IsZero() && !now.Before(p.AdministratorAppFrom)
	if appsOnly || admin {
		if acc.Apps > 0 {
			r.Level = LevelStrong
		} else if (byOrganization || admin) && !p.NoNewApps {
			r.AppWall = true
		}
	}
	return r
}

// PasswordDueFrom returns the moment from which a session that begins must
// choose a new password before anything else; the zero time where none must.
// The first reason counts: a password that was reset for everybody does not
// become good by getting old.
func PasswordDueFrom(acc Account, p Policy) time.Time {
	set := passwordSet(acc.User)
	var due time.Time
	soonest := func(at time.Time) {
		if due.IsZero() || at.Before(due) {
			due = at
		}
	}
	if acc.User.PasswordDue != PasswordNotDue {
		soonest(acc.User.PasswordDueAt)
	}
	if passwordReset(acc.User, p) {
		soonest(p.PasswordsFrom)
	}
	if p.PasswordDays > 0 {
		soonest(set.AddDate(0, 0, p.PasswordDays))
	}
	return due
}

// PasswordReason is why a new password must be chosen.
type PasswordReason string

// The reasons. The first two are those of [PasswordDue].
const (
	ReasonTemporary  PasswordReason = "temporary"
	ReasonDistrusted PasswordReason = "distrusted"
	ReasonReset      PasswordReason = "reset" // all passwords of the organization were reset
	ReasonAge        PasswordReason = "age"   // the organization lets passwords last so many days
)

// PasswordReason returns why the person must choose a new password at now, the
// gravest first; empty where nothing asks for it.
func (v SessionView) PasswordReason(now time.Time) PasswordReason {
	u, p := v.Account.User, v.Organization.Policy
	switch {
	case u.PasswordDue == PasswordDistrusted:
		return ReasonDistrusted
	case u.PasswordDue == PasswordTemporary:
		return ReasonTemporary
	}
	due := PasswordDueFrom(v.Account, p)
	switch {
	case due.IsZero() || now.Before(due):
		return ""
	case passwordReset(u, p):
		return ReasonReset
	}
	return ReasonAge
}

// passwordSet is when the password was chosen; for one from before that was
// noted, not later than the account.
func passwordSet(u User) time.Time {
	if u.PasswordSetAt.IsZero() {
		return u.CreatedAt
	}
	return u.PasswordSetAt
}

// passwordReset reports whether the person's password is one of those that were
// all reset. They are from the moment that an administrator says so.
func passwordReset(u User, p Policy) bool {
	return !p.PasswordsFrom.IsZero() && u.ID != p.PasswordsExcept && passwordSet(u).Before(p.PasswordsFrom)
}

// ResetAllPasswords returns the policy after an administrator, or an operator,
// who is the zero account, has reset all passwords at now: at the next sign-in,
// or at once in open sessions too. The administrator's own is left out, unless an
// earlier reset still waits for it.
func (p Policy) ResetAllPasswords(by Account, atOnce bool, now time.Time) Policy {
	except := by.User.ID
	if passwordReset(by.User, p) {
		except = ""
	}
	p.PasswordsFrom, p.PasswordsNow, p.PasswordsExcept = now, atOnce, except
	return p
}

// passwordDue reports whether the session must choose a new password now. One
// that was open before goes on until its end: the person is asked at the next
// sign-in. Only a reset of all passwords may ask open sessions too.
func (s Session) passwordDue(acc Account, p Policy, now time.Time) bool {
	if p.PasswordsNow && passwordReset(acc.User, p) && !now.Before(p.PasswordsFrom) {
		return true
	}
	due := PasswordDueFrom(acc, p)
	return !due.IsZero() && !now.Before(due) && !s.SignedInAt.Before(due)
}

// Verdict is what a session may do at one moment.
type Verdict string

// The verdicts.
const (
	VerdictOpen   Verdict = "open"    // it may do what its route allows
	VerdictEnded  Verdict = "ended"   // sign in again
	VerdictStepUp Verdict = "step_up" // show the second factor, then go on
	VerdictAppDue Verdict = "app_due" // set up an authenticator app, or sign out
	// VerdictPasswordDue: choose a new password, or sign out.
	VerdictPasswordDue Verdict = "password_due"
	// VerdictElsewhere: nothing from the network the request comes from; it is
	// not one of those that the organization allows.
	VerdictElsewhere Verdict = "elsewhere"
)

// From narrows a verdict by where the request comes from. An ended session is
// over wherever one is.
func (v Verdict) From(allowed AllowedNetworks, address netip.Addr) Verdict {
	if v == VerdictEnded || allowed.Allow(address) {
		return v
	}
	return VerdictElsewhere
}

// Verdict decides what the session may do at now. It is called at every
// request; device is what its remembered device (if any) still stands in for.
// Where the request comes from is not asked here: [Verdict.From].
func (s Session) Verdict(acc Account, org Organization, device Level, now time.Time) Verdict {
	p := org.Policy
	switch {
	case !s.EndedAt.IsZero(), !acc.User.MaySignIn(), s.Lapsed(p, now) != "",
		org.Locked && acc.User.Type != Administrator:
		return VerdictEnded
	}
	r := Require(acc, p, now)
	proved := max(s.Level, device) >= r.Level
	switch {
	case r.Level > LevelPassword && !proved && !s.predates(acc, r, p, now):
		return VerdictStepUp
	case s.passwordDue(acc, p, now):
		return VerdictPasswordDue // comes after the second factor and before the app (ux §12)
	case proved && r.AppWall:
		return VerdictAppDue
	}
	return VerdictOpen
}

// Lapse is why a session has ended by itself; empty: it has not.
type Lapse string

// The lapses.
const (
	LapseIdle Lapse = "idle" // nothing happened for a while
	LapseLong Lapse = "long" // signed in for as long as the organization allows
)

// Lapsed returns which of the organization's two limits a session has reached at
// now. A session that somebody ended has not lapsed.
func (s Session) Lapsed(p Policy, now time.Time) Lapse {
	switch {
	case !s.EndedAt.IsZero():
		return ""
	case now.Sub(s.SignedInAt) >= p.Absolute:
		return LapseLong
	case now.Sub(s.LastSeenAt) >= p.Idle:
		return LapseIdle
	}
	return ""
}

// predates is the last clause of law 2: signed in before the requirement
// began, where people who are signed in were not to be asked. A person's own
// box has such a grace only for the session that put the mailbox proof off to
// the next sign-in: turning it on ended all others, and whoever signs in while
// the app waits has typed an emailed code, so no other session of level 1 is
// left.
func (s Session) predates(acc Account, r Requirement, p Policy, now time.Time) bool {
	if acc.User.PasswordDue == PasswordDistrusted || r.ByPerson && (acc.Apps > 0 || acc.WaitingApps == 0) {
		return false
	}
	if r.ByPerson && (!p.Requires(now) || acc.Exempt(now)) {
		return true
	}
	asked := !p.EnforceExistingFrom.IsZero() && !now.Before(p.EnforceExistingFrom)
	return s.SignedInAt.Before(p.RequireFrom) && !asked
}

// Confirmed reports whether the last full proof is fresh enough for a risky
// change (ux §1.7).
func (s Session) Confirmed(now time.Time) bool {
	return !s.ProvedAt.IsZero() && now.Sub(s.ProvedAt) < ConfirmLife
}

// SessionView is a session with what its verdict needs, read together.
type SessionView struct {
	Session      Session
	Account      Account
	Organization Organization
	DeviceLive   bool
	DeviceLevel  Level     // what a live device stands in for
	DeviceUntil  time.Time // when a live device will have ended by itself
	Key          string    // the access key of the API key that asks; empty: none does
}

// HasFactor reports whether "Confirm it's you" asks for a second factor: the
// person has an app, also while two-factor is suspended, or two-factor is in
// force, or showed a code in this session.
func (v SessionView) HasFactor(now time.Time) bool {
	return v.Account.Apps > 0 || v.Session.Level >= LevelEmail || v.Account.User.TwoFactor == TwoFactorSuspended ||
		Require(v.Account, v.Organization.Policy, now).Level > LevelPassword
}

// ByDeviceAlone reports whether a remembered device stood in for a second step
// that the person has, and none was shown in this session since: no page of
// administrators opens to it (RD5).
func (v SessionView) ByDeviceAlone(now time.Time) bool {
	return v.Session.DeviceID != "" && v.Session.Level < LevelEmail && v.HasFactor(now)
}

// MayMoveMailbox reports whether a change of the sign-in address may begin at
// now. Codes and links follow that address, so the password alone never takes
// it away from a mailbox that was proved: a code has been part of this session
// (SU1, SU4).
func (v SessionView) MayMoveMailbox(now time.Time) bool {
	return v.Session.Confirmed(now) && (v.Session.Level >= LevelEmail || v.Account.User.EmailProvedAt.IsZero())
}

// Trusted returns the level that the session's remembered device stands in for;
// LevelNone where it has none that lives.
func (v SessionView) Trusted() Level {
	if v.Session.DeviceID == "" || !v.DeviceLive {
		return LevelNone
	}
	return v.DeviceLevel
}

// Verdict decides for the view as read.
func (v SessionView) Verdict(now time.Time) Verdict {
	return v.Session.Verdict(v.Account, v.Organization, v.Trusted(), now)
}
