package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// world is a database with two servers on it, and a clock that they share.
type world struct {
	t      *testing.T
	ctx    context.Context
	now    atomic.Int64
	stores [2]*sqlstore.Store
	raw    *sql.DB
	ring   *secret.Ring
	master []byte
	log    bytes.Buffer // of both servers
	mu     sync.Mutex
	orgs   [2]core.Organization
}

func (w *world) clock() time.Time { return time.UnixMicro(w.now.Load()).UTC() }

func (w *world) pass(d time.Duration) { w.now.Add(d.Microseconds()) }

// Write implements io.Writer for the log.
func (w *world) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.Write(b)
}

func (w *world) logged() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.log.String()
}

func random(b []byte) { rand.Read(b) }

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, ctx: t.Context(), master: make([]byte, secret.MasterBytes)}
	w.now.Store(time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC).UnixMicro())
	random(w.master)
	c := sqlstore.Config{Clock: w.clock, Random: random, Logger: slog.New(slog.DiscardHandler)}
	driver, address := "sqlite", ""
	if os.Getenv("SALLYPORT_TEST_ON") == "postgres" {
		driver, address = "pgx", storetest.OwnDatabase(t)
		c.DSN = address
	} else {
		c.Path = filepath.Join(t.TempDir(), "db")
		address = "file:" + c.Path + "?_busy_timeout=5000"
	}
	for i := range w.stores {
		c.Replica = fmt.Sprintf("server-%d", i+1)
		s, err := sqlstore.Open(w.ctx, c)
		w.must(err)
		t.Cleanup(func() {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
		w.stores[i] = s
	}
	w.must(w.stores[0].Migrate(w.ctx))
	w.raw = storetest.Look(t, driver, address)
	w.keys("k1")
	for i, name := range []string{"Acme", "Globex"} {
		w.orgs[i] = core.Organization{ID: core.ID(fmt.Sprintf("org-%d", i+1)), Name: name, Policy: core.DefaultPolicy(), CreatedAt: w.clock(), Version: 1}
		w.must(w.stores[0].CreateOrganization(w.ctx, w.orgs[i], core.Record{}))
	}
	return w
}

// keys makes a ring of these keys, the last of which seals.
func (w *world) keys(ids ...string) {
	w.t.Helper()
	var err error
	if w.ring == nil {
		w.ring, err = secret.OpenRing(w.master, []secret.WrappedKey{secret.NewWrappedKey(w.master, ids[0], random)})
		w.must(err)
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) deps(i int) audit.Deps {
	s := w.stores[i]
	return audit.Deps{
		Log: s, Seals: s, Keys: s, Tasks: s, Organizations: s, Recorder: s, Ring: w.ring, Clock: w.clock, Random: random,
		Logger: slog.New(slog.NewTextHandler(w, nil)), Owner: fmt.Sprintf("server-%d", i+1),
	}
}

func (w *world) event(o core.Organization, i int) core.Event {
	now := w.clock()
	return core.Event{
		ID: core.NewID(now, random), OrganizationID: o.ID, At: now, Kind: core.EventSignInCompleted, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: "ada", Name: "Ada \"Ace\" Lovelace"}, SubjectID: "ada", Target: fmt.Sprintf("row %d", i),
		Detail: map[string]string{"method": "app", "before": "a\tb\n=1+1"},
		Origin: core.Origin{Address: "192.0.2.7", Network: "192.0.2.0/24", Device: "Firefox on Linux", RequestID: "0123456789abc", Session: "s1"},
	}
}

// write lets both servers write events of an organization at once, and both seal
// meanwhile.
func (w *world) write(o core.Organization, n int) {
	w.t.Helper()
	w.together(o, n, 5)
}

// together is write with so many rounds of sealing by each.
func (w *world) together(o core.Organization, n, rounds int) {
	w.t.Helper()
	var all sync.WaitGroup
	failed := make(chan error, 4)
	for i := range w.stores {
		all.Go(func() {
			for k := range n / 2 {
				w.pass(time.Second)
				if err := w.stores[i].Note(w.ctx, core.Record{Events: []core.Event{w.event(o, 2*k+i)}}); err != nil {
					failed <- err
					return
				}
			}
		})
		all.Go(func() {
			sealer := audit.NewSealer(w.deps(i))
			for range rounds {
				if _, err := sealer.Seal(w.ctx); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	close(failed)
	for err := range failed {
		w.t.Fatal(err)
	}
}

// seal seals everything there is.
func (w *world) seal() {
	w.t.Helper()
	w.pass(2 * time.Minute) // whoever had the lease has it no more
	_, err := audit.NewSealer(w.deps(0)).Seal(w.ctx)
	w.must(err)
}

func (w *world) verify(o core.Organization, points ...audit.Checkpoint) audit.Report {
	w.t.Helper()
	r, err := audit.Verifier{Deps: w.deps(1)}.Verify(w.ctx, o.ID, points)
	w.must(err)
	return r
}

// unbroken fails the test where a log is not.
func (w *world) unbroken(o core.Organization, rows int) audit.Report {
	w.t.Helper()
	r := w.verify(o)
	if r.Fault != nil || r.Rows != rows {
		w.t.Fatalf("%s: %d rows of %d, fault %+v", o.Name, r.Rows, rows, r.Fault)
	}
	return r
}

// ids returns the ids of an organization's rows, oldest first.
func (w *world) ids(o core.Organization) []core.ID {
	w.t.Helper()
	marks, err := w.stores[0].AuditMarks(w.ctx, o.ID, core.EventMark{}, w.clock().Add(time.Hour), 10_000)
	w.must(err)
	out := make([]core.ID, len(marks))
	for i, m := range marks {
		out[i] = m.ID
	}
	return out
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	res, err := w.raw.ExecContext(w.ctx, query, args...)
	w.must(err)
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		w.t.Fatalf("%s touched nothing: %v", query, err)
	}
}

func (w *world) checkpoints() []audit.Checkpoint {
	w.t.Helper()
	points, err := audit.Checkpoints(w.logged())
	w.must(err)
	return points
}

func (w *world) export(o core.Organization, f core.AuditFilter) string {
	w.t.Helper()
	var b strings.Builder
	_, err := audit.Exporter{Deps: w.deps(0)}.JSON(w.ctx, &b, audit.Export{OrganizationID: o.ID, Name: o.Name, Filter: f})
	w.must(err)
	return b.String()
}

// rotate replaces the data key, as a rotation does: what the old one sealed is
// sealed under the new one, and the old one is gone.
func (w *world) rotate(before, after string) {
	w.t.Helper()
	next := secret.NewWrappedKey(w.master, after, random)
	ring, err := secret.OpenRing(w.master, []secret.WrappedKey{next})
	w.must(err)
	texts, err := w.stores[0].SealedTexts(w.ctx, core.SealedAuditSeed, secret.SealedStart(after), "", 100)
	w.must(err)
	for _, x := range texts {
		plain, err := w.ring.Open(secret.AuditSeedOf(x.ID), x.Text)
		w.must(err)
		sealed, id := ring.Seal(secret.AuditSeedOf(x.ID), plain)
		n, err := w.stores[0].Reseal(w.ctx, core.SealedAuditSeed, []core.Resealing{{ID: x.ID, Old: x.Text, New: sealed, KeyID: id}})
		w.must(err)
		if n != 1 {
			w.t.Fatalf("resealed %d of %s", n, before)
		}
	}
	w.ring = ring
}
