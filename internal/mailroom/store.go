package mailroom

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Store keeps the settings.
type Store interface {
	// MailSettings returns what pages say about mail.
	MailSettings(ctx context.Context) (core.MailSettings, error)
	// SaveMail changes that by compare-and-swap and tells every replica; ErrStale
	// where somebody else saved meanwhile, ErrNotFound where the organization is
	// not the only one.
	SaveMail(ctx context.Context, c core.MailChange) error
	// OnlyOrganization reports whether there is no other organization.
	OnlyOrganization(ctx context.Context, organizationID core.ID) (bool, error)
	// RefusedMail returns the last mails of an organization that no server took.
	RefusedMail(ctx context.Context, organizationID core.ID, limit int) ([]core.MailRefusal, error)
}

// Ledger keeps how the servers are doing.
type Ledger interface {
	// NoteMail adds what this replica saw.
	NoteMail(ctx context.Context, all []core.MailTally) error
	// MailHealth returns how each server is doing, with its sums since a moment.
	MailHealth(ctx context.Context, since time.Time) ([]core.MailHealth, error)
	// ClaimMailProbe reports whether the caller is the one to look at a server
	// again.
	ClaimMailProbe(ctx context.Context, server string, now, since time.Time) (bool, error)
	// SaveMailTrial stores the last test of a server.
	SaveMailTrial(ctx context.Context, m core.MailTrial, r core.Record) error
	// MailTrials returns the last test of each server.
	MailTrials(ctx context.Context) ([]core.MailTrial, error)
}

// Limits counts test mails.
type Limits interface {
	// SendTest counts a test of a person; false where there were too many.
	SendTest(ctx context.Context, userID core.ID) (bool, error)
}

// Sealer seals passwords; secret.Ring is one.
type Sealer interface {
	Seal(b secret.Binding, plain []byte) (sealed, keyID string)
	Open(b secret.Binding, sealed string) ([]byte, error)
}
