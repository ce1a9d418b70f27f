package loadschedule_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// midway is where files are kept; while the first bytes of one arrive, something
// happens to what they are read from.
type midway struct {
	loadfile.Store
	then func()
}

func (m *midway) AddLoadChunk(ctx context.Context, organizationID, fileID, id core.ID, sealed string) error {
	if m.then != nil {
		m.then()
		m.then = nil
	}
	return m.Store.AddLoadChunk(ctx, organizationID, fileID, id, sealed)
}

// nothingOf fails the test unless a schedule failed once for a reason, and nothing of
// what it read is loaded or kept.
func (d *desk) nothingOf(id core.ID, reason string) {
	d.t.Helper()
	if is := d.stored(id); is.Fault.Code != reason || is.Failures != 1 || is.LastRun != "" {
		d.t.Errorf("the schedule is %+v, want it to have failed for %s", is, reason)
	}
	d.expect(map[string]int{"load_run": 0, "load_file": 0, "load_chunk": 0, "person": 1})
}

// TestAFileThatIsStillWritten: one that somebody writes into, before it is read or
// while it is, is not loaded at all; the next turn has it whole.
func TestAFileThatIsStillWritten(t *testing.T) {
	for name, write := range map[string]func(d *desk, path string){
		"a moment ago":      func(d *desk, path string) { d.must(os.Chtimes(path, d.clock(), d.clock())) },
		"while it is read":  nil,
		"to its old length": nil,
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, nil)
			id := d.save(d.want(core.LoadSource{Kind: core.LoadFromFile, Place: "inbox", Name: "staff.csv"}, "0 * * * *"))
			d.pass(time.Hour)
			path := filepath.Join(d.folder, "staff.csv")
			d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
			if write != nil {
				write(d, path)
			} else {
				d.files.Store = &midway{Store: d.store, then: func() {
					text := header + "bea@example.com,Bea,Ruiz\n"
					if name == "while it is read" {
						text += "cyd@example.com,Cyd,Ray\n"
					}
					d.must(os.WriteFile(path, []byte(text), 0o600))
				}}
			}
			d.turn()
			d.nothingOf(id, "schedule.file_changes")
			d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
			d.pass(time.Hour)
			d.turn()
			d.turn()
			d.expect(map[string]int{"load_run WHERE state = 'done'": 1, "person WHERE email = 'ana@example.com'": 1, "load_schedule WHERE failures = 0": 1})
		})
	}
}

// TestADatabaseGoesAwayMidway: what it gave until then is not loaded and not kept.
func TestADatabaseGoesAwayMidway(t *testing.T) {
	c, address := staff(t)
	d := newDesk(t, map[string]string{"staff": address})
	query := `SELECT 'p' || n || '@example.com' AS "Email", repeat('x', 1000) AS "First name", 'N' AS "Last name" FROM generate_series(1, 20000) AS n`
	id := d.save(d.want(core.LoadSource{Kind: core.LoadFromQuery, Place: "staff", Query: query}, "0 * * * *"))
	d.pass(time.Hour)
	d.files.Store = &midway{Store: d.store, then: func() {
		var ended int
		err := c.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
			WHERE datname = current_database() AND pid <> pg_backend_pid()`).Scan(&ended)
		if err != nil || ended != 1 {
			t.Errorf("%d connections were ended, %v", ended, err)
		}
	}}
	d.turn()
	d.nothingOf(id, "source.lost")
	if is := d.stored(id); !strings.Contains(is.Fault.Params["name"].(string), "staff") {
		t.Errorf("it failed with %+v", is.Fault)
	}
}
