package cli

import (
	"context"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/app"
)

type orgCommands struct {
	Create orgCreate `cmd:"" help:"Create an organization."`
	List   orgList   `cmd:"" help:"List organizations."`
	Set    orgSet    `cmd:"" help:"Change an organization's settings."`
}

type orgCreate struct {
	Name string `arg:"" help:"Its name, as people see it."`
}

// Run creates an organization.
func (c *orgCreate) Run(r *run) error {
	return r.withNewBase(func(ctx context.Context, b *app.Base) error {
		o, err := b.Organizations.Create(ctx, c.Name, operator())
		if err != nil {
			return err
		}
		return r.print(map[string]string{"id": string(o.ID), "name": o.Name}, "created organization %s", o.Name)
	})
}

type orgList struct{}

// listedOrganization is an organization for programs.
type listedOrganization struct {
	ID               string `json:"id"`
	Name             string `json:"name"`
	RequireTwoFactor bool   `json:"require_two_factor"`
	RequireFrom      string `json:"require_from,omitempty"`
	AppsOnly         bool   `json:"apps_only"`
	RememberDays     int    `json:"remember_days"`
	Idle             string `json:"idle"`
	Absolute         string `json:"absolute"`
	Locked           bool   `json:"locked"`
	Help             string `json:"help,omitempty"`
	AllowedNetworks  string `json:"allowed_networks,omitempty"`
}

// Run lists organizations.
func (orgList) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		all, err := b.Organizations.List(ctx)
		if err != nil {
			return err
		}
		listed, rows := []listedOrganization{}, [][]string{}
		for _, o := range all {
			p := o.Policy
			l := listedOrganization{
				ID: string(o.ID), Name: o.Name, RequireTwoFactor: p.RequireTwoFactor, AppsOnly: p.AppsOnly, RememberDays: p.RememberDays,
				Idle: p.Idle.String(), Absolute: p.Absolute.String(), Locked: o.Locked, Help: o.Help, AllowedNetworks: p.AllowedNetworks,
			}
			require := "no"
			if p.RequireTwoFactor {
				l.RequireFrom = p.RequireFrom.UTC().Format(time.RFC3339)
				require = "from " + l.RequireFrom
			}
			listed = append(listed, l)
			rows = append(rows, []string{l.Name, require, yesNo(l.AppsOnly), strconv.Itoa(l.RememberDays), l.Idle, l.Absolute, yesNo(l.Locked), l.ID})
		}
		return r.table(listed, []string{"NAME", "TWO-FACTOR REQUIRED", "APPS ONLY", "REMEMBER DAYS", "IDLE", "ABSOLUTE", "LOCKED", "ID"}, rows)
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
