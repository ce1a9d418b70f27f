package storetest

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// history stores loads of each outcome and way in, two days apart, oldest first.
func (w *world) history(by core.User) []core.LoadRun {
	w.t.Helper()
	ends := []struct {
		state    core.LoadState
		rejected int
		origin   core.Origin
		kept     core.ID
	}{
		{core.LoadDone, 0, core.Origin{Session: "s", UserAgent: `"Key":"x","Session":""`}, "kept"},
		{core.LoadDone, 3, core.Origin{Key: "spk_1"}, "kept"},
		{core.LoadFailed, 1, core.Origin{}, ""},
		{core.LoadStopped, 0, core.Origin{Session: "s"}, "other"},
		{core.LoadRunning, 2, core.Origin{Key: "spk_1"}, ""},
	}
	var all []core.LoadRun
	for _, end := range ends {
		at := w.pass(48 * time.Hour)
		l := w.load(by)
		l.ID, l.StartedAt, l.Origin, l.PackageID = core.NewID(at, func([]byte) {}), at, end.origin, end.kept
		w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
		b := w.batch(l, 3)
		b.Counts.Rejected = end.rejected
		w.must(w.store.LoadBatch(w.ctx, b))
		l.Next, l.Counts = 3, b.Counts
		if end.state.Over() {
			l.State, l.EndedAt = end.state, w.clock()
			w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: l.State, At: l.EndedAt}))
		}
		all = append(all, l)
	}
	return all
}

// loadOutcomes: a load is found as it stands, from its beginning to its undo.
func loadOutcomes(w *world) {
	l := w.load(w.administrator(w.organization("One"), "boss"))
	at := func(o core.LoadOutcome) {
		w.t.Helper()
		for _, other := range core.LoadOutcomes() {
			got, err := w.store.Loads(w.ctx, l.OrganizationID, core.LoadFilter{Outcome: other, Limit: 9})
			w.must(err)
			if want := other == o; (len(got) == 1) != want || want && got[0].Outcome() != o {
				w.t.Errorf("a load that is %s among those that are %s: %v", o, other, got)
			}
		}
	}
	w.must(w.store.CreateLoad(w.ctx, l, core.Record{}))
	at(core.LoadUnderWay)
	w.must(w.store.EndLoad(w.ctx, core.LoadEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadDone, At: w.clock()}))
	at(core.LoadSucceeded)
	w.must(w.store.BeginUndo(w.ctx, core.LoadUndoBegin{OrganizationID: l.OrganizationID, RunID: l.ID, By: l.By, At: w.clock()}))
	at(core.LoadSucceeded)
	w.must(w.store.EndUndo(w.ctx, core.LoadUndoEnd{OrganizationID: l.OrganizationID, RunID: l.ID, State: core.LoadUndone, At: w.clock()}))
	at(core.LoadTakenBack)
}

func loadFiltered(w *world) {
	all := w.history(w.administrator(w.organization("One"), "boss"))
	org := all[0].OrganizationID
	for name, tt := range map[string]struct {
		filter core.LoadFilter
		want   []int
	}{
		"all":                   {core.LoadFilter{}, []int{4, 3, 2, 1, 0}},
		"running":               {core.LoadFilter{Outcome: core.LoadUnderWay}, []int{4}},
		"succeeded":             {core.LoadFilter{Outcome: core.LoadSucceeded}, []int{0}},
		"partly":                {core.LoadFilter{Outcome: core.LoadPartly}, []int{1}},
		"failed":                {core.LoadFilter{Outcome: core.LoadWentWrong}, []int{2}},
		"stopped":               {core.LoadFilter{Outcome: core.LoadCutShort}, []int{3}},
		"on a page":             {core.LoadFilter{Via: core.LoadViaPage}, []int{3, 0}},
		"with a key":            {core.LoadFilter{Via: core.LoadViaKey}, []int{4, 1}},
		"with a password":       {core.LoadFilter{Via: core.LoadViaPassword}, []int{2}},
		"of a package":          {core.LoadFilter{PackageID: "kept"}, []int{1, 0}},
		"of two filters":        {core.LoadFilter{PackageID: "kept", Outcome: core.LoadSucceeded}, []int{0}},
		"from a moment on":      {core.LoadFilter{From: all[2].StartedAt}, []int{4, 3, 2}},
		"before a moment":       {core.LoadFilter{Until: all[2].StartedAt}, []int{1, 0}},
		"of days":               {core.LoadFilter{From: all[1].StartedAt, Until: all[3].StartedAt}, []int{2, 1}},
		"before one":            {core.LoadFilter{Before: all[1].ID, Until: all[4].StartedAt}, []int{0}},
		"before one, and days":  {core.LoadFilter{Before: all[4].ID, Until: all[2].StartedAt}, []int{1, 0}},
		"of before there was":   {core.LoadFilter{From: time.Time{}.AddDate(1, 0, 0), Until: time.Unix(0, 0)}, nil},
		"the latest two":        {core.LoadFilter{Limit: 2}, []int{4, 3}},
		"of nobody's package":   {core.LoadFilter{PackageID: "none"}, nil},
		"of a way and a moment": {core.LoadFilter{Via: core.LoadViaPage, From: all[1].StartedAt}, []int{3}},
	} {
		if tt.filter.Limit == 0 {
			tt.filter.Limit = 9
		}
		got, err := w.store.Loads(w.ctx, org, tt.filter)
		w.must(err)
		var want []core.LoadRun
		for _, i := range tt.want {
			want = append(want, all[i])
		}
		if len(got) != len(want) {
			w.t.Errorf("%s: %d loads, want %d", name, len(got), len(want))
			continue
		}
		same(w, got, want)
	}
	other := w.organization("Two")
	if theirs, err := w.store.Loads(w.ctx, other.ID, core.LoadFilter{Outcome: core.LoadPartly, Limit: 9}); err != nil || len(theirs) != 0 {
		w.t.Errorf("another organization has %v, %v", theirs, err)
	}
}
