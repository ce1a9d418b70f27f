package sqlstore_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// newer is the migrations of a version to come.
func newer(t *testing.T) fs.FS {
	t.Helper()
	files := fstest.MapFS{"0999_later.sql": {Data: []byte("-- +goose Up\nALTER TABLE person ADD COLUMN later TEXT NOT NULL DEFAULT '';\n")}}
	names, err := filepath.Glob("migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	return files
}

func TestAnOlderBinaryRefusesANewerSchema(t *testing.T) {
	each(t, func(t *testing.T, db storetest.Database) {
		s := db.Open(t, time.Now, seeded())
		old := db.Open(t, time.Now, seeded())
		sqlstore.UseMigrations(s, newer(t))
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := old.Migrate(t.Context()); !errors.Is(err, sqlstore.ErrNewerSchema) {
			t.Errorf("got %v, want ErrNewerSchema", err)
		}
		current, target, err := old.SchemaVersion(t.Context())
		if err != nil || current != 999 || target >= current {
			t.Errorf("got schema %d of %d (%v), want 999 of less", current, target, err)
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Errorf("migrating again: %v", err)
		}
	})
}

func TestReplicasMigrateTogether(t *testing.T) {
	each(t, func(t *testing.T, db storetest.Database) {
		var stores []*sqlstore.Store
		for range 4 {
			s := db.Open(t, time.Now, seeded())
			sqlstore.UseMigrations(s, newer(t))
			stores = append(stores, s)
		}
		if stores[0].Kind() == "sqlite" {
			stores = stores[:1] // one process owns the file
		}
		errs := make(chan error)
		for _, s := range stores {
			go func() { errs <- s.Migrate(t.Context()) }()
		}
		for range stores {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAFileIsCopiedBeforeItChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "sallyport.db")
	s := opener(sqlstore.Config{Path: path})(t, time.Now, seeded())
	o := core.Organization{ID: "org", Name: "One", Policy: core.DefaultPolicy()}
	if err := s.CreateOrganization(t.Context(), o, core.Record{}); err != nil {
		t.Fatal(err)
	}
	if copies, _ := filepath.Glob(path + ".version-*"); len(copies) > 0 {
		t.Errorf("a new file was copied: %v", copies)
	}
	current, _, err := s.SchemaVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	copyPath := fmt.Sprintf("%s.version-%d", path, current)
	if err := os.WriteFile(copyPath, []byte("left by a try that failed"), 0o600); err != nil {
		t.Fatal(err)
	}
	sqlstore.UseMigrations(s, newer(t))
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(copyPath)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("got a copy %v (%v), want one with mode 0600", info, err)
	}
	copied := opener(sqlstore.Config{Path: copyPath})(t, time.Now, seeded())
	all, err := copied.Organizations(t.Context())
	if err != nil || len(all) != 1 {
		t.Errorf("the copy holds %v (%v), want the organization", all, err)
	}
}

func TestAFileIsPrivate(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b?c#d%20")
	path := filepath.Join(folder, "sallyport.db")
	opener(sqlstore.Config{DSN: path})(t, time.Now, seeded())
	got := map[string]fs.FileMode{}
	for _, name := range []string{folder, path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		got[name] = info.Mode().Perm()
	}
	want := map[string]fs.FileMode{folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("modes (-want +got):\n%s", d)
	}
}

func TestOpenRefuses(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for name, c := range map[string]sqlstore.Config{
		"nothing":           {Clock: time.Now, Random: seeded(), Logger: log},
		"both":              {Clock: time.Now, Random: seeded(), Logger: log, Path: "x", DSN: "postgres://127.0.0.1/x"},
		"no clock":          {Random: seeded(), Logger: log, Path: filepath.Join(t.TempDir(), "x")},
		"no randomness":     {Clock: time.Now, Logger: log, Path: filepath.Join(t.TempDir(), "x")},
		"a broken address":  {Clock: time.Now, Random: seeded(), Logger: log, DSN: "postgres://127.0.0.1:none/x"},
		"a folder":          {Clock: time.Now, Random: seeded(), Logger: log, Path: t.TempDir()},
		"nobody to connect": {Clock: time.Now, Random: seeded(), Logger: log, DSN: "postgres://127.0.0.1:1/x?connect_timeout=1"},
	} {
		t.Run(name, func(t *testing.T) {
			if s, err := sqlstore.Open(t.Context(), c); err == nil {
				t.Error("it opened", s.Close())
			}
		})
	}
}

// The suite looks at every table there is, and every table of an organization
// names it.
func TestTables(t *testing.T) {
	db := files(t)
	rows, err := db.Raw.QueryContext(t.Context(), "SELECT name FROM sqlite_master WHERE type = 'table'")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		if name != "goose_db_version" && name != "sqlite_sequence" {
			got = append(got, name)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	want := slices.Sorted(slices.Values(storetest.Tables()))
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("tables (-suite +schema):\n%s", d)
	}
	for _, table := range got {
		var named int
		err := db.Raw.QueryRowContext(t.Context(), "SELECT count(*) FROM pragma_table_info(?) WHERE name = 'organization_id'", table).Scan(&named)
		if err != nil {
			t.Fatal(err)
		}
		if named == 0 && !slices.Contains(slices.Collect(maps.Keys(deploymentTables())), table) {
			t.Errorf("%s names no organization (law 10)", table)
		}
	}
}

// TestColumnsOfKeys: rotation knows every column that a data key stands behind,
// going by their names; package app goes by what is in them.
func TestColumnsOfKeys(t *testing.T) {
	rows, err := files(t).Raw.QueryContext(t.Context(), `SELECT m.name || '.' || c.name FROM sqlite_master m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND (c.name LIKE '%sealed%' OR c.name LIKE '%key_id%')`)
	if err != nil {
		t.Fatal(err)
	}
	var got, want []string
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
	for _, c := range core.SealedColumns() {
		want = append(want, string(c))
	}
	for _, c := range core.KeyedColumns() {
		want = append(want, string(c))
	}
	slices.Sort(got)
	slices.Sort(want)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("columns behind data keys (-rotation +schema):\n%s", d)
	}
}

// deploymentTables hold rows that are no organization's, each with the reason.
func deploymentTables() map[string]string {
	return map[string]string{
		"organization": "it is the organization",
		"throttle":     "unknown names belong to nobody",
		"cache_change": "it holds ids that say nothing",
		"data_key":     "keys are the deployment's",
		"deployment":   "it is the deployment",
		"audit_key":    "keys are the deployment's",
		"audit_task":   "work in the background is the deployment's",
		"mail_server":  "mail is the deployment's",
		"mail_setting": "mail is the deployment's",
		"mail_health":  "mail is the deployment's",
		"mail_minute":  "mail is the deployment's",
		"mail_trial":   "mail is the deployment's",
	}
}
