package cli

import (
	"context"
	"net"
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
		return r.print(map[string]bool{"ok": true}, "the configuration is fine")
	}
	a, err := app.New(r.ctx, conf, parts(conf, r.Err))
	if err != nil {
		return openError{err}
	}
	return a.Serve(r.ctx, func(ready app.Ready) {
		took := time.Since(started)
		if r.tree.JSON {
			// A result that cannot be printed is no reason to stop serving.
			_ = r.printJSON(served{version(), ready.BaseURL, ready.Address, ready.Data, ready.Mailbox, took.Milliseconds()})
		}
		r.tell(ready, conf.Dev, took)
		r.notify("READY=1")
		context.AfterFunc(r.ctx, func() { r.notify("STOPPING=1") })
	})
}

// notify tells the service manager that started this server how it stands
// (sd_notify(3)), so that "systemctl start" returns when people can sign in and
// fails when they cannot. Nobody else listens.
func (r *run) notify(state string) {
	path := r.env("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err == nil {
		_, err = conn.Write([]byte(state))
		_ = conn.Close() // a datagram is sent or it is not
	}
	if err != nil {
		r.say("the service manager was not told %s: %v", state, err)
	}
}

// served is what programs learn of a server that has started.
type served struct {
	Version string `json:"version"`
	BaseURL string `json:"base_url"`
	Address string `json:"address"`
	Data    string `json:"data"`
	Mailbox string `json:"mailbox,omitempty"`
	ReadyMS int64  `json:"ready_ms"`
}

// tell says what a started server is and what is still missing.
func (r *run) tell(ready app.Ready, dev bool, took time.Duration) {
	mode := ""
	if dev {
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
		r.say(keyMade, ready.KeyMade)
	}
	if ready.NobodyYet {
		r.say("no administrator yet: run  %s", r.sameServer("admin create", ready.BaseURL))
	}
	r.say("ready in %d ms", took.Milliseconds())
}

// sameServer is a command line of the operator that reaches the database of
// this server: with the flags that name it here, and the address for links.
func (r *run) sameServer(command, baseURL string) string {
	line := "sallyport " + command
	if r.tree.Config != "" {
		line += " --config " + quoted(r.tree.Config)
	}
	for _, flag := range []string{"data", "key-file", "database-file"} {
		if v, ok := r.flags[flag]; ok {
			line += " --" + flag + " " + quoted(v)
		}
	}
	if r.flags["base-url"] != "" || r.flags["dev"] == "true" {
		line += " --base-url " + quoted(baseURL)
	}
	return line
}

// quoted makes one word of a value for a shell.
func quoted(value string) string {
	if strings.ContainsFunc(value, func(c rune) bool { return strings.ContainsRune(" \t'\"\\$`&|;<>()*?[]#~!{}", c) }) {
		return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
	}
	return value
}
