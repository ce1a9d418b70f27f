package loadfile_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestALoadEndsWithWhatBeganIt: a load that is under way goes no further once the key
// that began it is deleted, or its person says that it wasn't them, whatever it was
// begun with. What else ends their session does not end it.
func TestALoadEndsWithWhatBeganIt(t *testing.T) {
	const n = 4_000
	deleted := func(d *desk, k core.APIKey) {
		d.must(d.store.RemoveAPIKey(d.t.Context(), core.APIKeyRemoval{OrganizationID: d.org.ID, KeyID: k.ID}))
	}
	alarmed := func(d *desk, _ core.APIKey) {
		d.must(d.store.RaiseAlarm(d.t.Context(), core.Alarm{OrganizationID: d.org.ID, UserID: d.boss.ID, Since: d.clock(), At: d.clock()}))
	}
	left := func(d *desk, _ core.APIKey) {
		d.must(d.store.SignOutEverywhere(d.t.Context(), core.EverywhereSignOut{OrganizationID: d.org.ID, UserID: d.boss.ID, At: d.clock()}))
	}
	stopped := func(d *desk, _ core.APIKey) {
		runs, err := d.store.Loads(d.t.Context(), d.org.ID, core.LoadFilter{Limit: 1})
		d.must(err)
		_, err = d.Loads.Stop(d.t.Context(), d.caller(), runs[0].ID, core.LoadByPerson)
		d.must(err)
	}
	for _, tt := range []struct {
		name  string
		byKey bool
		ends  func(d *desk, k core.APIKey)
		want  string
	}{
		{"a deleted key", true, deleted, core.LoadRightLost},
		{"an alarm, by a key", true, alarmed, core.LoadRightLost},
		{"an alarm, at a page", false, alarmed, core.LoadRightLost},
		{"stopped", false, stopped, core.LoadByPerson},
		{"signed out", false, left, ""},
	} {
		d := newDesk(t)
		k, c := d.key(), d.caller()
		if tt.byKey {
			c.Origin.Key, c.View.Key = k.Access, k.Access
		}
		f := d.up("people.csv", staff(n))
		id, err := d.StartProgram(t.Context(), c, f.ID, f.Version, "")
		d.must(err)
		// All parts are read once for the sum; then it is in the middle.
		d.Sealer = &slow{of: d, left: d.count("load_chunk") * 3 / 2, then: func() { tt.ends(d, k) }}
		for range 3 {
			_, err := d.worker("a").Turn(t.Context())
			d.must(err)
		}
		run := d.run(id)
		if run.Reason != tt.want || !run.State.Over() || run.State == core.LoadStopped && (run.Counts.Rows() == 0 || run.Counts.Rows() > n*3/4) {
			t.Errorf("%s: the load is %s (%s) after %d rows", tt.name, run.State, run.Reason, run.Counts.Rows())
		}
		if d.count("load_chunk") > 0 {
			t.Errorf("%s: the bytes of the file are still there", tt.name)
		}
		if tt.want == core.LoadRightLost && d.count("event WHERE kind = 'load.batch' AND result = 'refused'") != 1 {
			t.Errorf("%s: what was refused is not written down", tt.name)
		}
	}
}

// key is an API key of the boss.
func (d *desk) key() core.APIKey {
	d.t.Helper()
	now := d.clock()
	k := core.APIKey{
		ID: core.NewID(now, random), OrganizationID: d.org.ID, UserID: d.boss.ID, CreatedBy: d.boss.ID, Name: "Nightly", Access: "spk_nightly",
		SecretHash: "hash", KeyID: "k1", Scopes: []core.KeyScope{core.ScopeLoader}, CreatedAt: now, ExpiresAt: now.Add(time.Hour), Version: 1,
	}
	d.must(d.store.CreateAPIKey(d.t.Context(), core.APIKeyMaking{Key: k}))
	return k
}
