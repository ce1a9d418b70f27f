package cli

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/mail"
)

type mailCommands struct {
	Test mailTest `cmd:"" help:"Send a test mail and print each step."`
}

type mailTest struct {
	To string `required:"" placeholder:"ADDRESS" help:"Address to send to."`
}

// sentMail is the outcome for programs. Taken: by every server.
type sentMail struct {
	To      string       `json:"to"`
	Taken   bool         `json:"taken"`
	Servers []mailServer `json:"servers"`
}

type mailServer struct {
	Server string   `json:"server"`
	Taken  bool     `json:"taken"`
	Error  string   `json:"error,omitempty"`
	Steps  []string `json:"steps"`
}

// Run sends a test mail through each server. The conversation is the result,
// also of a failure.
func (c *mailTest) Run(r *run) error {
	to, _, err := identifier.Email(c.To)
	if err != nil {
		return usageError{text: "--to: " + sentence(err)}
	}
	conf, err := r.load(false)
	if err != nil {
		return err
	}
	res := sentMail{To: to, Taken: true, Servers: []mailServer{}}
	begin := func(server string) {
		if !r.tree.JSON && len(res.Servers) > 0 {
			fmt.Fprintln(r.Out)
		}
		res.Servers = append(res.Servers, mailServer{Server: server, Steps: []string{}})
	}
	results, err := app.TestMail(r.ctx, conf, parts(conf, r.Err), to, begin, func(step mail.Step) {
		if r.tree.JSON {
			s := &res.Servers[len(res.Servers)-1]
			s.Steps = append(s.Steps, step.Line)
			return
		}
		fmt.Fprintln(r.Out, clean(step.Line))
	})
	if err != nil {
		return err
	}
	return c.tell(r, res, results)
}

// tell says how it went; the first failure decides how the command ends.
func (c *mailTest) tell(r *run, res sentMail, results []mail.Handover) (err error) {
	for i, result := range results {
		s := &res.Servers[i]
		s.Taken = result.Err == nil
		if s.Taken {
			r.say("%s took the message for %s; look whether it arrived", s.Server, res.To)
			continue
		}
		res.Taken, s.Error = false, core.CodeOf(result.Err)
		if cause := errors.Unwrap(result.Err); cause != nil {
			r.say("%v", cause)
		}
		if len(results) > 1 {
			r.say("%s: %s", s.Server, sentence(result.Err))
		}
		err = cmp.Or(err, result.Err)
	}
	if r.tree.JSON {
		if printErr := r.printJSON(res); printErr != nil {
			return printErr
		}
	}
	return err
}
