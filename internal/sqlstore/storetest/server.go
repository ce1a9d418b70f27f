package storetest

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// Server names the variable with the address of a PostgreSQL server that tests
// may make databases on.
const Server = "SALLYPORT_TEST_POSTGRES"

// NeedServer leaves a test out where no PostgreSQL is at hand, as in make quick: make
// test brings one, and with CI=true what was left out is a failure.
func NeedServer(t testing.TB) {
	t.Helper()
	if os.Getenv(Server) == "" {
		t.Skip("not run: PostgreSQL (set " + Server + ")")
	}
}

// EmptyDatabase makes a database without any table for one test on [Server] and
// returns its address.
func EmptyDatabase(t testing.TB) string {
	t.Helper()
	admin := adminOf(t)
	name := newName("sallyport_empty_")
	run(t, admin, "CREATE DATABASE "+name+" TEMPLATE template0 STRATEGY file_copy")
	t.Cleanup(func() { run(t, admin, "DROP DATABASE "+name+" WITH (FORCE)") })
	return on(t, name)
}

// OwnDatabase returns the address of a migrated database on [Server] without any
// row but those of the migrations, which nobody else uses until the test ends.
//
// It stays there for the next test, also of another process: as many are made as
// there are tests at once. Whose it is a lock says, which goes with its
// connection, so a test that was killed keeps none. A test that changes tables
// takes EmptyDatabase.
func OwnDatabase(t testing.TB) string {
	t.Helper()
	admin := adminOf(t)
	prefix := "sallyport_made_" + versionOfTables() + "_"
	if name := claimed(t, admin, prefix); name != "" {
		address := on(t, name)
		run(t, admin, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
		run(t, Look(t, "pgx", address), emptied)
		return address
	}
	// It takes its name last: one that was left half made is not found.
	name, draft := newName(prefix), newName("sallyport_draft_")
	run(t, admin, "CREATE DATABASE "+draft+" TEMPLATE template0 STRATEGY file_copy")
	if err := migrate(t.Context(), sqlstore.Config{DSN: on(t, draft)}); err != nil {
		t.Fatal(err)
	}
	made, err := sql.Open("pgx", on(t, draft))
	if err != nil {
		t.Fatal(err)
	}
	run(t, made, kept)
	if err := made.Close(); err != nil {
		t.Fatal(err)
	}
	run(t, admin, "SELECT pg_advisory_lock(hashtext($1))", name)
	run(t, admin, "ALTER DATABASE "+draft+" RENAME TO "+name)
	return on(t, name)
}

// claimed takes one that nobody uses, or returns "".
func claimed(t testing.TB, admin *sql.DB, prefix string) (name string) {
	t.Helper()
	rows, err := admin.QueryContext(t.Context(), "SELECT datname FROM pg_database WHERE starts_with(datname, $1) ORDER BY datname", prefix)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for rows.Next() {
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		mine := false
		if err := admin.QueryRowContext(t.Context(), "SELECT pg_try_advisory_lock(hashtext($1))", name).Scan(&mine); err != nil {
			t.Fatal(err)
		}
		if mine {
			return name
		}
	}
	return ""
}

// kept copies what the migrations put into tables.
const kept = `DO $$ DECLARE r record; found bool; BEGIN
	CREATE SCHEMA made;
	FOR r IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
		EXECUTE format('SELECT EXISTS (SELECT 1 FROM public.%I)', r.name) INTO found;
		IF found THEN EXECUTE format('CREATE TABLE made.%I AS TABLE public.%I', r.name, r.name); END IF;
	END LOOP;
END $$`

// emptied leaves what kept had found, and nothing else. Few rows are deleted, each
// table after those that refer to it; many would have to be looked for in every
// one of those, so then the tables are made anew.
const emptied = `DO $$ DECLARE r record; again bool := true; BEGIN
	IF EXISTS (SELECT 1 FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND pg_relation_size(oid) > 200000) THEN
		EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('public.%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'public');
	END IF;
	WHILE again LOOP
		again := false;
		FOR r IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' LOOP
			BEGIN
				EXECUTE format('DELETE FROM public.%I', r.name);
			EXCEPTION WHEN foreign_key_violation THEN again := true;
			END;
		END LOOP;
	END LOOP;
	FOR r IN SELECT tablename AS name FROM pg_tables WHERE schemaname = 'made' LOOP
		EXECUTE format('INSERT INTO public.%I SELECT * FROM made.%I', r.name, r.name);
	END LOOP;
END $$`

// adminOf is one connection to the server that lasts as long as the test.
func adminOf(t testing.TB) *sql.DB {
	t.Helper()
	server := os.Getenv(Server)
	if server == "" {
		t.Fatal("a test on PostgreSQL needs " + Server)
	}
	db := Look(t, "pgx", server)
	db.SetMaxOpenConns(1) // locks are a connection's
	return db
}

func run(t testing.TB, db *sql.DB, statement string, args ...any) {
	t.Helper()
	// In a cleanup the test's own context is over.
	if _, err := db.ExecContext(context.Background(), statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

func newName(prefix string) string { return prefix + string(core.NewID(time.Now(), random)) }

// on is the address of a database on the server. What is under test does not
// hang on the disk's pace.
func on(t testing.TB, name string) string {
	t.Helper()
	address, err := url.Parse(os.Getenv(Server))
	if err != nil {
		t.Fatal(err)
	}
	address.Path = "/" + name
	parameters := address.Query()
	parameters.Set("synchronous_commit", "off")
	address.RawQuery = parameters.Encode()
	return address.String()
}
