package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/loadclient"
)

// loadFlags are what running and previewing have in common.
type loadFlags struct {
	serverFlags
	Args      []string `arg:"" name:"package-and-file" help:"A package, if there is one for such files, and the file: CSV, TSV or Excel."`
	Target    string   `default:"people" enum:"people,groups,memberships" placeholder:"KIND" help:"Without a package: people, groups or memberships; what the columns are is taken from their names."`
	Sheet     string   `placeholder:"NAME" help:"Sheet of a workbook; the first one where left out."`
	ErrorsOut string   `placeholder:"FILE" help:"Write the rows that could not be taken here, to mend and load again."`
}

// what is the file and how it is to be understood.
func (f *loadFlags) what() (path string, as api.NewLoad, err error) {
	switch len(f.Args) {
	case 1:
		path, as = f.Args[0], api.NewLoad{Target: f.Target}
	case 2:
		path, as = f.Args[1], api.NewLoad{Package: f.Args[0]}
	default:
		return "", as, usageError{text: "give a file, or a package and a file", hint: "run: sallyport load run --help"}
	}
	return path, as, f.room(path)
}

// room says, before anything is loaded, why the rows that could not be taken would
// not find their place; above all they must not take that of the file itself.
func (f *loadFlags) room(path string) error {
	if f.ErrorsOut == "" {
		return nil
	}
	if is, err := os.Stat(filepath.Dir(f.ErrorsOut)); err != nil || !is.IsDir() {
		return usageError{text: "there is no folder for --errors-out " + f.ErrorsOut, hint: "make it, or name another file"}
	}
	out, err := os.Stat(f.ErrorsOut)
	if err != nil {
		return nil // it will be made
	}
	in, err := os.Stat(path)
	switch {
	case out.IsDir():
		return usageError{text: "--errors-out " + f.ErrorsOut + " is a folder", hint: "name a file in it"}
	case err == nil && os.SameFile(in, out):
		return usageError{text: "--errors-out would write over the file that is loaded", hint: "name another file"}
	}
	return nil
}

type loadRun struct {
	loadFlags
	DryRun   bool   `help:"Do nothing, and say what would be done, as load preview does."`
	OnError  string `default:"" enum:",skip,stop" placeholder:"skip|stop" help:"Leave a row out that cannot be taken (skip), or stop there."`
	Resume   string `placeholder:"LOAD" help:"Go on with a load that was broken off."`
	Identity bool   `help:"Let rows change the address, username, type or state of people who exist. The key needs loader-identity."`
	Absent   bool   `name:"deactivate-absent" help:"Deactivate the people whom the file does not name. The key needs loader-identity."`
	Limit    int    `name:"threshold" default:"10" placeholder:"PERCENT" help:"With --deactivate-absent: how many may be left out before nothing is deactivated."`

	User          string `placeholder:"EMAIL" help:"Sign in with a password in the place of a key, as Data Loader 1.0 does."`
	PasswordStdin bool   `help:"With --user: read the password from standard input."`
}

// Run loads a file.
func (c *loadRun) Run(r *run) error {
	if c.User != "" {
		return c.byPassword(r)
	}
	return c.with(r, func(client *loadclient.Client, file *loadclient.File, as api.NewLoad) error {
		if err := c.change(r, client, file, &as); err != nil {
			return err
		}
		if c.DryRun {
			return c.preview(r, client, file, as)
		}
		began := time.Now()
		l, err := client.Run(r.ctx, file, as, c.Resume, r.bar())
		if err != nil {
			return r.broken(client, l, err)
		}
		return c.report(r, client, file, l, time.Since(began))
	})
}

// with opens the file, and does something with it in the right of the key.
func (f *loadFlags) with(r *run, do func(client *loadclient.Client, file *loadclient.File, as api.NewLoad) error) error {
	path, as, err := f.what()
	if err != nil {
		return err
	}
	client, err := f.keyed(r)
	if err != nil {
		return err
	}
	file, err := loadclient.Open(path, f.Sheet)
	if err != nil {
		return unreadable(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if err := r.greet(client); err != nil {
		return err
	}
	return do(client, file, as)
}

// change puts what the flags say into the order of the load.
func (c *loadRun) change(r *run, client *loadclient.Client, f *loadclient.File, as *api.NewLoad) error {
	if c.OnError == "" && !c.Identity && !c.Absent || c.Resume != "" {
		return nil
	}
	o, err := client.Order(r.ctx, f, *as)
	if err != nil {
		return err
	}
	if c.OnError != "" {
		o.OnError = c.OnError
	}
	o.ChangeIdentities = o.ChangeIdentities || c.Identity
	if c.Absent {
		o.DeactivateAbsent, o.AbsentLimit = true, c.Limit
	}
	as.Order = &o
	return nil
}

// broken says what became of a load that did not come to its end. An interruption
// stops it, and a server that went away leaves it where it is.
func (r *run) broken(client *loadclient.Client, l api.Load, err error) error {
	if l.ID == "" {
		return err
	}
	if r.ctx.Err() != nil {
		stopped, stopErr := client.StopNow(r.ctx, l.ID)
		if stopErr == nil {
			r.say("stopped at row %s; what is before it is loaded (load %s)", thousands(stopped.NextRow), l.ID)
			return errInterrupted
		}
	}
	r.say("the load stands at row %s; go on with --resume %s", thousands(l.NextRow), l.ID)
	if errors.Is(err, loadclient.ErrOtherFile) {
		return usageError{text: err.Error(), hint: "give the file it began with, or begin a new load"}
	}
	return err
}

// problemsShown is how many problems are told of on the screen.
const problemsShown = 20

// report says what became of a load, and of the rows that could not be taken.
func (c *loadRun) report(r *run, client *loadclient.Client, f *loadclient.File, l api.Load, took time.Duration) error {
	problems, lines := map[int][]api.LoadProblem{}, []string{}
	if l.Counts.Rejected > 0 {
		err := client.Rejected(r.ctx, l.ID, func(row api.RejectedRow) error {
			problems[row.Row] = said(f, row.Row, row.Problems)
			if len(lines) < problemsShown {
				lines = append(lines, describe(row.Row, problems[row.Row])...)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	where, err := c.writeFailed(f, problems)
	if err != nil {
		return err
	}
	if r.tree.JSON {
		if err := r.printJSON(l); err != nil {
			return err
		}
	} else {
		text := tally(l.Counts) + where + fmt.Sprintf("   load %s  %.1f s", l.ID, took.Seconds())
		if err := r.lines(text, lines, len(problems)); err != nil {
			return err
		}
	}
	return ending(l.State, l.Detail, l.Counts)
}

// writeFailed writes the rows that could not be taken, and says where.
func (f *loadFlags) writeFailed(file *loadclient.File, problems map[int][]api.LoadProblem) (where string, err error) {
	if f.ErrorsOut == "" || len(problems) == 0 {
		return "", nil
	}
	where = " (" + f.ErrorsOut + ")"
	// There may be secrets of people in them: it is a new file that only its owner reads,
	// in the place of what was there, except where that is a terminal or a pipe.
	if is, err := os.Stat(f.ErrorsOut); err != nil || is.Mode().IsRegular() {
		return where, backup.WriteFile(f.ErrorsOut, true, func(to io.Writer) error { return file.WriteFailed(to, problems) })
	}
	out, err := os.OpenFile(f.ErrorsOut, os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	return where, errors.Join(file.WriteFailed(out, problems), out.Close())
}

type loadPreview struct{ loadFlags }

// Run says what a load would do.
func (c *loadPreview) Run(r *run) error {
	return c.with(r, func(client *loadclient.Client, file *loadclient.File, as api.NewLoad) error {
		return c.preview(r, client, file, as)
	})
}

// preview says what the load of a file would do.
func (f *loadFlags) preview(r *run, client *loadclient.Client, file *loadclient.File, as api.NewLoad) error {
	problems, lines := map[int][]api.LoadProblem{}, []string{}
	counts, err := client.Preview(r.ctx, file, as, r.bar(), func(row api.PreviewedRow) {
		problems[row.Row] = said(file, row.Row, row.Problems)
		if len(lines) < problemsShown {
			lines = append(lines, describe(row.Row, problems[row.Row])...)
		}
	})
	if err != nil {
		return err
	}
	where, err := f.writeFailed(file, problems)
	if err != nil {
		return err
	}
	if r.tree.JSON {
		if err := r.printJSON(map[string]any{"name": file.Name, "counts": counts}); err != nil {
			return err
		}
	} else if err := r.lines("nothing was loaded; it would be:\n"+tally(counts)+where, lines, len(problems)); err != nil {
		return err
	}
	return ending("done", "", counts)
}
