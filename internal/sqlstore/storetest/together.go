package storetest

import (
	"sync"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// callers is how many try at once (law 5).
const callers = 50

// together runs do callers times at once over three handles on the same
// database, and returns how many calls succeeded. Any error but the allowed
// ones fails the test.
func (w *world) together(n int, do func(s *sqlstore.Store, i int) error, allowed ...*core.Error) int {
	w.t.Helper()
	stores := []*sqlstore.Store{w.store, w.replica(), w.replica()}
	errs := make([]error, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			errs[i] = do(stores[i%len(stores)], i)
		})
	}
	start.Done()
	done.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !expected(err, allowed) {
			w.t.Errorf("a parallel call failed with %v", err)
		}
	}
	return won
}

func expected(err error, allowed []*core.Error) bool {
	for _, e := range allowed {
		if core.CodeOf(err) == e.Code {
			return true
		}
	}
	return false
}

// rows counts rows from outside.
func (w *world) rows(from string, args ...any) int {
	w.t.Helper()
	var n int
	w.must(w.db.Raw.QueryRowContext(w.ctx, "SELECT count(*) FROM "+from, args...).Scan(&n))
	return n
}

// count fails the test unless got is want.
func (w *world) count(what string, got, want int) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("%s: got %d, want %d", what, got, want)
	}
}
