package app

import (
	"context"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/passwordclient"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/profile"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/throttle"
)

// One store satisfies every contract; it need not know the services.
var (
	_ signin.Store                      = (*sqlstore.Store)(nil)
	_ signin.Tries                      = (*sqlstore.Store)(nil)
	_ account.Store                     = (*sqlstore.Store)(nil)
	_ account.Tries                     = (*sqlstore.Store)(nil)
	_ account.People                    = (*sqlstore.Store)(nil)
	_ account.Held                      = (*sqlstore.Store)(nil)
	_ account.Alarms                    = (*sqlstore.Store)(nil)
	_ account.PasswordStore             = (*sqlstore.Store)(nil)
	_ profile.Store                     = (*sqlstore.Store)(nil)
	_ profile.Addresses                 = (*sqlstore.Store)(nil)
	_ profile.Tries                     = (*sqlstore.Store)(nil)
	_ account.Requests                  = (*sqlstore.Store)(nil)
	_ adoption.Store                    = (*sqlstore.Store)(nil)
	_ account.Limits                    = (*throttle.Service)(nil)
	_ organization.Store                = (*sqlstore.Store)(nil)
	_ organization.Doors                = (*sqlstore.Store)(nil)
	_ organization.Roll                 = (*sqlstore.Store)(nil)
	_ outbox.Announcements              = (*sqlstore.Store)(nil)
	_ throttle.Store                    = (*sqlstore.Store)(nil)
	_ apikey.Store                      = (*sqlstore.Store)(nil)
	_ apikey.Endings                    = (*sqlstore.Store)(nil)
	_ apikey.People                     = (*sqlstore.Store)(nil)
	_ apikey.Limits                     = (*throttle.Service)(nil)
	_ session.Store                     = (*sqlstore.Store)(nil)
	_ session.Devices                   = (*sqlstore.Store)(nil)
	_ account.Journal                   = (*sqlstore.Store)(nil)
	_ gate.Store                        = (*sqlstore.Store)(nil)
	_ groups.Store                      = (*sqlstore.Store)(nil)
	_ groups.People                     = (*sqlstore.Store)(nil)
	_ groups.Journal                    = (*sqlstore.Store)(nil)
	_ people.Store                      = (*sqlstore.Store)(nil)
	_ people.Accounts                   = (*sqlstore.Store)(nil)
	_ help.Store                        = (*sqlstore.Store)(nil)
	_ help.Resets                       = (*sqlstore.Store)(nil)
	_ help.Exemptions                   = (*sqlstore.Store)(nil)
	_ passwordclient.Pauses             = (*sqlstore.Store)(nil)
	_ passwordclient.AppPasswords       = (*sqlstore.Store)(nil)
	_ passwordclient.AppPasswordEndings = (*sqlstore.Store)(nil)
	_ passwordclient.Applications       = (*sqlstore.Store)(nil)
	_ passwordclient.People             = (*sqlstore.Store)(nil)
	_ passwordclient.Logins             = (*sqlstore.Store)(nil)
	_ passwordclient.Renewals           = (*sqlstore.Store)(nil)
	_ outbox.Store                      = (*sqlstore.Store)(nil)
	_ keyring.Store                     = (*sqlstore.Store)(nil)
	_ keyring.Texts                     = (*sqlstore.Store)(nil)
)

// webSessions gives the pages what they ask of package session.
type webSessions struct{ *session.Service }

// SignOut ends a session.
func (s webSessions) SignOut(ctx context.Context, view core.SessionView, o core.Origin, forget bool) error {
	return s.End(ctx, view, core.EndSignedOut, o, forget)
}
