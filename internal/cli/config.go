package cli

import (
	"context"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
)

type configCommands struct {
	Check configCheck `cmd:"" help:"Check the configuration and print it, without secrets."`
}

type configCheck struct{}

// listedOption is an option for programs.
type listedOption struct {
	Value string `json:"value"`
	From  string `json:"from"`
}

// Run prints every option as it stands, then says what is wrong.
func (configCheck) Run(r *run) error {
	values, table := map[string]listedOption{}, [][]string{}
	for _, row := range config.Dump(r.sources(false)) {
		values[row.Key] = listedOption{row.Value, row.From}
		table = append(table, []string{row.Key, row.Value, row.From})
	}
	if err := r.table(values, []string{"OPTION", "VALUE", "FROM"}, table); err != nil {
		return err
	}
	if _, err := r.load(false); err != nil {
		return err
	}
	r.say("the configuration is fine")
	return nil
}

type migrateCommand struct{}

// Run opens the database, which brings it up to date.
func (migrateCommand) Run(r *run) error {
	return r.withNewBase(func(_ context.Context, b *app.Base) error {
		return r.print(map[string]string{"database": b.Store.Kind()}, "the %s database is up to date", b.Store.Kind())
	})
}
