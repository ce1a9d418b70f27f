package bulk_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
)

// TestExport: everybody once, in order of names, with what they may open; only for
// administrators who have just confirmed, and recorded.
func TestExport(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	d.crowd(1200)
	user := d.person(d.org, "user", core.Ordinary, func(n *core.NewUser) { n.Groups = []string{"Finance"} })
	d.person(d.organization("Other"), "stranger", core.Ordinary)
	for _, a := range []core.Application{
		{ID: "a1", OrganizationID: d.org.ID, Name: "Ledger", URL: "https://l.example", Groups: []string{"Finance"}, Level: 1},
		{ID: "a2", OrganizationID: d.org.ID, Name: "News", URL: "https://n.example", Level: 1},
	} {
		d.must(d.store.AddApplication(ctx, a, core.Record{}))
	}
	from := d.clock()
	d.must(d.store.Note(ctx, core.Record{Events: []core.Event{{
		ID: core.NewID(start, random), OrganizationID: d.org.ID, At: d.clock(), Kind: core.EventSignInCompleted, Result: "ok", SubjectID: user.ID,
	}}}))
	seen := map[core.ID]bulk.Row{}
	export := func(v core.SessionView, a bulk.Asked) error {
		clear(seen)
		return d.Export(ctx, v, here(), a, func(rows []bulk.Row) error {
			for _, r := range rows {
				if _, again := seen[r.Account.User.ID]; again || r.Account.User.OrganizationID != d.org.ID {
					t.Errorf("%s again, or a stranger", r.Account.User.Email)
				}
				seen[r.Account.User.ID] = r
			}
			return nil
		})
	}
	d.must(export(d.view(d.boss), bulk.Asked{Report: bulk.ReportActivity, From: from, Until: from.Add(time.Hour)}))
	got := seen[user.ID]
	if len(seen) != 1202 || got.Activity.SignIns != 1 || len(got.Opens) != 2 || len(seen[d.boss.ID].Opens) != 1 {
		t.Errorf("%d people; %+v", len(seen), got)
	}
	d.must(export(d.view(d.boss), bulk.Asked{Report: bulk.ReportList, Filter: core.PersonFilter{Text: "user", OrganizationID: "another"}}))
	if len(seen) != 1 || len(d.events(core.EventPeopleExported)) != 2 {
		t.Errorf("%d in the list", len(seen))
	}
	stale := d.view(d.boss)
	stale.Session.ProvedAt = start.Add(-time.Hour)
	for name, v := range map[string]core.SessionView{"a stale proof": stale, "a user": d.view(user)} {
		if err := export(v, bulk.Asked{Report: bulk.ReportAccess}); err == nil || len(seen) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(d.events(core.EventPeopleExported)) != 2 {
		t.Error("what was refused is recorded as taken")
	}
}
