package demo

import (
	"context"
	"fmt"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devtools"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/otp"
)

// apps lists the authenticator apps of the handful for /dev/authenticator, as
// they are now: those set up while the demo runs as well.
func apps(b *app.Base) func(ctx context.Context) ([]devtools.App, error) {
	return func(ctx context.Context) ([]devtools.App, error) {
		org, err := ours(ctx, b)
		if err != nil {
			return nil, err
		}
		f, ok := b.Factors.Get(core.KindApp)
		if !ok {
			return nil, fmt.Errorf("there is no factor %q", core.KindApp)
		}
		people, err := b.Store.Users(ctx, core.UserFilter{OrganizationID: org.ID, Limit: 500})
		if err != nil {
			return nil, err
		}
		var all []devtools.App
		for _, acc := range people {
			if u := acc.User; u.Origin != origin || u.Username == "" || acc.Apps+acc.WaitingApps == 0 {
				continue
			}
			theirs, err := appsOf(ctx, b, f, acc.User)
			if err != nil {
				return nil, err
			}
			all = append(all, theirs...)
		}
		return all, nil
	}
}

func appsOf(ctx context.Context, b *app.Base, f factor.Factor, u core.User) ([]devtools.App, error) {
	credentials, err := b.Store.Credentials(ctx, u.OrganizationID, u.ID, core.KindApp)
	if err != nil {
		return nil, err
	}
	var all []devtools.App
	for _, c := range credentials {
		key, err := f.Reveal(u.ID, factor.Material{Sealed: c.Sealed, KeyID: c.KeyID})
		if err != nil {
			return nil, err
		}
		secret, err := otp.DecodeKey(key[0])
		if err != nil {
			return nil, fmt.Errorf("app of %s: %w", u.Username, err)
		}
		all = append(all, devtools.App{Owner: u.Username, Label: c.Label, Secret: secret})
	}
	return all, nil
}
