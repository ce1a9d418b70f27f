package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
)

type auditCommands struct {
	Verify auditVerify `cmd:"" help:"Verify that nobody changed the log: the database's, or an exported file's."`
	Export auditExport `cmd:"" help:"Write the log, or a part of it, as JSON lines or CSV."`
}

type auditVerify struct {
	File       string `arg:"" optional:"" help:"Exported file, or one that audit.file wrote; - for standard input. Needs no key, so it works on any machine."`
	Org        string `placeholder:"NAME" help:"Only this organization's log."`
	Checkpoint string `placeholder:"FILE|TEXT" help:"Checkpoints that were kept elsewhere: a line, or a file such as a server's log."`
	Key        string `placeholder:"KEY" help:"With FILE: the public key that must have signed it."`
}

// verified is a verification for programs.
type verified struct {
	Organization string    `json:"organization"`
	Unbroken     bool      `json:"unbroken"`
	From         time.Time `json:"from,omitzero"`
	Until        time.Time `json:"until,omitzero"`
	Rows         int       `json:"rows"`
	Seals        int       `json:"seals"`
	Waiting      int       `json:"waiting"`
	Removed      int64     `json:"removed"`
	Checkpoint   string    `json:"checkpoint,omitempty"`
	Fault        string    `json:"fault,omitempty"`
	Row          string    `json:"row,omitempty"`
	Seal         int64     `json:"seal,omitempty"`
}

// Run verifies.
func (c *auditVerify) Run(r *run) error {
	points, err := c.points()
	if err != nil {
		return err
	}
	if c.File != "" {
		return c.file(r, points)
	}
	if c.Key != "" {
		return usageError{text: "--key goes with a file", hint: "the database's own keys are known by the master key"}
	}
	return r.withBase(func(ctx context.Context, b *app.Base) error {
		logs, err := auditLogs(ctx, b, c.Org, false)
		if err != nil {
			return err
		}
		var all []audit.Report
		for _, l := range logs {
			report, err := b.Audit.Verify(ctx, audit.By{Actor: operator()}, l.id, points)
			if err != nil {
				return err
			}
			all = append(all, report)
		}
		return r.verified(all, func(id core.ID) string {
			for _, l := range logs {
				if l.id == id {
					return l.name
				}
			}
			return string(id)
		})
	})
}

// points reads what --checkpoint names.
func (c *auditVerify) points() ([]audit.Checkpoint, error) {
	if c.Checkpoint == "" {
		return nil, nil
	}
	text := c.Checkpoint
	if b, err := os.ReadFile(c.Checkpoint); err == nil {
		text = string(b)
	} else if !errors.Is(err, os.ErrNotExist) && !strings.Contains(text, " ") {
		return nil, err
	}
	return audit.Checkpoints(text)
}

// file verifies a file. It needs neither a configuration nor a database.
func (c *auditVerify) file(r *run, points []audit.Checkpoint) error {
	in := r.In
	if c.File != "-" {
		file, err := os.Open(c.File)
		if err != nil {
			return err
		}
		defer file.Close() // it was only read
		in = file
	}
	var pins []string
	if c.Key != "" {
		pins = []string{c.Key}
	}
	report, err := audit.VerifyFile(in, points, pins)
	if err != nil {
		return err
	}
	if report.Picked && report.Fault() == nil {
		r.say("rows were picked for this file: it is as it was written, but what was left out cannot be told")
	}
	if report.Skipped > 0 {
		r.say("%d lines were torn when a server stopped; each row in them came again", report.Skipped)
	}
	if len(report.Keys) > 0 && len(points)+len(pins) == 0 && report.Fault() == nil {
		r.say("signed by %s: compare it with what your server says, or name it with --key", strings.Join(report.Keys, ", "))
	}
	return r.verified(report.Chains, func(id core.ID) string {
		if id == "" {
			return "the deployment"
		}
		return string(id)
	})
}

// verified prints reports, and fails with the first fault.
func (r *run) verified(reports []audit.Report, name func(core.ID) string) error {
	var values []verified
	var fault *core.Error
	for _, p := range reports {
		v := verified{
			Organization: name(p.OrganizationID), Unbroken: p.Fault == nil, From: p.From, Until: p.Until, Rows: p.Rows, Seals: p.Seals,
			Waiting: p.Waiting, Removed: p.Removed, Checkpoint: p.Checkpoint,
		}
		if p.Fault != nil {
			v.Fault = p.Fault.Code
			if id, ok := p.Fault.Params["row"].(core.ID); ok {
				v.Row = string(id)
			}
			v.Seal, _ = p.Fault.Params["seal"].(int64) // zero where it names none
			if fault == nil {
				fault = p.Fault
			}
		}
		values = append(values, v)
	}
	if r.tree.JSON {
		if err := r.printJSON(values); err != nil {
			return err
		}
	} else {
		for _, v := range values {
			fmt.Fprintln(r.Out, clean(v.sentence()))
		}
	}
	if fault != nil {
		return fault
	}
	return nil
}

func (v verified) sentence() string {
	switch {
	case !v.Unbroken:
		return fmt.Sprintf("%s: BROKEN after %d rows that are well", v.Organization, v.Rows)
	case v.Rows == 0 && v.Seals == 0:
		return fmt.Sprintf("%s: nothing is sealed yet; %d rows wait", v.Organization, v.Waiting)
	}
	line := fmt.Sprintf("%s: unbroken from %s to %s, %d rows", v.Organization, v.From.UTC().Format(time.RFC3339), v.Until.UTC().Format(time.RFC3339), v.Rows)
	if v.Waiting > 0 {
		line += fmt.Sprintf("; %d newer rows are not sealed yet", v.Waiting)
	}
	if v.Removed > 0 {
		line += fmt.Sprintf("; %d older rows were removed by retention", v.Removed)
	}
	if v.Checkpoint != "" {
		line += "\n  checkpoint to keep elsewhere: " + v.Checkpoint
	}
	return line
}

// auditLog is one organization's log, or the deployment's own.
type auditLog struct {
	id   core.ID
	name string
}

func auditLogs(ctx context.Context, b *app.Base, org string, deployment bool) ([]auditLog, error) {
	own := auditLog{"", "the deployment"}
	if deployment {
		return []auditLog{own}, nil
	}
	if org != "" {
		o, err := b.Organizations.Find(ctx, org)
		return []auditLog{{o.ID, o.Name}}, err
	}
	all, err := b.Store.Organizations(ctx)
	logs := []auditLog{own}
	for _, o := range all {
		logs = append(logs, auditLog{o.ID, o.Name})
	}
	return logs, err
}

type auditExport struct {
	Org        string   `placeholder:"NAME" help:"Organization; needed where there are several."`
	Deployment bool     `help:"The deployment's own log instead: keys, backups, organizations."`
	Format     string   `enum:"jsonl,csv" default:"jsonl" help:"jsonl can be verified elsewhere; csv opens in a spreadsheet."`
	Output     string   `short:"o" placeholder:"FILE" help:"File to write; standard output where none is named."`
	Person     string   `placeholder:"EMAIL" help:"Only what this person did, or what was done to them."`
	Kind       []string `placeholder:"KIND" help:"Only these: signin, twofactor, password, user, setting, key, log, or a kind such as signin.completed."`
	Result     string   `placeholder:"RESULT" help:"Only ok, refused or failed."`
	From       string   `placeholder:"DATE" help:"From this day on, such as 2030-01-31."`
	To         string   `placeholder:"DATE" help:"Up to the end of this day."`
	Text       string   `placeholder:"TEXT" help:"Only rows that say this."`
}

// Run exports.
func (c *auditExport) Run(r *run) error {
	return r.withBase(func(ctx context.Context, b *app.Base) (err error) {
		what, err := c.what(ctx, b)
		if err != nil {
			return err
		}
		to, done := r.Out, func() error { return nil }
		if c.Output != "" {
			file, err := os.OpenFile(c.Output, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, os.ErrExist) {
				return core.NewError(core.Conflict, "backup.exists").With("file", c.Output)
			}
			if err != nil {
				return err
			}
			to, done = file, func() error { return errors.Join(file.Sync(), file.Close()) }
		}
		rows, err := b.Audit.Export(ctx, audit.By{Actor: operator()}, what, audit.Format(c.Format), io.Writer(to))
		if err = errors.Join(err, done()); err != nil {
			return err
		}
		r.say("%d rows", rows)
		return nil
	})
}

func (c *auditExport) what(ctx context.Context, b *app.Base) (audit.Export, error) {
	o := core.Organization{Name: "the deployment"}
	if !c.Deployment {
		var err error
		if o, err = b.Organizations.Find(ctx, c.Org); err != nil {
			return audit.Export{}, err
		}
	}
	f := core.AuditFilter{Result: c.Result, Text: c.Text}
	if c.Result != "" && c.Result != "ok" && c.Result != "refused" && c.Result != "failed" {
		return audit.Export{}, usageError{text: fmt.Sprintf("--result: %q is none of ok, refused, failed", c.Result)}
	}
	for _, k := range c.Kind {
		kinds := core.KindsNamed(k)
		if len(kinds) == 0 {
			return audit.Export{}, usageError{text: fmt.Sprintf("--kind: there is no %q", k), hint: "run: sallyport audit export --help"}
		}
		f.Kinds = append(f.Kinds, kinds...)
	}
	if c.Person != "" {
		acc, _, err := b.Accounts.Find(ctx, c.Person)
		if err != nil {
			return audit.Export{}, err
		}
		f.PersonID = acc.User.ID
	}
	var err error
	if c.From != "" {
		f.From, err = dateIn(o, "from", c.From)
	}
	if c.To != "" && err == nil {
		f.Until, err = dateIn(o, "to", c.To)
		f.Until = f.Until.AddDate(0, 0, 1)
	}
	return audit.Export{OrganizationID: o.ID, Name: o.Name, Filter: f}, err
}
