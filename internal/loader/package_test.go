package loader_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
)

func TestAPackageIsKeptAndLoadedWith(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	columns, rows := file(staff)
	p, err := d.SavePackage(ctx, d.caller(), core.LoadPackage{Name: "  Staff   list ", Order: loader.NewOrder(core.LoadPeople, columns)})
	if err != nil || p.Name != "Staff list" || p.Version != 1 || p.By.ID != d.boss.ID {
		t.Fatalf("the package is %+v, %v", p, err)
	}
	run, err := d.Start(ctx, d.caller(), loader.Begin{Package: p.ID, Columns: columns, Name: "staff.csv", First: 2, Total: len(rows)})
	d.must(err)
	if run.PackageID != p.ID || run.PackageName != p.Name || run.Order.Key != p.Order.Key {
		t.Errorf("the load is %+v", run)
	}
	got, err := d.Package(ctx, d.caller(), "STAFF LIST")
	if err != nil || got.LastRun != run.ID {
		t.Errorf("by its name it is %+v, %v", got, err)
	}
	got.Order.Clear = true
	saved, err := d.SavePackage(ctx, d.caller(), got)
	d.must(err)
	if _, err := d.SavePackage(ctx, d.caller(), got); !errors.Is(err, core.ErrStale) {
		t.Errorf("an old look at it was saved: %v", err)
	}
	stored, err := d.Package(ctx, d.caller(), string(p.ID))
	if err != nil || !stored.Order.Clear || stored.Version != saved.Version || stored.Version != 2 {
		t.Errorf("after a change it is %+v, %v", stored, err)
	}
	d.must(d.DeletePackage(ctx, d.caller(), p.ID))
	if all, err := d.Packages(ctx, d.caller()); err != nil || len(all) != 0 {
		t.Errorf("after its end there are %v, %v", all, err)
	}
	for kind, n := range map[string]int{core.EventLoadPackageSaved: 2, core.EventLoadPackageGone: 1} {
		events, err := d.store.Events(ctx, d.org.ID, core.EventFilter{Kinds: []string{kind}, Limit: 9})
		if err != nil || len(events) != n || events[0].Target != "Staff list" {
			t.Errorf("%s: %+v, %v", kind, events, err)
		}
	}
}

func TestWrongPackagesAreRefused(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	order := loader.NewOrder(core.LoadPeople, []string{"Email"})
	wide := order
	wide.Absent = true
	kept, err := d.SavePackage(ctx, d.caller(), core.LoadPackage{Name: "Wide", Order: wide})
	d.must(err)
	less, nobody := d.caller(), d.caller()
	less.Identity, nobody.View.Account.User.Type = false, core.HelpDesk
	narrowed := kept
	narrowed.Order = order
	// A schedule may load with it by a key that makes administrators.
	typed := loader.NewOrder(core.LoadPeople, []string{"Email", "Type"})
	staff, err := d.SavePackage(ctx, d.caller(), core.LoadPackage{Name: "Typed", Order: typed})
	d.must(err)
	untyped := staff
	untyped.Order = order
	for name, try := range map[string]struct {
		c    loader.Caller
		p    core.LoadPackage
		code string
	}{
		"no name":                    {d.caller(), core.LoadPackage{Name: " ", Order: order}, "load.package_name"},
		"a name that is taken":       {d.caller(), core.LoadPackage{Name: "WIDE", Order: order}, "load.package_taken"},
		"more than the key may":      {less, core.LoadPackage{Name: "New", Order: wide}, "load.identity"},
		"one that is more than that": {less, narrowed, "load.identity"},
		"who is an administrator":    {less, core.LoadPackage{Name: "New", Order: typed}, "load.identity"},
		"who is one no more":         {less, untyped, "load.identity"},
		"the help desk":              {nobody, core.LoadPackage{Name: "New", Order: order}, core.ErrNotFound.Code},
		"none":                       {d.caller(), core.LoadPackage{ID: "none", Name: "New", Order: order}, core.ErrNotFound.Code},
	} {
		_, err := d.SavePackage(ctx, try.c, try.p)
		code := core.CodeOf(err)
		var e *core.Error
		if errors.As(err, &e) && e.Fields["name"] != nil {
			code = e.Fields["name"].Code
		}
		if code != try.code {
			t.Errorf("%s: %v, want %s", name, err, try.code)
		}
	}
	if _, err := d.Start(ctx, less, loader.Begin{Package: kept.ID, Columns: []string{"Email"}, First: 2}); !errors.Is(err, loader.ErrIdentity) {
		t.Errorf("a load with more than the key may: %v", err)
	}
}

// TestADuplicateIsMadeOnce: of eight clicks at once one makes it and all are told that
// it is there; what somebody else called so is not taken for it.
func TestADuplicateIsMadeOnce(t *testing.T) {
	d, ctx := newDesk(t), t.Context()
	columns, _ := file(staff)
	p, err := d.SavePackage(ctx, d.caller(), core.LoadPackage{Name: "Staff list", Order: loader.NewOrder(core.LoadPeople, columns)})
	d.must(err)
	var wait sync.WaitGroup
	ids := make([]core.ID, 8)
	for i := range ids {
		wait.Go(func() {
			made, err := d.DuplicatePackage(ctx, d.caller(), p.ID, "Staff list (copy)")
			if err != nil {
				t.Error(err)
			}
			ids[i] = made.ID
		})
	}
	wait.Wait()
	made, err := d.Package(ctx, d.caller(), "Staff list (copy)")
	if err != nil || !loader.Alike(made.Order, p.Order) || made.Version != 1 || made.LastRun != "" || slices.ContainsFunc(ids, func(id core.ID) bool { return id != made.ID }) {
		t.Errorf("the duplicate is %+v, %v; answered were %v", made, err, ids)
	}
	events, err := d.store.Events(ctx, d.org.ID, core.EventFilter{Kinds: []string{core.EventLoadPackageSaved}, Limit: 9})
	if err != nil || len(events) != 2 || events[0].Target != "Staff list (copy)" {
		t.Errorf("the events are %+v, %v", events, err)
	}
	made.Order.Clear = true
	d.must(d.ChangePackage(ctx, d.caller(), made))
	taken := func(name string) {
		t.Helper()
		_, err := d.DuplicatePackage(ctx, d.caller(), p.ID, name)
		var e *core.Error
		if !errors.As(err, &e) || core.CodeOf(e.Fields["name"]) != "load.package_taken" {
			t.Errorf("a duplicate called %s: %v", name, err)
		}
	}
	taken("staff list (COPY)") // says something else now
	taken("Staff list")
	other := d.caller()
	other.View.Account.User = d.person(d.org, "second", core.Administrator)
	_, err = d.DuplicatePackage(ctx, other, p.ID, "Theirs")
	d.must(err)
	taken("Theirs")
}

// TestRemap: which columns an order has after its fields were given other names.
func TestRemap(t *testing.T) {
	was := loader.NewOrder(core.LoadPeople, []string{"Mail", "Favourite", "Surname", "First name"})
	was.Columns[1] = core.LoadColumn{Column: "Favourite"}
	for name, tt := range map[string]struct {
		names map[string]string
		want  string
	}{
		"as it was":              {map[string]string{"email": "Mail", "last_name": "Surname", "first_name": "First name"}, "Mail=email Surname=last_name First name=first_name Favourite="},
		"other names":            {map[string]string{"email": " E  mail ", "last_name": "Last", "first_name": ""}, "E mail=email Last=last_name Favourite="},
		"what was left out":      {map[string]string{"email": "Mail", "title": "FAVOURITE"}, "Mail=email FAVOURITE=title"},
		"one for two":            {map[string]string{"email": "Mail", "username": "mail"}, "! username load.column_twice"},
		"too long":               {map[string]string{"email": strings.Repeat("x", 1001)}, "! email load.column_name"},
		"fields of another kind": {map[string]string{"email": "Mail", "person": "Who"}, "Mail=email Favourite="},
	} {
		o, err := loader.Remap(was, tt.names)
		var got []string
		for _, c := range o.Columns {
			got = append(got, c.Column+"="+c.Field)
		}
		var e *core.Error
		if errors.As(err, &e) {
			got = []string{"!"}
			for field, wrong := range e.Fields {
				got = append(got, field, wrong.Code)
			}
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("%s: %s, want %s", name, s, tt.want)
		}
	}
}
