package organization

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// What acts are called in the audit log, as settings are.
const (
	actAskAgain       = "ask_again"
	actResetPasswords = "reset_passwords"
)

// AskAgain ends the worth of every remembered device ("Ask again now"): nobody is
// signed out, and whoever was let in by one shows the second step at the next
// request.
func (s *Service) AskAgain(ctx context.Context, v core.SessionView, from core.Origin) error {
	return s.act(ctx, v, from, func(o *core.Organization) map[string]string {
		was := o.Policy.DevicesFrom
		o.Policy.DevicesFrom = s.clock()
		return askAgainDetail(was, o.Policy.DevicesFrom)
	})
}

// ResetPasswords makes everybody but the administrator who asks for it choose a
// new password: at the next sign-in, or at once in open sessions too.
func (s *Service) ResetPasswords(ctx context.Context, v core.SessionView, from core.Origin, atOnce bool) error {
	return s.act(ctx, v, from, func(o *core.Organization) map[string]string {
		was := o.Policy
		o.Policy = was.ResetAllPasswords(v.Account, atOnce, s.clock())
		return resetDetail(was, o.Policy)
	})
}

// AskAgainFor is [Service.AskAgain] for the operator's command line.
func (s *Service) AskAgainFor(ctx context.Context, o core.Organization, by core.Actor) (map[string]string, error) {
	was := o.Policy.DevicesFrom
	o.Policy.DevicesFrom = s.clock()
	detail := askAgainDetail(was, o.Policy.DevicesFrom)
	return detail, s.save(ctx, o, by, core.Origin{}, detail, false)
}

func askAgainDetail(was, is time.Time) map[string]string {
	return map[string]string{actAskAgain + "_before": moment(was), actAskAgain + "_after": moment(is)}
}

// ResetPasswordsFor is [Service.ResetPasswords] for the operator's command line:
// it leaves nobody out.
func (s *Service) ResetPasswordsFor(ctx context.Context, o core.Organization, by core.Actor, atOnce bool) (map[string]string, error) {
	was := o.Policy
	o.Policy = was.ResetAllPasswords(core.Account{}, atOnce, s.clock())
	detail := resetDetail(was, o.Policy)
	return detail, s.save(ctx, o, by, core.Origin{}, detail, false)
}

func resetDetail(was, is core.Policy) map[string]string {
	return map[string]string{actResetPasswords + "_before": resetText(was), actResetPasswords + "_after": resetText(is)}
}

func resetText(p core.Policy) string {
	if p.PasswordsNow {
		return moment(p.PasswordsFrom) + " at once"
	}
	return moment(p.PasswordsFrom)
}

// act changes what has no field of its own. It is not undone by a save of
// somebody else's: it is tried again on what that stored.
func (s *Service) act(ctx context.Context, v core.SessionView, from core.Origin, do func(*core.Organization) map[string]string) error {
	if v.Account.User.Type != core.Administrator {
		return core.ErrNotFound
	}
	by := core.Actor{Kind: "person", ID: v.Account.User.ID, Name: v.Account.User.Name()}
	for range saveTries {
		o, err := s.store.Organization(ctx, v.Account.User.OrganizationID)
		if err != nil {
			return err
		}
		detail := do(&o)
		if err := s.save(ctx, o, by, from, detail, false); !errors.Is(err, core.ErrStale) {
			return err
		}
	}
	return core.ErrStale
}

// moment is a time in the audit log; empty where there is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
