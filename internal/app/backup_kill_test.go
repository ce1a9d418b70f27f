package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// backupVariable tells this test program to back up or restore, and to stop
// half-way until it is killed.
const backupVariable = "SALLYPORT_TEST_BACKUP"

// backupJob is what such a child does.
type backupJob struct {
	Data, Database, File string
	Public               string // key to seal with: back up
	Private              string // key to open with: restore
	Pieces               int    // how many reads or writes go well before it stops
}

func backupChild(text string) error {
	var j backupJob
	if err := json.Unmarshal([]byte(text), &j); err != nil {
		return err
	}
	c, err := config.Load(config.Sources{Flags: map[string]string{"base-url": "http://localhost", "data": j.Data}})
	if err != nil {
		return err
	}
	c.Database = j.Database
	if j.Public != "" {
		_, err = backups(c).Create(context.Background(), backup.Seal{Recipients: []string{j.Public}}, operator, func(fill func(io.Writer) error) error {
			return backup.WriteFile(j.File, false, func(w io.Writer) error { return fill(&stalling{w: w, left: j.Pieces}) })
		})
		return err
	}
	opened := 0
	_, err = backups(c).Restore(context.Background(), func() (io.ReadCloser, error) {
		f, err := os.Open(j.File)
		if opened++; opened == 1 || err != nil {
			return f, err // the look at it, before anything is written
		}
		return io.NopCloser(&stalling{r: f, left: j.Pieces}), nil
	}, backup.Key{Identities: j.Private}, operator)
	return err
}

// stalling passes some pieces on, says so, and then waits to be killed.
type stalling struct {
	w    io.Writer
	r    io.Reader
	left int
}

func (s *stalling) Write(b []byte) (int, error) {
	s.wait()
	return s.w.Write(b)
}

func (s *stalling) Read(b []byte) (int, error) {
	s.wait()
	return s.r.Read(b)
}

func (s *stalling) wait() {
	if s.left--; s.left < 0 {
		fmt.Println("half-way")
		_, _ = io.Copy(io.Discard, os.Stdin) // no longer than the test
		panic("nobody killed this child")
	}
}

// killed carries out a job and kills it half-way.
func (j backupJob) killed(t *testing.T) {
	t.Helper()
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(os.Args[0])
	child.Env = []string{backupVariable + "=" + string(text)}
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if killed := child.Process.Kill(); killed != nil || err != nil {
		t.Errorf("the child ended before it was killed: %q, %v, %v", line, err, killed)
	}
	_ = child.Wait() // says "signal: killed"
}

// history stores so many events that a backup has several pieces.
func (s *server) history() {
	s.t.Helper()
	var all []core.Event
	for range 3000 {
		now := s.Clock()
		all = append(all, core.Event{
			ID: core.NewID(now, random), OrganizationID: s.Org.ID, At: now, Kind: core.EventSignInCompleted, Result: "ok",
			Target: core.NewToken(random), Detail: map[string]string{"a": core.NewToken(random), "b": core.NewToken(random)},
		})
	}
	if err := s.Store.ImportHistory(context.Background(), all); err != nil {
		s.t.Fatal(err)
	}
}

// TestKilledBackup: a backup that is cut off leaves nothing under its name, the
// one before stays, and the server does not notice.
func TestKilledBackup(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("ana@example.com")
		s.history()
		_, public, err := backup.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "monday")
		for _, pieces := range []int{0, 1, 3} {
			backupJob{Data: s.Config.Data, Database: s.Config.Database, File: file, Public: public, Pieces: pieces}.killed(t)
			if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("after %d pieces there is a file of the final name: %v", pieces, err)
			}
		}
		if d, err := s.Store.Deployment(t.Context()); err != nil || !d.BackedUpAt.IsZero() {
			t.Errorf("a backup that was cut off is noted: %+v, %v", d, err)
		}
		s.browser().signIn("ana@example.com", password).must(t, 200, "Home")
		if k := s.backUp(); k.summ.Rows["event"] < 3000 {
			t.Errorf("the next backup has %d events", k.summ.Rows["event"])
		}
	})
}

// TestKilledRestore: half a restore is refused by the server, which says what to
// do; the restore, run again, starts over and is whole.
func TestKilledRestore(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("ana@example.com")
		s.history()
		k := s.backUp()
		file := filepath.Join(t.TempDir(), "monday")
		if err := os.WriteFile(file, k.file.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		r := start(t, func(c *config.Config) {
			onEmpty(t, c)
			key, err := os.ReadFile(s.Config.KeyPath())
			if err == nil {
				err = os.WriteFile(c.KeyPath(), key, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, pieces := range []int{0, 1, 3} {
				backupJob{Data: c.Data, Database: c.Database, File: file, Private: k.key.Identities, Pieces: pieces}.killed(t)
				half := &deployment{t, *c}
				if b, err := half.open(); !errors.Is(err, app.ErrHalfRestored) {
					t.Fatalf("half a restore was opened: %v, %v", b, err)
				} else if !strings.Contains(err.Error(), "run sallyport backup restore again") {
					t.Errorf("it does not say what to do: %v", err)
				}
				var people int
				if err := half.database().QueryRowContext(t.Context(), "SELECT count(*) FROM person").Scan(&people); err != nil || people != 0 {
					t.Errorf("half a restore holds %d people, %v", people, err)
				}
			}
			if _, err := backups(*c).Restore(t.Context(), app.FileSource(file), k.key, operator); err != nil {
				t.Fatal(err)
			}
		})
		r.browser().signIn("ana@example.com", password).must(t, 200, "Home")
		if n := r.backUp().summ.Rows["event"]; n < 3000 {
			t.Errorf("%d events came back", n)
		}
	})
}

// A restore that is called off in time ends with the reason, and the next one
// works.
func TestRestoreCalledOff(t *testing.T) {
	s := start(t)
	k := s.backUp()
	d := newDeployment(t)
	key, err := os.ReadFile(s.Config.KeyPath())
	if err == nil {
		err = os.WriteFile(d.c.KeyPath(), key, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := backups(d.c).Restore(ctx, k.source, k.key, operator); !errors.Is(err, context.Canceled) {
		t.Errorf("called off: %v", err)
	}
	began := time.Now()
	if _, err := backups(d.c).Restore(t.Context(), k.source, k.key, operator); err != nil {
		t.Error(err, time.Since(began))
	}
}
