package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// ErrHalfRestored keeps everybody out of half a backup.
var ErrHalfRestored = errors.New("a restore into this database was not finished, so nothing may use it; " +
	"run sallyport backup restore again, it starts over")

// Backups are backups of a deployment: what works on its database without
// bringing it up to date or starting anything.
type Backups struct {
	base   *Base
	MadeBy string // the version of this program
}

// NewBackups returns the backups of the configured deployment. Nothing is
// opened yet.
func NewBackups(c config.Config, p Parts, madeBy string) *Backups {
	b := &Base{Config: c, Random: p.Random, Logger: p.Logger, clock: newClock(p.Clock)}
	b.Clock = b.clock.Now
	return &Backups{base: b, MadeBy: madeBy}
}

// open opens the database; the returned function closes it.
func (b *Backups) open(ctx context.Context) (done func() error, err error) {
	if err := b.base.connect(ctx); err != nil {
		return nil, err
	}
	if err := b.base.clock.measure(ctx); err != nil {
		return nil, errors.Join(err, b.base.Store.Close())
	}
	return b.base.Store.Close, nil
}

// Create writes one consistent snapshot of the whole database, while servers
// run, through write, which keeps it; only when that was done well is the
// backup noted. by is who made it.
func (b *Backups) Create(ctx context.Context, seal backup.Seal, by core.Actor, write func(func(io.Writer) error) error) (s backup.Summary, err error) {
	if err := seal.Check(); err != nil {
		return s, err
	}
	done, err := b.open(ctx)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, done()) }()
	store, taken := b.base.Store, b.base.Clock()
	err = write(func(to io.Writer) error {
		w, err := backup.NewWriter(to, seal, backup.Head{TakenAt: taken, MadeBy: b.MadeBy, From: store.Kind()})
		if err != nil {
			return err
		}
		if err := store.Snapshot(ctx, w); err != nil {
			return err
		}
		s, err = w.Close()
		return err
	})
	switch {
	case errors.Is(err, sqlstore.ErrHalfRestored):
		return s, ErrHalfRestored
	case err != nil || s.Schema < sqlstore.LatestSchema(): // an older schema has no place for the note
		return s, err
	}
	e := core.Event{
		ID: core.NewID(taken, b.base.Random), At: b.base.Clock(), Kind: core.EventBackupMade, Result: "ok", Actor: by,
		Detail: map[string]string{"taken_at": taken.UTC().Format(time.RFC3339)},
	}
	return s, store.BackedUp(ctx, taken, core.Record{Events: []core.Event{e}})
}

// Checked is what a look through a whole backup found.
type Checked struct {
	backup.Summary
	// MasterKey is the path of the master key file that opens what is sealed in
	// the backup; empty where there is no such file here.
	MasterKey string
}

// Source opens a backup from its beginning.
type Source func() (io.ReadCloser, error)

// Check reads a backup to its end and writes nothing. Where there is a master
// key file, it must be the one that belongs to the backup.
func (b *Backups) Check(ctx context.Context, from Source, k backup.Key) (Checked, error) {
	look := &inspector{}
	s, err := readAll(ctx, from, k, look)
	if err != nil {
		return Checked{}, err
	}
	c := Checked{Summary: s}
	path := b.base.Config.KeyPath()
	master, err := keyring.ReadMaster(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return c, err
	}
	if err := keyring.Proved(master, look.keys); err != nil {
		return c, core.NewError(core.Invalid, "backup.master_key").With("file", path).Because(err)
	}
	c.MasterKey = path
	return c, nil
}

// Restore brings a backup into an empty database and ends what must not live on
// (BK2). What would make it fail is found before anything is written: a damaged
// file, a missing or wrong master key, a newer schema, a database in use. Cut
// off in the middle, the database is refused by every server until the next
// restore, which starts over.
func (b *Backups) Restore(ctx context.Context, from Source, k backup.Key, by core.Actor) (c Checked, err error) {
	if c, err = b.Check(ctx, from, k); err != nil {
		return c, err
	}
	if c.MasterKey == "" {
		return c, core.NewError(core.Invalid, "backup.no_master_key").With("file", b.base.Config.KeyPath())
	}
	done, err := b.open(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, done()) }()
	store := b.base.Store
	if err := store.BeginRestore(ctx, c.Schema); err != nil {
		return c, err
	}
	err = store.LoadBackup(ctx, func(to sqlstore.Sink) error {
		again, err := readAll(ctx, from, k, to)
		if err == nil && (!again.TakenAt.Equal(c.TakenAt) || !maps.Equal(again.Rows, c.Rows)) {
			err = backup.ErrDamaged.Because(errors.New("the file was changed meanwhile"))
		}
		return err
	})
	if err != nil {
		return c, err
	}
	if err := store.MigrateRestored(ctx); err != nil {
		return c, err
	}
	record, err := b.restored(ctx, c, by)
	if err != nil {
		return c, err
	}
	now := b.base.Clock()
	return c, store.FinishRestore(ctx, core.Restoration{TakenAt: c.TakenAt, At: now, Step: otp.Step(now), Record: record})
}

// restored tells every organization of the restore.
func (b *Backups) restored(ctx context.Context, c Checked, by core.Actor) (r core.Record, err error) {
	all, err := b.base.Store.Organizations(ctx)
	if err != nil {
		return r, err
	}
	now := b.base.Clock()
	for _, o := range all {
		r.Events = append(r.Events, core.Event{
			ID: core.NewID(now, b.base.Random), OrganizationID: o.ID, At: now, Kind: core.EventBackupRestored, Result: "ok", Actor: by,
			Target: o.Name, Detail: map[string]string{"taken_at": c.TakenAt.UTC().Format(time.RFC3339), "made_by": c.MadeBy},
		})
	}
	return r, nil
}

// readAll reads a backup from its beginning to its end, or until ctx ends.
func readAll(ctx context.Context, from Source, k backup.Key, to backup.Sink) (backup.Summary, error) {
	in, err := from()
	if err != nil {
		return backup.Summary{}, err
	}
	s, err := backup.Read(patient{ctx, in}, k, to)
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if shut := in.Close(); err == nil {
		err = shut
	}
	return s, err
}

// patient is a reader that can be called off.
type patient struct {
	ctx context.Context
	in  io.Reader
}

// Read implements io.Reader.
func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.in.Read(b)
}

// inspector looks at a backup without storing it, and keeps its data keys.
type inspector struct {
	columns []string // of the data keys, while their rows pass
	keys    []core.StoredKey
}

// Schema implements backup.Sink.
func (i *inspector) Schema(version int64) error {
	if known := sqlstore.LatestSchema(); version > known {
		return sqlstore.ErrNewerBackup.With("schema", version).With("known", known)
	}
	return nil
}

// Table implements backup.Sink.
func (i *inspector) Table(name string, columns []string) error {
	i.columns = nil
	if name == "data_key" {
		i.columns = slices.Clone(columns)
	}
	return nil
}

// Row implements backup.Sink.
func (i *inspector) Row(values []any) error {
	if i.columns == nil {
		return nil
	}
	var k core.StoredKey
	for at, column := range i.columns {
		switch column {
		case "id":
			k.ID, _ = values[at].(string)
		case "wrapped":
			k.Wrapped, _ = values[at].(string)
		case "active":
			k.Active, _ = values[at].(bool)
		}
	}
	if k.ID == "" || k.Wrapped == "" {
		return backup.ErrDamaged.Because(fmt.Errorf("a data key of %d values", len(values)))
	}
	i.keys = append(i.keys, k)
	return nil
}

// FileSource reads a backup from a file.
func FileSource(path string) Source {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}
