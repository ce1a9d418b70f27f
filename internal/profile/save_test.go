package profile_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// TestSave stores what was typed, in one form, and tells the audit log what it
// was before.
func TestSave(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	was := u.Profile()
	typed := was
	typed.FirstName, typed.Title, typed.Phone, typed.TimeZone = " Ana Di\u0301az ", "Analyst", "+44 113 496 0000 ext 7", "Asia/Tokyo"
	typed.Language = "es"
	d.must(d.Save(t.Context(), d.view(u), here(), typed, was))
	want := core.Profile{FirstName: "Ana Díaz", LastName: "Tester", Title: "Analyst", Phone: "+44 113 496 0000 ext 7", TimeZone: "Asia/Tokyo", Language: "es"}
	if diff := cmp.Diff(want, d.user(u).Profile()); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	events := d.events(u, core.EventProfileChanged)
	if len(events) != 1 {
		t.Fatalf("%d events, want one", len(events))
	}
	told := map[string]string{
		"first_name_before": "Ana", "first_name_after": "Ana Díaz", "title_before": "", "title_after": "Analyst",
		"phone_before": "", "phone_after": "+44 113 496 0000 ext 7", "time_zone_before": "", "time_zone_after": "Asia/Tokyo",
		"language_before": "", "language_after": "es",
	}
	if diff := cmp.Diff(told, events[0].Detail); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	d.must(d.Save(t.Context(), d.view(u), here(), want, d.user(u).Profile()))
	if n := len(d.events(u, core.EventProfileChanged)); n != 1 {
		t.Errorf("saving what is there made %d events", n-1)
	}
}

// TestSaveRefuses names the line that is wrong and changes nothing.
func TestSaveRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*core.Profile)
		field  string
		code   string
	}{
		{"no name", func(p *core.Profile) { p.FirstName = "  " }, "first_name", "user.first_name"},
		{"a header more", func(p *core.Profile) { p.LastName = "Tester\r\nBcc: all@example.com" }, "last_name", "user.last_name"},
		{"a manager of two lines", func(p *core.Profile) { p.Manager = "Zoë\u2028O'Neill" }, "manager", "user.manager"},
		{"a megabyte", func(p *core.Profile) { p.Department = strings.Repeat("x", 1<<20) }, "department", "user.department"},
		{"not a number", func(p *core.Profile) { p.Phone = "javascript:alert(1)" }, "phone", "user.phone"},
		{"no such zone", func(p *core.Profile) { p.TimeZone = "Mars/Olympus" }, "time_zone", "user.time_zone"},
		{"no such language", func(p *core.Profile) { p.Language = "tlh" }, "language", "user.language"},
		{"two languages", func(p *core.Profile) { p.Language = "es,en" }, "language", "user.language"},
		{"a path", func(p *core.Profile) { p.TimeZone = "../../etc/localtime" }, "time_zone", "user.time_zone"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			u := d.person("ana")
			typed := u.Profile()
			tt.change(&typed)
			wants(t, d.Save(t.Context(), d.view(u), here(), typed, u.Profile()), tt.field, tt.code)
			if d.user(u).Profile() != u.Profile() || len(d.events(u, core.EventProfileChanged)) != 0 {
				t.Errorf("stored %+v", d.user(u).Profile())
			}
		})
	}
}

// TestSaveKeepsAnOldZone: a zone that was stored by other means stays until
// another is chosen.
func TestSaveKeepsAnOldZone(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana", func(u *core.User) { u.TimeZone = "Europe/Kiev" })
	typed := u.Profile()
	typed.Title = "Analyst"
	d.must(d.Save(t.Context(), d.view(u), here(), typed, u.Profile()))
	if got := d.user(u); got.TimeZone != "Europe/Kiev" || got.Title != "Analyst" {
		t.Errorf("stored %+v", got.Profile())
	}
}

// TestTwoTabs: different lines are both stored; for the same line the second
// tab is told, and saving again means it.
func TestTwoTabs(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	shown := u.Profile()
	one, two := shown, shown
	one.Title, two.Phone = "Analyst", "12"
	d.must(d.Save(t.Context(), d.view(u), here(), one, shown))
	d.must(d.Save(t.Context(), d.view(u), here(), two, shown))
	if got := d.user(u); got.Title != "Analyst" || got.Phone != "12" {
		t.Fatalf("stored %+v, want both", got.Profile())
	}
	three := shown
	three.Title, three.Department, three.Manager = "Manager", "Finance", " Zoë O'Neill "
	err := d.Save(t.Context(), d.view(u), here(), three, shown)
	wants(t, err, "title", "profile.changed")
	wants(t, err, "department", "form.invalid")
	if got := d.user(u); got.Title != "Analyst" || got.Department != "" {
		t.Errorf("stored %+v, want nothing of it", got.Profile())
	}
	shown.Title = "Analyst" // what the page shows beside the field now
	d.must(d.Save(t.Context(), d.view(u), here(), three, shown))
	if got := d.user(u); got.Title != "Manager" || got.Department != "Finance" || got.Manager != "Zoë O'Neill" || got.Phone != "12" {
		t.Errorf("stored %+v", got.Profile())
	}
}

// TestManySaves: whoever saves at once, nothing is lost without a word.
func TestManySaves(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	v := d.view(u)
	var saved, told atomic.Int64
	var g sync.WaitGroup
	for i := range 50 {
		typed := u.Profile()
		typed.Title = strings.Repeat("x", i+1)
		g.Go(func() {
			switch err := d.Save(t.Context(), v, here(), typed, u.Profile()); {
			case err == nil:
				saved.Add(1)
			case core.KindOf(err) == core.Conflict:
				told.Add(1)
			default:
				t.Errorf("Save: %v", err)
			}
		})
	}
	g.Wait()
	if saved.Load() != 1 || told.Load() != 49 || len(d.events(u, core.EventProfileChanged)) != 1 {
		t.Errorf("%d saved, %d told, %d events", saved.Load(), told.Load(), len(d.events(u, core.EventProfileChanged)))
	}
}
