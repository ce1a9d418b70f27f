package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// Sink takes a whole database: the version of its schema, and then table by
// table, in an order in which rows refer only to rows before them. A value is a
// string, an int64 or a bool.
type Sink interface {
	Schema(version int64) error
	Table(name string, columns []string) error
	Row(values []any) error
}

// ErrNoSchema says that a database has no tables of ours yet.
var ErrNoSchema = errors.New("sqlstore: there is nothing in the database yet")

// Snapshot hands out everything as it is at one moment, in one transaction that
// only reads: servers go on meanwhile. Nothing is kept in memory. A database
// that waits for a migration is taken as it is.
func (s *Store) Snapshot(ctx context.Context, to Sink) error {
	_, target, err := s.SchemaVersion(ctx)
	if err != nil {
		return err
	}
	begun, err := s.read.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return failed("snapshot", err)
	}
	err = failed("snapshot", s.snapshot(ctx, begun, target, to))
	if undo := begun.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
		err = errors.Join(err, undo)
	}
	return err
}

func (s *Store) snapshot(ctx context.Context, begun *sql.Tx, target int64, to Sink) error {
	var version int64
	if err := begun.QueryRowContext(ctx, selectVersion).Scan(&version); err != nil {
		return err
	}
	switch {
	case version == restoring:
		return ErrHalfRestored
	case version > target:
		return fmt.Errorf("%w: schema %d, this binary knows %d", ErrNewerSchema, version, target)
	case version == 0:
		return ErrNoSchema
	}
	if err := to.Schema(version); err != nil {
		return err
	}
	for _, t := range tables() {
		if t.since > version {
			continue
		}
		if err := s.copyTable(ctx, begun, t.name, to); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
	}
	return nil
}

func (s *Store) copyTable(ctx context.Context, begun *sql.Tx, name string, to Sink) error {
	columns, err := s.columns(ctx, begun, name)
	if err != nil {
		return err
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	if err := to.Table(name, names); err != nil {
		return err
	}
	rows, err := begun.QueryContext(ctx, `SELECT `+strings.Join(names, ", ")+` FROM `+name)
	if err != nil {
		return err
	}
	into, values := make([]any, len(columns)), make([]any, len(columns))
	for i, c := range columns {
		into[i] = c.value()
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return closed(rows, err)
		}
		for i, v := range into {
			switch v := v.(type) {
			case *string:
				values[i] = *v
			case *int64:
				values[i] = *v
			case *bool:
				values[i] = *v
			}
		}
		if err := to.Row(values); err != nil {
			return closed(rows, err)
		}
	}
	return closed(rows, rows.Err())
}

// column is a column of a table as the database describes it.
type column struct{ name, kind string }

// value returns where such a column is read into.
func (c column) value() any {
	switch c.kind {
	case "BIGINT":
		return new(int64)
	case "BOOLEAN":
		return new(bool)
	}
	return new(string)
}

// holds reports whether v can be stored in such a column.
func (c column) holds(v any) bool {
	switch v.(type) {
	case int64:
		return c.kind == "BIGINT"
	case bool:
		return c.kind == "BOOLEAN"
	case string:
		return c.kind == "TEXT"
	}
	return false
}

// columns returns the columns of a table, in their order.
func (s *Store) columns(ctx context.Context, begun *sql.Tx, table string) ([]column, error) {
	rows, err := begun.QueryContext(ctx, s.write.text(s.dialect.columns), table)
	all, err := collect(rows, err, func(r *sql.Rows) (c column, err error) {
		err = r.Scan(&c.name, &c.kind)
		c.kind = strings.ToUpper(c.kind)
		return c, err
	})
	if err == nil && len(all) == 0 {
		err = fmt.Errorf("there is no table %s", table)
	}
	return all, err
}
