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
	List   appList   `cmd:"" help:"List applications."`
	Remove appRemove `cmd:"" help:"Take an application away; its address is refused from then on."`
}

type appAdd struct {
	Name  string   `arg:"" help:"Name, shown on Home."`
	URL   string   `arg:"" help:"Address, such as https://example.com/wiki."`
	Group []string `placeholder:"NAME" help:"Group that may open it; may be repeated. Everybody where left out."`
	Level int      `default:"1" placeholder:"N" help:"Least level: 1 password, 2 and emailed code, 3 and authenticator app."`
	Org   string   `placeholder:"NAME" help:"Organization; needed where there are several."`
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
			Groups: c.Group, Level: core.Level(c.Level),
		}, operator())
		if err != nil {
			return err
		}
		return r.print(map[string]string{"name": a.Name, "url": a.URL}, "added %s at %s", a.Name, a.URL)
	})
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
		}
		values, rows := []listed{}, [][]string{}
		for _, a := range all {
			values = append(values, listed{a.Name, a.URL, append([]string{}, a.Groups...), int(a.Level)})
			groups := "everybody"
			if len(a.Groups) > 0 {
				groups = strings.Join(a.Groups, ", ")
			}
			rows = append(rows, []string{a.Name, a.URL, groups, strconv.Itoa(int(a.Level))})
		}
		return r.table(values, []string{"NAME", "ADDRESS", "GROUPS", "LEVEL"}, rows)
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
