package loadschedule_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// dying is the store of a process that ends at a point, and does nothing more.
type dying struct {
	*sqlstore.Store
	at string
}

// end is how it ends.
type end struct{}

func (s dying) StartLoadTurn(ctx context.Context, f core.LoadFile, l core.LoadRun, n core.LoadScheduleTurn) error {
	if s.at == "before it begins" {
		panic(end{})
	}
	err := s.Store.StartLoadTurn(ctx, f, l, n)
	if s.at == "after it began" {
		panic(end{})
	}
	return err
}

func (s dying) NoteLoadSchedule(ctx context.Context, n core.LoadScheduleTurn) error {
	if s.at == "before the turn is over" {
		panic(end{})
	}
	return s.Store.NoteLoadSchedule(ctx, n)
}

// dies takes a turn in a process that ends at a point of it.
func (d *desk) dies(at string) {
	d.t.Helper()
	store := dying{d.store, at}
	files, deps := d.files.Deps, d.Deps
	files.Store = store
	deps.Queue, deps.Files = store, loadfile.New(files)
	defer func() {
		if _, ended := recover().(end); !ended {
			d.t.Errorf("it did not die %s", at)
		}
	}()
	_, err := (&loadschedule.Worker{Service: loadschedule.New(deps), Owner: "dies"}).Turn(d.t.Context())
	d.must(err)
}

// TestATurnOutlivesWhoeverDies: wherever the process ends that takes a turn, what is
// there is loaded once.
func TestATurnOutlivesWhoeverDies(t *testing.T) {
	for _, at := range []string{"before it begins", "after it began", "before the turn is over"} {
		for _, kind := range []core.LoadSourceKind{core.LoadFromFile, core.LoadFromWatch} {
			t.Run(string(kind)+" "+at, func(t *testing.T) {
				d := newDesk(t, nil)
				d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
				is := d.want(core.LoadSource{Kind: kind, Place: "inbox", Name: "staff.csv"}, "0 6 * * *")
				if kind == core.LoadFromWatch {
					is.Cron = ""
				}
				id := d.save(is)
				d.pass(24 * time.Hour)
				d.dies(at)
				for range 3 { // of another process, which waits for the end of the lease
					d.turn()
				}
				began := 1
				if at == "before it begins" {
					began = 0
				}
				d.expect(map[string]int{"load_run": began, "load_run WHERE state = 'done'": began})
				d.pass(core.LoadScheduleLease)
				for range 4 {
					d.turn()
					d.pass(time.Minute)
				}
				d.expect(map[string]int{"load_run": 1, "load_run WHERE state = 'done'": 1, "person WHERE email = 'ana@example.com'": 1, "outbox": 0})
				if is := d.stored(id); !is.Settled || is.Failures != 0 || kind == core.LoadFromFile && !is.NextAt.Equal(time.Date(2026, 11, 25, 5, 0, 0, 0, time.UTC)) {
					t.Errorf("the schedule is %+v", is)
				}
				if kind == core.LoadFromWatch && len(names(t, filepath.Join(d.folder, "taken"))) != 1 {
					t.Error("the file is not moved")
				}
			})
		}
	}
}
