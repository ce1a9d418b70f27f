package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

type userCommands struct {
	Add    userAdd    `cmd:"" help:"Add a person."`
	Invite userInvite `cmd:"" help:"Send a fresh invitation to a person who has not chosen a password yet."`
	List   userList   `cmd:"" help:"List people."`

	Exempt userExempt `cmd:"" help:"Exempt a person from two-factor authentication until a date, or end that."`

	RequirePassword userRequirePassword `cmd:"" help:"Make a person choose a new password at the next sign-in."`
}

type userAdd struct {
	Email         string   `arg:"" help:"Email address."`
	First         string   `required:"" placeholder:"NAME" help:"First name."`
	Last          string   `required:"" placeholder:"NAME" help:"Last name."`
	Username      string   `placeholder:"NAME" help:"Username; the email address where left out."`
	Type          string   `default:"user" placeholder:"TYPE" enum:"no-access,user,help-desk,administrator" help:"User type, one of ${enum}; user where left out."`
	Language      string   `placeholder:"TAG" help:"Language of pages and mails, such as es; the organization's where left out."`
	Group         []string `placeholder:"NAME" help:"Group to be in; may be repeated. A missing group is made."`
	Org           string   `placeholder:"NAME" help:"Organization; needed where there are several."`
	Invite        bool     `help:"Mail the link to the person instead of printing it." xor:"how"`
	PasswordStdin bool     `help:"Read the password from standard input instead of printing a link." xor:"how"`
}

// Run adds a person.
func (c *userAdd) Run(r *run) error {
	n := account.NewUser{Email: c.Email, Username: c.Username, FirstName: c.First, LastName: c.Last, Groups: c.Group, Mail: c.Invite, Language: c.Language}
	switch c.Type {
	case "no-access":
		n.Type = core.NoAccess
	case "help-desk":
		n.Type = core.HelpDesk
	case "administrator":
		n.Type = core.Administrator
	default:
		n.Type = core.Ordinary
	}
	var err error
	if c.PasswordStdin {
		if n.Password, err = r.password(); err != nil {
			return err
		}
	}
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		org, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		return r.create(ctx, b, org, n, core.LinkInvitation)
	})
}

type userInvite struct {
	Email string `arg:"" help:"Email address of the person."`
	Print bool   `help:"Print the link instead of mailing it."`
}

// Run makes a fresh invitation; the older ones stop working.
func (c *userInvite) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		acc, org, err := b.Accounts.Find(ctx, c.Email)
		if err != nil {
			return err
		}
		token, err := b.Accounts.Relink(ctx, acc, operator(), core.LinkInvitation, !c.Print)
		if err != nil {
			return err
		}
		u := acc.User
		res := created{Email: u.Email, Organization: org.Name, Type: typeName(u.Type)}
		return r.handedOut(b, res, "invited "+u.Email, token, core.LinkInvitation)
	})
}

type userRequirePassword struct {
	Email string `arg:"" help:"Email address."`
}

// Run makes a person choose a new password. Open sessions go on.
func (c *userRequirePassword) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		acc, _, err := b.Accounts.Find(ctx, c.Email)
		if err != nil {
			return err
		}
		if err := b.Accounts.RequirePassword(ctx, acc, operator()); err != nil {
			return err
		}
		err = r.print(map[string]string{"email": acc.User.Email}, "%s must choose a new password at the next sign-in", acc.User.Email)
		r.say("sessions that are open go on; the next one opens nothing else until it is done")
		return err
	})
}

type userList struct {
	Org string `placeholder:"NAME" help:"Only this organization."`
}

// Run lists people.
func (c *userList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		return r.listUsers(ctx, b, c.Org, false)
	})
}

// listedUser is a person for programs.
type listedUser struct {
	Email        string   `json:"email"`
	Username     string   `json:"username,omitempty"`
	Name         string   `json:"name"`
	Organization string   `json:"organization"`
	Type         string   `json:"type"`
	Status       string   `json:"status"`
	TwoFactor    string   `json:"two_factor"`
	Apps         int      `json:"apps"`
	Groups       []string `json:"groups,omitempty"`
}

const listPage = 500

// listUsers prints the people of one organization, or of all.
func (r *run) listUsers(ctx context.Context, b *app.Base, orgName string, administrators bool) error {
	orgs, err := b.Organizations.List(ctx)
	if err == nil && orgName != "" {
		var one core.Organization
		one, err = b.Organizations.Find(ctx, orgName)
		orgs = []core.Organization{one}
	}
	if err != nil {
		return err
	}
	listed, rows := []listedUser{}, [][]string{}
	for _, org := range orgs {
		people, err := everybody(ctx, b, org, administrators)
		if err != nil {
			return err
		}
		for _, a := range people {
			u := a.User
			l := listedUser{
				Email: u.Email, Username: u.Username, Name: u.Name(), Organization: org.Name, Type: typeName(u.Type),
				Status: string(u.Status), TwoFactor: string(u.TwoFactor), Apps: a.Apps, Groups: a.Groups,
			}
			listed = append(listed, l)
			row := []string{l.Email, l.Name, l.Type, l.Status, l.TwoFactor, fmt.Sprint(l.Apps), strings.Join(l.Groups, ", ")}
			if len(orgs) > 1 {
				row = append(row, l.Organization)
			}
			rows = append(rows, row)
		}
	}
	heading := []string{"EMAIL", "NAME", "TYPE", "STATUS", "TWO-FACTOR", "APPS", "GROUPS"}
	if len(orgs) > 1 {
		heading = append(heading, "ORGANIZATION")
	}
	return r.table(listed, heading, rows)
}

// everybody reads an organization's people, page by page.
func everybody(ctx context.Context, b *app.Base, org core.Organization, administrators bool) ([]core.Account, error) {
	var all []core.Account
	f := core.UserFilter{OrganizationID: org.ID, Administrators: administrators, Limit: listPage}
	for {
		page, err := b.Accounts.List(ctx, f)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < listPage {
			return all, nil
		}
		if _, f.After, err = identifier.Email(page[len(page)-1].User.Email); err != nil {
			return nil, fmt.Errorf("list people after %s: %w", page[len(page)-1].User.ID, err)
		}
	}
}
