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

// Run prints every option with its value, then says what is wrong.
func (configCheck) Run(r *run) error {
	rows, err := config.Dump(r.sources(false))
	if err != nil {
		return configError{err}
	}
	values, table := map[string]string{}, [][]string{}
	for _, row := range rows {
		values[row[0]] = row[1]
		table = append(table, []string{row[0], row[1]})
	}
	if err := r.table(values, []string{"OPTION", "VALUE"}, table); err != nil {
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
	return r.withBase(func(_ context.Context, b *app.Base) error {
		return r.print(map[string]string{"database": b.Store.Kind()}, "the %s database is up to date", b.Store.Kind())
	})
}
