package account

import (
	"context"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// errUsedRecently refuses one of the person's last passwords.
var errUsedRecently = core.NewError(core.Invalid, "password.used_recently")

// newPassword screens a password against the policy, the words that its owner's
// guessers try first and the person's last passwords, and hashes it.
func (s *Service) newPassword(ctx context.Context, u core.User, org core.Organization, password string) (string, error) {
	if err := s.screen(u, org, password); err != nil {
		return "", err
	}
	used, err := s.usedRecently(ctx, u, org.Policy.PasswordHistory, password)
	if err != nil {
		return "", err
	}
	if used {
		return "", core.InField("password", errUsedRecently)
	}
	return s.Passwords.Hash(ctx, u.ID, password)
}

// screen refuses what needs no hash to be refused.
func (s *Service) screen(u core.User, org core.Organization, password string) error {
	if password == "" {
		return core.InField("password", errPasswordNone)
	}
	local, _, _ := strings.Cut(u.Email, "@")
	err := s.Passwords.Screen(password, org.Policy.PasswordRules(), u.Username, local, org.Name, org.AppName, "sallyport")
	return fieldError("password", err)
}

// TryPassword tells whether an organization's rules would take a password, of
// nobody in particular. Nothing is kept of it. It takes one of the network's
// places at the hashing gate, as the meter does: expressions can be slow.
func (s *Service) TryPassword(ctx context.Context, org core.Organization, o core.Origin, password string) error {
	leave, err := s.Throttle.Enter(ctx, o.Network)
	if err != nil {
		return err
	}
	defer leave()
	return s.screen(core.User{}, org, password)
}

// usedRecently reports whether password is one of the person's last ones, of
// which the current is the first. The current one is never taken again, whatever
// the organization remembers: choosing it would change nothing. Every comparison
// is a whole hash that waits at the gate, so this comes after all that is cheap.
func (s *Service) usedRecently(ctx context.Context, u core.User, last int, password string) (bool, error) {
	if u.PasswordSealed == "" {
		return false, nil
	}
	sealed := []string{u.PasswordSealed}
	if last = min(last, core.MaxPasswordHistory); last > 1 {
		past, err := s.Changes.PastPasswords(ctx, u.OrganizationID, u.ID, last-1)
		if err != nil {
			return false, err
		}
		sealed = append(sealed, past...)
	}
	for _, one := range sealed {
		right, _, err := s.Passwords.Verify(ctx, u.ID, one, password)
		if err != nil || right {
			return right, err
		}
	}
	return false, nil
}
