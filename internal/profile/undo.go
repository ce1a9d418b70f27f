package profile

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// undoToken is that of "Cancel this change", which gives an account back.
func undoToken() secret.LinkToken { return secret.LinkToken{Purpose: "address-undo", Bytes: 32} }

// UndoToken returns the secret part of the link that takes a change of the
// sign-in address back.
func (s *Service) UndoToken(changeID core.ID) (string, error) {
	return undoToken().Make(s.Ring, string(changeID))
}

// errUndoOver is the same for a forged, cut, used or late link.
var errUndoOver = core.NewError(core.Gone, "address.undo_over")

// Undo is what a link to take a change back is about.
type Undo struct {
	Change       core.AddressChange
	Account      core.Account
	Organization core.Organization
	Done         bool // it was taken back already
}

// Undo returns what a link is about. Looking changes nothing.
func (s *Service) Undo(ctx context.Context, token string) (Undo, error) {
	id, ours := undoToken().Read(s.Ring, token)
	if !ours {
		return Undo{}, errUndoOver
	}
	c, acc, org, err := s.Addresses.AddressChangeByID(ctx, core.ID(id))
	switch {
	case errors.Is(err, core.ErrNotFound):
		return Undo{}, errUndoOver
	case err != nil:
		return Undo{}, err
	}
	u := Undo{Change: c, Account: acc, Organization: org, Done: !c.EndedAt.IsZero()}
	if !u.Done && !c.Undoable(s.Clock()) {
		return Undo{}, errUndoOver
	}
	return u, nil
}

// TakeBack gives the person the address before a change back. Whoever changed it
// knew the password, so everything ends that leans on it: all sessions and
// remembered devices, and the password alone opens nothing until it is replaced.
// Pressing twice is pressing once.
func (s *Service) TakeBack(ctx context.Context, token, browserToken string, o core.Origin) error {
	undo, err := s.Undo(ctx, token)
	if err != nil || undo.Done {
		return err
	}
	now, u := s.Clock(), undo.Account.User
	e := s.event(core.EventEmailRestored, u, o, now)
	e.Actor = core.Actor{Kind: "nobody"} // whoever had the mail
	e.Target = undo.Change.OldAddress
	if u.Email != undo.Change.OldAddress {
		e.Detail = map[string]string{core.DetailReplaced: u.Email}
	}
	after := u
	after.Email, after.EmailProvedAt = undo.Change.OldAddress, now
	if after.PreviousEmail == after.Email {
		after.PreviousEmail = ""
	}
	back := core.AddressUndo{Change: undo.Change, At: now, Record: s.record(e, after)}
	if browserToken != "" {
		back.KeepBrowser = secret.Digest(browserToken)
	}
	err = s.Addresses.UndoAddress(ctx, back)
	if errors.Is(err, core.ErrUsed) {
		return nil // somebody pressed at the same moment, or the page now says so
	}
	return err
}
