package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// memory keeps a snapshot.
type memory struct {
	version int64
	order   []string
	columns map[string][]string
	rows    map[string][][]any
}

func (m *memory) Schema(version int64) error {
	m.version, m.columns, m.rows = version, map[string][]string{}, map[string][][]any{}
	return nil
}

func (m *memory) Table(name string, columns []string) error {
	m.order = append(m.order, name)
	m.columns[name] = columns
	return nil
}

func (m *memory) Row(values []any) error {
	last := m.order[len(m.order)-1]
	m.rows[last] = append(m.rows[last], slices.Clone(values))
	return nil
}

// fill hands the snapshot out again.
func (m *memory) fill(to sqlstore.Sink) error {
	if err := to.Schema(m.version); err != nil {
		return err
	}
	for _, name := range m.order {
		if err := to.Table(name, m.columns[name]); err != nil {
			return err
		}
		for _, row := range m.rows[name] {
			if err := to.Row(slices.Clone(row)); err != nil {
				return err
			}
		}
	}
	return nil
}

// empty is a database without any table.
func empty(t *testing.T, kind string) (*sqlstore.Store, *sql.DB) {
	t.Helper()
	c := sqlstore.Config{Path: filepath.Join(t.TempDir(), "data", "sallyport.db"), Clock: time.Now, Random: seeded(), Logger: slog.New(slog.DiscardHandler)}
	driver, address := "sqlite", "file:"+c.Path
	if kind == "PostgreSQL" {
		storetest.NeedServer(t)
		address = storetest.EmptyDatabase(t)
		c.DSN, c.Path, driver = address, "", "pgx"
	}
	s, err := sqlstore.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, storetest.Look(t, driver, address)
}

// onEmpty runs a test on an empty database of every kind there is.
func onEmpty(t *testing.T, test func(t *testing.T, s *sqlstore.Store, db *sql.DB)) {
	t.Helper()
	for _, kind := range []string{"SQLite", "PostgreSQL"} {
		t.Run(kind, func(t *testing.T) {
			s, db := empty(t, kind)
			test(t, s, db)
		})
	}
}

// Every version of the schema has the tables that a backup of it takes along,
// and no others.
func TestABackupTakesEveryTable(t *testing.T) {
	s, db := empty(t, "SQLite")
	for _, version := range sqlstore.SchemaVersions() {
		if err := s.BeginRestore(t.Context(), version); err != nil {
			t.Fatal(err)
		}
		rows, err := db.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE 'goose%' ORDER BY name")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				t.Fatal(err)
			}
			got = append(got, name)
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		want := slices.Sorted(slices.Values(sqlstore.TableNames(version)))
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("schema %d (-tables() +schema):\n%s", version, d)
		}
	}
	if d := cmp.Diff(slices.Sorted(slices.Values(storetest.Tables())), slices.Sorted(slices.Values(sqlstore.TableNames(math.MaxInt64)))); d != "" {
		t.Errorf("the suite's tables (-suite +backup):\n%s", d)
	}
}

// filled is a database with two rows in every table of a version, with texts
// and numbers that are easily changed on their way.
func filled(t *testing.T, version int64) *memory {
	t.Helper()
	s, db := empty(t, "SQLite")
	if err := s.BeginRestore(t.Context(), version); err != nil {
		t.Fatal(err)
	}
	m := &memory{}
	if err := m.Schema(version); err != nil {
		t.Fatal(err)
	}
	odd := []string{"", "it's \"quoted\" \\ \t\r\n \u2028 ü 漢 🙂 <b>&amp;", strings.Repeat("long ", 20_000)}
	for _, table := range sqlstore.TableNames(version) {
		rows, err := db.QueryContext(t.Context(), "SELECT name, type FROM pragma_table_info(?) ORDER BY cid", table)
		if err != nil {
			t.Fatal(err)
		}
		var names, kinds []string
		for rows.Next() {
			var name, kind string
			if err := rows.Scan(&name, &kind); err != nil {
				t.Fatal(err)
			}
			names, kinds = append(names, name), append(kinds, kind)
		}
		if err := errors.Join(rows.Err(), m.Table(table, names)); err != nil {
			t.Fatal(err)
		}
		for n := range 2 {
			var row []any
			for i, name := range names {
				switch {
				case kinds[i] == "BOOLEAN":
					row = append(row, n == 0)
				case kinds[i] == "BIGINT":
					row = append(row, []int64{math.MaxInt64, math.MinInt64}[n])
				case name == "id" || strings.HasSuffix(name, "_id"):
					row = append(row, fmt.Sprintf("id-%d", n))
				default:
					row = append(row, fmt.Sprintf("%s %d %s", name, n, odd[n+1]))
				}
			}
			if table == "deployment" && n > 0 {
				continue
			}
			if err := m.Row(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	return m
}

// Whatever goes in comes out again, on and between both databases, from every
// version of the schema.
func TestARestoreKeepsEveryValue(t *testing.T) {
	onEmpty(t, func(t *testing.T, s *sqlstore.Store, db *sql.DB) {
		for _, version := range sqlstore.SchemaVersions() {
			m := filled(t, version)
			for _, r := range m.rows["guard"] { // a primary key of two columns
				r[1] = "app"
			}
			if err := s.BeginRestore(t.Context(), version); err != nil {
				t.Fatal(err)
			}
			if err := s.LoadBackup(t.Context(), m.fill); err != nil {
				t.Fatal(err)
			}
			if _, err := db.ExecContext(t.Context(), "DELETE FROM goose_db_version WHERE version_id > 1000000"); err != nil {
				t.Fatal(err)
			}
			var got memory
			if err := s.Snapshot(t.Context(), &got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(m, &got, cmp.AllowUnexported(memory{})); d != "" {
				t.Errorf("schema %d (-in +out):\n%.2000s", version, d)
			}
			if err := s.BeginRestore(t.Context(), version); !errors.Is(err, sqlstore.ErrNotEmpty) {
				t.Errorf("restoring over rows: %v, want ErrNotEmpty", err)
			}
			if _, err := db.ExecContext(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (4000000000, TRUE)"); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A restore that was not finished is refused by everything but the next one.
func TestHalfARestore(t *testing.T) {
	onEmpty(t, func(t *testing.T, s *sqlstore.Store, db *sql.DB) {
		m := filled(t, 1)
		broken := errors.New("the power went out")
		for _, c := range []struct {
			name string
			fill func(sqlstore.Sink) error
		}{
			{"before the rows", func(sqlstore.Sink) error { return broken }},
			{"behind the rows", func(to sqlstore.Sink) error { return errors.Join(m.fill(to), broken) }},
			{"whole", m.fill}, // the last: the next steps go on from it
		} {
			name, fill := c.name, c.fill
			if err := s.BeginRestore(t.Context(), 1); err != nil {
				t.Fatal(name, err)
			}
			if err := s.LoadBackup(t.Context(), fill); err != nil && !errors.Is(err, broken) {
				t.Fatal(name, err)
			}
			if err := s.Migrate(t.Context()); !errors.Is(err, sqlstore.ErrHalfRestored) {
				t.Errorf("%s: opening it: %v, want ErrHalfRestored", name, err)
			}
			if err := s.Snapshot(t.Context(), &memory{}); !errors.Is(err, sqlstore.ErrHalfRestored) {
				t.Errorf("%s: backing it up: %v, want ErrHalfRestored", name, err)
			}
		}
		if err := s.MigrateRestored(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(t.Context()); !errors.Is(err, sqlstore.ErrHalfRestored) {
			t.Errorf("opening it before the end: %v", err)
		}
		if _, err := db.ExecContext(t.Context(), `INSERT INTO api_key SELECT 'key', organization_id, id, '', 'Loader', 'spk_1', 'hash', 'k1', '', '', 0, '[]', '', 1, 2, 0, '', FALSE, 0, 1
			FROM person ORDER BY id LIMIT 1`); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `INSERT INTO app_password SELECT 'old', organization_id, id, '', 'Loader', 'hash', 'k1', '', 1, $1, 0, '', 0
			FROM person ORDER BY id LIMIT 1`, time.Now().Add(time.Hour).UnixMicro()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `INSERT INTO load_schedule SELECT 'schedule', organization_id, id, '', 'p', 'key', 'watch', 'hr', '*', '', '', '', 1, FALSE, 0, '{}', 0,
			'run', FALSE, '', 1, 1, 'worker', 2 FROM person ORDER BY id LIMIT 1`); err != nil {
			t.Fatal(err)
		}
		left := putFiles(t, db)
		if err := s.FinishRestore(t.Context(), core.Restoration{At: time.Now(), TakenAt: time.Now(), Step: 7}); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Errorf("opening it at the end: %v", err)
		}
		left("waits.0")
		if err := s.FinishRestore(t.Context(), core.Restoration{At: time.Now(), Step: 7}); !errors.Is(err, core.ErrStale) {
			t.Errorf("finishing it twice: %v, want ErrStale", err)
		}
		var people, marks, held, live, going int
		err := db.QueryRowContext(t.Context(), "SELECT (SELECT count(*) FROM person), (SELECT count(*) FROM credential WHERE kind = 'app' AND mark < 7), (SELECT count(*) FROM api_key WHERE held), (SELECT count(*) FROM app_password WHERE expires_at > $1), (SELECT count(*) FROM load_schedule WHERE NOT stopped OR lease_until > 0)", time.Now().UnixMicro()).
			Scan(&people, &marks, &held, &live, &going)
		if err != nil || people != 2 || marks != 0 || held != 1 || live != 0 || going != 0 {
			t.Errorf("%d people, %d old marks, %d keys held, %d app passwords, %d schedules, %v", people, marks, held, live, going, err)
		}
	})
}

// putFiles puts a file of a load and one that waits into a database, and returns what
// fails the test unless these parts are left.
func putFiles(t *testing.T, db *sql.DB) (left func(want string)) {
	t.Helper()
	for id, run := range map[string]string{"loaded": "run", "waits": ""} {
		for _, put := range []string{
			`INSERT INTO load_file (id, organization_id, actor_id, actor_name, name, size, hash, facts, load_order, run_id, confirmed, version, created_at, lease_owner, lease_until)
				SELECT CAST($1 AS TEXT), organization_id, id, '', 'staff.csv', 1, 'h', '{}', '{}', CAST($2 AS TEXT), FALSE, 1, 1, '', 0 FROM person ORDER BY id LIMIT 1`,
			`INSERT INTO load_chunk (id, file_id, organization_id, content_sealed) SELECT id || '.0', id, organization_id, 'sealed' FROM load_file WHERE id = $1 AND run_id = $2`,
		} {
			if _, err := db.ExecContext(t.Context(), put, id, run); err != nil {
				t.Fatal(err)
			}
		}
	}
	return func(want string) {
		t.Helper()
		var got string
		if err := db.QueryRowContext(t.Context(), "SELECT string_agg(id, ' ') FROM load_chunk").Scan(&got); err != nil || got != want {
			t.Errorf("parts of files are %q, want %q, %v", got, want, err)
		}
	}
}

// A backup that does not fit its own schema is refused, and nothing of its
// names becomes SQL.
func TestLoadRefuses(t *testing.T) {
	s, _ := empty(t, "SQLite")
	row := func(table string, columns []string, values ...any) func(sqlstore.Sink) error {
		return func(to sqlstore.Sink) error {
			if err := to.Table(table, columns); err != nil {
				return err
			}
			return to.Row(values)
		}
	}
	change := []string{"id", "at", "kind", "subject_id"}
	if err := s.BeginRestore(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	for name, fill := range map[string]func(sqlstore.Sink) error{
		"another table":      row("secrets", []string{"id"}, "x"),
		"SQL for a table":    row("event; DROP TABLE event", []string{"id"}, "x"),
		"SQL for a column":   row("cache_change", []string{"id", "at", "kind", "subject_id) VALUES ('1',2,'3','4'); --"}, "x", int64(1), "y", "z"),
		"a column less":      row("cache_change", change[:3], "x", int64(1), "y"),
		"a column twice":     row("cache_change", []string{"id", "at", "kind", "kind"}, "x", int64(1), "y", "z"),
		"a text for a count": row("cache_change", change, "x", "1", "y", "z"),
		"a value less":       row("cache_change", change, "x", int64(1), "y"),
		"a nil":              row("cache_change", change, "x", int64(1), "y", nil),
		"a table to come":    row("deployment", []string{"id"}, "x"),
	} {
		if err := s.LoadBackup(context.Background(), fill); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if err := s.LoadBackup(t.Context(), row("cache_change", change, "x", int64(1), "y", "z")); err != nil {
		t.Error(err)
	}
	for _, version := range []int64{0, -1, sqlstore.LatestSchema() + 1} {
		if err := s.BeginRestore(t.Context(), version); !errors.Is(err, sqlstore.ErrNewerBackup) {
			t.Errorf("a backup of schema %d: %v", version, err)
		}
	}
}
