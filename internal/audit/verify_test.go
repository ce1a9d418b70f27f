package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
)

// TestVerifyNamesTheFirstBadRow: two servers write and seal at once; then
// somebody with the database in hand changes it (AU4).
func TestVerifyNamesTheFirstBadRow(t *testing.T) {
	tests := []struct {
		name   string
		change func(w *world, ids []core.ID)
		code   string
		row    int // index of the row it names; -1: none
	}{
		{"an edited byte", func(w *world, ids []core.ID) {
			w.exec(`UPDATE event SET target = 'row X' WHERE id = $1`, string(ids[40]))
			w.exec(`UPDATE event SET target = 'row Y' WHERE id = $1`, string(ids[90]))
		}, "audit.row_changed", 40},
		{"an edited detail", func(w *world, ids []core.ID) {
			w.exec(`UPDATE event SET detail = '{"method": "app"}' WHERE id = $1`, string(ids[3]))
		}, "audit.row_changed", 3},
		{"a detail that is no JSON", func(w *world, ids []core.ID) {
			w.exec(`UPDATE event SET detail = 'broken' WHERE id = $1`, string(ids[3]))
		}, "audit.row_changed", 3},
		{"a deleted row", func(w *world, ids []core.ID) {
			w.exec(`DELETE FROM event WHERE id = $1`, string(ids[17]))
		}, "audit.row_missing", 17},
		{"another time", func(w *world, ids []core.ID) {
			w.exec(`UPDATE event SET at = at + 3600000000 WHERE id = $1`, string(ids[17]))
		}, "audit.row_changed", 17},
		{"moved to another organization", func(w *world, ids []core.ID) {
			w.exec(`UPDATE event SET organization_id = 'org-2' WHERE id = $1`, string(ids[60]))
		}, "audit.row_missing", 60},
		{"two swapped rows", func(w *world, ids []core.ID) {
			w.exec(`UPDATE event SET id = 'aside' WHERE id = $1`, string(ids[50]))
			w.exec(`UPDATE event SET id = $1 WHERE id = $2`, string(ids[50]), string(ids[70]))
			w.exec(`UPDATE event SET id = $1 WHERE id = 'aside'`, string(ids[70]))
		}, "audit.row_changed", 50},
		{"a row put in between", func(w *world, ids []core.ID) {
			w.exec(`INSERT INTO event (id, organization_id, at, kind, result, actor_kind, actor_id, actor_name, subject_id, target, detail,
				address, network, device, user_agent, request_id, session_id, demo_data)
				SELECT 'added', organization_id, at, kind, result, actor_kind, actor_id, actor_name, subject_id, target, detail,
				address, network, device, user_agent, request_id, session_id, demo_data FROM event WHERE id = $1`, string(ids[20]))
			w.pass(time.Hour)
			w.must(w.stores[0].Note(w.ctx, core.Record{Events: []core.Event{w.event(w.orgs[0], 0)}}))
			w.pass(time.Minute)
			w.addSeal()
		}, "audit.row_added", -1},
		{"a row with its seal", func(w *world, _ []core.ID) {
			w.exec(`DELETE FROM audit_seal WHERE organization_id = 'org-1' AND n = 2`)
		}, "audit.seal_missing", -1},
		{"an edited seal", func(w *world, _ []core.ID) {
			w.exec(`UPDATE audit_seal SET until_at = until_at + 1 WHERE organization_id = 'org-1' AND n = 1`)
		}, "audit.seal_changed", -1},
		{"a key of somebody else's", func(w *world, _ []core.ID) {
			w.exec(`UPDATE audit_key SET public = 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'`)
		}, "audit.key_unknown", -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.write(w.orgs[0], 60)
			w.write(w.orgs[1], 20)
			w.seal()
			w.write(w.orgs[0], 60)
			w.seal()
			ids := w.ids(w.orgs[0])
			w.unbroken(w.orgs[0], 120)
			tt.change(w, ids)
			r := w.verify(w.orgs[0])
			if r.Fault == nil || r.Fault.Code != tt.code {
				t.Fatalf("found %+v, want %s", r.Fault, tt.code)
			}
			if tt.row >= 0 && r.Fault.Params["row"] != ids[tt.row] {
				t.Errorf("named row %v, want %v", r.Fault.Params["row"], ids[tt.row])
			}
			if tt.code != "audit.key_unknown" && tt.name != "moved to another organization" {
				w.unbroken(w.orgs[1], 20)
			}
		})
	}
}

// addSeal seals without looking for late rows, as in the second between two looks.
func (w *world) addSeal() {
	w.t.Helper()
	s := audit.NewSealer(w.deps(0))
	s.Looked(w.clock())
	_, err := s.Seal(w.ctx)
	w.must(err)
}

// TestCutTail: who cuts rows and seals off the end is found by a checkpoint that
// was kept elsewhere, such as in the server's log, and by nothing else.
func TestCutTail(t *testing.T) {
	w := newWorld(t)
	w.write(w.orgs[0], 40)
	w.seal()
	before := w.checkpoints()
	w.write(w.orgs[0], 40)
	w.seal()
	kept := w.checkpoints()
	if len(kept) <= len(before) {
		t.Fatalf("%d checkpoints in the log, then %d", len(before), len(kept))
	}
	if r := w.verify(w.orgs[0], kept...); r.Fault != nil {
		t.Fatalf("whole: %v", r.Fault)
	}
	var from int64
	w.must(w.raw.QueryRowContext(w.ctx, `SELECT max(n) FROM audit_seal WHERE organization_id = 'org-1'`).Scan(&from))
	var at int64
	w.must(w.raw.QueryRowContext(w.ctx, `SELECT from_at FROM audit_seal WHERE organization_id = 'org-1' AND n = $1`, from).Scan(&at))
	w.exec(`DELETE FROM event WHERE organization_id = 'org-1' AND at >= $1`, at)
	w.exec(`DELETE FROM audit_seal WHERE organization_id = 'org-1' AND n = $1`, from)
	if r := w.verify(w.orgs[0]); r.Fault != nil && r.Fault.Code != "audit.row_missing" {
		t.Errorf("without a checkpoint: %v", r.Fault)
	}
	if r := w.verify(w.orgs[0], before...); r.Fault != nil && r.Fault.Code != "audit.row_missing" {
		t.Errorf("with a checkpoint from before the cut: %v", r.Fault)
	}
	r := w.verify(w.orgs[0], kept...)
	if r.Fault == nil || r.Fault.Code != "audit.cut_off" || r.Fault.Params["kept"] != from {
		t.Errorf("with a kept checkpoint: %+v", r.Fault)
	}
	// Written anew up to the same number, the log is another one.
	w.write(w.orgs[0], 40)
	w.seal()
	w.write(w.orgs[0], 40)
	w.seal()
	if r := w.verify(w.orgs[0], kept...); r.Fault == nil || r.Fault.Code != "audit.rewritten" {
		t.Errorf("rewritten: %+v", r.Fault)
	}
}

// TestLateRows: rows that are committed after their time was sealed come into a
// later seal, of which nobody needs to be told.
func TestLateRows(t *testing.T) {
	for _, late := range []time.Duration{45 * time.Second, 5 * time.Minute, 20 * time.Hour} {
		t.Run(late.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			o := w.orgs[0]
			w.write(o, 20)
			stalled := w.event(o, 99) // dated now, committed later
			w.write(o, 20)
			w.seal()
			w.pass(late)
			w.must(w.stores[1].Note(w.ctx, core.Record{Events: []core.Event{stalled, w.event(o, 100)}}))
			w.seal()
			w.unbroken(o, 42)
			w.exec(`UPDATE event SET result = 'failed' WHERE id = $1`, string(stalled.ID))
			if r := w.verify(o); r.Fault == nil || r.Fault.Code != "audit.row_changed" || r.Fault.Params["row"] != stalled.ID {
				t.Errorf("changed late row: %+v", r.Fault)
			}
		})
	}
}

// TestSealersShare: however many seal at once, each row is in one seal, and the
// numbers have no gap.
func TestSealersShare(t *testing.T) {
	w := newWorld(t)
	w.write(w.orgs[0], 200)
	w.seal()
	seals, err := w.stores[0].AuditSeals(w.ctx, w.orgs[0].ID, 0, 1000)
	w.must(err)
	seen := map[string]bool{}
	for i, l := range seals {
		if l.N != int64(i+1) {
			t.Errorf("seal %d has number %d", i+1, l.N)
		}
		for line := range strings.Lines(l.Rows) {
			if seen[line] {
				t.Errorf("twice: %s", line)
			}
			seen[line] = true
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d rows are sealed, want 200", len(seen))
	}
}

// TestRetention: what is too old goes, whole seals at a time; the chain still
// verifies, and the cut itself cannot be changed.
func TestRetention(t *testing.T) {
	w := newWorld(t)
	o := w.orgs[0]
	w.write(o, 100)
	w.write(w.orgs[1], 10)
	w.seal()
	w.pass(100 * 24 * time.Hour)
	w.write(o, 50)
	w.seal()
	o.Policy.AuditDays = core.AuditDaysLeast
	w.must(w.stores[0].SaveOrganization(w.ctx, o, core.Record{}))
	sealer := audit.NewSealer(w.deps(0))
	w.must(sealer.Retain(w.ctx))
	w.seal()
	r := w.verify(o)
	if r.Fault != nil || r.Removed != 100 || r.Rows != 51 {
		t.Errorf("after retention: %+v", r)
	}
	w.unbroken(w.orgs[1], 10)
	page, err := w.stores[0].AuditPage(w.ctx, o.ID, core.AuditFilter{Kinds: []string{core.EventAuditTrimmed}})
	w.must(err)
	if len(page.Events) != 1 || page.Events[0].Detail["rows"] != "100" {
		t.Errorf("retention says %+v", page.Events)
	}
	if r := w.verify(o, w.checkpoints()...); r.Fault != nil {
		t.Errorf("with checkpoints from before the cut: %+v", r.Fault)
	}
	if report, err := audit.VerifyFile(strings.NewReader(w.export(o, core.AuditFilter{})), w.checkpoints(), nil); err != nil || report.Fault() != nil {
		t.Errorf("exported after the cut: %+v, %v", report.Fault(), err)
	}
	w.exec(`UPDATE audit_cut SET row_count = 7 WHERE organization_id = 'org-1'`)
	if r := w.verify(o); r.Fault == nil || r.Fault.Code != "audit.cut_changed" {
		t.Errorf("with a changed cut: %+v", r.Fault)
	}
}

// TestKeyRotation: a log stays verifiable when the data keys are replaced; a new
// one signs from then on, endorsed by the old one.
func TestKeyRotation(t *testing.T) {
	w := newWorld(t)
	o := w.orgs[0]
	w.write(o, 20)
	w.seal()
	kept := w.checkpoints()[:1]
	w.rotate("k1", "k2")
	w.write(o, 20)
	w.seal()
	w.unbroken(o, 40)
	keys, err := w.stores[0].AuditKeys(w.ctx)
	w.must(err)
	if len(keys) != 2 || keys[1].EndorsedBy != keys[0].ID || keys[1].MadeUnder != "k2" {
		t.Fatalf("keys: %+v", keys)
	}
	file := w.export(o, core.AuditFilter{})
	if report, err := audit.VerifyFile(strings.NewReader(file), kept, nil); err != nil || report.Fault() != nil {
		t.Errorf("pinned to the key of before: %+v, %v", report.Fault(), err)
	}
	unendorsed := strings.Replace(file, `"endorsed":"`, `"endorsed":"A`, 1)
	if report, err := audit.VerifyFile(strings.NewReader(unendorsed), kept, nil); err != nil || report.Fault() == nil || report.Fault().Code != "audit.key_other" {
		t.Errorf("without the endorsement: %+v, %v", report.Fault(), err)
	}
}
