package storetest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func auditTests() map[string]test {
	return map[string]test{
		"filters":             auditFilters,
		"paging":              auditPaging,
		"people":              auditPeople,
		"conditions together": auditReach,
		"one seal a number":   oneSealANumber,
		"one task owner":      oneTaskOwner,
		"trimming":            auditTrimming,
	}
}

// logged stores events a second apart and returns them, newest first.
func (w *world) logged(o core.Organization, events ...core.Event) []core.Event {
	w.t.Helper()
	for i := range events {
		w.pass(time.Second)
		e := &events[i]
		e.ID, e.OrganizationID, e.At = core.ID(fmt.Sprintf("%s-event-%06d", o.ID, i)), o.ID, w.clock()
		if e.Result == "" {
			e.Result = "ok"
		}
		w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{*e}}))
	}
	slices.Reverse(events)
	return events
}

func eventIDs(events []core.Event) (out []core.ID) {
	for _, e := range events {
		out = append(out, e.ID)
	}
	return out
}

func auditFilters(w *world) {
	one, two := w.organization("One"), w.organization("Two")
	ada, bob := core.Actor{Kind: "person", ID: "ada", Name: "Ada Lovelace"}, core.Actor{Kind: "person", ID: "bob", Name: "Bob"}
	events := func() []core.Event {
		return []core.Event{
			{Kind: core.EventSignInCompleted, Actor: ada, SubjectID: "ada", Origin: core.Origin{Address: "192.0.2.1", RequestID: "0000000000001"}},
			{Kind: core.EventCodeWrong, Result: "failed", Actor: ada, SubjectID: "ada", Origin: core.Origin{Address: "2001:db8::1"}},
			{Kind: core.EventTwoFactorReset, Actor: bob, SubjectID: "ada", Target: "Ada Lovelace", Detail: map[string]string{"checked": "by Telephone"}},
			{Kind: core.EventSignInCompleted, Actor: bob, SubjectID: "bob", Origin: core.Origin{Address: "192.0.2.1", Device: "Firefox on Linux"}},
			{Kind: core.EventPolicyChanged, Result: "refused", Actor: bob, Target: "100%_sure"},
		}
	}
	all := w.logged(one, events()...)
	w.logged(two, events()...)
	at := func(i int) time.Time { return all[i].At }
	for name, tt := range map[string]struct {
		f    core.AuditFilter
		want []int // from the newest
	}{
		"nothing":              {core.AuditFilter{}, []int{0, 1, 2, 3, 4}},
		"a person":             {core.AuditFilter{PersonID: "ada"}, []int{2, 3, 4}},
		"an administrator":     {core.AuditFilter{PersonID: "bob"}, []int{0, 1, 2}},
		"nobody":               {core.AuditFilter{PersonID: "eve"}, nil},
		"a kind":               {core.AuditFilter{Kinds: []string{core.EventSignInCompleted}}, []int{1, 4}},
		"kinds":                {core.AuditFilter{Kinds: []string{core.EventSignInCompleted, core.EventCodeWrong}}, []int{1, 3, 4}},
		"a result":             {core.AuditFilter{Result: "failed"}, []int{3}},
		"from a day":           {core.AuditFilter{From: at(1)}, []int{0, 1}},
		"until a day":          {core.AuditFilter{Until: at(1)}, []int{2, 3, 4}},
		"between":              {core.AuditFilter{From: at(3), Until: at(1)}, []int{2, 3}},
		"an address":           {core.AuditFilter{Text: "192.0.2.1"}, []int{1, 4}},
		"an address of IPv6":   {core.AuditFilter{Text: "2001:DB8:0::1"}, []int{3}},
		"part of an address":   {core.AuditFilter{Text: "192.0.2."}, []int{1, 4}},
		"a request":            {core.AuditFilter{Text: "0000000000001"}, []int{4}},
		"a word in any case":   {core.AuditFilter{Text: "LOVELACE"}, []int{2, 3, 4}},
		"a detail":             {core.AuditFilter{Text: "telephone"}, []int{2}},
		"no pattern":           {core.AuditFilter{Text: "100%_s"}, []int{0}},
		"a pattern is a text":  {core.AuditFilter{Text: "%"}, []int{0}},
		"person and kind":      {core.AuditFilter{PersonID: "ada", Kinds: []string{core.EventTwoFactorReset}}, []int{2}},
		"kinds and result":     {core.AuditFilter{Kinds: []string{core.EventCodeWrong, core.EventPolicyChanged}, Result: "refused"}, []int{0}},
		"address and person":   {core.AuditFilter{Text: "192.0.2.1", PersonID: "bob"}, []int{1}},
		"person, text, a time": {core.AuditFilter{PersonID: "bob", Text: "firefox", From: at(2)}, []int{1}},
		"nothing like it":      {core.AuditFilter{Text: "zzz"}, nil},
	} {
		page, err := w.store.AuditPage(w.ctx, one.ID, tt.f)
		w.must(err)
		var want []core.ID
		for _, i := range tt.want {
			want = append(want, all[i].ID)
		}
		if d := cmp.Diff(want, eventIDs(page.Events)); d != "" || !page.Next.At.IsZero() {
			w.t.Errorf("%s: next %v, (-want +got)\n%s", name, page.Next, d)
		}
	}
}

// auditPeople: the people of an organization by their ids, and nobody else.
func auditPeople(w *world) {
	one, two := w.organization("One"), w.organization("Two")
	ada, eve := w.person(one, "ada"), w.person(two, "eve")
	people, err := w.store.AuditPeople(w.ctx, one.ID, []core.ID{ada.ID, eve.ID, "nobody"})
	w.must(err)
	same(w, people, map[core.ID]core.AuditPerson{ada.ID: {ID: ada.ID, Name: ada.Name(), Email: ada.Email}})
	none, err := w.store.AuditPeople(w.ctx, one.ID, nil)
	w.must(err)
	w.count("people of no ids", len(none), 0)
}

// auditPaging: pages follow one another without a gap or a repetition, also where
// many rows have one time.
func auditPaging(w *world) {
	o := w.organization("Paged")
	at := w.clock()
	var batch []core.Event
	for i := range 130 {
		kind := []string{core.EventSignInCompleted, core.EventCodeWrong, core.EventCodeSent}[i%3]
		batch = append(batch, core.Event{
			ID: core.ID(fmt.Sprintf("e-%03d", i)), OrganizationID: o.ID, At: at.Add(time.Duration(i/40) * time.Second), Kind: kind, Result: "ok",
			Actor: core.Actor{Kind: "person", ID: "ada"}, SubjectID: "ada", Target: fmt.Sprint(i % 2),
		})
	}
	w.must(w.store.Note(w.ctx, core.Record{Events: batch}))
	for name, f := range map[string]core.AuditFilter{
		"all": {}, "person": {PersonID: "ada"}, "kind": {Kinds: []string{core.EventCodeSent}},
		"kinds": {Kinds: []string{core.EventCodeSent, core.EventCodeWrong}}, "text": {Text: "1"},
	} {
		f.Limit = 1000
		whole, err := w.store.AuditPage(w.ctx, o.ID, f)
		w.must(err)
		if !whole.Next.At.IsZero() || len(whole.Events) < 40 {
			w.t.Errorf("%s: %d events, next %v", name, len(whole.Events), whole.Next)
		}
		f.Limit = 7
		var got []core.ID
		for range 40 {
			page, err := w.store.AuditPage(w.ctx, o.ID, f)
			w.must(err)
			got = append(got, eventIDs(page.Events)...)
			if page.Next.At.IsZero() {
				break
			}
			f.After = page.Next
		}
		if d := cmp.Diff(eventIDs(whole.Events), got); d != "" {
			w.t.Errorf("%s (-one page +by sevens):\n%s", name, d)
		}
	}
}

// auditReach: a page looks at a bounded number of rows and says how far it got.
func auditReach(w *world) {
	o := w.organization("Long")
	at := w.clock()
	var batch []core.Event
	for i := range core.AuditReach + 800 {
		target := "hay"
		if i == 10 {
			target = "needle"
		}
		batch = append(batch, core.Event{
			ID: core.ID(fmt.Sprintf("e-%05d", i)), OrganizationID: o.ID, At: at.Add(time.Duration(i) * time.Millisecond), Kind: core.EventCodeSent,
			Result: "ok", Target: target,
		})
	}
	w.must(w.store.Note(w.ctx, core.Record{Events: batch}))
	f := core.AuditFilter{Text: "needle"}
	page, err := w.store.AuditPage(w.ctx, o.ID, f)
	w.must(err)
	if len(page.Events) != 0 || !page.Short || page.Next.At.IsZero() {
		w.t.Errorf("first page: %d events, short %v, next %v", len(page.Events), page.Short, page.Next)
	}
	f.After = page.Next
	page, err = w.store.AuditPage(w.ctx, o.ID, f)
	w.must(err)
	if d := cmp.Diff([]core.ID{"e-00010"}, eventIDs(page.Events)); d != "" || page.Short || !page.Next.At.IsZero() {
		w.t.Errorf("second page: %s, short %v, next %v", d, page.Short, page.Next)
	}
}

func (w *world) auditSeal(o core.Organization, n int64) core.AuditSeal {
	return core.AuditSeal{
		OrganizationID: o.ID, N: n, Kind: core.SealLog, Previous: "before", At: w.clock(), Rows: "row digest\n", Count: 1, From: w.clock(),
		Until: w.clock(), Through: core.EventMark{At: w.clock(), ID: "row"}, Hash: "hash", Signer: "key", Signature: "signature",
	}
}

func oneSealANumber(w *world) {
	o := w.organization("Sealed")
	won := w.together(50, func(s *sqlstore.Store, i int) error {
		l := w.auditSeal(o, 1)
		l.Hash = fmt.Sprintf("hash-%d", i)
		return s.AddAuditSeal(w.ctx, l)
	}, core.ErrStale)
	w.count("seals with number 1", won, 1)
	l := w.auditSeal(o, 2)
	w.must(w.store.AddAuditSeal(w.ctx, l))
	got, err := w.store.AuditSeals(w.ctx, o.ID, 1, 10)
	w.must(err)
	same(w, got, []core.AuditSeal{l})
	chain, err := w.store.AuditChain(w.ctx, o.ID)
	w.must(err)
	l.Rows = ""
	same(w, chain, core.AuditChain{Last: l})
}

func oneTaskOwner(w *world) {
	take := func(s *sqlstore.Store, owner string) error {
		_, ok, err := s.TakeAuditTask(w.ctx, core.AuditSealing, owner, w.clock(), w.clock().Add(time.Minute))
		if err == nil && !ok {
			return core.ErrStale
		}
		return err
	}
	won := w.together(50, func(s *sqlstore.Store, i int) error { return take(s, fmt.Sprint(i)) }, core.ErrStale)
	w.count("owners of one task", won, 1)
	w.refused("somebody else's", w.store.MoveAuditTask(w.ctx, core.AuditSealing, "nobody", "far"), core.ErrStale)
	w.pass(2 * time.Minute)
	w.must(take(w.store, "next"))
	w.must(take(w.store, "next"))
	w.must(w.store.MoveAuditTask(w.ctx, core.AuditSealing, "next", "far"))
	position, ok, err := w.store.TakeAuditTask(w.ctx, core.AuditSealing, "next", w.clock(), w.clock().Add(time.Minute))
	w.must(err)
	if !ok || position != "far" {
		w.t.Errorf("taken again at %q, %v", position, ok)
	}
}

// auditTrimming: rows, seals and cut go together, once.
func auditTrimming(w *world) {
	o, other := w.organization("Old"), w.organization("Other")
	old, theirs := w.logged(o, core.Event{}, core.Event{}), w.logged(other, core.Event{})
	for n := range int64(3) {
		w.must(w.store.AddAuditSeal(w.ctx, w.auditSeal(o, n+1)))
		w.must(w.store.AddAuditSeal(w.ctx, w.auditSeal(other, n+1)))
	}
	cut := core.AuditCut{OrganizationID: o.ID, N: 2, Hash: "hash", Before: w.clock(), At: w.clock(), Rows: 1, Signer: "key", Signature: "signature"}
	trim := core.AuditTrim{Cut: cut, EventIDs: []core.ID{old[1].ID, theirs[0].ID}}
	won := w.together(20, func(s *sqlstore.Store, _ int) error { return s.TrimAudit(w.ctx, trim) }, core.ErrStale)
	w.count("trims", won, 1)
	w.count("events", w.rows("event WHERE organization_id = $1", string(o.ID)), 1)
	w.count("events of the other", w.rows("event WHERE organization_id = $1", string(other.ID)), 1)
	w.count("seals", w.rows("audit_seal WHERE organization_id = $1", string(o.ID)), 1)
	w.count("seals of the other", w.rows("audit_seal WHERE organization_id = $1", string(other.ID)), 3)
	chain, err := w.store.AuditChain(w.ctx, o.ID)
	w.must(err)
	same(w, chain.Cut, cut)
}

// auditCalls read another organization's log and seals, and change them.
func (v *victim) auditCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	one := v.session.OrganizationID
	events, err := w.store.AuditEvents(w.ctx, one, core.EventMark{}, w.clock().Add(time.Hour), 100)
	w.must(err)
	if len(events) == 0 {
		w.t.Fatal("the victim has no events")
	}
	w.must(s.AddAuditSeal(w.ctx, w.auditSeal(core.Organization{ID: one}, 1)))
	far := w.clock().Add(time.Hour)
	id := []core.ID{events[0].ID}
	return map[string]func() error{
		"AuditPage": func() error {
			page, err := s.AuditPage(w.ctx, org, core.AuditFilter{PersonID: v.u.ID})
			return empty(page.Events, err)
		},
		"AuditPerson": func() error { _, err := s.AuditPerson(w.ctx, org, v.u.ID, v.u.Email); return err },
		"AuditPeople": func() error {
			people, err := s.AuditPeople(w.ctx, org, []core.ID{v.u.ID})
			return empty(slices.Collect(maps.Values(people)), err)
		},
		"AuditEvents":     func() error { return empty(s.AuditEvents(w.ctx, org, core.EventMark{}, far, 100)) },
		"AuditEventsByID": func() error { return empty(s.AuditEventsByID(w.ctx, org, id)) },
		"AuditMarks":      func() error { return empty(s.AuditMarks(w.ctx, org, core.EventMark{}, far, 100)) },
		"AuditSeals":      func() error { return empty(s.AuditSeals(w.ctx, org, 0, 100)) },
		"AuditSealsOver":  func() error { return empty(s.AuditSealsOver(w.ctx, org, time.UnixMicro(1), far)) },
		"AuditSealed": func() error {
			n, err := s.AuditSealed(w.ctx, org)
			return errors.Join(err, empty(make([]int, n), nil))
		},
		"AuditChain": func() error {
			chain, err := s.AuditChain(w.ctx, org)
			if err == nil && chain.Last.N == 0 {
				err = core.ErrNotFound
			}
			return err
		},
		"AddAuditSeal": func() error { return s.AddAuditSeal(w.ctx, w.auditSeal(core.Organization{ID: one}, 1)) },
		"TrimAudit": func() error {
			return s.TrimAudit(w.ctx, core.AuditTrim{Cut: core.AuditCut{OrganizationID: org, N: 1}, Previous: 1, EventIDs: id})
		},
	}
}
