package outbox

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps the queue of emails.
type Store interface {
	// LeaseMail takes up to n messages that are due, for this owner until the
	// given time, each by a conditional update, joined with the facts to fill
	// them. Messages past ExpiresAt are marked expired instead.
	LeaseMail(ctx context.Context, owner string, now, until time.Time, n int) ([]core.MailJob, error)
	// SettleMail stores the outcome of a leased message: sent, refused, expired,
	// or queued again with NotBefore and LastError.
	SettleMail(ctx context.Context, m core.Message, owner string) error
	// Sweep removes rows that are over: old attempts, challenges, enrolments,
	// changes, links, ended sessions and devices, delivered mail.
	Sweep(ctx context.Context, now time.Time) (int, error)
}
