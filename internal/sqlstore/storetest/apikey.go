package storetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func apiKeyTests() map[string]test {
	return map[string]test{
		"columns":                            apiKeyColumns,
		"ten live keys of a person":          tenAPIKeys,
		"only of people who may sign in":     apiKeyOfActive,
		"one save of a reading":              oneAPIKeySave,
		"one deletion":                       oneAPIKeyRemoval,
		"the last use only moves forward":    apiKeyUses,
		"a page at a time":                   apiKeyPages,
		"they go with their person's access": apiKeysEnd,
		"an event tells which key asked":     eventOfKey,
		"told once of each end that is near": keyWarnings,
	}
}

// apiKey stores a key of a person.
func (w *world) apiKey(u core.User) core.APIKey {
	w.t.Helper()
	k := w.newAPIKey(u)
	w.must(w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: k}))
	return k
}

func (w *world) newAPIKey(u core.User) core.APIKey {
	id := w.id("apikey")
	return core.APIKey{
		ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, CreatedBy: u.ID, Name: "Loader " + string(id), Access: "spk_" + string(id),
		SecretHash: "hash", KeyID: "k1", Scopes: []core.KeyScope{core.ScopeLoader}, CreatedAt: w.clock(), ExpiresAt: w.clock().Add(core.KeyLife), Version: 1,
	}
}

func (w *world) networks(text string) core.AllowedNetworks {
	w.t.Helper()
	all, bad := core.ParseNetworks(text)
	if bad != nil {
		w.t.Fatal(bad)
	}
	return all
}

func apiKeyColumns(w *world) {
	o := w.organization("One")
	u := w.person(o, "ada", "Finance")
	k := fill(w, core.APIKey{})
	k.OrganizationID, k.UserID, k.Version = o.ID, u.ID, 1
	k.Scopes, k.Networks = core.KeyScopes(), w.networks("192.0.2.0/24\n2001:db8::/32")
	w.must(w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: k, Record: core.Record{Events: []core.Event{w.event(u, core.EventAPIKeyMade)}}}))
	want := core.KeyView{Key: k, Account: w.account(u), Organization: o}
	got, err := w.store.APIKeyByAccess(w.ctx, k.Access)
	w.must(err)
	same(w, got, want)
	next := fill(w, core.APIKey{})
	next.ID, next.OrganizationID, next.UserID, next.CreatedBy, next.Access, next.Scopes, next.CreatedAt = k.ID, o.ID, u.ID, k.CreatedBy, k.Access, k.Scopes, k.CreatedAt
	next.LastUsedAt, next.LastUsedFrom, next.Networks, next.Held, next.Version = k.LastUsedAt, k.LastUsedFrom, w.networks("198.51.100.7"), false, 1
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: next}))
	next.Version = 2
	got, err = w.store.APIKeyByID(w.ctx, o.ID, k.ID)
	w.must(err)
	same(w, got.Key, next)
	w.count("told", w.rows("cache_change WHERE kind = 'api_key' AND subject_id = $1", string(k.ID)), 1)
	_, err = w.store.APIKeyByAccess(w.ctx, "spk_none")
	w.refused("an access key that nobody has", err, core.ErrNotFound)
	_, err = w.store.APIKeyByAccess(w.ctx, "spk_\x00")
	w.refused("no text", err, core.ErrNotFound)
	same1 := w.newAPIKey(u)
	same1.Access = k.Access
	w.refused("an access key twice", w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: same1}), core.ErrTaken)
}

// tenAPIKeys: an expired key takes no place, and a deleted one gives its back.
func tenAPIKeys(w *world) {
	u := w.person(w.organization("One"), "ada")
	old := w.newAPIKey(u)
	old.ExpiresAt = w.clock()
	w.must(w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: old}))
	made := make([]core.APIKeyMaking, callers)
	for i := range made {
		made[i] = core.APIKeyMaking{Key: w.newAPIKey(u), Record: core.Record{Events: []core.Event{w.event(u, core.EventAPIKeyMade)}}}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.CreateAPIKey(w.ctx, made[i]) }, core.ErrLimit)
	w.count("keys made", won, core.KeysPerUser)
	w.count("rows", w.rows("api_key"), core.KeysPerUser+1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAPIKeyMade), core.KeysPerUser)
	all, err := w.store.APIKeys(w.ctx, core.APIKeyFilter{OrganizationID: u.OrganizationID, UserID: u.ID, Limit: 2})
	w.must(err)
	w.must(w.store.RemoveAPIKey(w.ctx, core.APIKeyRemoval{OrganizationID: u.OrganizationID, KeyID: all[1].Key.ID}))
	w.apiKey(u)
	w.refused("one more", w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: w.newAPIKey(u)}), core.ErrLimit)
	old.Name = "Of last year"
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: old}))
	old.Version, old.ExpiresAt = 2, w.clock().Add(core.KeyLife)
	w.refused("one that was over lives again", w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: old}), core.ErrLimit)
	all, err = w.store.APIKeys(w.ctx, core.APIKeyFilter{OrganizationID: u.OrganizationID, UserID: u.ID, Limit: 1})
	w.must(err)
	live := all[0].Key
	live.ExpiresAt = live.ExpiresAt.Add(-time.Hour)
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: live}))
	w.must(w.store.RemoveAPIKey(w.ctx, core.APIKeyRemoval{OrganizationID: u.OrganizationID, KeyID: live.ID}))
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: old}))
}

func apiKeyOfActive(w *world) {
	o := w.organization("One")
	u, idle := w.person(o, "ada"), w.person(o, "ben")
	w.must(w.store.SetStatus(w.ctx, w.status(idle, core.Active, core.Inactive, "")))
	w.refused("deactivated", w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: w.newAPIKey(idle)}), core.ErrStale)
	k := w.newAPIKey(u)
	k.OrganizationID = w.organization("Two").ID
	w.refused("of another organization", w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: k}), core.ErrStale)
}

func oneAPIKeySave(w *world) {
	u := w.person(w.organization("One"), "ada")
	k := w.apiKey(u)
	made := make([]core.APIKeyChange, callers)
	for i := range made {
		made[i] = core.APIKeyChange{Is: k, Record: core.Record{Events: []core.Event{w.event(u, core.EventAPIKeyRolled)}}}
		made[i].Is.SecretHash = fmt.Sprintf("hash-%d", i)
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.SaveAPIKey(w.ctx, made[i]) }, core.ErrStale)
	w.count("saves", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAPIKeyRolled), 1)
}

func oneAPIKeyRemoval(w *world) {
	u := w.person(w.organization("One"), "ada")
	k := w.apiKey(u)
	made := make([]core.APIKeyRemoval, callers)
	for i := range made {
		made[i] = core.APIKeyRemoval{OrganizationID: u.OrganizationID, KeyID: k.ID, Record: core.Record{Events: []core.Event{w.event(u, core.EventAPIKeyDeleted)}}}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.RemoveAPIKey(w.ctx, made[i]) }, core.ErrNotFound)
	w.count("deletions", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAPIKeyDeleted), 1)
	w.count("told", w.rows("cache_change WHERE kind = 'api_key'"), 1)
	w.refused("a save of it", w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: k}), core.ErrStale)
}

func apiKeyUses(w *world) {
	u := w.person(w.organization("One"), "ada")
	k := w.apiKey(u)
	late := w.clock().Add(time.Minute)
	w.must(w.store.TouchAPIKeys(w.ctx, nil))
	w.must(w.store.TouchAPIKeys(w.ctx, []core.APIKeyUse{{KeyID: k.ID, At: late, From: "192.0.2.7"}, {KeyID: "gone", At: late}}))
	w.must(w.store.TouchAPIKeys(w.ctx, []core.APIKeyUse{{KeyID: k.ID, At: w.clock(), From: "192.0.2.8"}}))
	got, err := w.store.APIKeyByID(w.ctx, u.OrganizationID, k.ID)
	w.must(err)
	k.LastUsedAt, k.LastUsedFrom = late, "192.0.2.7"
	same(w, got.Key, k)
}

func apiKeyPages(w *world) {
	o := w.organization("One")
	u, other := w.person(o, "ada"), w.person(o, "ben")
	w.apiKey(w.person(w.organization("Two"), "eve"))
	var want, theirs []core.ID
	for _, name := range []string{"A", "B", "B", "C"} {
		k := w.newAPIKey(u)
		if k.Name = name; name == "C" {
			k.UserID, theirs = other.ID, append(theirs, k.ID)
		}
		w.must(w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: k}))
		want = append(want, k.ID)
	}
	f := core.APIKeyFilter{OrganizationID: o.ID, Limit: 1}
	var got []core.ID
	for {
		page, err := w.store.APIKeys(w.ctx, f)
		w.must(err)
		if len(page) == 0 {
			break
		}
		got = append(got, page[0].Key.ID)
		f.AfterName, f.AfterID = page[0].Key.Name, page[0].Key.ID
	}
	same(w, got, want)
	page, err := w.store.APIKeys(w.ctx, core.APIKeyFilter{OrganizationID: o.ID, UserID: other.ID})
	w.must(err)
	same(w, page[0].Key.ID, theirs[0])
	same(w, page[0].Account, w.account(other))
}

// apiKeysEnd: deactivating, taking the access away and "Wasn't you?" end a
// person's keys, each with an event; nobody else's.
func apiKeysEnd(w *world) {
	o := w.organization("One")
	boss, other := w.ofType(o, "boss", core.Administrator), w.person(o, "zoe")
	w.apiKey(other)
	ends := map[string]func(u core.User) error{
		"deactivated": func(u core.User) error {
			c := w.status(u, core.Active, core.Inactive, "")
			c.Record.Events = []core.Event{w.event(boss, core.EventUserDeactivated)}
			return w.store.SetStatus(w.ctx, c)
		},
		"no access": func(u core.User) error {
			c := w.personChange(u)
			c.Is.Type, c.Record.Events = core.NoAccess, []core.Event{w.event(boss, core.EventUserChanged)}
			return w.store.SavePerson(w.ctx, c)
		},
		"not you": func(u core.User) error {
			return w.store.RaiseAlarm(w.ctx, core.Alarm{
				OrganizationID: o.ID, UserID: u.ID, Since: w.clock().Add(time.Second), At: w.clock(),
				Record: core.Record{Events: []core.Event{w.event(u, core.EventNotYou)}},
			})
		},
	}
	for name, end := range ends {
		u := w.person(o, strings.ReplaceAll(name, " ", "-"))
		one, two := w.apiKey(u), w.apiKey(u)
		w.must(end(u))
		for _, k := range []core.APIKey{one, two} {
			_, err := w.store.APIKeyByAccess(w.ctx, k.Access)
			w.refused(name, err, core.ErrNotFound)
			w.count(name+": told", w.rows("cache_change WHERE kind = 'api_key' AND subject_id = $1", string(k.ID)), 1)
		}
		w.count(name+": events", w.rows("event WHERE kind = $1 AND subject_id = $2", core.EventAPIKeyDeleted, string(u.ID)), 2)
	}
	w.count("keys left", w.rows("api_key"), 1)
}

func eventOfKey(w *world) {
	u := w.person(w.organization("One"), "ada")
	e := w.event(u, core.EventGroupCreated)
	e.Origin.Key = "spk_one"
	plain := w.event(u, core.EventGroupCreated)
	w.must(w.store.Note(w.ctx, core.Record{Events: []core.Event{e, plain}}))
	same(w, e.Detail, map[string]string{"method": "email"}) // the caller's is left alone
	all, err := w.store.Events(w.ctx, u.OrganizationID, core.EventFilter{SubjectID: u.ID})
	w.must(err)
	keys := map[core.ID]string{}
	for _, one := range all {
		keys[one.ID] = one.Detail[core.DetailKey]
		same(w, one.Detail["method"], "email")
	}
	same(w, keys, map[core.ID]string{e.ID: "spk_one", plain.ID: ""})
}

// keyWarnings: of each end once, whoever asks at the same time; a later end begins
// anew; a key that was made short is not told of at once.
func keyWarnings(w *world) {
	o := w.organization("One")
	u, gone := w.person(o, "ada"), w.person(o, "ben")
	long, short := w.apiKey(u), w.newAPIKey(u)
	short.ExpiresAt = w.clock().AddDate(0, 0, 30)
	w.must(w.store.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: short}))
	w.apiKey(gone)
	w.must(w.store.SetStatus(w.ctx, w.status(gone, core.Active, core.Inactive, "")))
	near := func(days int, want ...core.ID) {
		w.t.Helper()
		all, err := w.store.ExpiringAPIKeys(w.ctx, days, w.clock(), 9)
		w.must(err)
		var got []core.ID
		for _, v := range all {
			got = append(got, v.Key.ID)
		}
		same(w, got, want)
	}
	near(30)
	w.pass(core.KeyLife - 30*24*time.Hour)
	near(30, long.ID)
	near(7)
	made := make([]core.APIKeyWarning, callers)
	for i := range made {
		made[i] = core.APIKeyWarning{Key: long, Days: 30, Record: core.Record{Events: []core.Event{w.event(u, core.EventAPIKeyExpiring)}}}
	}
	won := w.together(callers, func(s *sqlstore.Store, i int) error { return s.WarnOfAPIKey(w.ctx, made[i]) }, core.ErrStale)
	w.count("told", won, 1)
	w.count("events", w.rows("event WHERE kind = $1", core.EventAPIKeyExpiring), 1)
	near(30)
	w.pass(23 * 24 * time.Hour)
	near(7, long.ID)
	later := long
	later.ExpiresAt = w.clock().AddDate(0, 0, 20)
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: later}))
	near(7)
	near(30, long.ID)
	w.refused("of the end before", w.store.WarnOfAPIKey(w.ctx, core.APIKeyWarning{Key: long, Days: 7}), core.ErrStale)
}

// apiKeyCalls are the calls about API keys for the test of scope.
func (v *victim) apiKeyCalls() map[string]func() error {
	w, s, org := v.w, v.w.store, v.u.OrganizationID
	return map[string]func() error{
		"APIKeyByID": func() error { _, err := s.APIKeyByID(w.ctx, org, v.key.ID); return err },
		"APIKeys":    func() error { return empty(s.APIKeys(w.ctx, core.APIKeyFilter{OrganizationID: org})) },
		"CreateAPIKey": func() error {
			return s.CreateAPIKey(w.ctx, core.APIKeyMaking{Key: w.newAPIKey(v.u), Record: v.stolen})
		},
		"WarnOfAPIKey": func() error { return s.WarnOfAPIKey(w.ctx, core.APIKeyWarning{Key: v.key, Days: 30, Record: v.stolen}) },
		"SaveAPIKey":   func() error { return s.SaveAPIKey(w.ctx, core.APIKeyChange{Is: v.key, Record: v.stolen}) },
		"RemoveAPIKey": func() error {
			return s.RemoveAPIKey(w.ctx, core.APIKeyRemoval{OrganizationID: org, KeyID: v.key.ID, Record: v.stolen})
		},
	}
}
