package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadclient"
)

// The bounds of watching a folder.
const (
	leastLook = 100 * time.Millisecond
	mostLook  = time.Hour
	// failingTries is how often a file is tried at which a server fails that answers
	// otherwise.
	failingTries = 3
	// longestAway is how long a server that went away is left alone at most.
	longestAway = 5 * time.Minute
)

// folderError is a folder that cannot be watched.
type folderError struct {
	name  string
	cause error
}

func (e folderError) Error() string {
	return "the folder " + e.name + " cannot be watched: " + e.cause.Error()
}
func (e folderError) Unwrap() error { return e.cause }

// code is the exit code, with what to do.
func (e folderError) code() (int, string) {
	if errors.Is(e.cause, loadclient.ErrWatched) {
		return exitConflict, "one is enough; stop the other one, or watch another folder"
	}
	return exitConfig, "it must be there, and whoever runs this must be allowed to read it and to make and move files in it"
}

// watcher loads the files of a folder.
type watcher struct {
	*loadRun
	r      *run
	client *loadclient.Client
	folder *loadclient.Folder
	as     api.NewLoad
	taken  []*loadclient.Taken       // not done yet, the oldest first
	met    bool                      // the server has said who the key is
	failed map[*loadclient.Taken]int // how often the server failed at it
}

// watch loads what is put into a folder, until it is told to stop.
func (c *loadRun) watch(r *run) (err error) {
	w := &watcher{loadRun: c, r: r, as: api.NewLoad{Target: c.Target}, failed: map[*loadclient.Taken]int{}}
	switch {
	case len(c.Args) == 1:
		w.as = api.NewLoad{Package: c.Args[0]}
	case len(c.Args) > 1:
		return usageError{text: "--watch stands in the place of a file", hint: "give a package, or none, and the folder"}
	}
	switch {
	case c.DryRun, c.Resume != "", c.ErrorsOut != "", c.User != "":
		return usageError{text: "--watch goes with no --dry-run, --resume, --errors-out or --user", hint: "it goes on by itself, and rows that could not be taken are written beside their file"}
	case c.Every < leastLook || c.Every > mostLook:
		return usageError{text: fmt.Sprintf("--every is from %s to %s", leastLook, mostLook)}
	}
	if w.client, err = c.keyed(r); err != nil {
		return err
	}
	if w.folder, err = loadclient.OpenFolder(c.Watch, w.client.Clock); err != nil {
		return folderError{c.Watch, err}
	}
	defer func() { err = errors.Join(err, w.folder.Close()) }()
	if w.taken, err = w.folder.Left(); err != nil {
		return folderError{c.Watch, err}
	}
	return w.run()
}

// run goes round until the context ends, or something is wrong that no other file
// will put right. A server that went away is left alone for longer and longer.
func (w *watcher) run() error {
	away := time.Duration(0)
	for {
		err := w.round()
		pause := w.Every
		code, _, _ := loadCode(err)
		switch {
		case w.r.ctx.Err() != nil:
			return w.stopped()
		case code == exitUnavailable:
			away = min(max(2*away, w.Every), longestAway)
			pause = away
			w.r.say("%s; trying again in %s", sentence(err), pause)
		case err != nil:
			return err
		default:
			away = 0
		}
		if !pausing(w.r.ctx, pause) {
			return w.stopped()
		}
	}
}

// pausing waits; false: the context ended.
func pausing(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// stopped ends the watch: well where no file was begun.
func (w *watcher) stopped() error {
	if len(w.taken) == 0 {
		w.r.say("stopped watching %s", w.Watch)
		return nil
	}
	w.r.say("%d in %s; the next --watch goes on with that", len(w.taken), filepath.Join(w.Watch, "working"))
	return errInterrupted
}

// round does the files that were taken before, and then those that have come.
func (w *watcher) round() error {
	if err := w.meet(); err != nil {
		return err
	}
	for _, t := range slices.Clone(w.taken) {
		if err := w.file(t); err != nil {
			return err
		}
	}
	names, others, err := w.folder.Look()
	if err != nil {
		return folderError{w.Watch, err}
	}
	for _, name := range others {
		w.r.say("%s stays where it is: it is no .csv, .tsv or .xlsx", name)
	}
	for i, name := range names {
		if err := w.r.ctx.Err(); err != nil {
			return err
		}
		if i == 0 {
			// Nothing is taken for a server that is away, or with a key that is gone.
			if _, err := w.client.Me(w.r.ctx); err != nil {
				return err
			}
		}
		t, err := w.folder.Take(name)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return folderError{w.Watch, err}
		}
		w.taken = append(w.taken, t)
		if err := w.file(t); err != nil {
			return err
		}
	}
	return nil
}

// meet says once in whose right files are loaded, and that there is such a package.
func (w *watcher) meet() error {
	if w.met {
		return nil
	}
	if err := w.r.greet(w.client); err != nil {
		return err
	}
	if w.as.Package != "" {
		all, err := w.client.Packages(w.r.ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(all, func(p api.LoadPackage) bool {
			return p.ID == w.as.Package || strings.EqualFold(p.Name, strings.Join(strings.Fields(w.as.Package), " "))
		}) {
			return loadError{text: "there is no package " + w.as.Package, hint: "sallyport load packages shows them", code: exitNothing}
		}
	}
	w.met = true
	w.r.say("Watching %s every %s", w.Watch, w.Every)
	return nil
}

// watched is what became of a file.
type watched struct {
	File  string    `json:"file"`
	Moved string    `json:"moved_to"`
	Rows  string    `json:"rows_to_mend,omitempty"`
	Exit  int       `json:"exit_code"` // what load run would have ended with
	Error string    `json:"error,omitempty"`
	Load  *reported `json:"load,omitempty"`
	Took  float64   `json:"seconds"`
}

// file loads a file, and puts it where it then belongs. An error is what no other file
// will fare better with, and the file stays.
func (w *watcher) file(t *loadclient.Taken) error {
	began := w.client.Clock()
	file, err := t.Open(w.how())
	if changes(err) {
		w.r.say("%s is still being written", t.Name)
		return nil
	}
	if err != nil {
		code, _, ours := loadCode(unreadable(err))
		if !ours {
			code = exitUsage
		}
		return w.over(t, watched{Exit: code, Error: unreadable(err).Error()})
	}
	defer func() { _ = file.Close() }() // it was only read
	l, err := w.load(t, file)
	code, _, _ := loadCode(err)
	switch {
	case err == nil:
		return w.loaded(t, file, l, began)
	case w.r.ctx.Err() != nil:
		w.r.say("%s: the load stands at row %s (load %s)", t.Name, thousands(l.NextRow), l.ID)
		return err
	case changes(err), errors.Is(err, loadclient.ErrOtherFile):
		return w.anew(t, l)
	case code == exitUnavailable && !w.failing(t, err), code == exitRefused, code == exitTwoFactor:
		return err
	}
	is := watched{Exit: max(code, exitFailed), Error: sentence(err), Took: w.since(began)}
	if l, err = w.end(l); err != nil {
		return err
	}
	if l.ID != "" {
		is.Load = &reported{Load: l, refusedRows: refusedRows{Rows: []api.RejectedRow{}, Cut: l.Counts.Rejected > 0}}
	}
	return w.over(t, is)
}

// end ends a load that nobody goes on with.
func (w *watcher) end(l api.Load) (api.Load, error) {
	if l.ID == "" || l.State != string(core.LoadRunning) {
		return l, nil
	}
	return w.client.Stop(w.r.ctx, l.ID)
}

// failing reports whether the server fails at a file again and again while it answers
// otherwise: the files behind it would wait for ever.
func (w *watcher) failing(t *loadclient.Taken, err error) bool {
	var no *loadclient.Refused
	if !errors.As(err, &no) || no.Status < http.StatusInternalServerError {
		return false
	}
	if _, err := w.client.Me(w.r.ctx); err != nil {
		return false
	}
	w.failed[t]++
	return w.failed[t] >= failingTries
}

// changes reports whether a file is being written to.
func changes(err error) bool { return core.CodeOf(err) == "table.changed" }

func (w *watcher) since(began time.Time) float64 {
	return w.client.Clock().Sub(began).Round(time.Millisecond).Seconds()
}

// load begins the load of a file, or goes on with it.
func (w *watcher) load(t *loadclient.Taken, file *loadclient.File) (api.Load, error) {
	as, id := w.as, t.Load()
	if id == "" {
		if err := w.change(w.r, w.client, file, &as); err != nil {
			return api.Load{}, err
		}
	}
	w.client.Began = func(l api.Load) error { return t.Keep(l.ID) }
	l, err := w.client.Run(w.r.ctx, file, as, id, w.r.bar())
	var no *loadclient.Refused
	if id != "" && l.ID == "" && errors.As(err, &no) && no.Status == http.StatusNotFound {
		if err := t.Forget(); err != nil { // of a database that was restored, or of another server
			return l, err
		}
		return w.load(t, file)
	}
	return l, err
}

// anew ends the load of a file that is another one now; at the next look it is loaded
// from its beginning, and what is there is unchanged.
func (w *watcher) anew(t *loadclient.Taken, l api.Load) error {
	w.r.say("%s was written to while it was loaded; it is loaded anew", t.Name)
	if _, err := w.end(l); err != nil {
		return err
	}
	return t.Forget()
}

// loaded tells of a load that came to its end.
func (w *watcher) loaded(t *loadclient.Taken, file *loadclient.File, l api.Load, began time.Time) error {
	x, err := rejected(w.r, w.client, file, l)
	if err != nil {
		return err
	}
	is := watched{Load: &reported{Load: l}, Took: w.since(began)}
	if len(x.problems) > 0 {
		is.Rows, err = t.Write(func(to io.Writer) error { return file.WriteFailed(to, x.problems) })
		if err != nil {
			return folderError{w.Watch, err}
		}
	}
	is.Load.refusedRows = x.told(is.Rows)
	if end := ending(l.State, l.Detail, l.Counts); end != nil {
		is.Exit, _, _ = loadCode(end)
		is.Error = end.Error()
	}
	return w.over(t, is)
}

// over moves a file away and tells what became of it.
func (w *watcher) over(t *loadclient.Taken, is watched) (err error) {
	is.File = t.Name
	if is.Moved, err = t.Done(is.Exit == exitOK); err != nil {
		return folderError{w.Watch, err}
	}
	delete(w.failed, t)
	w.taken = slices.DeleteFunc(w.taken, func(other *loadclient.Taken) bool { return other == t })
	w.r.endLine()
	if w.r.tree.JSON {
		return json.NewEncoder(w.r.Out).Encode(is)
	}
	_, err = fmt.Fprintln(w.r.Out, strings.ReplaceAll(clean(is.line()), "\n", " "))
	return err
}

// line is a result as people read it.
func (w watched) line() string {
	text := w.File + "  "
	switch {
	case w.Load == nil:
		text += "not loaded"
	default:
		text += tally(w.Load.Counts)
	}
	if w.Error != "" {
		text += ": " + w.Error
	}
	text += "   " + w.Moved
	if w.Rows != "" {
		text += "  " + w.Rows
	}
	if w.Load != nil {
		text += fmt.Sprintf("   load %s  %.1f s", w.Load.ID, w.Took)
	}
	return text
}
