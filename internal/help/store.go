package help

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store knows people and what happened to them.
type Store interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// Credentials returns the person's credentials of a kind.
	Credentials(ctx context.Context, organizationID, userID core.ID, kind core.FactorKind) ([]core.Credential, error)
	// Events returns an organization's events, newest first.
	Events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error)
	// Note stores what happened where nothing changed by it.
	Note(ctx context.Context, r core.Record) error
}

// Resets keeps resets of two-factor authentication.
type Resets interface {
	// ResetTwoFactor removes all factors, devices and sessions at once. ErrNotFound
	// where the helper may not (any more), ErrUsed where the reset that has waited
	// was settled meanwhile.
	ResetTwoFactor(ctx context.Context, c core.TwoFactorReset) error
	// AskReset stores a reset that waits; ErrTaken where one waits already,
	// ErrNotFound where the helper may not.
	AskReset(ctx context.Context, a core.FactorResetAsk) error
	// EndReset ends one without carrying it out; of parallel calls, and of this and
	// ResetTwoFactor, exactly one wins (ErrUsed).
	EndReset(ctx context.Context, e core.FactorResetEnd) error
	// WaitingReset returns that of a person; ErrNotFound: none waits.
	WaitingReset(ctx context.Context, organizationID, userID core.ID) (core.FactorReset, error)
	// FactorResetByID returns a reset with its person, in any organization: the
	// token of a mail is the proof.
	FactorResetByID(ctx context.Context, id core.ID) (core.FactorResetView, error)
	// DueResets returns up to n of all organizations whose time has come.
	DueResets(ctx context.Context, now time.Time, n int) ([]core.FactorReset, error)
}

// Exemptions keeps who is exempt from two-factor authentication.
type Exemptions interface {
	// Exempt begins an exemption in the place of the one that runs; ErrStale where
	// that is another one, ErrNotFound where the helper may not.
	Exempt(ctx context.Context, c core.Exempting) error
	// EndExemption ends one, early or at its time; of parallel calls exactly one
	// wins (ErrUsed). ErrNotFound where the helper may not.
	EndExemption(ctx context.Context, e core.ExemptionEnd) error
	// OpenExemption returns that of a person or group of which no end is written
	// down; its time may be over. ErrNotFound: none.
	OpenExemption(ctx context.Context, organizationID, userID, groupID core.ID) (core.Exemption, error)
	// Exemptions returns a page of those that hold, the first to end first.
	Exemptions(ctx context.Context, f core.ExemptionFilter) ([]core.Exemption, error)
	// OverExemptions returns up to n of all organizations that have ended by
	// themselves, and no end is written down of.
	OverExemptions(ctx context.Context, now time.Time, n int) ([]core.Exemption, error)
	// ExemptGroup returns a group.
	ExemptGroup(ctx context.Context, organizationID, groupID core.ID) (core.ExemptGroup, error)
}

// Post turns what happened into the emails to queue.
type Post interface {
	Notices(e core.Event, u core.User) []core.Message
}
