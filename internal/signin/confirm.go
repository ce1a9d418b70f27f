package signin

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
)

// errConfirmWrong is what "Confirm it's you" says to a wrong password.
var errConfirmWrong = core.NewError(core.Invalid, "confirm.wrong")

// BeginConfirm checks the password of the signed-in person. With a second
// factor in force it opens an attempt for it (its pages are those of a
// sign-in); otherwise the session is renewed at once. A remembered device
// never stands in here (RD5).
func (s *Service) BeginConfirm(ctx context.Context, v Visitor, view core.SessionView, password string) (Result, error) {
	v.Session = view
	user := view.Account.User
	if err := checkTyped(user.Login(), password); err != nil {
		return Result{}, err
	}
	t, err := s.checkPassword(ctx, v, user, view.Session.BrowserHash, "", password)
	if errors.Is(err, errWrong) {
		return Result{}, core.InField("password", errConfirmWrong)
	}
	if err != nil {
		return Result{}, err
	}
	now := s.Clock()
	c, err := s.circumstances(ctx, v.Origin, view.Organization, now)
	if err != nil {
		return Result{}, err
	}
	found := core.LoginView{Account: view.Account, Organization: view.Organization}
	rehash := s.rehash(ctx, user, t, password)
	// An account with no factor confirms with its password alone: what is open to
	// it asks for an emailed code of its own or for the password again (ADR 8).
	if v.Wanted <= view.Session.Level && !view.HasFactor(now) {
		return s.complete(ctx, finish{
			visitor: v, account: view.Account, organization: view.Organization, slots: t.Clears,
			rehash: rehash, returnTo: v.ReturnTo, confirms: true,
		})
	}
	// What decides is the account's factors, not whether the session already
	// satisfies the policy.
	demand := found
	demand.Account.User.TwoFactor = core.TwoFactorOn
	step := core.NextAfterPassword(demand.Account, found.Organization, "", c, now)
	return s.openAttempt(ctx, entry{visitor: v, found: found, purpose: core.PurposeConfirm, step: step}, t, rehash)
}
