package cli

import (
	"context"
	"fmt"

	"github.com/sallyport/sallyport/internal/app"
)

type mailCommands struct {
	Test mailTest `cmd:"" help:"Send a test mail and print each step."`
}

type mailTest struct {
	To string `required:"" help:"Address to send to."`
}

// Run sends a test mail.
func (c *mailTest) Run(r *run) error {
	conf, err := r.load(false)
	if err != nil {
		return err
	}
	err = app.TestMail(context.WithoutCancel(r.ctx), conf, parts(conf, r.Err), c.To, func(step string) {
		fmt.Fprintln(r.Out, step)
	})
	if err != nil {
		return err
	}
	r.say("the mail server took the message for %s; look whether it arrived", c.To)
	return nil
}
