package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pressly/goose/v3"

	"github.com/sallyport/sallyport/internal/core"
)

// restoring stands as the newest version of the schema while a restore is not
// finished. Every release refuses a database whose schema is newer than itself,
// so not even an older one starts on half of a backup.
const restoring int64 = 4_000_000_000

// The table in which the migrations keep their versions.
const (
	versionTable  = "goose_db_version"
	selectVersion = `SELECT COALESCE(max(version_id), 0) FROM ` + versionTable
)

// ErrNotEmpty says that a database holds something already: a restore would
// have to mix two deployments.
var ErrNotEmpty = core.NewError(core.Conflict, "backup.not_empty")

// ErrNewerBackup says that a backup was made by a newer Sallyport.
var ErrNewerBackup = core.NewError(core.Invalid, "backup.newer")

// errMisfit says that a backup has tables or values which its schema has not.
var errMisfit = errors.New("the backup does not fit its own schema")

// CheckRestore refuses what [Store.BeginRestore] would refuse, and changes
// nothing: ErrNewerBackup, ErrNotEmpty.
func (s *Store) CheckRestore(ctx context.Context, version int64) error {
	current, target, err := s.SchemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case version < 1 || version > target:
		return ErrNewerBackup.With("schema", version).With("known", target)
	case current == restoring || current == 0:
		return nil
	case current > target:
		return fmt.Errorf("%w: schema %d, this binary knows %d", ErrNewerSchema, current, target)
	}
	for _, t := range tables() {
		if t.since > current || t.name == "deployment" {
			continue
		}
		var some bool
		if err := s.write.db.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM `+t.name+`)`).Scan(&some); err != nil {
			return failed("check for a restore", err)
		}
		if some {
			return ErrNotEmpty
		}
	}
	return nil
}

// BeginRestore makes the tables of a version of the schema in an empty
// database, and marks it: from here on it is refused by everything but the next
// restore, until [Store.FinishRestore]. What an unfinished restore left is
// dropped.
func (s *Store) BeginRestore(ctx context.Context, version int64) error {
	if err := s.CheckRestore(ctx, version); err != nil {
		return err
	}
	err := s.runInTx(ctx, "clear for a restore", func(t *tx) error {
		all := tables()
		slices.Reverse(all)
		for _, x := range append(all, table{name: versionTable}) {
			if err := t.all(`DROP TABLE IF EXISTS ` + x.name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	p, err := s.provider()
	if err == nil {
		_, err = p.UpTo(ctx, version)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: make the tables of the backup: %w", err)
	}
	return s.runInTx(ctx, "mark a restore", func(t *tx) error {
		return t.all(`INSERT INTO `+versionTable+` (version_id, is_applied) VALUES ($1, TRUE)`, restoring)
	})
}

// LoadBackup stores the rows that fill hands over, in one transaction.
func (s *Store) LoadBackup(ctx context.Context, fill func(Sink) error) error {
	return failed("load the backup", s.tryTx(ctx, func(t *tx) error {
		l := &loader{t: t}
		if err := fill(l); err != nil {
			return err
		}
		return l.flush()
	}))
}

// loader stores rows, many at once.
type loader struct {
	t       *tx
	into    string
	columns []column
	rows    [][]any
}

// loaderRows is how many rows are gathered before they are stored.
const loaderRows = 200

// Schema implements [Sink]. The tables were made for it by [Store.BeginRestore].
func (l *loader) Schema(int64) error { return nil }

// Table implements [Sink].
func (l *loader) Table(name string, names []string) error {
	if err := l.flush(); err != nil {
		return err
	}
	if !slices.ContainsFunc(tables(), func(t table) bool { return t.name == name }) {
		return fmt.Errorf("%w: table %q", errMisfit, name)
	}
	known, err := l.t.store.columns(l.t.ctx, l.t.sql, name)
	if err != nil {
		return err
	}
	l.columns = l.columns[:0]
	for _, n := range names {
		i := slices.IndexFunc(known, func(c column) bool { return c.name == n })
		if i < 0 {
			return fmt.Errorf("%w: column %q of %s", errMisfit, n, name)
		}
		l.columns = append(l.columns, known[i])
	}
	if len(names) != len(known) {
		return fmt.Errorf("%w: %s has %d columns instead of %d", errMisfit, name, len(names), len(known))
	}
	l.into = `INSERT INTO ` + name + ` (` + strings.Join(names, ", ") + `) VALUES `
	// A migration may have made a first row, as of the deployment.
	return l.t.all(`DELETE FROM ` + name)
}

// Row implements [Sink].
func (l *loader) Row(values []any) error {
	if len(values) != len(l.columns) {
		return fmt.Errorf("%w: a row of %d values", errMisfit, len(values))
	}
	for i, c := range l.columns {
		if !c.holds(values[i]) {
			return fmt.Errorf("%w: %s holds no %T", errMisfit, c.name, values[i])
		}
	}
	l.rows = append(l.rows, slices.Clone(values))
	if len(l.rows) < loaderRows {
		return nil
	}
	return l.flush()
}

func (l *loader) flush() error {
	err := insertMany(l.t, l.into, len(l.columns), l.rows, func(row []any) []any { return row })
	l.rows = l.rows[:0]
	return err
}

// MigrateRestored brings a loaded backup up to this binary's schema. The mark
// stays.
func (s *Store) MigrateRestored(ctx context.Context) error {
	p, err := s.provider(goose.WithAllowOutofOrder(true)) // the mark is the newest of all
	if err == nil {
		_, err = p.Up(ctx)
	}
	if err != nil {
		return fmt.Errorf("sqlstore: bring the backup up to date: %w", err)
	}
	return nil
}

// FinishRestore ends what the backup brought back alive, raises the epoch and
// takes the mark away, all in one transaction (BK2).
func (s *Store) FinishRestore(ctx context.Context, r core.Restoration) error {
	return s.runInTx(ctx, "finish the restore", func(t *tx) error {
		for _, x := range tables() {
			if x.restored == "" {
				continue
			}
			var args []any
			if strings.Contains(x.restored, "$1") {
				args = append(args, stamp(r.At))
			}
			if err := t.all(x.restored, args...); err != nil {
				return err
			}
		}
		if err := t.all(`UPDATE credential SET mark = $1 WHERE kind = 'app' AND mark < $1`, r.Step); err != nil {
			return err
		}
		err := t.one(core.ErrStale, `UPDATE deployment SET epoch = epoch + 1, restored_at = $1, backed_up_at = $2`, stamp(r.At), stamp(r.TakenAt))
		if err != nil {
			return err
		}
		if err := t.record(r.Record); err != nil {
			return err
		}
		return t.one(core.ErrStale, `DELETE FROM `+versionTable+` WHERE version_id = $1`, restoring)
	})
}
