package core

import (
	"net/netip"
	"strings"
	"time"
	"unicode/utf8"
)

// The numbers of app passwords.
const (
	// AppPasswordsPerUser is how many a person may have, those counted that are over
	// and still shown: whoever shows one is compared with so many, however many
	// there are.
	AppPasswordsPerUser = 10
	// AppPasswordDefault is how long one lives where nothing else is chosen.
	AppPasswordDefault = 90 * 24 * time.Hour
	// AppPasswordLife is how long one lives at most.
	AppPasswordLife = 365 * 24 * time.Hour
)

// AppPassword is what one old program shows in place of its person's password: made
// by Sallyport, for one application, from one network, until a moment. It works
// with two-factor authentication on, and nowhere else: it signs nobody in.
type AppPassword struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	ApplicationID  ID // empty: Sallyport's own loader
	Name           string
	SecretHash     string // keyed
	KeyID          string // the ring key behind SecretHash
	Network        string // a prefix; empty: any, as its person said
	CreatedAt      time.Time
	ExpiresAt      time.Time
	LastUsedAt     time.Time
	LastUsedFrom   string // address
}

// Validate checks an app password as it is made at now.
func (p AppPassword) Validate(now time.Time) error {
	fields := map[string]*Error{}
	if strings.TrimSpace(p.Name) == "" || utf8.RuneCountInString(p.Name) > 80 || !cleanLine(p.Name) {
		fields["name"] = NewError(Invalid, "app_password.name")
	}
	if _, err := netip.ParsePrefix(p.Network); p.Network != "" && err != nil {
		fields["network"] = NewError(Invalid, "app_password.network")
	}
	if !p.ExpiresAt.After(now) || p.ExpiresAt.After(now.Add(AppPasswordLife)) {
		fields["life"] = NewError(Invalid, "app_password.life")
	}
	if len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// Expired reports whether its time is over.
func (p AppPassword) Expired(now time.Time) bool { return !now.Before(p.ExpiresAt) }

// Covers reports whether a request may come from an address. One whose network
// cannot be read covers nothing.
func (p AppPassword) Covers(from netip.Addr) bool {
	if p.Network == "" {
		return true
	}
	network, err := netip.ParsePrefix(p.Network)
	return err == nil && network.Contains(from.Unmap().WithZone(""))
}

// AppPasswords are those of one person.
type AppPasswords []AppPassword

// Live reports whether one of them works for an application: then the person's own
// password does not.
func (all AppPasswords) Live(application ID, now time.Time) bool {
	for _, p := range all {
		if p.ApplicationID == application && !p.Expired(now) {
			return true
		}
	}
	return false
}

// ClientLogin is what is known of the account that a program names.
type ClientLogin struct {
	Account      Account
	Organization Organization
	AppPasswords AppPasswords // also those that are over
}

// AppPasswordMaking stores a new one. ErrStale where its person may not sign in, or
// has another password or other factors than whoever makes it has seen; ErrLimit
// where they have as many that live as they may; those that are over make place.
type AppPasswordMaking struct {
	AppPassword      AppPassword
	PasswordVersion  int64
	FactorSetVersion int64
	Record           Record
}

// AppPasswordRemoval ends one at once; ErrNotFound where it is gone.
type AppPasswordRemoval struct {
	OrganizationID ID
	UserID         ID
	ID             ID
	Record         Record
}

// AppPasswordWarnings are how many days before an app password's end its person is
// told, the nearest first: as with API keys (AK2), since what shows one runs by itself
// and nobody sees it stop.
func AppPasswordWarnings() []int { return KeyWarnings() }

// AppPasswordWarning notes that an app password's person is told of its end, once for
// each of [AppPasswordWarnings]. ErrStale where that was done, or it is gone.
type AppPasswordWarning struct {
	AppPassword AppPassword
	Days        int
	Record      Record
}

// AppPasswordUse is the last use of one, written down later.
type AppPasswordUse struct {
	ID   ID
	At   time.Time
	From string // address
}
