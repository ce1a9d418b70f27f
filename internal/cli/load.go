package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/loadclient"
)

type loadCommands struct {
	Run      loadRun      `cmd:"" help:"Load a file of people, groups or memberships into a server."`
	Preview  loadPreview  `cmd:"" help:"Say what loading a file would do, and do nothing."`
	Packages loadPackages `cmd:"" help:"List the packages of the organization."`
	History  loadHistory  `cmd:"" help:"List the latest loads."`
	Status   loadStatus   `cmd:"" help:"Tell how a load stands."`
	Stop     loadStop     `cmd:"" help:"Stop a load; what is loaded stays."`
}

// serverFlags say which server is asked, and in whose right.
type serverFlags struct {
	Server     string        `placeholder:"URL" help:"Address of the server, such as https://id.example.com (also SALLYPORT_SERVER)."`
	AccessKey  string        `placeholder:"KEY" help:"Access key, such as spk_7q2m… (also SALLYPORT_ACCESS_KEY). Its secret comes from SALLYPORT_SECRET_KEY or --secret-file."`
	SecretFile string        `placeholder:"FILE" help:"File that holds the secret key."`
	Timeout    time.Duration `default:"2m" placeholder:"TIME" help:"How long a server that does not answer is asked again, 2 minutes where left out."`
}

// maxSecretFile bounds what is read for a secret key.
const maxSecretFile = 4096

// client returns what asks the server.
func (f *serverFlags) client(r *run) (*loadclient.Client, error) {
	c := &loadclient.Client{
		Server: first(f.Server, r.variable("SALLYPORT_SERVER")), Patience: f.Timeout, Clock: time.Now,
		Random: func(b []byte) { _, _ = rand.Read(b) }, // it never fails
		HTTP:   &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
	c.Waiting = func(d time.Duration, why error) { r.say("%s; trying again in %s", why, d.Round(time.Second/10)) }
	if c.Server == "" {
		return nil, usageError{text: "no server is named", hint: "give --server https://… or set SALLYPORT_SERVER"}
	}
	if err := c.Check(); err != nil {
		return nil, usageError{text: err.Error()}
	}
	return c, nil
}

// keyed returns what asks the server with a key.
func (f *serverFlags) keyed(r *run) (*loadclient.Client, error) {
	c, err := f.client(r)
	if err != nil {
		return nil, err
	}
	c.Access, c.Secret = first(f.AccessKey, r.variable("SALLYPORT_ACCESS_KEY")), r.variable("SALLYPORT_SECRET_KEY")
	if f.SecretFile != "" {
		if c.Secret, err = secretOf(f.SecretFile); err != nil {
			return nil, usageError{text: "the secret key cannot be read: " + err.Error()}
		}
	}
	if c.Access == "" || c.Secret == "" {
		return nil, usageError{
			text: "a key is needed", hint: "give --access-key, and the secret with --secret-file or SALLYPORT_SECRET_KEY; make one under Edit Profile, API Keys, scope loader",
		}
	}
	return c, nil
}

// secretOf reads a file that holds nothing but a secret key.
func secretOf(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	raw, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err = errors.Join(err, f.Close()); err == nil && len(raw) > maxSecretFile {
		err = errors.New("the file is too long for one")
	}
	return strings.TrimSpace(string(raw)), err
}

func first(texts ...string) string {
	for _, s := range texts {
		if s != "" {
			return s
		}
	}
	return ""
}

// variable is a variable of the environment.
func (r *run) variable(name string) string {
	for _, e := range r.Environ {
		if value, found := strings.CutPrefix(e, name+"="); found {
			return value
		}
	}
	return ""
}

// greet says in whose right the server is asked.
func (r *run) greet(c *loadclient.Client) error {
	me, err := c.Me(r.ctx)
	if err != nil {
		return err
	}
	days := int(time.Until(me.Key.ExpiresAt).Hours() / 24)
	left := fmt.Sprintf("in %d days", days)
	switch days {
	case 0:
		left = "within a day"
	case 1:
		left = "in a day"
	}
	r.say("Signed in with key %s (%s), expires %s", me.Key.AccessKey, me.Person.Name, left)
	return nil
}

type loadPackages struct{ serverFlags }

// Run lists packages.
func (c *loadPackages) Run(r *run) error {
	client, err := c.keyed(r)
	if err != nil {
		return err
	}
	all, err := client.Packages(r.ctx)
	if err != nil {
		return err
	}
	if all == nil {
		all = []api.LoadPackage{}
	}
	var rows [][]string
	for _, p := range all {
		rows = append(rows, []string{p.Name, p.Order.Target, p.ChangedAt.Format(time.DateOnly), p.LastLoad})
	}
	return r.table(all, []string{"NAME", "LOADS", "CHANGED", "LAST LOAD"}, rows)
}

type loadHistory struct {
	serverFlags
	Limit int `default:"20" placeholder:"N" help:"How many."`
}

// Run lists loads.
func (c *loadHistory) Run(r *run) error {
	if c.Limit < 1 || c.Limit > 50 {
		return usageError{text: "--limit is from 1 to 50"}
	}
	client, err := c.keyed(r)
	if err != nil {
		return err
	}
	all, err := client.Loads(r.ctx, c.Limit)
	if err != nil {
		return err
	}
	if all == nil {
		all = []api.Load{}
	}
	var rows [][]string
	for _, l := range all {
		n := l.Counts
		rows = append(rows, []string{
			l.ID, l.StartedAt.Format("2006-01-02 15:04"), l.Name, l.State, thousands(n.Added), thousands(n.Updated), thousands(n.Unchanged), thousands(n.Rejected), l.Actor,
		})
	}
	return r.table(all, []string{"LOAD", "STARTED (UTC)", "FILE", "STATE", "ADDED", "UPDATED", "UNCHANGED", "REJECTED", "BY"}, rows)
}

type loadStatus struct {
	serverFlags
	ID string `arg:"" help:"The load."`
}

// Run tells of a load.
func (c *loadStatus) Run(r *run) error {
	return c.tell(r, c.ID, (*loadclient.Client).Load)
}

type loadStop struct {
	serverFlags
	ID string `arg:"" help:"The load."`
}

// Run stops a load.
func (c *loadStop) Run(r *run) error {
	return c.tell(r, c.ID, (*loadclient.Client).Stop)
}

func (f *serverFlags) tell(r *run, id string, ask func(*loadclient.Client, context.Context, string) (api.Load, error)) error {
	client, err := f.keyed(r)
	if err != nil {
		return err
	}
	l, err := ask(client, r.ctx, id)
	var no *loadclient.Refused
	if errors.As(err, &no) && no.Status == http.StatusNotFound {
		return usageError{text: "there is no load " + id, hint: "sallyport load history shows them"}
	}
	if err != nil {
		return err
	}
	text := l.Name + ": " + l.State
	if l.State == "running" {
		text += ", at row " + thousands(l.NextRow)
	}
	if l.Detail != "" {
		text += ". " + l.Detail
	}
	return r.print(l, "%s\n%s", text, tally(l.Counts))
}
