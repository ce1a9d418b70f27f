package cli

import (
	"context"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
)

type appCommands struct {
	Add    appAdd    `cmd:"" help:"Put an application behind Sallyport."`
	Set    appSet    `cmd:"" help:"Change whether an application lets in programs that show an API key."`
	List   appList   `cmd:"" help:"List applications."`
	Remove appRemove `cmd:"" help:"Take an application away; its address is refused from then on."`
}

type appAdd struct {
	Name  string   `arg:"" help:"Name, shown on Home."`
	URL   string   `arg:"" help:"Address, such as https://example.com/wiki."`
	Group []string `placeholder:"NAME" help:"Group that may open it; may be repeated. Everybody where left out."`
	Level int      `default:"1" placeholder:"N" help:"Least level: 1 password, 2 and emailed code, 3 and authenticator app."`
	// A program's key is made after a second step, so the level is not asked of it.
	Machines bool   `help:"Let in programs that show an API key, too."`
	Org      string `placeholder:"NAME" help:"Organization; needed where there are several."`
}

// Run registers an application.
func (c *appAdd) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		org, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		a, err := b.Organizations.AddApplication(ctx, core.Application{
			OrganizationID: org.ID, Name: c.Name, URL: c.URL,
			Groups: c.Group, Level: core.Level(c.Level), Machines: c.Machines,
		}, operator())
		if err != nil {
			return err
		}
		return r.print(map[string]string{"name": a.Name, "url": a.URL}, "added %s at %s", a.Name, a.URL)
	})
}

type appSet struct {
	Name     string `arg:"" help:"Name of the application."`
	Machines string `required:"" enum:"yes,no" placeholder:"yes|no" help:"Let in programs that show an API key."`
	Org      string `placeholder:"NAME" help:"Organization; needed where there are several."`
}

// Run changes an application.
func (c *appSet) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		org, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		a, err := b.Organizations.SetMachines(ctx, org.ID, c.Name, c.Machines == "yes", operator())
		if err != nil {
			return err
		}
		return r.print(map[string]any{"name": a.Name, "machines": a.Machines}, "%s: API keys %s", a.Name, let(a.Machines))
	})
}

// let says whether programs are let in.
func let(machines bool) string {
	if machines {
		return "let in"
	}
	return "refused"
}

type appList struct {
	Org string `placeholder:"NAME" help:"Organization; needed where there are several."`
}

// Run lists applications.
func (c *appList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		org, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		all, err := b.Organizations.Applications(ctx, org.ID)
		if err != nil {
			return err
		}
		type listed struct {
			Name   string   `json:"name"`
			URL    string   `json:"url"`
			Groups []string `json:"groups"`
			Level  int      `json:"level"`
			// Machines: it lets in programs that show an API key.
			Machines bool `json:"machines"`
		}
		values, rows := []listed{}, [][]string{}
		for _, a := range all {
			values = append(values, listed{a.Name, a.URL, append([]string{}, a.Groups...), int(a.Level), a.Machines})
			groups := "everybody"
			if len(a.Groups) > 0 {
				groups = strings.Join(a.Groups, ", ")
			}
			rows = append(rows, []string{a.Name, a.URL, groups, strconv.Itoa(int(a.Level)), let(a.Machines)})
		}
		return r.table(values, []string{"NAME", "ADDRESS", "GROUPS", "LEVEL", "API KEYS"}, rows)
	})
}

type appRemove struct {
	Name string `arg:"" help:"Name of the application."`
	Org  string `placeholder:"NAME" help:"Organization; needed where there are several."`
}

// Run takes an application away.
func (c *appRemove) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		org, err := b.Organizations.Find(ctx, c.Org)
		if err != nil {
			return err
		}
		if err := b.Organizations.RemoveApplication(ctx, org.ID, c.Name, operator()); err != nil {
			return err
		}
		return r.print(map[string]string{"name": c.Name}, "removed %s", c.Name)
	})
}
