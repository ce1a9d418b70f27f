package cli

import (
	"errors"
	"fmt"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/identifier"
)

type mailCommands struct {
	Test mailTest `cmd:"" help:"Send a test mail and print each step."`
}

type mailTest struct {
	To string `required:"" placeholder:"ADDRESS" help:"Address to send to."`
}

// sentMail is the conversation for programs.
type sentMail struct {
	To    string   `json:"to"`
	Taken bool     `json:"taken"`
	Steps []string `json:"steps"`
}

// Run sends a test mail. The conversation is the result, also of a failure.
func (c *mailTest) Run(r *run) error {
	to, _, err := identifier.Email(c.To)
	if err != nil {
		return usageError{text: "--to: " + sentence(err)}
	}
	conf, err := r.load(false)
	if err != nil {
		return err
	}
	res := sentMail{To: to, Steps: []string{}}
	err = app.TestMail(r.ctx, conf, parts(conf, r.Err), to, func(step string) {
		if r.tree.JSON {
			res.Steps = append(res.Steps, step)
			return
		}
		fmt.Fprintln(r.Out, clean(step))
	})
	res.Taken = err == nil
	if r.tree.JSON {
		if printErr := r.printJSON(res); printErr != nil {
			return printErr
		}
	}
	if err != nil {
		if cause := errors.Unwrap(err); cause != nil {
			r.say("%v", cause)
		}
		return err
	}
	r.say("the mail server took the message for %s; look whether it arrived", to)
	return nil
}
