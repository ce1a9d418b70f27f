package sqlsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/table"
)

// What may be wrong with a query and its rows.
var (
	errSelect  = core.NewError(core.Invalid, "source.select")
	errQuery   = core.NewError(core.Invalid, "source.query")
	errUnnamed = core.NewError(core.Invalid, "source.unnamed")
	errTwice   = core.NewError(core.Invalid, "source.twice")
	errColumns = core.NewError(core.Invalid, "source.columns")
	errEmpty   = core.NewError(core.Invalid, "source.empty")
	errRows    = core.NewError(core.Invalid, "source.rows")
	errLong    = core.NewError(core.Invalid, "source.long")
	errSlow    = core.NewError(core.Unavailable, "source.slow")
	errLost    = core.NewError(core.Unavailable, "source.lost")
)

// Rows are those of one query. They implement [table.Reader].
type Rows struct {
	name    string
	conn    *pgx.Conn
	limits  Limits
	guard   *guard
	columns []string
	kinds   []uint32 // types of the columns
	batch   [][]string
	ask     int // rows to ask for next
	number  int // of the row that was given last
	over    bool
	done    error
	ctx     context.Context // of the call that opened them: Next has none, as files need none
}

var _ table.Reader = (*Rows)(nil)

// begin makes the query a cursor and fetches the first rows.
func (r *Rows) begin(ctx context.Context, query string) error {
	r.ctx = ctx
	for _, sql := range []string{
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
		"DECLARE source NO SCROLL CURSOR FOR " + query,
	} {
		if _, _, err := r.run(sql); err != nil {
			return r.blame(err, 0)
		}
	}
	return r.fetch()
}

// run executes one command in the protocol that takes no more than one, and reads
// what it returns.
func (r *Rows) run(sql string) (rows [][]string, bytes int, err error) {
	// The database ends what takes too long; this is for one that says nothing more.
	ctx, cancel := context.WithTimeout(r.ctx, r.limits.Statement+r.limits.Connect)
	defer cancel()
	result := r.conn.PgConn().ExecParams(ctx, sql, nil, nil, nil, nil)
	for result.NextRow() {
		if r.kinds == nil {
			r.describe(result.FieldDescriptions())
		}
		cells := make([]string, len(r.kinds))
		for i, v := range result.Values() {
			cells[i] = text(r.kinds[i], v)
			bytes += len(v)
		}
		rows = append(rows, cells)
	}
	if r.kinds == nil {
		r.describe(result.FieldDescriptions())
	}
	_, err = result.Close()
	return rows, bytes, err
}

// describe takes the names and types of the columns from the first answer that has
// any.
func (r *Rows) describe(fields []pgconn.FieldDescription) {
	for _, f := range fields {
		r.columns = append(r.columns, f.Name)
		r.kinds = append(r.kinds, f.DataTypeOID)
	}
}

// check looks at the columns once they are known.
func (r *Rows) check() error {
	if n := len(r.columns); n > r.limits.Columns {
		return errColumns.With("count", n).With("limit", r.limits.Columns)
	}
	taken := map[string]bool{}
	for i, name := range r.columns {
		if name == "" || name == "?column?" {
			return errUnnamed.With("column", i+1)
		}
		folded := strings.ToLower(name)
		if taken[folded] {
			return errTwice.With("name", name)
		}
		taken[folded] = true
	}
	return nil
}

// text is a value as PostgreSQL writes it, except that truth and moments read as in
// a spreadsheet. What is not there is empty.
func text(kind uint32, v []byte) string {
	switch kind {
	case pgtype.BoolOID:
		switch string(v) {
		case "t":
			return "TRUE"
		case "f":
			return "FALSE"
		}
	case pgtype.TimestampOID, pgtype.TimestamptzOID:
		return strings.Replace(string(v), " ", "T", 1)
	}
	return string(v)
}

// aim is how many bytes one answer should have, and mostAsked how many rows.
const (
	aim       = 4 << 20
	mostAsked = 1000
)

// fetch asks for the next rows: as many as are about four megabytes by what those
// before were.
func (r *Rows) fetch() error {
	first := r.columns == nil
	rows, bytes, err := r.run(fmt.Sprintf("FETCH FORWARD %d FROM source", r.ask))
	if err != nil {
		return r.blame(err, len(rows))
	}
	if first {
		if err := r.check(); err != nil {
			return err
		}
		if len(rows) == 0 {
			return errEmpty
		}
	}
	r.batch, r.over = rows, len(rows) < r.ask
	if len(rows) > 0 {
		r.ask = min(max(aim/max(bytes/len(rows), 1), 1), mostAsked)
	}
	return nil
}

// Columns implements [table.Reader].
func (r *Rows) Columns() []string { return r.columns }

// Next implements [table.Reader]. The first row is number 1.
func (r *Rows) Next() (table.Row, error) {
	if r.done == nil && len(r.batch) == 0 {
		if r.over {
			r.done = io.EOF
		} else if r.done = r.fetch(); r.done == nil && len(r.batch) == 0 {
			r.done = io.EOF
		}
	}
	if r.done == nil && r.number == r.limits.Rows {
		r.done = errRows.With("limit", r.limits.Rows)
	}
	if r.done != nil {
		return table.Row{}, r.done
	}
	r.number++
	row := table.Row{Number: r.number, Cells: r.batch[0]}
	r.batch = r.batch[1:]
	return row, nil
}

// Close implements [table.Reader]. The transaction ends with the connection.
func (r *Rows) Close() error {
	if r.done == nil {
		r.done = io.EOF
	}
	// The one who opened the rows may have gone away already.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.ctx), 5*time.Second)
	defer cancel()
	if err := r.conn.Close(ctx); err != nil && !r.conn.IsClosed() {
		return err
	}
	return nil
}

// saidMost is how many letters of what the database says are told.
const saidMost = 300

// line is what the database says on one line and not too long: it goes into pages,
// mails and the audit log, and a query decides what stands in it.
func line(said string) string {
	said = said[:min(len(said), 8*saidMost)]
	said = strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, said)), " ")
	if r := []rune(said); len(r) > saidMost {
		return string(r[:saidMost]) + "…"
	}
	return said
}

// blame says what is behind an error of the driver, after so many rows of an answer.
func (r *Rows) blame(err error, read int) error {
	if r.guard.long.Load() {
		return errLong.With("row", r.number+read+1).With("limit", r.limits.Row>>20).Because(err)
	}
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	var said *pgconn.PgError
	if errors.As(err, &said) {
		switch {
		case said.Code == "57014" || said.Code == "55P03" || said.Code == "25P03": // canceled, lock or idleness
			return errSlow.With("wait", r.limits.Statement).Because(err)
		case !strings.HasPrefix(said.Code, "57P") && !strings.HasPrefix(said.Code, "08"):
			return errQuery.With("message", line(said.Message)).Because(err)
		}
	}
	if errors.Is(err, context.DeadlineExceeded) && r.number == 0 {
		return errSlow.With("wait", r.limits.Statement).Because(err)
	}
	return errLost.With("name", r.name).With("row", r.number).Because(err)
}
