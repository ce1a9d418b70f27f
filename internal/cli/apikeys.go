package cli

import (
	"context"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
)

type apiKeyCommands struct {
	Create  apiKeyCreate  `cmd:"" help:"Make an API key for a person, and print its secret once."`
	List    apiKeyList    `cmd:"" help:"List API keys, without their secrets."`
	Revoke  apiKeyRevoke  `cmd:"" help:"End an API key at once."`
	Release apiKeyRelease `cmd:"" help:"Let a key work again that a restored backup brought back."`
}

type apiKeyCreate struct {
	Email   string   `arg:"" help:"Email address of the person whom it acts as."`
	For     string   `required:"" placeholder:"TEXT" help:"The application that uses it."`
	Scope   []string `default:"loader" placeholder:"NAME" help:"loader, loader-identity (beside loader), read or full; may be repeated."`
	Days    int      `default:"365" placeholder:"N" help:"How long it lives, 365 days at most."`
	Network []string `placeholder:"NET" help:"Network that may use it, such as 203.0.113.0/24; may be repeated. Any where left out."`
}

// Run makes a key.
func (c *apiKeyCreate) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		acc, _, err := b.Accounts.Find(ctx, c.Email)
		if err != nil {
			return err
		}
		w := apikey.Wanted{Name: c.For, Networks: strings.Join(c.Network, "\n"), ExpiresAt: b.Clock().Add(time.Duration(c.Days) * 24 * time.Hour)}
		for _, scope := range c.Scope {
			w.Scopes = append(w.Scopes, core.KeyScope(scope))
		}
		made, err := b.APIKeys.CreateFor(ctx, acc.User, operator(), w)
		if err != nil {
			return err
		}
		r.say("the secret is shown only now; it acts as %s until %s", acc.User.Email, made.Key.ExpiresAt.UTC().Format(time.DateOnly))
		return r.print(map[string]string{
			"email": acc.User.Email, "access_key": made.Key.Access, "secret_key": made.Secret, "expires": made.Key.ExpiresAt.UTC().Format(time.RFC3339),
		}, "SALLYPORT_ACCESS_KEY=%s\nSALLYPORT_SECRET_KEY=%s", made.Key.Access, made.Secret)
	})
}

type apiKeyList struct {
	Org string `placeholder:"NAME" help:"Organization; needed where there are several."`
}

// listedAPIKey is an API key for programs.
type listedAPIKey struct {
	Name     string   `json:"name"`
	Access   string   `json:"access_key"`
	Email    string   `json:"email"`
	Scopes   []string `json:"scopes"`
	Expires  string   `json:"expires"`
	LastUsed string   `json:"last_used,omitempty"`
	State    string   `json:"state"`
}

// Run lists keys.
func (c *apiKeyList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		org, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		all, err := b.APIKeys.AllOf(ctx, org.ID)
		if err != nil {
			return err
		}
		values, rows := []listedAPIKey{}, [][]string{}
		for _, v := range all {
			k, one := v.Key, listedAPIKey{Name: v.Key.Name, Access: v.Key.Access, Email: v.Account.User.Email, Expires: v.Key.ExpiresAt.UTC().Format(time.RFC3339), State: "active"}
			for _, scope := range k.Scopes {
				one.Scopes = append(one.Scopes, string(scope))
			}
			if !k.LastUsedAt.IsZero() {
				one.LastUsed = k.LastUsedAt.UTC().Format(time.RFC3339)
			}
			switch {
			case k.Expired(b.Clock()):
				one.State = "expired"
			case k.Held:
				one.State = "held"
			}
			values = append(values, one)
			rows = append(rows, []string{one.Name, one.Access, one.Email, strings.Join(one.Scopes, ", "), k.ExpiresAt.UTC().Format(time.DateOnly), one.State})
		}
		return r.table(values, []string{"NAME", "ACCESS KEY", "ACTS AS", "SCOPE", "EXPIRES", "STATE"}, rows)
	})
}

type apiKeyRevoke struct {
	Access string `arg:"" help:"Access key, such as spk_7q2m…."`
}

// Run ends a key.
func (c *apiKeyRevoke) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		v, err := b.APIKeys.Revoke(ctx, c.Access, operator())
		if err != nil {
			return err
		}
		return r.print(map[string]string{"access_key": c.Access, "name": v.Key.Name}, "revoked %s of %s", v.Key.Name, v.Account.User.Email)
	})
}

type apiKeyRelease struct {
	Access string `arg:"" help:"Access key, such as spk_7q2m…."`
}

// Run releases a held key.
func (c *apiKeyRelease) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		v, err := b.APIKeys.ReleaseFor(ctx, c.Access, operator())
		if err != nil {
			return err
		}
		return r.print(map[string]string{"access_key": c.Access, "name": v.Key.Name}, "%s of %s works again", v.Key.Name, v.Account.User.Email)
	})
}
