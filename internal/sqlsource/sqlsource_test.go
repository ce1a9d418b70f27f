package sqlsource_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlsource"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
	"github.com/sallyport/sallyport/internal/table"
	"github.com/sallyport/sallyport/internal/words"
)

// server is a real PostgreSQL with a table of staff, and a way to look at it.
type server struct {
	*pgx.Conn
	address string
}

func newServer(t *testing.T) server {
	t.Helper()
	storetest.NeedServer(t)
	address := storetest.EmptyDatabase(t)
	c, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(context.Background()); err != nil {
			t.Log(err)
		}
	})
	s := server{c, address}
	s.run(t, `CREATE TABLE staff (username text, name text, number int, active boolean, start date, seen timestamptz)`)
	s.run(t, `INSERT INTO staff VALUES ('ana', 'Söhne, Åse', 42, true, '2026-11-24', '2026-11-24 10:30:00+00'), ('bea', E'two\nlines', NULL, false, NULL, NULL)`)
	return s
}

func (s server) run(t *testing.T, sql string, values ...any) {
	t.Helper()
	if _, err := s.Exec(t.Context(), sql, values...); err != nil {
		t.Fatal(err)
	}
}

// sources is the one source staff, with limits that a test may lower.
func (s server) sources(lower func(*sqlsource.Limits)) *sqlsource.Sources {
	l := sqlsource.DefaultLimits()
	if lower != nil {
		lower(&l)
	}
	return sqlsource.New(map[string]string{"staff": s.address}, l)
}

// read reads a query to its end, a line for each row and one for what ended it.
func read(t *testing.T, s *sqlsource.Sources, query string) []string {
	t.Helper()
	r, err := s.Open(t.Context(), "staff", query)
	if err != nil {
		return []string{"! " + told(t, err)}
	}
	defer r.Close()
	got := []string{strings.Join(r.Columns(), "|")}
	for {
		row, err := r.Next()
		if err == io.EOF {
			return got
		}
		if err != nil {
			return append(got, "! "+told(t, err))
		}
		got = append(got, fmt.Sprintf("%d %s", row.Number, strings.Join(row.Cells, "|")))
	}
}

// told is an error as people read it.
func told(t *testing.T, err error) string {
	t.Helper()
	c, loadErr := words.Load()
	if loadErr != nil {
		t.Fatal(loadErr)
	}
	var ours *core.Error
	if !errors.As(err, &ours) {
		t.Fatalf("%v is no error of ours", err)
	}
	return c.Printer("en").Error(ours)
}

func TestQueries(t *testing.T) {
	s := newServer(t)
	s.run(t, `CREATE FUNCTION write() RETURNS int LANGUAGE sql AS $$ INSERT INTO staff (username) VALUES ('eve') RETURNING 1 $$`)
	tests := []struct {
		name, query string
		want        []string
	}{
		{"all kinds", "SELECT * FROM staff ORDER BY username", []string{"username|name|number|active|start|seen", "1 ana|Söhne, Åse|42|TRUE|2026-11-24|2026-11-24T10:30:00+00", "2 bea|two\nlines||FALSE||"}},
		{"semicolon and comment", " /* a */ SELECT username AS \"User Name\" FROM staff WHERE number = 42 -- b\n ; ", []string{"User Name", "1 ana"}},
		{"comment at the end", "SELECT username FROM staff WHERE number = 42 -- b", []string{"username", "1 ana"}},
		{"values", "VALUES (1, 'a')", []string{"column1|column2", "1 1|a"}},
		{"with", "WITH x AS (SELECT 0.10 AS share) SELECT share FROM x", []string{"share", "1 0.10"}},
		{"nothing", " ; ", []string{"! Write one SELECT."}},
		{"no rows", "SELECT username FROM staff WHERE false", []string{"! The query gives no rows."}},
		{"two commands", "SELECT 1 AS a; DROP TABLE staff", []string{"! The database says about the query: cannot insert multiple commands into a prepared statement"}},
		{"delete", "DELETE FROM staff RETURNING *", []string{`! The database says about the query: syntax error at or near "DELETE"`}},
		{"delete within", "WITH x AS (DELETE FROM staff RETURNING *) SELECT * FROM x", []string{"! The database says about the query: DECLARE CURSOR must not contain data-modifying statements in WITH"}},
		{"a function that writes", "SELECT write() AS w", []string{"! The database says about the query: cannot execute INSERT in a read-only transaction"}},
		{"leaving the transaction", "SELECT 1 AS a) ; COMMIT", []string{`! The database says about the query: syntax error at or near ")"`}},
		{"making it writable", "SELECT set_config('transaction_read_only', 'off', false) AS a, write() AS w", []string{"! The database says about the query: transaction read-write mode must be set before any query"}},
		{"unknown table", "SELECT * FROM nobody", []string{`! The database says about the query: relation "nobody" does not exist`}},
		{"column without a name", "SELECT username, 1 FROM staff", []string{"! Column 2 of the query has no name. Give it one with AS."}},
		{"same name twice", "SELECT username, name AS \"Username\" FROM staff", []string{"! Two columns of the query are called Username. Rename one with AS."}},
		{"too many columns", "SELECT " + strings.TrimSuffix(strings.Repeat("1 AS a,", 65), ","), []string{"! The query gives 65 columns. The limit is 64: name those that are needed."}},
		{"fails at a row", "SELECT 10 / (3 - n) AS n FROM generate_series(1, 5) AS n", []string{"! The database says about the query: division by zero"}},
		{"long row", "SELECT repeat('x', (n * 1200000)::int) AS n FROM generate_series(0, 1) AS n", []string{"! Row 2 is longer than 1 MB. Leave out the columns that are not needed."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, read(t, s.sources(nil), tt.query)); diff != "" {
				t.Errorf("read (-want +got):\n%s", diff)
			}
		})
	}
	var n int
	if err := s.QueryRow(t.Context(), "SELECT count(*) FROM staff").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d people are left, %v", n, err)
	}
}

// TestWhatTheDatabaseSaysIsShort: a message of the database goes into pages, mails and
// the audit log. A query can make it as long as a row, and put what it likes into it.
func TestWhatTheDatabaseSaysIsShort(t *testing.T) {
	s := newServer(t).sources(nil)
	for _, query := range []string{
		"SELECT (repeat('x', 900000))::int AS n",
		"SELECT ('a' || chr(27) || '[31m' || chr(8238) || chr(10) || chr(13) || 'Bcc: eve@example.com')::int AS n",
		"SELECT CASE WHEN n > 500 THEN (repeat(chr(10), 900000))::int ELSE n END AS n FROM generate_series(1, 999) AS n",
	} {
		got := read(t, s, query)
		said := got[len(got)-1]
		odd := strings.ContainsFunc(said, func(r rune) bool { return !unicode.IsPrint(r) })
		if len(said) > 1000 || odd || !strings.HasPrefix(said, "! The database says about the query: invalid input syntax") {
			t.Errorf("%.60s: %d bytes, %.300q", query, len(said), said)
		}
	}
}

func TestLimits(t *testing.T) {
	s := newServer(t)
	few := s.sources(func(l *sqlsource.Limits) { l.Rows = 3 })
	got := read(t, few, "SELECT n FROM generate_series(1, 9) AS n")
	if want := []string{"n", "1 1", "2 2", "3 3", "! The query gives more than 3 rows. Limit it, for example with WHERE."}; !cmp.Equal(want, got) {
		t.Errorf("read %q", got)
	}
	hasty := s.sources(func(l *sqlsource.Limits) { l.Statement = 50 * time.Millisecond })
	got = read(t, hasty, "SELECT pg_sleep(60)::text AS n")
	if want := []string{"! The query took longer than 1 second. Make it simpler, or limit it."}; !cmp.Equal(want, got) {
		t.Errorf("read %q", got)
	}
}

// TestManyRowsAllocateLittle: every row comes once and in order, and memory does not grow.
func TestManyRowsAllocateLittle(t *testing.T) {
	r, err := newServer(t).sources(nil).Open(t.Context(), "staff", "SELECT n, repeat('x', 200) AS x FROM generate_series(1, 100000) AS n ORDER BY n")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	n := 0
	for err == nil {
		var row table.Row
		if row, err = r.Next(); err == nil {
			if n++; row.Number != n || row.Cells[0] != fmt.Sprint(n) {
				t.Fatalf("row %d is %v", n, row)
			}
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); err != io.EOF || n != 100_000 || grown > 4<<20 {
		t.Errorf("%d rows, then %v; the heap grew by %d bytes", n, err, grown)
	}
}

// TestOneMoment: what is written meanwhile is not read, so that no row is missed
// or comes twice.
func TestOneMoment(t *testing.T) {
	s := newServer(t)
	s.run(t, "INSERT INTO staff (username) SELECT 'p' || n FROM generate_series(1, 3000) AS n")
	r, err := s.sources(nil).Open(t.Context(), "staff", "SELECT username FROM staff")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	s.run(t, "DELETE FROM staff WHERE username LIKE 'p1%'")
	s.run(t, "INSERT INTO staff (username) SELECT 'q' || n FROM generate_series(1, 3000) AS n")
	n := 0
	for err == nil {
		if _, err = r.Next(); err == nil {
			n++
		}
	}
	if err != io.EOF || n != 3002 {
		t.Errorf("%d rows, then %v", n, err)
	}
}

// TestDatabaseThatGoesAway: the error says how far the rows came, and no more come.
func TestDatabaseThatGoesAway(t *testing.T) {
	s := newServer(t)
	r, err := s.sources(nil).Open(t.Context(), "staff", "SELECT n, repeat('x', 1000) AS x FROM generate_series(1, 100000) AS n")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	n := 0
	for err == nil {
		if n == 150 {
			s.run(t, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sallyport data loader'")
		}
		var row table.Row
		if row, err = r.Next(); err == nil {
			n = row.Number
		}
	}
	want := fmt.Sprintf("The database staff went away after row %d, so the rest is missing. Try again.", n)
	if got := told(t, err); got != want || n < 150 || n > 9_999 {
		t.Errorf("after %d rows: %s", n, got)
	}
	if _, again := r.Next(); again != err {
		t.Errorf("asked once more: %v", again)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

// TestNothingStays: a closed source keeps no connection, also when whoever opened it
// went away first.
func TestNothingStays(t *testing.T) {
	s := newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := s.sources(nil).Open(ctx, "staff", "SELECT n FROM generate_series(1, 100000) AS n")
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = r.Next()
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("it ended with %v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	read(t, s.sources(nil), "SELECT * FROM nobody")
	read(t, s.sources(nil), "SELECT username FROM staff")
	const open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sallyport data loader'"
	deadline := time.Now().Add(20 * time.Second)
	for n := 1; n > 0; {
		if err := s.QueryRow(t.Context(), open).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if n > 0 && time.Now().After(deadline) {
			t.Fatalf("%d connections stay", n)
		}
	}
}

func TestSourcesThatCannotBeAsked(t *testing.T) {
	s := sqlsource.New(map[string]string{
		"far":    "postgres://u:hunter2@db.example.com/staff",
		"either": "postgres://u:hunter2@localhost,db.example.com/staff?sslmode=verify-ca",
		"closed": "postgres://u:hunter2@127.0.0.1:1/staff?sslmode=disable",
		"broken": "postgres://u:hunter2@[/staff",
	}, sqlsource.DefaultLimits())
	for name, want := range map[string]string{
		"far":                        "The connection to the database far is not secure, so it is not used. Whoever runs the server can set sslmode=verify-full.",
		"either":                     "The connection to the database either is not secure, so it is not used. Whoever runs the server can set sslmode=verify-full.",
		"closed":                     "The database closed does not answer. Try again later, or ask whoever runs the server.",
		"broken":                     "The database broken does not answer. Try again later, or ask whoever runs the server.",
		"other":                      "There is no database other to read from. Whoever runs the server names them.",
		"postgres://u:p@127.0.0.1/x": "There is no database postgres://u:p@127.0.0.1/x to read from. Whoever runs the server names them.",
	} {
		_, err := s.Open(t.Context(), name, "SELECT 1 AS a")
		if got := told(t, err); got != want || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %s (%v)", name, got, err)
		}
	}
	if diff := cmp.Diff([]string{"broken", "closed", "either", "far"}, s.Names()); diff != "" {
		t.Error(diff)
	}
}
