package doctor

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/keyring"
)

// The bounds of the database and its clock.
const (
	slow      = 50 * time.Millisecond
	skewWarn  = 2 * time.Second
	skewFail  = 5 * time.Second // then the server is not ready (law 7)
	asks      = 5
	backupOld = 7 * day
	keyOld    = 2 * 365 * day
)

// database opens it and measures how long an answer takes.
func (v *visit) database(ctx context.Context) {
	if v.Config.Database == "" {
		if _, err := os.Stat(v.databaseFile()); errors.Is(err, fs.ErrNotExist) {
			v.warn("database", "the first start makes it, or: sallyport admin create", "there is no database %s yet", v.databaseFile())
			return
		}
	}
	db, err := v.Open(ctx)
	if err != nil {
		v.fail("database", "is the database running, and is its address right?", "it cannot be opened: %v", err)
		return
	}
	v.db = db
	best := patience
	for range asks {
		before := v.Now()
		if _, err := db.DatabaseTime(ctx); err != nil {
			v.fail("database", "", "it does not answer: %v", err)
			return
		}
		best = min(best, v.Now().Sub(before))
	}
	if best > slow {
		v.warn("database", "put it nearer: each page asks several times", "%s answers in %s", db.Kind(), best.Round(time.Millisecond))
		return
	}
	v.ok("database", "%s answers in %s", db.Kind(), max(best.Round(time.Millisecond), time.Millisecond))
}

// restoring is greater than every version of the schema: it marks a restore
// that was not finished.
const restoring = 1_000_000_000

// schema compares the database's tables with what this binary knows.
func (v *visit) schema(ctx context.Context) {
	if v.db == nil {
		return
	}
	current, target, err := v.db.SchemaVersion(ctx)
	switch {
	case err != nil:
		v.fail("schema", "", "its version cannot be read: %v", err)
	case current >= restoring:
		v.fail("schema", "run the restore again; it starts over", "a restore into this database was not finished")
	case current > target:
		v.fail("schema", "run the newer version", "the database is of a newer version: schema %d, this binary knows %d", current, target)
	case current < target:
		v.warn("schema", "the next start brings it up to date, or: sallyport migrate", "schema %d, this binary brings it to %d", current, target)
	default:
		v.ok("schema", "version %d", current)
		return
	}
	// What follows asks tables that may not be there.
	err = v.db.Close()
	v.db = nil
	if err != nil {
		v.warn("database", "", "it did not close cleanly: %v", err)
	}
}

// clock compares this machine's clock with the database's.
func (v *visit) clock(ctx context.Context) {
	if v.db == nil || v.Config.Database == "" {
		return // the embedded database has this machine's
	}
	before := v.Now()
	there, err := v.db.DatabaseTime(ctx)
	if err != nil {
		v.fail("clock", "", "the database's clock cannot be read: %v", err)
		return
	}
	after := v.Now()
	v.skew("clock", "the database's", there.Sub(before.Add(after.Sub(before)/2)))
}

// skew says how far two clocks are apart.
func (v *visit) skew(name, other string, apart time.Duration) {
	hint := "set both by NTP"
	shown := apart.Abs().Round(100 * time.Millisecond)
	switch {
	case apart.Abs() > skewFail:
		v.fail(name, hint, "this machine's clock and %s are %s apart", other, shown)
	case apart.Abs() > skewWarn:
		v.warn(name, hint, "this machine's clock and %s are %s apart", other, shown)
	default:
		v.ok(name, "this machine's clock agrees with %s", other)
	}
}

// keys looks at the data keys, and whether the master key opens them.
func (v *visit) keys(ctx context.Context) {
	if v.db == nil {
		return
	}
	stored, err := v.db.Keys(ctx)
	if err != nil {
		v.fail("keys", "", "the data keys cannot be read: %v", err)
		return
	}
	if len(stored) == 0 {
		v.warn("keys", "the first start makes one", "there is no data key yet")
		return
	}
	if !v.opens(stored) {
		return
	}
	active := stored[len(stored)-1]
	for _, k := range stored {
		if k.Active {
			active = k
		}
	}
	switch {
	case !active.Active || stored[len(stored)-1].ID != active.ID || len(stored) > 1 && active.SettledAt.IsZero():
		v.warn("keys", "finish it: sallyport key rotate --finish", "a rotation of the data keys is not finished")
	case v.Now().Sub(active.CreatedAt) > keyOld:
		v.warn("keys", "run: sallyport key rotate", "%s seals since %s", active.ID, active.CreatedAt.UTC().Format(time.DateOnly))
	default:
		v.ok("keys", "%s seals, and the master key opens all %d", active.ID, len(stored))
	}
}

// opens reports whether the master key, or the one that waits to replace it,
// opens the data keys; and says so where not.
func (v *visit) opens(stored []core.StoredKey) bool {
	var first error
	for _, path := range []string{v.Config.KeyPath(), keyring.Next(v.Config.KeyPath())} {
		master, err := keyring.ReadMaster(path)
		if err == nil {
			err = keyring.Proved(master, stored)
		}
		if err == nil {
			return true
		}
		if first == nil {
			first = err
		}
	}
	if core.CodeOf(first) == "key.wrong" {
		v.fail("keys", "put back the key file that was made with this database, or name it with --key-file", "the master key is not the one of this database")
	} else {
		v.fail("keys", "see key-file above", "the data keys cannot be opened: %v", first)
	}
	return false
}

// backup looks at the note that the newest backup left.
func (v *visit) backup(ctx context.Context) {
	if v.db == nil {
		return
	}
	d, err := v.db.Deployment(ctx)
	hint := "run: sallyport backup create --help"
	switch {
	case err != nil:
		v.fail("backup", "", "the note of the newest backup cannot be read: %v", err)
	case d.BackedUpAt.IsZero():
		v.warn("backup", hint, "no backup was made by this program")
	case v.Now().Sub(d.BackedUpAt) > backupOld:
		v.warn("backup", hint, "the newest backup is of %s, %d days ago", d.BackedUpAt.UTC().Format(time.DateOnly), int(v.Now().Sub(d.BackedUpAt)/day))
	default:
		v.ok("backup", "the newest is of %s", d.BackedUpAt.UTC().Format(time.DateTime))
	}
}
