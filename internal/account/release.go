package account

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
)

// Held keeps recovery codes that came back with a restored backup.
type Held interface {
	// ReleaseCodes lets a person's held codes count again; ErrNotFound: none.
	ReleaseCodes(ctx context.Context, c core.CodeRelease) error
	// HeldCodes returns whose codes are held, by id after the given one.
	HeldCodes(ctx context.Context, after core.ID, limit int) ([]core.CodeRelease, error)
}

// ReleaseCodes lets the recovery codes of a person count again that wait since
// a backup was restored (BK2).
func (s *Service) ReleaseCodes(ctx context.Context, acc core.Account, by core.Actor) error {
	e := s.event(core.EventRecoveryReleased, acc.User, core.Origin{}, s.Clock())
	e.Actor = by
	err := s.Held.ReleaseCodes(ctx, core.CodeRelease{
		OrganizationID: acc.User.OrganizationID, UserID: acc.User.ID, Record: core.Record{Events: []core.Event{e}},
	})
	if errors.Is(err, core.ErrNotFound) {
		return core.NewError(core.NotFound, "codes.none_held").With("email", acc.User.Login())
	}
	return err
}

// heldPage is how many people ReleaseAllCodes reads at once.
const heldPage = 500

// ReleaseAllCodes is ReleaseCodes for everybody; it returns how many people had
// codes that waited. Broken off, it may be run again.
func (s *Service) ReleaseAllCodes(ctx context.Context, by core.Actor) (int, error) {
	n, after := 0, core.ID("")
	for {
		page, err := s.Held.HeldCodes(ctx, after, heldPage)
		if err != nil || len(page) == 0 {
			return n, err
		}
		for _, p := range page {
			acc, _, err := s.Store.AccountByID(ctx, p.OrganizationID, p.UserID)
			if err == nil {
				err = s.ReleaseCodes(ctx, acc, by)
			}
			if err != nil {
				return n, err
			}
			n, after = n+1, p.UserID
		}
	}
}
