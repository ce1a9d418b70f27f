package cli

import (
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
)

type serveCommand struct {
	Check bool `help:"Check the configuration and stop."`
}

// Run serves until it is told to stop.
func (c *serveCommand) Run(r *run) error {
	started := time.Now()
	conf, err := r.load(false)
	if err != nil {
		return err
	}
	if c.Check {
		r.say("the configuration is fine")
		return nil
	}
	a, err := app.New(r.ctx, conf, parts(conf, r.Err))
	if err != nil {
		return err
	}
	return a.Serve(r.ctx, func(ready app.Ready) {
		mode := ""
		if conf.Dev {
			mode = "  DEVELOPMENT MODE"
		}
		r.say("sallyport %s%s  data %s", version(), mode, ready.Data)
		line := "listening  " + ready.BaseURL
		if ready.Address != "" && !strings.HasSuffix(ready.BaseURL, ready.Address) {
			line += "  on " + ready.Address
		}
		if ready.Mailbox != "" {
			line += "     mailbox " + ready.Mailbox
		}
		r.say("%s", line)
		r.say("mail       %s", ready.Mail)
		if ready.KeyMade != "" {
			r.say("made the master key %s: keep a copy of it somewhere safe; without it no secret in the database can be read", ready.KeyMade)
		}
		if ready.NobodyYet {
			r.say("no administrator yet: run  sallyport admin create")
		}
		r.say("ready in %d ms", time.Since(started).Milliseconds())
	})
}
