package cli

import (
	"context"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/help"
)

type userExempt struct {
	Email  string `arg:"" help:"Email address of the person."`
	Until  string `placeholder:"DATE" help:"Last day of the exemption, as 2030-01-31; at most 90 days ahead." xor:"what"`
	Reason string `placeholder:"TEXT" help:"Why; kept in the audit log."`
	End    bool   `help:"End the exemption now." xor:"what"`
}

// Run exempts a person, in the place of an exemption that runs, or ends it.
func (c *userExempt) Run(r *run) error {
	if c.Until == "" && !c.End {
		return usageError{text: "say until when, or --end", hint: "for example: sallyport user exempt " + c.Email + " --until 2030-01-31 --reason \"no phone yet\""}
	}
	if c.End {
		return r.withBase(func(ctx context.Context, b *app.Base) error { return c.end(ctx, r, b) })
	}
	reason, err := r.ask(c.Reason, "reason", "Why")
	if err != nil {
		return err
	}
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		acc, org, err := b.Accounts.Find(ctx, c.Email)
		if err != nil {
			return err
		}
		if err := b.Help.OperatorExempt(ctx, acc, org, operator(), help.Request{Until: c.Until, Reason: reason}); err != nil {
			return err
		}
		err = r.print(map[string]string{"email": acc.User.Email, "until": c.Until}, "%s is exempt from two-factor authentication until the end of %s", acc.User.Email, c.Until)
		r.say("whoever has turned it on for themselves is still asked")
		return err
	})
}

func (c *userExempt) end(ctx context.Context, r *run, b *app.Base) error {
	acc, _, err := b.Accounts.Find(ctx, c.Email)
	if err != nil {
		return err
	}
	if err := b.Help.OperatorEndExemption(ctx, acc, operator()); err != nil {
		return err
	}
	return r.print(map[string]string{"email": acc.User.Email}, "%s is not exempt from two-factor authentication any more", acc.User.Email)
}
