package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pressly/goose/v3"

	"github.com/sallyport/sallyport/internal/sqlstore/migrations"
)

// ErrNewerSchema says that the database was changed by a newer Sallyport; this
// one must not touch it.
var ErrNewerSchema = errors.New("sqlstore: the database belongs to a newer version")

// ErrHalfRestored says that a restore into the database was not finished. The
// next restore starts over; nothing else may touch it.
var ErrHalfRestored = errors.New("sqlstore: a restore into this database was not finished")

// Migrate brings the schema up to this binary's version. A file that changes
// is copied first. Replicas that start together take turns. It returns
// [ErrNewerSchema], and changes nothing, where the schema is ahead of the
// binary.
func (s *Store) Migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return fmt.Errorf("sqlstore: migrations: %w", err)
	}
	current, target, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: schema version: %w", err)
	}
	switch {
	case current == restoring:
		return ErrHalfRestored
	case current > target:
		return fmt.Errorf("%w: schema %d, this binary knows %d", ErrNewerSchema, current, target)
	case current == target:
		return s.foldAll(ctx)
	case current > 0:
		copied, err := s.dialect.backup(ctx, s.write.db, current)
		if err != nil {
			return fmt.Errorf("sqlstore: copy before migration: %w", err)
		}
		if copied != "" {
			s.log.InfoContext(ctx, "database copied before migration", slog.String("copy", copied))
		}
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("sqlstore: migrate: %w", err)
	}
	for _, m := range done {
		s.log.InfoContext(ctx, "database migrated", slog.Int64("version", m.Source.Version), slog.Duration("took", m.Duration))
	}
	return s.foldAll(ctx)
}

// SchemaVersion returns the version the database is at and the one this binary
// wants.
func (s *Store) SchemaVersion(ctx context.Context) (current, target int64, err error) {
	p, err := s.provider()
	if err != nil {
		return 0, 0, fmt.Errorf("sqlstore: migrations: %w", err)
	}
	if current, target, err = p.GetVersions(ctx); err != nil {
		return 0, 0, fmt.Errorf("sqlstore: schema version: %w", err)
	}
	return current, target, nil
}

// LatestSchema is the version of the schema that this binary makes.
func LatestSchema() int64 {
	files, _ := migrations.Files.ReadDir(".") // it is part of the binary
	latest := int64(0)
	for _, f := range files {
		if v, err := goose.NumericComponent(f.Name()); err == nil {
			latest = max(latest, v)
		}
	}
	return latest
}

func (s *Store) provider(more ...goose.ProviderOption) (*goose.Provider, error) {
	options, err := s.dialect.migrationOptions()
	if err != nil {
		return nil, err
	}
	options = append(append(options, more...), goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	return goose.NewProvider(s.dialect.goose, s.write.db, s.migrations, options...)
}
