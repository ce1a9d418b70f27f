package cli

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/loadclient"
	"github.com/sallyport/sallyport/internal/loaderv1"
)

// byPassword loads a file as Data Loader 1.0 does: the server reads it, and refuses
// while two-factor authentication is in force for the account.
func (c *loadRun) byPassword(r *run) error {
	path, as, err := c.what()
	switch {
	case err != nil:
		return err
	case c.Identity, c.Absent, c.Resume != "", c.Sheet != "", c.Encoding != "", c.Delimiter != "", c.AccessKey != "":
		return usageError{text: "--user goes with --on-error, --dry-run and --errors-out alone", hint: "a password is not enough for the rest: use a key"}
	case !c.PasswordStdin:
		return usageError{text: "--user needs --password-stdin", hint: "pipe the password in, or redirect a file that holds it"}
	}
	client, err := c.client(r)
	if err != nil {
		return err
	}
	client.Login = c.User
	if client.Password, err = r.password(); err != nil {
		return err
	}
	if _, err := os.Stat(path); err != nil {
		return unreadable(err)
	}
	report, err := client.LoadByPassword(r.ctx, path, loadclient.Passworded{
		Target: c.Target, Package: as.Package, OnError: c.OnError, DryRun: c.DryRun, Name: filepath.Base(path),
	}, r.bar())
	if err != nil {
		return err
	}
	return c.reportOld(r, path, report)
}

// reportOld says what became of a load by a password.
func (c *loadRun) reportOld(r *run, path string, report loaderv1.Report) error {
	counts := api.LoadCounts{Added: report.Added, Updated: report.Updated, Unchanged: report.Unchanged, Rejected: report.Rejected}
	var x failures
	for _, p := range report.Problems {
		x.more(p.Row, api.LoadProblem{Column: p.Column, Value: p.Value, Code: p.Code, Detail: p.Message})
	}
	where := ""
	if c.ErrorsOut != "" && len(x.problems) > 0 {
		file, err := loadclient.Open(path, loadclient.How{})
		if err != nil {
			return unreadable(err)
		}
		where, err = c.writeFailed(file, x.problems)
		if err := errors.Join(err, file.Close()); err != nil {
			return err
		}
	}
	if r.tree.JSON {
		report.Problems = nil // they are told by row
		if err := r.printJSON(reportedOld{report, x.told(c.ErrorsOut)}); err != nil {
			return err
		}
	} else {
		text := tally(counts) + where
		if report.Load != "" {
			text += "   load " + report.Load
		}
		if err := r.lines(text, x.lines, len(x.problems)); err != nil {
			return err
		}
	}
	state := report.State
	if state == "preview" {
		state = "done"
	}
	return ending(state, report.Message, counts)
}
