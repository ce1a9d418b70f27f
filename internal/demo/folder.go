package demo

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// folder is where a demo keeps everything.
type folder struct{ dir string }

// The states of a folder, as its file demo.state says them.
const (
	stateMaking = "making\n" // filling it was begun and not finished
	stateReady  = "ready\n"
)

func (f folder) state() string  { return filepath.Join(f.dir, "demo.state") }
func (f folder) people() string { return filepath.Join(f.dir, "people.txt") }

// data is the folder of the database; the master key stands beside it.
func (f folder) data() string      { return filepath.Join(f.dir, "sallyport") }
func (f folder) scorecard() string { return filepath.Join(f.dir, "scorecard") }

// prepare makes the folder ready for a start and reports whether it must be
// filled: it is new, its filling was broken off, or a fresh start is wanted.
// What is removed is only what a demo made there.
func (f folder) prepare(fresh bool) (fill bool, err error) {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return false, fmt.Errorf("demo folder: %w", err)
	}
	state, err := os.ReadFile(f.state())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Lstat(f.data()); err == nil {
			return false, fmt.Errorf("%s holds something that is not a demo; choose another folder with --dir", f.dir)
		}
	case err != nil:
		return false, fmt.Errorf("demo folder: %w", err)
	case string(state) == stateReady && !fresh:
		return false, nil
	}
	for _, path := range []string{f.data(), f.data() + ".key", f.scorecard(), f.people()} {
		if err := os.RemoveAll(path); err != nil {
			return false, fmt.Errorf("begin the demo anew: %w", err)
		}
	}
	return true, f.mark(stateMaking)
}

func (f folder) mark(state string) error {
	if err := os.WriteFile(f.state(), []byte(state), 0o600); err != nil {
		return fmt.Errorf("demo folder: %w", err)
	}
	return nil
}

// writePeople lists the handful with their passwords, for the eyes of whoever
// runs the demo.
func (f folder) writePeople(members []member, sallyport string) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "People of the demo's organization %s to sign in as. Everything here is demo data;\n"+
		"the passwords were made at random for this folder. `sallyport demo --fresh` makes new ones.\n\n", organizationName)
	table := tabwriter.NewWriter(&out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "username\tpassword\twho and in what state")
	for _, m := range members {
		password := m.Password
		if password == "" {
			password = "(none yet)"
		}
		fmt.Fprintf(table, "%s\t%s\t%s %s: %s\n", m.Username, password, m.First, m.Last, m.Try)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("list the people: %w", err)
	}
	for _, m := range members {
		if m.Link != "" {
			fmt.Fprintf(&out, "\n%s's invitation, works once, for 7 days:\n%s%s\n", m.First, strings.TrimRight(sallyport, "/"), m.Link)
		}
	}
	if err := os.WriteFile(f.people(), out.Bytes(), 0o600); err != nil {
		return fmt.Errorf("list the people: %w", err)
	}
	return nil
}
