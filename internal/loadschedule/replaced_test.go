package loadschedule_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestAFileThatTakesThePlaceOfAnother: whoever puts files into a watched folder puts the
// next one in the place of the one that is being read. It is not taken for that one, and
// moved away unread.
func TestAFileThatTakesThePlaceOfAnother(t *testing.T) {
	d := newDesk(t, nil)
	d.save(d.want(watching("*.csv"), ""))
	d.put("staff.csv", header+"ana@example.com,Ana,Diaz\n")
	d.files.Store = &midway{Store: d.store, then: func() {
		d.put("next", header+"bea@example.com,Bea,Novak\n")
		d.must(os.Rename(filepath.Join(d.folder, "next"), filepath.Join(d.folder, "staff.csv")))
	}}
	for range 4 {
		d.pass(11 * time.Second)
		d.turn()
	}
	d.expect(map[string]int{"person WHERE email = 'ana@example.com'": 1, "person WHERE email = 'bea@example.com'": 1, "load_run WHERE state = 'done'": 2})
	if left := names(t, d.folder); len(left) != 1 {
		t.Errorf("the folder has %q", left)
	}
	if moved := names(t, filepath.Join(d.folder, "taken")); len(moved) != 1 {
		t.Errorf("taken has %q", moved)
	}
}
