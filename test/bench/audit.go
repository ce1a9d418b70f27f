package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// The sizes of the audit log's benchmarks.
const (
	auditRows    = 1_000_000
	filterRounds = 60
	writeRounds  = 300
	pageRows     = 50
)

// auditBase opens the services on a large database whose log is full, and counts
// its people among those who did things.
func (s *suite) auditBase(ctx context.Context, kind string) (*app.Base, *auditSample, error) {
	db, err := s.database(ctx, kind, people)
	if err != nil {
		return nil, nil, err
	}
	c, err := config.Load(config.Sources{Flags: map[string]string{"data": db.data, "database": db.dsn}, Offline: true})
	if err != nil {
		return nil, nil, err
	}
	b, err := app.OpenBase(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, nil, err
	}
	orgs, err := b.Store.Organizations(ctx)
	if err != nil {
		return b, nil, err
	}
	sample := &auditSample{org: orgs[0], clock: b.Clock}
	if db.logged {
		return b, sample, nil
	}
	for from := 0; from < auditRows; from += chunk {
		some := make([]core.Event, chunk)
		for i := range some {
			some[i] = sample.event(from + i)
		}
		if err := b.Store.ImportHistory(ctx, some); err != nil {
			return b, sample, err
		}
	}
	if _, err := b.Sealer().Seal(ctx); err != nil {
		return b, sample, err
	}
	db.logged = true
	return b, sample, db.settle(ctx)
}

// auditFilter measures one page of each filter, beside reading as many rows by
// their primary keys.
func (s *suite) auditFilter(ctx context.Context, kind string) ([]row, error) {
	b, sample, err := s.auditBase(ctx, kind)
	if b != nil {
		defer b.Close()
	}
	if err != nil {
		return nil, err
	}
	var took, floor []time.Duration
	rare := make([]time.Duration, 0, filterRounds)
	byKind := map[string][]time.Duration{}
	for round := range filterRounds + 5 {
		for name, f := range sample.filters() {
			f.Limit = pageRows
			began := time.Now()
			if _, err := b.Store.AuditPage(ctx, sample.org.ID, f); err != nil {
				return nil, err
			}
			d := time.Since(began)
			ids := make([]core.ID, pageRows)
			first := rand.IntN(auditRows - pageRows)
			for i := range ids {
				ids[i] = sample.id(first + i)
			}
			began = time.Now()
			if _, err := b.Store.AuditEventsByID(ctx, sample.org.ID, ids); err != nil {
				return nil, err
			}
			if round >= 5 { // what only the first ones pay
				took, floor = append(took, d), append(floor, time.Since(began))
				byKind[name] = append(byKind[name], d)
			}
		}
		began := time.Now()
		if _, err := b.Store.AuditPage(ctx, sample.org.ID, core.AuditFilter{Text: "no such word", Limit: pageRows}); err != nil {
			return nil, err
		}
		rare = append(rare, time.Since(began))
	}
	for name, d := range byKind {
		fmt.Printf("  audit_filter %-9s %-18s p95 %s\n", kind, name, quantile(d, 0.95).Round(time.Microsecond))
	}
	return []row{
		turn{ms(quantile(took, 0.95)), ms(quantile(floor, 0.95))}.row("audit_filter", kind, "ms", "ratio <= 5"),
		alone("audit_filter_nothing", kind, "ms", ms(quantile(rare, 0.95)), ""),
	}, nil
}

func quantile(d []time.Duration, q float64) time.Duration {
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// auditWrite measures what the log costs a sign-in: the rows that one writes, and
// their share of sealing, while the sealer runs. The floor is a whole sign-in.
func (s *suite) auditWrite(ctx context.Context, kind string) ([]row, error) {
	b, sample, err := s.auditBase(ctx, kind)
	if b != nil {
		defer b.Close()
	}
	if err != nil {
		return nil, err
	}
	server, db, err := s.start(ctx, kind, people) // its sealer runs
	if err != nil {
		return nil, err
	}
	defer server.stop()
	began := b.Clock()
	signIn, err := signInTime(ctx, server, db.crowd)
	if err != nil {
		return nil, err
	}
	written, err := b.Store.AuditMarks(ctx, sample.org.ID, core.EventMark{At: began}, b.Clock().Add(time.Minute), 100_000)
	if err != nil {
		return nil, err
	}
	each := float64(len(written)) / float64(signInWarm+signInRounds)
	var with, without []time.Duration
	for i := range writeRounds {
		r := core.Record{Changes: []core.Change{{ID: core.NewID(b.Clock(), b.Random), At: b.Clock(), Kind: core.ChangeOrganization, SubjectID: "bench"}}}
		bare := time.Now()
		if err := b.Store.Note(ctx, r); err != nil {
			return nil, err
		}
		without = append(without, time.Since(bare))
		r.Changes[0].ID = core.NewID(b.Clock(), b.Random)
		for k := range 3 {
			e := sample.event(i*3 + k)
			e.ID, e.At = core.NewID(b.Clock(), b.Random), b.Clock()
			r.Events = append(r.Events, e)
		}
		full := time.Now()
		if err := b.Store.Note(ctx, r); err != nil {
			return nil, err
		}
		with = append(with, time.Since(full))
	}
	rowCost := float64(quantile(with, 0.5)-quantile(without, 0.5)) / 3
	sealCost, err := sealTime(ctx, b, sample)
	if err != nil {
		return nil, err
	}
	cost := each * (max(rowCost, 0) + sealCost)
	return []row{
		turn{cost / 1e6, ms(signIn)}.row("audit_write", kind, "ms a sign-in", "ratio <= 0.05"),
		alone("audit_write_rows", kind, "rows a sign-in", each, ""),
	}, nil
}

// How many sign-ins are taken for the time of one, and how many before.
const (
	signInWarm   = 5
	signInRounds = 40
)

// signInTime is the median time of one sign-in, alone on the server.
func signInTime(ctx context.Context, server *server, c *crowd) (time.Duration, error) {
	to, err := dial(server.address)
	if err != nil {
		return 0, err
	}
	var took []time.Duration
	for i := range signInWarm + signInRounds {
		began := time.Now()
		if err := c.signIn(ctx, to); err != nil {
			return 0, err
		}
		if i >= signInWarm {
			took = append(took, time.Since(began))
		}
	}
	return quantile(took, 0.5), nil
}

// sealTime is how long sealing takes for a row, in nanoseconds, of 20,000 that
// are new. The clock of this sealer is ahead: what the server's own leaves for
// later is old enough for it, and the server's lease of the sealing is over.
func sealTime(ctx context.Context, b *app.Base, sample *auditSample) (float64, error) {
	sealer := b.Sealer()
	sealer.Clock = func() time.Time { return b.Clock().Add(audit.SealDelay + 5*time.Minute) }
	if _, err := sealer.Seal(ctx); err != nil {
		return 0, err
	}
	some := make([]core.Event, 20_000)
	for i := range some {
		some[i] = sample.event(i)
		some[i].ID, some[i].At = core.NewID(b.Clock(), b.Random), b.Clock()
	}
	if err := b.Store.ImportHistory(ctx, some); err != nil {
		return 0, err
	}
	began := time.Now()
	n, err := sealer.Seal(ctx)
	if err == nil && n < len(some) {
		err = fmt.Errorf("sealed %d rows, want %d", n, len(some))
	}
	return float64(time.Since(began)) / float64(len(some)), err
}

// auditVerify measures the verification of a whole exported file, and of the log
// in the database.
func (s *suite) auditVerify(ctx context.Context, kind string) ([]row, error) {
	b, sample, err := s.auditBase(ctx, kind)
	if b != nil {
		defer b.Close()
	}
	if err != nil {
		return nil, err
	}
	path := filepath.Join(s.dir, kind+".jsonl")
	rows, err := exportTo(ctx, b, sample, path)
	if err != nil {
		return nil, err
	}
	defer os.Remove(path)
	var files, logs []turn
	for range 3 {
		file, err := inFile(path, rows)
		if err != nil {
			return nil, err
		}
		log, err := inDatabase(ctx, b, sample)
		if err != nil {
			return nil, err
		}
		files, logs = append(files, file), append(logs, log)
	}
	return []row{
		median(files).row("audit_verify", kind, "rows/s", "ratio >= 0.3"),
		median(logs).row("audit_verify_database", kind, "rows/s", "ratio >= 0.3"),
	}, nil
}

func exportTo(ctx context.Context, b *app.Base, sample *auditSample, path string) (int, error) {
	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	return b.Audit.Export(ctx, audit.By{}, audit.Export{OrganizationID: sample.org.ID, Name: sample.org.Name}, audit.JSON, file)
}

// inFile verifies a file, and hashes all its bytes for the floor.
func inFile(path string, rows int) (turn, error) {
	read := func(f func(io.Reader) error) (float64, error) {
		file, err := os.Open(path)
		if err != nil {
			return 0, err
		}
		defer file.Close()
		began := time.Now()
		err = f(file)
		return float64(rows) / time.Since(began).Seconds(), err
	}
	floor, err := read(func(r io.Reader) error {
		_, err := io.Copy(sha256.New(), bufio.NewReaderSize(r, 1<<20))
		return err
	})
	if err != nil {
		return turn{}, err
	}
	value, err := read(func(r io.Reader) error {
		report, err := audit.VerifyFile(r, nil, nil)
		if err == nil && report.Fault() != nil {
			return report.Fault()
		}
		return err
	})
	return turn{value, floor}, err
}

// inDatabase verifies the log where it is; the floor reads the same rows and
// hashes what is in them.
func inDatabase(ctx context.Context, b *app.Base, sample *auditSample) (turn, error) {
	began, rows := time.Now(), 0
	h := sha256.New()
	for after := (core.EventMark{}); ; {
		events, err := b.Store.AuditEvents(ctx, sample.org.ID, after, b.Clock(), 2000)
		if err != nil {
			return turn{}, err
		}
		for i := range events {
			e := &events[i]
			for _, text := range []string{
				string(e.ID), e.Kind, e.Result, string(e.Actor.ID), e.Actor.Name, string(e.SubjectID), e.Target, e.DetailText,
				e.Origin.Address, e.Origin.Network, e.Origin.Device, e.Origin.UserAgent, e.Origin.RequestID, string(e.Origin.Session),
			} {
				_, _ = io.WriteString(h, text) // a hash never fails
			}
		}
		rows += len(events)
		if len(events) < 2000 {
			break
		}
		after = core.EventMark{At: events[len(events)-1].At, ID: events[len(events)-1].ID}
	}
	floor := float64(rows) / time.Since(began).Seconds()
	began = time.Now()
	report, err := b.Verifier().Verify(ctx, sample.org.ID, nil)
	if err == nil && report.Fault != nil {
		err = report.Fault
	}
	return turn{float64(report.Rows) / time.Since(began).Seconds(), floor}, err
}
