package cli_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/api"
)

// watcher is a folder that is watched.
type watcher struct {
	*deployment
	log string
}

// watch starts to watch it.
func (w *watcher) watch(args ...string) *exec.Cmd {
	w.t.Helper()
	log, err := os.OpenFile(w.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	c := w.command(append([]string{"load", "run", "--watch", "in", "--every", "100ms", "--json", "--on-error", "skip"}, args...)...)
	c.Stdout, c.Stderr = log, log
	if err := c.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _, _ = c.Process.Kill(), log.Close() }) // it may have ended
	return c
}

func (w *watcher) said() string {
	raw, err := os.ReadFile(w.log)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(raw)
}

// wait waits for something to be so.
func (w *watcher) wait(what string, so func() bool) {
	w.t.Helper()
	w.until(what, so, bytes.NewBufferString("see the log"))
}

// in are the files of a pattern in the watched folder.
func (w *watcher) in(pattern string) []string {
	all, err := filepath.Glob(filepath.Join(w.folder, "in", pattern))
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// put puts a whole file into the folder.
func (w *watcher) put(name, text string) {
	w.t.Helper()
	draft := filepath.Join(w.folder, "draft")
	err := os.WriteFile(draft, []byte(text), 0o644)
	if err == nil {
		err = os.Rename(draft, filepath.Join(w.folder, "in", name))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// watching: what comes into a folder is loaded once, whoever is stopped or killed under
// it; what is no file to load stays; and one program at a time watches it.
func watching(t *testing.T, program string, env ...string) {
	const rows = 8_000
	w := &watcher{deployment: loads(t, program, rows, env...)}
	w.log = filepath.Join(w.folder, "log")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(w.said())
		}
	})
	in := filepath.Join(w.folder, "in")
	if err := os.Mkdir(in, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("../staff.csv", filepath.Join(in, "link.csv")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".hidden.csv", "half.csv.part", "half.tmp", "notes.txt"} {
		w.put(name, "Email,First name,Last name\nno@example.com,No,Body\n")
	}
	server := w.serve()
	cut := w.cutShort(rows, server)
	w.ends(rows, cut)
	w.refused()
}

// refused: without its key the program ends, and a file stays to be loaded: in the
// folder, or taken, where the server had not heard of it yet.
func (w *watcher) refused() {
	w.t.Helper()
	before := len(w.said())
	client := w.watch()
	w.wait("it watches", func() bool { return strings.Contains(w.said()[before:], "Watching in") })
	w.run("", "keys", "revoke", w.asking().Access)
	w.put("late.csv", "Email,First name,Last name\nlea@example.com,Lea,Lund\n")
	_ = client.Wait() // the code says more
	if client.ProcessState.ExitCode() != 4 || len(w.in("late.csv"))+len(w.in("working/*-late.csv")) != 1 {
		w.t.Errorf("with a key that is gone it ends with %d, and %q are left", client.ProcessState.ExitCode(), w.in("*.csv"))
	}
}

// cutShort loads one file while everybody is stopped or killed in turn, and returns
// the program that goes on at the end, and its load.
func (w *watcher) cutShort(rows int, server *exec.Cmd) *exec.Cmd {
	w.t.Helper()
	staff, err := os.ReadFile(filepath.Join(w.folder, "staff.csv"))
	if err != nil {
		w.t.Fatal(err)
	}
	was := 0
	further := func() bool { return w.latest().Counts.Added > was }
	client := w.watch()
	w.put("staff.csv", string(staff))
	w.wait("some rows are loaded", further)
	if out, err := w.command("load", "run", "--watch", "in").CombinedOutput(); err == nil || !strings.Contains(string(out), "another program watches it") {
		w.t.Errorf("a second one says %s, %v", out, err)
	}
	if err := client.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	_ = client.Wait() // the code says more
	l := w.latest()
	if was = l.Counts.Added; client.ProcessState.ExitCode() != 130 || l.State != "running" || was%500 != 0 || len(w.in("working/*-staff.csv")) != 1 {
		w.t.Fatalf("a Ctrl-C left %+v and ended with %d", l, client.ProcessState.ExitCode())
	}
	client = w.watch()
	w.wait("more rows are loaded", further)
	w.killed(client)
	was = w.latest().Counts.Added
	client = w.watch("--timeout", "200ms")
	w.wait("more rows are loaded again", further)
	w.killed(server)
	w.wait("the program waits for the server", func() bool { return strings.Contains(w.said(), "cannot be reached") })
	w.serve()
	w.wait("the file is done", func() bool { return len(w.in("done/*-staff.csv")) == 1 })
	if got := w.latest(); got.ID != l.ID || got.State != "done" || got.Counts != (api.LoadCounts{Added: rows}) {
		w.t.Errorf("the load is %+v", got)
	}
	return client
}

// ends loads files that are not all well, stops, and looks at what was told.
func (w *watcher) ends(rows int, client *exec.Cmd) {
	w.t.Helper()
	w.put("bad.csv", "Email,First name,Last name\nbea@example.com,Bea,Novak\ncyd@,Cyd,Ray\n")
	w.wait("the rows are written", func() bool { return len(w.in("failed/*-bad.csv")) == 1 })
	w.put("none.csv", "ana@example.com,Ana,Diaz\n")
	w.wait("the other file is there, too", func() bool { return len(w.in("failed/*-none.csv")) == 1 })
	failed := w.in("failed/*-bad.failed.csv")
	if len(failed) != 1 {
		w.t.Fatalf("the rows are in %q", failed)
	}
	raw, err := os.ReadFile(failed[0])
	if is, statErr := os.Stat(failed[0]); err != nil || statErr != nil || is.Mode() != 0o600 || !strings.Contains(string(raw), "cyd@,Cyd,Ray,") {
		w.t.Errorf("the rows are %q, %v, %v", raw, err, statErr)
	}
	if err := client.Process.Signal(os.Interrupt); err != nil {
		w.t.Fatal(err)
	}
	if err := client.Wait(); err != nil {
		w.t.Errorf("with nothing begun it ends with %v", err)
	}
	type told struct {
		File  string    `json:"file"`
		Moved string    `json:"moved_to"`
		Exit  int       `json:"exit_code"`
		Load  *api.Load `json:"load"`
	}
	var all []told
	for line := range strings.Lines(w.said()) {
		var one told
		if strings.HasPrefix(line, "{") {
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				w.t.Fatal(err)
			}
			all = append(all, one)
		}
	}
	if len(all) != 3 || all[0].Exit != 0 || all[0].Load.Counts.Added != rows || all[1].Exit != 7 || all[1].Load.Counts.Rejected != 1 || all[2].Exit != 6 || all[2].Load != nil {
		w.t.Errorf("it told %+v", all)
	}
	for _, name := range []string{".hidden.csv", "half.csv.part", "half.tmp", "notes.txt", "link.csv"} {
		if len(w.in(name)) != 1 {
			w.t.Errorf("%s is gone", name)
		}
	}
	if left := w.in("working/*"); len(left) != 0 {
		w.t.Errorf("%q are left", left)
	}
}
