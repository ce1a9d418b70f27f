package cli

import (
	"context"
	"strings"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

type adminList struct {
	Org string `placeholder:"NAME" help:"Only this organization."`
}

// Run lists administrators.
func (c *adminList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		return r.listUsers(ctx, b, c.Org, true)
	})
}

type adminUnlock struct {
	Email string `arg:"" help:"Email address of the person."`
}

// Run forgets what was counted against a person's password.
func (c *adminUnlock) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		acc, _, err := b.Accounts.Find(ctx, c.Email)
		if err != nil {
			return err
		}
		u := acc.User
		e := core.Event{
			ID: core.NewID(b.Clock(), b.Random), OrganizationID: u.OrganizationID, At: b.Clock(), Kind: core.EventUserUnlocked,
			Result: "ok", Actor: operator(), SubjectID: u.ID, Target: u.Email,
		}
		if err := b.Throttle.Unlock(ctx, u.ID, identifier.LoginKeys(u), core.Record{Events: []core.Event{e}}); err != nil {
			return err
		}
		return r.print(map[string]string{"email": u.Email}, "%s can try again at once", u.Email)
	})
}

type adminReset2FA struct {
	Email         string `arg:"" help:"Email address of the person."`
	Reason        string `placeholder:"TEXT" help:"Why, and how you made sure who asked; kept in the audit log."`
	How           string `placeholder:"WAY" enum:",phone,person,video,other" default:"" help:"How you checked that it is them: phone, person, video or other."`
	PasswordAlone bool   `help:"Let the next sign-in pass without a code, for somebody whose mail does not work."`
}

// Run removes all second factors of a person.
func (c *adminReset2FA) Run(r *run) error {
	reason, err := r.ask(c.Reason, "reason", "Why, and how did you make sure who asked")
	if err != nil {
		return err
	}
	if strings.TrimSpace(reason) == "" {
		return usageError{text: "the reason is empty", hint: "say why with --reason: it is kept in the audit log"}
	}
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		acc, _, err := b.Accounts.Find(ctx, c.Email)
		if err != nil {
			return err
		}
		if err := b.Help.OperatorReset(ctx, acc, operator(), core.IdentityCheck(c.How), reason, c.PasswordAlone); err != nil {
			return err
		}
		next := "the next sign-in asks for a code by email"
		if c.PasswordAlone || acc.User.TwoFactor == core.TwoFactorOff && acc.User.PasswordDue != core.PasswordDistrusted {
			next = "the next sign-in asks for the password alone, unless the organization requires more"
		}
		return r.print(map[string]string{"email": acc.User.Email},
			"two-factor of %s is reset: apps, recovery codes, remembered devices and sessions are gone\n%s", acc.User.Email, next)
	})
}
