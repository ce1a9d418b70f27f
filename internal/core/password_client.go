package core

import (
	"net/netip"
	"time"
)

// The reasons why a right password alone opens nothing to a program. Whoever is
// told one has shown the password.
var (
	// ErrTwoFactorRequired: two-factor authentication is in force for the account,
	// and no pause covers the request. Its code is what clients read (ux §5).
	ErrTwoFactorRequired = NewError(Forbidden, "two_factor_required")
	ErrClientsOff        = NewError(Forbidden, "client.off")          // the organization takes no password clients (AD5)
	ErrClientLocked      = NewError(Forbidden, "client.locked")       // the organization is locked
	ErrClientElsewhere   = NewError(Forbidden, "client.elsewhere")    // not from this network
	ErrClientPasswordDue = NewError(Forbidden, "client.password_due") // a new password must be chosen first
	ErrClientLevel       = NewError(Forbidden, "client.level")        // the application asks everybody for more
	ErrClientNotMember   = NewError(Forbidden, "client.not_member")   // not one of the people of the application
	// ErrClientAppPassword: an app password lives for the account and the
	// application, so the person's own is refused there.
	ErrClientAppPassword = NewError(Forbidden, "client.app_password_set")
	// ErrClientWrong: no such name, another password, or somebody who may not sign
	// in: all look alike (EN1).
	ErrClientWrong = NewError(Unauthenticated, "client.wrong")
)

// The reasons why an app password opens nothing. Whoever is told one has shown it.
var (
	ErrAppPasswordFor       = NewError(Forbidden, "client.app_password_for")       // another application
	ErrAppPasswordOver      = NewError(Forbidden, "client.app_password_over")      // its time is over
	ErrAppPasswordElsewhere = NewError(Forbidden, "client.app_password_elsewhere") // not from this network
)

// PasswordClient is a program that has shown a right password and nothing else.
type PasswordClient struct {
	Account      Account
	Organization Organization
	AppPasswords AppPasswords    // of the account
	Shown        *AppPassword    // the one that it has shown; nil: the person's own password
	Application  ID              // that it asks for; empty: our own loader
	Level        Level           // the least that the application asks for
	Allowed      AllowedNetworks // of the organization
	From         netip.Addr
}

// Verdict decides at now whether the password is enough: where two-factor
// authentication is not in force for the account, or by a pause that covers the
// account and the network (AD4, AD5). It reports whether it was the pause. An app
// password is enough where it was made for, and nothing else is then. Of the
// application's level only the strongest is asked for: that it lets programs in at
// all was decided for it. It is pure, and opens one request and no session.
func (c PasswordClient) Verdict(now time.Time) (byPause bool, err error) {
	acc, p := c.Account, c.Organization.Policy
	due := PasswordDueFrom(acc, p)
	switch {
	case !acc.User.MaySignIn():
		return false, ErrClientWrong
	case c.Organization.Locked && acc.User.Type != Administrator:
		return false, ErrClientLocked
	case !c.Allowed.Allow(c.From):
		return false, ErrClientElsewhere
	case p.NoPasswordClients:
		return false, ErrClientsOff
	case c.Shown != nil:
		return false, c.shown(now)
	case c.AppPasswords.Live(c.Application, now):
		return false, ErrClientAppPassword
	case acc.User.PasswordDue == PasswordDistrusted, !due.IsZero() && !now.Before(due):
		return false, ErrClientPasswordDue
	case c.Level >= LevelStrong:
		return false, ErrClientLevel
	case Require(acc, p, now).Level <= LevelPassword:
		return false, nil
	case p.PauseCap > 0 && acc.Pause.Covers(c.From, now):
		return true, nil
	}
	return false, ErrTwoFactorRequired
}

// shown decides about an app password. That a new password of the person's own is
// due does not concern it, unless that one is distrusted: then so is all that it may
// have made.
func (c PasswordClient) shown(now time.Time) error {
	switch {
	case c.Account.User.PasswordDue == PasswordDistrusted:
		return ErrClientPasswordDue
	case c.Shown.ApplicationID != c.Application:
		return ErrAppPasswordFor
	case c.Shown.Expired(now):
		return ErrAppPasswordOver
	case !c.Shown.Covers(c.From):
		return ErrAppPasswordElsewhere
	case c.Level >= LevelStrong:
		return ErrClientLevel
	}
	return nil
}
