package web_test

import (
	"context"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/web"
)

// fakeKeys answers for package apikey.
type fakeKeys struct {
	list   []core.KeyView
	more   bool
	fail   error
	calls  []string
	wanted apikey.Wanted
	edited apikey.Edited
}

const keySecret = "sps_secretsecretsecretsecretsecretsecretsecretsecretsecret12345"

func (f *fakeKeys) call(parts ...string) error {
	f.calls = append(f.calls, strings.Join(parts, "|"))
	return f.fail
}

func (f *fakeKeys) Own(context.Context, core.SessionView) ([]core.KeyView, error) {
	return f.list, nil
}

func (f *fakeKeys) All(context.Context, core.SessionView, core.ID) ([]core.KeyView, bool, error) {
	return f.list, f.more, nil
}

func (f *fakeKeys) Get(_ context.Context, _ core.SessionView, id core.ID) (core.KeyView, error) {
	for _, k := range f.list {
		if k.Key.ID == id {
			return k, nil
		}
	}
	return core.KeyView{}, core.ErrNotFound
}

func (f *fakeKeys) Create(_ context.Context, _ core.SessionView, _ core.Origin, w apikey.Wanted) (apikey.Made, error) {
	f.wanted = w
	return apikey.Made{Key: f.list[0].Key, Secret: keySecret}, f.call("create", w.Name, string(w.UserID))
}

func (f *fakeKeys) Edit(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, e apikey.Edited) error {
	f.edited = e
	return f.call("edit", string(id), e.Name)
}

func (f *fakeKeys) Roll(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, overlap time.Duration) (apikey.Made, error) {
	return apikey.Made{Key: f.list[0].Key, Secret: keySecret}, f.call("roll", string(id), overlap.String())
}

func (f *fakeKeys) Release(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.call("release", string(id))
}

func (f *fakeKeys) Delete(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	return f.call("delete", string(id))
}

// Applications implements web.Applications.
func (f *fakeKeys) Applications(context.Context, core.ID) ([]core.Application, error) {
	return []core.Application{{URL: "https://wiki.northwind.example"}, {URL: "https://score.northwind.example", Machines: true}}, nil
}

func newKeys() *fakeKeys {
	key := func(id core.ID, name string, edit func(*core.APIKey)) core.KeyView {
		k := core.APIKey{
			ID: id, Name: name, Access: "spk_7q2m7q2m7q2m7q2m", Scopes: []core.KeyScope{core.ScopeLoader}, CreatedAt: noon.AddDate(0, -1, 0),
			ExpiresAt: noon.AddDate(0, 6, 0), UserID: "ana",
		}
		edit(&k)
		return core.KeyView{Key: k, Account: ana().Account}
	}
	networks, _ := core.ParseNetworks("203.0.113.0/24\n2001:db8::/32")
	return &fakeKeys{list: []core.KeyView{
		key("k1", "Staff & <list>", func(k *core.APIKey) {
			k.Networks, k.Scopes = networks, []core.KeyScope{core.ScopeLoader, core.ScopeLoaderIdentity}
			k.LastUsedAt, k.LastUsedFrom = noon.Add(-time.Hour), "203.0.113.9"
		}),
		key("k2", "Reader", func(k *core.APIKey) {
			k.ExpiresAt, k.Scopes = noon.AddDate(0, 0, 7), []core.KeyScope{core.ScopeRead}
		}),
		key("k3", "Old", func(k *core.APIKey) { k.ExpiresAt, k.Scopes = noon, []core.KeyScope{core.ScopeFull} }),
		key("k4", "Restored", func(k *core.APIKey) { k.Held = true }),
	}}
}

// mappedBea is somebody else of the organization.
func mappedBea() core.Account {
	return core.Account{User: core.User{
		ID: "bea", OrganizationID: "org", Email: "bea@northwind.example", FirstName: "Bea", LastName: "Silva", Type: core.Ordinary,
		Status: core.Active, PasswordSealed: "x",
	}}
}

func keyed(f *fakeKeys) func(d *web.Deps) {
	g := newGroups()
	g.found = []core.Account{mappedBea()}
	return administering(func(d *web.Deps) {
		d.APIKeys, d.Applications, d.Groups = f, f, g
		d.People = &fakePeople{person: people.Person{Account: mappedBea()}}
	})
}

// strong is Ana in a session that has shown a second step.
func strong() core.SessionView {
	return anaWith(func(v *core.SessionView) { v.Session.Level = core.LevelEmail })
}

const (
	ownKeys    = "/account/api-keys"
	allKeys    = "/admin/api-keys"
	loaderKeys = "/admin/system-settings/setup/data-loader"
)

// TestKeyPages renders the states of the pages.
func TestKeyPages(t *testing.T) {
	spanish := anaWith(func(v *core.SessionView) { v.Account.User.Language = "es" })
	for _, tt := range []struct {
		name, target string
		view         core.SessionView
		change       func(f *fakeKeys)
	}{
		{"keys", ownKeys, ana(), nil},
		{"keys_none", ownKeys + "?done=key-deleted", ana(), func(f *fakeKeys) { f.list = nil }},
		{"keys_all", allKeys + "?after=k1", ana(), func(f *fakeKeys) { f.more = true }},
		{"keys_all_none", allKeys, ana(), func(f *fakeKeys) { f.list = nil }},
		{"key_new", ownKeys + "/new", ana(), nil},
		{"key_new_all", allKeys + "/new?q=bea", ana(), nil},
		{"key_new_other", allKeys + "/new?user=bea", ana(), nil},
		{"key", ownKeys + "/k1", ana(), nil},
		{"key_held", allKeys + "/k4", ana(), nil},
		{"key_saved_over", ownKeys + "/k1/saved", ana(), nil},
		{"key_roll", ownKeys + "/k1/roll", ana(), nil},
		{"key_delete", ownKeys + "/k1/delete", ana(), nil},
		{"loader_keys", loaderKeys, ana(), nil},
		{"loader_keys_found", loaderKeys + "?q=bea", ana(), func(f *fakeKeys) { f.list = nil }},
		{"help_keys", "/help/api-keys", ana(), nil},
		{"keys_spanish", ownKeys, spanish, nil},
		{"key_new_spanish", allKeys + "/new?user=bea", spanish, nil},
		{"help_keys_spanish", "/help/api-keys", spanish, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newKeys()
			if tt.change != nil {
				tt.change(f)
			}
			b, _ := live(t, tt.view, keyed(f))
			a := b.get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			goldenKey(t, tt.name, a.body)
		})
	}
}

func goldenKey(t *testing.T, name, body string) {
	t.Helper()
	body = formToken.ReplaceAllString(body, `name="form_token" value="token"`)
	golden(t, filepath.Join("keys", name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
}

// TestKeyIsShownOnce: the secret stands in no address; it is shown until the box is
// ticked, and then never again.
func TestKeyIsShownOnce(t *testing.T) {
	f := newKeys()
	b, _ := live(t, strong(), keyed(f))
	b.get(ownKeys + "/new")
	b.post(ownKeys+"/new", "name", "Staff", "scope", "loader", "identity", "on", "life", "90", "networks", "192.0.2.0/24").leadsTo(t, ownKeys+"/k1/saved")
	if !f.wanted.ExpiresAt.Equal(noon.AddDate(0, 0, 90)) || len(f.wanted.Scopes) != 2 || f.wanted.UserID != "" {
		t.Errorf("asked for %+v", f.wanted)
	}
	shown := b.get(ownKeys + "/k1/saved")
	shown.shows(t, http.StatusOK, keySecret, "spk_7q2m7q2m7q2m7q2m", "https://score.northwind.example/")
	goldenKey(t, "key_saved", shown.body)
	b.get(ownKeys+"/k1/sallyport.env").shows(t, http.StatusOK, "SALLYPORT_SECRET_KEY="+keySecret)
	if a := b.get(ownKeys + "/k2/saved"); strings.Contains(a.body, keySecret) {
		t.Error("shown as another key's")
	}
	b.get(ownKeys+"/k2/sallyport.env").shows(t, http.StatusNotFound)
	b.post(ownKeys+"/k1/saved").shows(t, http.StatusUnprocessableEntity, "Tick the box when you have saved the secret.", keySecret)
	b.post(ownKeys+"/k1/saved", "saved", "on").leadsTo(t, ownKeys+"?done=key-saved")
	if a := b.get(ownKeys + "/k1/saved"); strings.Contains(a.body, keySecret) || !strings.Contains(a.body, "Roll the key") {
		t.Error("the secret is shown again")
	}
	b.get(ownKeys+"/k1/sallyport.env").shows(t, http.StatusNotFound)
	b.post(ownKeys+"/k1/roll", "overlap", "0").leadsTo(t, ownKeys+"/k1/saved")
	b.post(ownKeys+"/k1/delete").leadsTo(t, ownKeys+"?done=key-deleted")
	if diff := cmp.Diff([]string{"create|Staff|", "roll|k1|0s", "delete|k1"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// TestKeyForSomebodyElse: an administrator ticks that the rights are given away; on
// one's own page nobody else can be named.
func TestKeyForSomebodyElse(t *testing.T) {
	f := newKeys()
	b, _ := live(t, strong(), keyed(f))
	b.get(allKeys + "/new?user=bea")
	b.post(allKeys+"/new", "name", "Staff", "scope", "loader", "life", "365", "user", "bea").shows(t, http.StatusUnprocessableEntity,
		"Tick the box to give this person", "Bea Silva", `value="Staff"`)
	b.post(allKeys+"/new", "name", "Staff", "scope", "loader", "life", "365", "user", "bea", "grant", "on").leadsTo(t, allKeys+"/k1/saved")
	b.post(ownKeys+"/new", "name", "Mine", "scope", "full", "life", "30", "user", "bea", "grant", "on").leadsTo(t, ownKeys+"/k1/saved")
	if diff := cmp.Diff([]string{"create|Staff|bea", "create|Mine|"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	b.get(allKeys+"/new?user=stranger").shows(t, http.StatusNotFound)
}

func TestKeyIsChanged(t *testing.T) {
	f := newKeys()
	b, _ := live(t, strong(), keyed(f))
	b.get(ownKeys + "/k1")
	end := f.list[0].Key.ExpiresAt
	b.post(ownKeys+"/k1", "name", "Renamed", "expires", end.Format(time.DateOnly), "networks", "").leadsTo(t, ownKeys+"?done=key-changed")
	if !f.edited.ExpiresAt.Equal(end) {
		t.Errorf("the end moved to %v", f.edited.ExpiresAt)
	}
	b.post(ownKeys+"/k1", "name", "Renamed", "expires", noon.Add(core.KeyLife).Format(time.DateOnly)).leadsTo(t, ownKeys+"?done=key-changed")
	if !f.edited.ExpiresAt.Equal(noon.Add(core.KeyLife)) {
		t.Errorf("the last day ends at %v", f.edited.ExpiresAt)
	}
	f.fail = core.InField("expires", core.NewError(core.Invalid, "key.expires"))
	b.post(ownKeys+"/k1", "name", "Renamed", "expires", "never").shows(t, http.StatusUnprocessableEntity, "Choose an end between", `value="Renamed"`)
	f.fail = apikey.ErrLevel
	b.post(ownKeys+"/k1", "name", "x").shows(t, http.StatusForbidden, "sign in with a second step")
	f.fail = nil
	b.post(allKeys+"/k4/release").leadsTo(t, allKeys+"?done=key-released")
	b.get(ownKeys+"/stranger").shows(t, http.StatusNotFound)
}

// TestKeysAskForASecondStep: a confirmed session of level 1 confirms once more, by
// a code; deleting asks for no level.
func TestKeysAskForASecondStep(t *testing.T) {
	f := newKeys()
	weak := anaWith(func(v *core.SessionView) {
		v.Session.Level, v.Account.User.TwoFactor, v.Account.Apps = core.LevelPassword, core.TwoFactorOff, 0
	})
	b, _ := live(t, weak, keyed(f))
	b.get(ownKeys + "/new")
	b.post(ownKeys+"/new", "name", "Staff", "scope", "loader").leadsTo(t, "/confirm?next=%2Faccount%2Fapi-keys%2Fnew")
	b.get(ownKeys+"/new").shows(t, http.StatusOK, `value="Staff"`) // what was typed waits
	b.post(allKeys+"/k1/roll").leadsTo(t, "/confirm?next=%2Fadmin%2Fapi-keys%2Fk1%2Froll")
	b.post(ownKeys+"/k1/delete").leadsTo(t, ownKeys+"?done=key-deleted")
	if diff := cmp.Diff([]string{"delete|k1"}, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	ordinary := anaWith(func(v *core.SessionView) { v.Account.User.Type = core.Ordinary })
	o, _ := live(t, ordinary, keyed(newKeys()))
	for _, path := range []string{allKeys, allKeys + "/new", allKeys + "/k1", loaderKeys} {
		o.get(path).shows(t, http.StatusNotFound)
	}
}
