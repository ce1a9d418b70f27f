package help

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// cancelToken is that of the link that cancels a reset. It can only stop things,
// so half of a MAC is enough, and a short link stays whole in a mail.
func cancelToken() secret.LinkToken { return secret.LinkToken{Purpose: "reset-cancel", Bytes: 16} }

// CancelToken returns the secret part of the link that cancels a reset.
func (s *Service) CancelToken(resetID core.ID) (string, error) {
	return cancelToken().Make(s.Ring, string(resetID))
}

// errLinkOver is the same for a forged and a cut link, and for a reset that is
// long settled.
var errLinkOver = core.NewError(core.Gone, "help.cancel_over")

// Link returns what a link to cancel a reset is about, settled or not. Looking
// changes nothing.
func (s *Service) Link(ctx context.Context, token string) (core.FactorResetView, error) {
	id, ours := cancelToken().Read(s.Ring, token)
	if !ours {
		return core.FactorResetView{}, errLinkOver
	}
	v, err := s.Resets.FactorResetByID(ctx, core.ID(id))
	if errors.Is(err, core.ErrNotFound) {
		return v, errLinkOver
	}
	return v, err
}

// CancelByLink is the button behind the link. Pressing twice is pressing once;
// where the reset was carried out meanwhile, [Service.Link] says so.
func (s *Service) CancelByLink(ctx context.Context, token string, o core.Origin) error {
	v, err := s.Link(ctx, token)
	if err != nil || !v.Reset.Waits() {
		return err
	}
	err = s.cancel(ctx, v.Account.User, v.Reset.ID, "", core.Actor{Kind: "nobody"}, o) // whoever had the mail
	if errors.Is(err, errSettled) {
		return nil
	}
	return err
}
