package organization_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

func names(all []core.Application) []string {
	var out []string
	for _, a := range all {
		out = append(out, a.Name)
	}
	return out
}

// TestAddApplication: an address has one canonical form and one owner in the
// whole deployment.
func TestAddApplication(t *testing.T) {
	d := newDesk(t)
	acme, beta := d.made("Acme"), d.made("Beta")
	a, err := d.AddApplication(t.Context(), core.Application{
		OrganizationID: acme.ID, Name: "Board", URL: "HTTPS://App.Example.com.:443/x/",
		Groups: []string{"Sales", "Finance"}, Level: core.LevelEmail,
	}, operator())
	d.must(err)
	all, err := d.Applications(t.Context(), acme.ID)
	d.must(err)
	want := []core.Application{{
		ID: a.ID, OrganizationID: acme.ID, Name: "Board", URL: "https://app.example.com/x",
		Groups: []string{"Finance", "Sales"}, Level: core.LevelEmail, CreatedAt: d.now,
	}}
	if diff := cmp.Diff(want, all); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
	if e := d.events(acme, core.EventApplicationAdded); len(e) != 1 || e[0].Target != "Board" || e[0].Detail["url"] != "https://app.example.com/x" {
		t.Errorf("recorded %+v", e)
	}
	if d.changes(acme, core.ChangeApplications) == 0 {
		t.Error("the other replicas were not told")
	}
	for name, o := range map[string]core.ID{"again": acme.ID, "by another organization": beta.ID} {
		_, err := d.AddApplication(t.Context(), core.Application{OrganizationID: o, Name: "Copy", URL: "https://app.example.com/x", Level: 1}, operator())
		if core.CodeOf(err) != "application.taken" {
			t.Errorf("%s: %v, want application.taken", name, err)
		}
	}
}

func TestAddApplicationRefused(t *testing.T) {
	d := newDesk(t)
	o := d.made("Acme")
	good := core.Application{OrganizationID: o.ID, Name: "Board", URL: "https://app.example.com", Level: core.LevelPassword}
	for name, tt := range map[string]struct {
		change func(*core.Application)
		want   map[string]string
	}{
		"nothing":          {func(a *core.Application) { *a = core.Application{OrganizationID: o.ID} }, map[string]string{"name": "application.name", "url": "application.url", "level": "application.level"}},
		"level 4":          {func(a *core.Application) { a.Level = 4 }, map[string]string{"level": "application.level"}},
		"a script address": {func(a *core.Application) { a.URL = "javascript:alert(1)" }, map[string]string{"url": "application.url"}},
		"a path alone":     {func(a *core.Application) { a.URL = "/app" }, map[string]string{"url": "application.url"}},
		"with a password":  {func(a *core.Application) { a.URL = "https://u:p@app.example.com" }, map[string]string{"url": "application.url"}},
		"with a query":     {func(a *core.Application) { a.URL = "https://app.example.com/?a=1" }, map[string]string{"url": "application.url"}},
		"with a backslash": {func(a *core.Application) { a.URL = `https://app.example.com\@evil.example` }, map[string]string{"url": "application.url"}},
		"a control in it":  {func(a *core.Application) { a.Name = "a\nb" }, map[string]string{"name": "application.name"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := good
			tt.change(&a)
			_, err := d.AddApplication(t.Context(), a, operator())
			if diff := cmp.Diff(tt.want, fields(err)); diff != "" {
				t.Errorf("%v: fields (-want +got):\n%s", err, diff)
			}
		})
	}
}

// TestApplicationsFor: everybody's, and those of one's groups; nobody else's
// organization.
func TestApplicationsFor(t *testing.T) {
	d := newDesk(t)
	acme, beta := d.made("Acme"), d.made("Beta")
	for name, a := range map[string]core.Application{
		"Wiki": {OrganizationID: acme.ID}, "Books": {OrganizationID: acme.ID, Groups: []string{"Finance", "Board"}},
		"Secret": {OrganizationID: acme.ID, Groups: []string{"Board"}}, "Elsewhere": {OrganizationID: beta.ID},
	} {
		a.Name, a.URL, a.Level = name, "https://"+name+".example.com", core.LevelPassword
		_, err := d.AddApplication(t.Context(), a, operator())
		d.must(err)
	}
	for name, tt := range map[string]struct{ groups, want []string }{
		"in no group":  {nil, []string{"Wiki"}},
		"in one":       {[]string{"Finance"}, []string{"Books", "Wiki"}},
		"in both":      {[]string{"Board", "Finance"}, []string{"Books", "Secret", "Wiki"}},
		"another case": {[]string{"finance"}, []string{"Wiki"}},
	} {
		t.Run(name, func(t *testing.T) {
			mine, err := d.ApplicationsFor(t.Context(), acme.ID, tt.groups)
			d.must(err)
			if diff := cmp.Diff(tt.want, names(mine)); diff != "" {
				t.Errorf("may open (-want +got):\n%s", diff)
			}
		})
	}
}

// TestRemoveApplication: by name, in any case, in one's own organization only.
func TestRemoveApplication(t *testing.T) {
	d := newDesk(t)
	acme, beta := d.made("Acme"), d.made("Beta")
	_, err := d.AddApplication(t.Context(), core.Application{OrganizationID: acme.ID, Name: "Board", URL: "https://app.example.com", Level: 1}, operator())
	d.must(err)
	for name, o := range map[string]core.ID{"Board": beta.ID, "Bored": acme.ID} {
		if err := d.RemoveApplication(t.Context(), o, name, operator()); core.CodeOf(err) != "application.unknown" {
			t.Errorf("%s: %v, want application.unknown", name, err)
		}
	}
	d.must(d.RemoveApplication(t.Context(), acme.ID, "bOARD", operator()))
	if e := d.events(acme, core.EventApplicationGone); len(e) != 1 || e[0].Target != "Board" {
		t.Errorf("recorded %+v", e)
	}
	if err := d.RemoveApplication(t.Context(), acme.ID, "Board", operator()); core.CodeOf(err) != "application.unknown" {
		t.Errorf("once more: %v, want application.unknown", err)
	}
	// Its address is free again.
	_, err = d.AddApplication(t.Context(), core.Application{OrganizationID: beta.ID, Name: "Board", URL: "https://app.example.com", Level: 1}, operator())
	d.must(err)
}

// TestSetUp: a deployment is set up once there is anybody.
func TestSetUp(t *testing.T) {
	d := newDesk(t)
	o := d.made("Acme")
	if done, err := d.SetUp(t.Context()); done || err != nil {
		t.Errorf("empty: %v, %v, want false", done, err)
	}
	u := core.User{ID: "u", OrganizationID: o.ID, Email: "ana@example.com", FirstName: "Ana", LastName: "K", Type: core.Administrator, Status: core.Invited}
	d.must(d.store.CreateUser(t.Context(), u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}))
	if done, err := d.SetUp(t.Context()); !done || err != nil {
		t.Errorf("with one person: %v, %v, want true", done, err)
	}
}

// TestSetMachines: each change is one event, and what is so already is none.
func TestSetMachines(t *testing.T) {
	d := newDesk(t)
	o := d.made("Acme")
	_, err := d.AddApplication(t.Context(), core.Application{OrganizationID: o.ID, Name: "Board", URL: "https://app.example.com", Level: core.LevelPassword}, operator())
	d.must(err)
	for _, allow := range []bool{true, true, false} {
		a, err := d.SetMachines(t.Context(), o.ID, "board", allow, operator())
		d.must(err)
		all, err := d.Applications(t.Context(), o.ID)
		d.must(err)
		if a.Machines != allow || all[0].Machines != allow {
			t.Errorf("set to %v, is %v", allow, all[0].Machines)
		}
	}
	e := d.events(o, core.EventApplicationChange)
	if len(e) != 2 || e[1].Detail["machines_before"] == e[1].Detail["machines_after"] {
		t.Errorf("recorded %+v", e)
	}
	if _, err := d.SetMachines(t.Context(), o.ID, "Nobody", true, operator()); core.CodeOf(err) != "application.unknown" {
		t.Errorf("an application that is not there: %v", err)
	}
}
