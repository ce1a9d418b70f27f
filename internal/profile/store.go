package profile

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps people's profiles and pictures.
type Store interface {
	// AccountByID returns a person of an organization.
	AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error)
	// SaveProfile stores a profile where it still is as it was read; ErrStale
	// where somebody saved first.
	SaveProfile(ctx context.Context, c core.ProfileChange) error
	// SetPhoto stores a picture in the place of the one before, or removes it;
	// ErrStale where it is so already.
	SetPhoto(ctx context.Context, c core.PhotoChange) error
	// Photo returns a picture of somebody in the organization by its name.
	Photo(ctx context.Context, organizationID core.ID, name string) ([]byte, error)
}

// Addresses keeps the changes of people's addresses.
type Addresses interface {
	// OpenAddressChange returns what a session has begun and not finished.
	OpenAddressChange(ctx context.Context, organizationID, userID, sessionID core.ID, kind core.AddressKind) (core.AddressView, error)
	// AddressChangeByID returns a change with its person, in any organization:
	// the token of a mail is the proof.
	AddressChangeByID(ctx context.Context, id core.ID) (core.AddressChange, core.Account, core.Organization, error)
	// SendAddressCode begins a change or mails its code again; ErrLimit where
	// the allowances are spent, ErrStale where the change is over.
	SendAddressCode(ctx context.Context, a core.AddressSend) error
	// EndAddressChange gives up what was not proved.
	EndAddressChange(ctx context.Context, c core.AddressChange) error
	// ProveAddress puts the new address in the place of the old one; of parallel
	// calls exactly one succeeds.
	ProveAddress(ctx context.Context, p core.AddressProof) error
	// UndoAddress takes a change back; of parallel calls exactly one succeeds
	// (ErrUsed for the others).
	UndoAddress(ctx context.Context, u core.AddressUndo) error
	// RemoveNotificationEmail removes the address that notices also go to.
	RemoveNotificationEmail(ctx context.Context, r core.AddressRemoval) error
}

// Tries counts wrong codes before they are checked; see package signin.
type Tries interface {
	TakeTry(ctx context.Context, t core.Try) (core.TryTaken, error)
	SettleTry(ctx context.Context, t core.Try, o core.Outcome, r core.Record) error
}
