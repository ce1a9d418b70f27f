package sqlstore

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// txTries bounds how often a transaction starts over after losing to others.
const txTries = 6

// cachedStatements bounds the prepared statements of a pool. The texts are
// constants and a few lists of varying length, so it is never reached in
// practice.
const cachedStatements = 512

// pool is a set of connections. For the embedded database, which has no
// statement cache of its own, it keeps prepared statements.
type pool struct {
	db       *sql.DB
	numbered bool
	mu       sync.RWMutex
	prepared map[string]*sql.Stmt
}

func newPool(db *sql.DB, d dialect) *pool {
	return &pool{db: db, numbered: d.numbered, prepared: map[string]*sql.Stmt{}}
}

func (p *pool) close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var err error
	for _, s := range p.prepared {
		err = errors.Join(err, s.Close())
	}
	clear(p.prepared)
	return errors.Join(err, p.db.Close())
}

// text returns the query as the database takes it. `$` stands for nothing else
// in our SQL (a test sees to it).
func (p *pool) text(query string) string {
	if p.numbered {
		return strings.ReplaceAll(query, "$", "?")
	}
	return query
}

// statement returns the prepared statement of a query, or nil where there is
// none yet.
func (p *pool) statement(query string) *sql.Stmt {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.prepared[query]
}

// prepare makes a statement ready for the next time. It wants a connection, so
// it must not be called inside a transaction.
func (p *pool) prepare(ctx context.Context, query string) error {
	p.mu.RLock()
	known := p.prepared[query] != nil || len(p.prepared) >= cachedStatements
	p.mu.RUnlock()
	if known {
		return nil
	}
	made, err := p.db.PrepareContext(ctx, p.text(query))
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.prepared[query] != nil {
		return made.Close()
	}
	p.prepared[query] = made
	return nil
}

// querier reads: a transaction, or single statements outside of one.
type querier interface {
	queryRow(query string, args ...any) *sql.Row
	query(query string, args ...any) (*sql.Rows, error)
}

// reading runs single statements on the pool of readers.
type reading struct {
	ctx  context.Context
	pool *pool
}

func (s *Store) reading(ctx context.Context) reading {
	if s.read.numbered && ctx.Err() == nil {
		ctx = context.WithoutCancel(ctx) // as in tryTx
	}
	return reading{ctx, s.read}
}

func (r reading) queryRow(query string, args ...any) *sql.Row {
	if stmt := r.ready(query); stmt != nil {
		return stmt.QueryRowContext(r.ctx, args...)
	}
	return r.pool.db.QueryRowContext(r.ctx, r.pool.text(query), args...)
}

func (r reading) query(query string, args ...any) (*sql.Rows, error) {
	if stmt := r.ready(query); stmt != nil {
		return stmt.QueryContext(r.ctx, args...)
	}
	return r.pool.db.QueryContext(r.ctx, r.pool.text(query), args...)
}

// ready returns the prepared statement, made now if need be. Where that fails
// the query itself runs into the same error and reports it.
func (r reading) ready(query string) *sql.Stmt {
	if !r.pool.numbered {
		return nil
	}
	if stmt := r.pool.statement(query); stmt != nil {
		return stmt
	}
	if r.pool.prepare(r.ctx, query) != nil {
		return nil
	}
	return r.pool.statement(query)
}

// tx is one running transaction. It never leaves the package.
type tx struct {
	ctx    context.Context
	sql    *sql.Tx
	store  *Store
	missed map[string]*sql.Stmt // queries not prepared yet, except by this transaction itself
	// What it wrote that others wait for; see Config.Heard.
	changes []core.Change
	mail    bool
	refused *core.Event // what it was undone for, where that was for want of a right
}

func (t *tx) stmt(query string) *sql.Stmt {
	if !t.store.write.numbered {
		return nil
	}
	if stmt := t.store.write.statement(query); stmt != nil {
		return t.sql.StmtContext(t.ctx, stmt)
	}
	own, again := t.missed[query]
	if own == nil && again {
		// A loop: the second time it is worth preparing for this transaction
		// alone. Where that fails the query itself runs into the error.
		own, _ = t.sql.PrepareContext(t.ctx, t.store.write.text(query))
	}
	t.missed[query] = own
	return own
}

func (t *tx) queryRow(query string, args ...any) *sql.Row {
	if stmt := t.stmt(query); stmt != nil {
		return stmt.QueryRowContext(t.ctx, args...)
	}
	return t.sql.QueryRowContext(t.ctx, t.store.write.text(query), args...)
}

func (t *tx) query(query string, args ...any) (*sql.Rows, error) {
	if stmt := t.stmt(query); stmt != nil {
		return stmt.QueryContext(t.ctx, args...)
	}
	return t.sql.QueryContext(t.ctx, t.store.write.text(query), args...)
}

// exec runs a statement and returns how many rows it touched: the answer to
// every conditional update.
func (t *tx) exec(query string, args ...any) (int64, error) {
	var res sql.Result
	var err error
	if stmt := t.stmt(query); stmt != nil {
		res, err = stmt.ExecContext(t.ctx, args...)
	} else {
		res, err = t.sql.ExecContext(t.ctx, t.store.write.text(query), args...)
	}
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// one runs a statement that must touch a row; otherwise it returns none.
func (t *tx) one(none error, query string, args ...any) error {
	n, err := t.exec(query, args...)
	if err == nil && n == 0 {
		return none
	}
	return err
}

// all runs a statement whatever it touches.
func (t *tx) all(query string, args ...any) error {
	_, err := t.exec(query, args...)
	return err
}

// runInTx runs fn in one transaction, again where it lost to others at the same
// time, so fn must set what it returns and never add to it.
func (s *Store) runInTx(ctx context.Context, what string, fn func(*tx) error) error {
	var err error
	for try := range txTries {
		if err = s.tryTx(ctx, fn); !s.dialect.mayRetry(err) {
			break
		}
		if err := pause(ctx, time.Duration(try+1)*4*time.Millisecond); err != nil {
			return err
		}
	}
	return failed(what, err)
}

func (s *Store) tryTx(ctx context.Context, fn func(*tx) error) error {
	begun, err := s.write.db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelDefault})
	if err != nil {
		return err
	}
	t := &tx{ctx: ctx, sql: begun, store: s, missed: map[string]*sql.Stmt{}}
	if s.write.numbered {
		// Each statement takes microseconds; watching each for a cancelled
		// request would cost more. The transaction itself is still rolled back.
		t.ctx = context.WithoutCancel(ctx)
	}
	err = fn(t)
	if err == nil {
		err = begun.Commit()
	} else if undo := begun.Rollback(); undo != nil && !errors.Is(undo, sql.ErrTxDone) {
		err = errors.Join(err, undo)
	}
	if t.refused != nil && err != nil {
		err = errors.Join(err, s.refuse(ctx, *t.refused, err))
	}
	if err == nil && s.heard != nil && (t.mail || len(t.changes) > 0) {
		s.heard(t.changes, t.mail)
	}
	if errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil {
		return ctx.Err()
	}
	for query := range t.missed {
		if s.write.prepare(context.WithoutCancel(ctx), query) != nil {
			break // it is prepared the next time, or that query fails and says why
		}
	}
	return err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// failed names the business of a driver's error. The store's own errors pass
// through as they are.
func failed(what string, err error) error {
	var own *core.Error
	if err == nil || errors.As(err, &own) {
		return err
	}
	err = fmt.Errorf("sqlstore: %s: %w", what, err)
	if away(err) {
		return errAway.Because(err)
	}
	return err
}

// errAway is what a caller gets while the database cannot be reached: trying
// again later helps, and nothing is let through meanwhile (RL10).
var errAway = core.NewError(core.Unavailable, "store.unavailable").With("wait", 5*time.Second)

// away reports whether there was no answer at all, as opposed to an answer that
// something is wrong with the statement.
func away(err error) bool {
	var network net.Error
	return code(err) == "" && (errors.As(err, &network) || errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) ||
		errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, context.DeadlineExceeded))
}
