package cli

import (
	"context"

	"github.com/sallyport/sallyport/internal/app"
)

type adminReleaseCodes struct {
	Email string `arg:"" optional:"" help:"Email address of the person."`
	All   bool   `help:"Everybody's."`
}

// Run lets held recovery codes count again.
func (c *adminReleaseCodes) Run(r *run) error {
	if (c.Email == "") != c.All {
		return usageError{text: "say whose: an email address, or --all"}
	}
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		n := 1
		if c.All {
			var err error
			if n, err = b.Accounts.ReleaseAllCodes(ctx, operator()); err != nil {
				return err
			}
		} else {
			acc, _, err := b.Accounts.Find(ctx, c.Email)
			if err != nil {
				return err
			}
			if err := b.Accounts.ReleaseCodes(ctx, acc, operator()); err != nil {
				return err
			}
		}
		r.say("a code that was used after the backup works once more: whoever has an app does better to get new codes")
		return r.print(map[string]int{"people": n}, "the recovery codes of %d people count again", n)
	})
}
