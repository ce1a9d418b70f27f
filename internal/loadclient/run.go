package loadclient

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/table"
)

// Stages of a load, as Watch is told of them.
const (
	Checking = "Checking"
	Loading  = "Loading"
)

// Watch is told how many rows of how many a stage has done; 0: nobody knows yet.
type Watch func(stage string, done, total int)

// looked is how many rows are shown to the server before anything begins: enough to
// hear whether it knows what to do with the columns.
const looked = 20

// Order says how the server understands a file, and finds what is wrong with that
// before anything begins.
func (c *Client) Order(ctx context.Context, f *File, as api.NewLoad) (api.LoadOrder, error) {
	var first []api.LoadRow
	err := f.batches(func() int { return 0 }, nil, func(rows []api.LoadRow) error {
		first = slices.Clone(rows[:min(len(rows), looked)])
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return api.LoadOrder{}, err
	}
	p, err := c.preview(ctx, f, as, first)
	return p.Body.Order, err
}

func (c *Client) preview(ctx context.Context, f *File, as api.NewLoad, rows []api.LoadRow) (p api.RowsPreviewed, err error) {
	var in api.PreviewAsked
	in.Body.ColumnNames, in.Body.Package, in.Body.Order, in.Body.Target, in.Body.Rows = f.Columns, as.Package, as.Order, as.Target, rows
	return p, c.ask(ctx, http.MethodPost, "/api/v1/load-previews", in.Body, &p.Body)
}

// Preview says what the load of a file would do, and hands over the rows that could
// not be taken.
func (c *Client) Preview(ctx context.Context, f *File, as api.NewLoad, watch Watch, wrong func(api.PreviewedRow)) (api.LoadCounts, error) {
	var counts api.LoadCounts
	order, err := c.Order(ctx, f, as)
	if err != nil {
		return counts, err
	}
	total, twice, err := f.check(order, watch)
	if err != nil {
		return counts, err
	}
	done := 0
	err = f.batches(func() int { return 0 }, twice, func(rows []api.LoadRow) error {
		p, err := c.preview(ctx, f, as, rows)
		if err != nil {
			return err
		}
		for _, row := range p.Body.Rows {
			switch row.Action {
			case "add":
				counts.Added++
			case "update":
				counts.Updated++
			case "reject":
				counts.Rejected++
				wrong(row)
			default:
				counts.Unchanged++
			}
		}
		done += len(rows)
		watch(Loading, done, total)
		return nil
	})
	return counts, err
}

func (f *File) check(order api.LoadOrder, watch Watch) (total int, twice map[int]int, err error) {
	n := 0
	total, twice, err = f.Twice(order, func() {
		if n++; n%batchRows == 0 {
			watch(Checking, n, 0)
		}
	})
	watch(Checking, total, total)
	return total, twice, err
}

// ErrOtherFile: a load cannot go on with another file than it began with.
var ErrOtherFile = errors.New("the load began with another file, or with this one as it was before")

// errEnough ends reading a file before its end. It is no io.EOF, which a connection
// that breaks off has, too: a load would be finished whose rows are not all done.
var errEnough = errors.New("enough is read")

// Run loads a file: from its beginning, or, with the id of a load, from where that is.
// Where it ends by the context the load stays open on the server, at the row it is at.
func (c *Client) Run(ctx context.Context, f *File, as api.NewLoad, resume string, watch Watch) (api.Load, error) {
	var l api.Load
	var err error
	if resume != "" {
		if l, err = c.Load(ctx, resume); err == nil && l.Hash != f.Sum {
			err = ErrOtherFile
		}
		if err != nil || l.State != string(core.LoadRunning) {
			return l, err
		}
		as.Order = &l.Order
	} else if as.Order, err = c.order(ctx, f, as); err != nil {
		return l, err
	}
	total, twice, err := f.check(*as.Order, watch)
	if err != nil {
		return l, err
	}
	if resume == "" {
		as.Name, as.Hash, as.ColumnNames, as.FirstRow, as.TotalRows = f.Name, f.Sum, f.Columns, f.First, total
		if err := c.ask(ctx, http.MethodPost, "/api/v1/loads", as, &l); err != nil {
			return l, err
		}
		if c.Began != nil {
			if err := c.Began(l); err != nil {
				return l, err
			}
		}
	}
	err = f.batches(func() int { return l.NextRow }, twice, func(rows []api.LoadRow) error {
		if l.State != string(core.LoadRunning) {
			return errEnough
		}
		err := c.rows(ctx, &l, rows)
		n := l.Counts
		watch(Loading, n.Added+n.Updated+n.Unchanged+n.Rejected, total)
		return err
	})
	if err != nil && !errors.Is(err, errEnough) || l.State != string(core.LoadRunning) {
		if errors.Is(err, errEnough) {
			err = nil
		}
		return l, err
	}
	done, err := c.Finish(ctx, l.ID)
	if err != nil {
		return l, err
	}
	return done, nil
}

func (c *Client) order(ctx context.Context, f *File, as api.NewLoad) (*api.LoadOrder, error) {
	o, err := c.Order(ctx, f, as)
	return &o, err
}

// stuckTries is how often rows are sent again that the server neither does nor says
// to be done.
const stuckTries = 10

// rows sends rows until they are done, by this request or by one whose answer was
// lost. The request has no name: the load knows which row is next and takes none
// twice, and the name would be held for a minute by a server that died with it.
func (c *Client) rows(ctx context.Context, l *api.Load, rows []api.LoadRow) error {
	for stuck := 0; ; stuck++ {
		for len(rows) > 0 && rows[0].Row < l.NextRow {
			rows = rows[1:]
		}
		if len(rows) == 0 || l.State != string(core.LoadRunning) {
			return nil
		}
		var in api.RowsSent
		var out api.RowsDone
		in.Body.Rows = rows
		err := c.called(ctx, "", http.MethodPost, loadPath(l.ID)+"/rows", in.Body, &out.Body)
		var no *Refused
		switch {
		case err == nil:
			*l = out.Body.Load
			return nil
		case !errors.As(err, &no) || no.Code != "load.next_row" && no.Code != "load.over" && no.Code != "stale":
			return err
		}
		was := l.NextRow
		if *l, err = c.Load(ctx, l.ID); err != nil {
			return err
		}
		switch {
		case l.NextRow != was || l.State != string(core.LoadRunning):
			stuck = 0
		case no.Code == "load.next_row" || stuck == stuckTries:
			return no // it would be refused for ever
		}
	}
}

// WriteFailed writes the rows that could not be taken as a file that can be loaded
// again when it is mended, with what is wrong by row.
func (f *File) WriteFailed(to io.Writer, problems map[int][]api.LoadProblem) error {
	const sentence = "detail" // the server has said it
	write := loadfile.FailedRows(to, func(p core.LoadProblem) string { s, _ := p.Params[sentence].(string); return s })
	if err := write(f.Columns, nil); err != nil {
		return err
	}
	return f.Rows(func(row table.Row) error {
		all, failed := problems[row.Number]
		if !failed {
			return nil
		}
		out := loader.RejectedRow{Row: row.Number, Cells: row.Cells}
		for _, p := range all {
			out.Problems = append(out.Problems, core.LoadProblem{Column: p.Column, Params: map[string]any{sentence: p.Detail}})
		}
		return write(f.Columns, []loader.RejectedRow{out})
	})
}

// stopWithin is how long telling the server may take that a load is stopped.
const stopWithin = 10 * time.Second

// StopNow stops a load although the context of the command has ended.
func (c *Client) StopNow(ctx context.Context, id string) (api.Load, error) {
	ctx, end := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer end()
	return c.Stop(ctx, id)
}
