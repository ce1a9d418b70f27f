package core

import "time"

// The life of a half-done sign-in (README table, PS1, PS3).
const (
	AttemptIdle     = 15 * time.Minute // after the last send or try
	AttemptLife     = 60 * time.Minute
	AttemptTries    = 5 // wrong codes that end the attempt
	AttemptsPerUser = 3
)

// Attempt is a sign-in (or a "Confirm it's you") whose password was right and
// whose second step is open. It is a row and one cookie; it opens nothing but
// its own next step (law 4).
type Attempt struct {
	ID             ID
	TokenHash      string // digest of the sp_pending cookie
	OrganizationID ID
	UserID         ID
	Purpose        Purpose
	// SessionID is the session that a Confirm raises; empty for a sign-in.
	SessionID ID
	// PasswordVersion and FactorSetVersion are the account's when the password
	// was right; when either has moved on, the attempt is void (PS2).
	PasswordVersion  int64
	FactorSetVersion int64
	BrowserHash      string     // digest of sp_browser; the attempt works only with it
	BrowserKnown     bool       // it completed a sign-in of this person before
	LastMethod       FactorKind // the method used last in this browser, if known
	ReturnTo         string     // local path, or the address of a registered application
	Remember         bool       // "Remember this device" is ticked
	Kind             FactorKind // the method chosen; empty while choosing
	Tries            int        // wrong codes, all methods together
	Network          string     // where the password came from, for people to read
	Device           string     // "Firefox on Windows"
	CreatedAt        time.Time
	ActiveAt         time.Time // last send or try
	EndedAt          time.Time
	EndReason        string
	Version          int64 // compare-and-swap
}

// ExpiresAt returns when the attempt times out.
func (a Attempt) ExpiresAt() time.Time {
	idle, end := a.ActiveAt.Add(AttemptIdle), a.CreatedAt.Add(AttemptLife)
	if idle.Before(end) {
		return idle
	}
	return end
}

// Open reports whether the attempt may still be used by this account at now.
func (a Attempt) Open(acc Account, now time.Time) bool {
	return a.EndedAt.IsZero() && a.Tries < AttemptTries && now.Before(a.ExpiresAt()) &&
		a.UserID == acc.User.ID && acc.User.MaySignIn() &&
		a.PasswordVersion == acc.User.PasswordVersion &&
		a.FactorSetVersion == acc.User.FactorSetVersion
}
