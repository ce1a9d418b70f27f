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
	Args      []string  `arg:"" optional:"" name:"package-and-file" help:"A package, if there is one for such files, and the file: CSV, TSV or Excel."`
	Target    string    `default:"people" enum:"people,groups,memberships" placeholder:"KIND" help:"Without a package: people, groups or memberships; what the columns are is taken from their names."`
	Sheet     string    `placeholder:"NAME" help:"Sheet of a workbook; the first one where left out."`
	Encoding  encoding  `placeholder:"NAME" help:"What a text is written in, such as Windows-1252; guessed where left out."`
	Delimiter delimiter `placeholder:"NAME" help:"What stands between the columns of a text: comma, semicolon, tab or bar; guessed where left out."`
	ErrorsOut string    `placeholder:"FILE" help:"Write the rows that could not be taken here, to mend and load again."`
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

	Watch string        `placeholder:"DIR" help:"In the place of a file: load every CSV, TSV and Excel file that is put into a folder, until Ctrl-C."`
	Every time.Duration `default:"5s" placeholder:"TIME" help:"With --watch: how often to look, 5 seconds where left out; a file is taken that did not change between two looks."`

	User          string `placeholder:"EMAIL" help:"Sign in with a password in the place of a key, as Data Loader 1.0 does."`
	PasswordStdin bool   `help:"With --user: read the password from standard input."`
}

// Run loads a file.
func (c *loadRun) Run(r *run) error {
	if c.Watch != "" {
		return c.watch(r)
	}
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
	file, err := loadclient.Open(path, f.how())
	if err != nil {
		return unreadable(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	if file.Workbook && (f.Encoding != "" || f.Delimiter != "") {
		return usageError{text: file.Name + " is a workbook: --encoding and --delimiter are for text", hint: "leave them out"}
	}
	if err := r.greet(client); err != nil {
		return err
	}
	return do(client, file, as)
}

// how is how the file is to be read.
func (f *loadFlags) how() loadclient.How {
	return loadclient.How{Sheet: f.Sheet, Encoding: string(f.Encoding), Delimiter: f.Delimiter.sign()}
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

// failures are the rows of a load that could not be taken.
type failures struct {
	problems map[int][]api.LoadProblem
	lines    []string // what is shown of the first of them
}

func (x *failures) add(f *loadclient.File, row int, all []api.LoadProblem) {
	x.more(row, said(f, row, all)...)
}

// more adds what is wrong with a row.
func (x *failures) more(row int, all ...api.LoadProblem) {
	if x.problems == nil {
		x.problems = map[int][]api.LoadProblem{}
	}
	x.problems[row] = append(x.problems[row], all...)
	if len(x.problems) <= problemsShown {
		x.lines = append(x.lines, describe(row, all)...)
	}
}

// rejected asks which rows of a load could not be taken.
func rejected(r *run, client *loadclient.Client, f *loadclient.File, l api.Load) (x failures, err error) {
	if l.Counts.Rejected == 0 {
		return x, nil
	}
	return x, client.Rejected(r.ctx, l.ID, func(row api.RejectedRow) error {
		x.add(f, row.Row, row.Problems)
		return nil
	})
}

// report says what became of a load, and of the rows that could not be taken.
func (c *loadRun) report(r *run, client *loadclient.Client, f *loadclient.File, l api.Load, took time.Duration) error {
	x, err := rejected(r, client, f, l)
	if err != nil {
		return err
	}
	where, err := c.writeFailed(f, x.problems)
	if err != nil {
		return err
	}
	if r.tree.JSON {
		if err := r.printJSON(reported{Load: l, refusedRows: x.told(c.ErrorsOut)}); err != nil {
			return err
		}
	} else {
		text := tally(l.Counts) + where + fmt.Sprintf("   load %s  %.1f s", l.ID, took.Seconds())
		if err := r.lines(text, x.lines, len(x.problems)); err != nil {
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
	var x failures
	counts, err := client.Preview(r.ctx, file, as, r.bar(), func(row api.PreviewedRow) { x.add(file, row.Row, row.Problems) })
	if err != nil {
		return err
	}
	where, err := f.writeFailed(file, x.problems)
	if err != nil {
		return err
	}
	if r.tree.JSON {
		if err := r.printJSON(previewed{Name: file.Name, Counts: counts, refusedRows: x.told(f.ErrorsOut)}); err != nil {
			return err
		}
	} else if err := r.lines("nothing was loaded; it would be:\n"+tally(counts)+where, x.lines, len(x.problems)); err != nil {
		return err
	}
	return ending("done", "", counts)
}
