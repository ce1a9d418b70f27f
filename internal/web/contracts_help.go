package web

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
)

// FactorResets resets somebody's two-factor authentication (package help).
type FactorResets interface {
	// Person returns somebody whom the signed-in person may help; Forbidden for
	// oneself and for people above one's own rights.
	Person(ctx context.Context, by core.SessionView, userID core.ID) (help.Person, error)
	// Reset resets at once, or returns the time at which it will be done.
	Reset(ctx context.Context, by core.SessionView, userID core.ID, c help.Check, o core.Origin) (time.Time, error)
	CancelReset(ctx context.Context, by core.SessionView, userID, resetID core.ID, o core.Origin) error
}

// ResetStops cancel a reset by who it is about (package help).
type ResetStops interface {
	// Link returns what the token of a mail is about; it changes nothing.
	Link(ctx context.Context, token string) (core.FactorResetView, error)
	CancelByLink(ctx context.Context, token string, o core.Origin) error
	// OwnReset returns the reset of one's own account that waits; zero: none.
	OwnReset(ctx context.Context, v core.SessionView) (core.FactorReset, error)
	CancelOwnReset(ctx context.Context, v core.SessionView, resetID core.ID, o core.Origin) error
}

// Exempting exempts people and groups until a date (package help).
type Exempting interface {
	ExemptPerson(ctx context.Context, by core.SessionView, userID core.ID) (help.Exempted, error)
	ExemptGroup(ctx context.Context, by core.SessionView, groupID core.ID) (help.Exempted, error)
	Exempt(ctx context.Context, by core.SessionView, userID core.ID, r help.Request, o core.Origin) error
	ExemptWholeGroup(ctx context.Context, by core.SessionView, groupID core.ID, r help.Request, o core.Origin) error
	EndExemption(ctx context.Context, by core.SessionView, userID, seen core.ID, o core.Origin) error
	EndGroupExemption(ctx context.Context, by core.SessionView, groupID, seen core.ID, o core.Origin) error
	// List returns a page of the exemptions that hold, the first to end first.
	List(ctx context.Context, by core.SessionView, after core.Exemption, limit int) ([]core.Exemption, error)
}
