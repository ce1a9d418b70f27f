package cli

import (
	"context"
	"fmt"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
)

type adminCommands struct {
	Create   adminCreate   `cmd:"" help:"Create an administrator and print a one-time link to choose the password."`
	List     adminList     `cmd:"" help:"List administrators."`
	Unlock   adminUnlock   `cmd:"" help:"Forget the wrong passwords counted against a person."`
	Reset2FA adminReset2FA `cmd:"" name:"reset-2fa" help:"Remove a person's second factors, devices and sessions (last resort; audited)."`

	ReleaseCodes adminReleaseCodes `cmd:"" help:"Let recovery codes count again that wait since a backup was restored."`
}

type adminCreate struct {
	Email         string `placeholder:"ADDRESS" help:"Email address; also the username."`
	First         string `placeholder:"NAME" help:"First name."`
	Last          string `placeholder:"NAME" help:"Last name."`
	Org           string `placeholder:"NAME" help:"Organization; needed where there are several. On a new server: the name of the one that is made."`
	PasswordStdin bool   `help:"Read the password from standard input instead of printing a link." xor:"how"`
	Password      bool   `help:"Ask for the password here instead of printing a link." xor:"how"`
	Invite        bool   `help:"Print a one-time link (the default)." xor:"how"`
}

// created is the result for programs.
type created struct {
	Email        string `json:"email"`
	Organization string `json:"organization"`
	Type         string `json:"type"`
	Link         string `json:"link,omitempty"`
}

// Run creates an administrator.
func (c *adminCreate) Run(r *run) error {
	var err error
	for _, q := range []struct {
		value          *string
		flag, question string
	}{{&c.Email, "email", "Email address"}, {&c.First, "first", "First name"}, {&c.Last, "last", "Last name"}} {
		if *q.value, err = r.ask(*q.value, q.flag, q.question); err != nil {
			return err
		}
	}
	n := account.NewUser{Email: c.Email, FirstName: c.First, LastName: c.Last, Type: core.Administrator}
	switch {
	case c.PasswordStdin:
		n.Password, err = r.password()
	case c.Password:
		n.Password, err = r.newPassword()
	}
	if err != nil {
		return err
	}
	return r.withNewBase(func(ctx context.Context, b *app.Base) error {
		org, err := firstOrganization(ctx, b, c.Org, n)
		if err != nil {
			return err
		}
		return r.create(ctx, b, org, n, core.LinkFirstAdministrator)
	})
}

// firstOrganization finds the organization, and makes one on a new server: but
// not for an administrator who would then be refused.
func firstOrganization(ctx context.Context, b *app.Base, name string, n account.NewUser) (core.Organization, error) {
	all, err := b.Organizations.List(ctx)
	if err != nil {
		return core.Organization{}, err
	}
	if len(all) > 0 {
		return b.Organizations.Find(ctx, name)
	}
	if name == "" {
		name = "My organization"
	}
	// What was typed is judged before anything is written, and with a context
	// that has ended nothing is written.
	ended, end := context.WithCancel(ctx)
	end()
	_, _, err = b.Accounts.Create(ended, n, core.Organization{Name: name, Policy: core.DefaultPolicy()}, operator(), "")
	if core.KindOf(err) == core.Invalid {
		return core.Organization{}, err
	}
	return b.Organizations.Create(ctx, name, operator())
}

// create stores a person and prints how to get in.
func (r *run) create(ctx context.Context, b *app.Base, org core.Organization, n account.NewUser, kind core.LinkKind) error {
	n.OrganizationID = org.ID
	if n.Password != "" {
		kind = ""
	}
	u, token, err := b.Accounts.Create(ctx, n, org, operator(), kind)
	if err != nil {
		return err
	}
	res := created{Email: u.Email, Organization: org.Name, Type: typeName(u.Type)}
	done := fmt.Sprintf("created %s %s", res.Type, u.Email)
	if kind == "" {
		r.sayAddress(b)
		return r.print(res, "%s\nsign in at %s", done, b.Address("/signin"))
	}
	return r.handedOut(b, res, done, token, kind)
}

// handedOut tells what became of a link: its address, or that the server mails
// it, which has the token then and nobody before.
func (r *run) handedOut(b *app.Base, res created, done, token string, kind core.LinkKind) error {
	until := b.Clock().Add(kind.Life()).UTC().Format("2 Jan 15:04 UTC")
	if token == "" {
		if b.Config.SMTP.URL == "" {
			r.say("smtp.url is not known here: the mail goes out once the server has a mail server")
		}
		return r.print(res, "%s\nthe running server mails the link, which works once, until %s", done, until)
	}
	r.sayAddress(b)
	res.Link = b.Address("/invite/" + token)
	return r.print(res, "%s\nchoose the password at %s\n(the link works once, until %s)", done, res.Link, until)
}

// sayAddress warns that addresses are only paths here.
func (r *run) sayAddress(b *app.Base) {
	if b.Config.BaseURL == nil {
		// The server may have its address from flags that this command was not given.
		r.say("base_url is not known here: put the server's address in front of the path, or give --base-url")
	}
}

func typeName(t core.UserType) string {
	switch t {
	case core.NoAccess:
		return "no-access"
	case core.HelpDesk:
		return "help-desk"
	case core.Administrator:
		return "administrator"
	}
	return "user"
}
