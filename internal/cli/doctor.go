package cli

import (
	"fmt"
	"io"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/doctor"
)

type doctorCommand struct {
	DKIMSelector string `name:"dkim-selector" placeholder:"NAME" help:"Selector that the mail server signs with, to look its key up."`
}

// Run looks the deployment over. What it found is the result; with a trouble
// the exit code says that it failed.
func (c *doctorCommand) Run(r *run) error {
	conf, err := config.Load(r.sources(false))
	if err != nil {
		return configError{err}
	}
	found := app.Examine(r.ctx, conf, parts(conf, io.Discard), c.DKIMSelector)
	if r.ctx.Err() != nil {
		return errInterrupted
	}
	if r.tree.JSON {
		if err := r.printJSON(found); err != nil {
			return err
		}
	} else {
		for _, f := range found {
			fmt.Fprintf(r.Out, "%-5s %-14s %s\n", f.Grade, f.Name, clean(f.Text))
			if f.Hint != "" {
				fmt.Fprintf(r.Out, "%-5s %-14s hint: %s\n", "", "", clean(f.Hint))
			}
		}
	}
	if doctor.Worst(found) == doctor.Fail {
		return errTrouble
	}
	return nil
}
