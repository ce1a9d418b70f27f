package storetest

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func keyTests() map[string]test {
	return map[string]test{
		"columns":                          keyColumns,
		"one first key":                    oneFirstKey,
		"one next key":                     oneNextKey,
		"one of each step":                 oneOfEachStep,
		"a key's life in order":            keyLife,
		"a change tells the replicas":      keysTold,
		"no key added under an old master": addOrRewrap,
		"all rewrapped or none":            rewrapAll,
		"sealed texts in order":            sealedInOrder,
		"a text that changed stays":        resealOnce,
		"what hangs on a key":              usesOfKey,
		"a key in use is not removed":      keyInUse,
	}
}

// firstKey stores the key that is active.
func (w *world) firstKey() core.StoredKey {
	w.t.Helper()
	k := core.StoredKey{ID: "k1", Wrapped: "wrapped-1", Active: true, CreatedAt: w.clock(), ActiveAt: w.clock()}
	w.must(w.store.AddKey(w.ctx, k, core.StoredKey{}, core.Record{}))
	return k
}

// nextKey stores k2, which waits beside k1.
func (w *world) nextKey(beside core.StoredKey) core.StoredKey {
	w.t.Helper()
	k := core.StoredKey{ID: "k2", Wrapped: "wrapped-2", CreatedAt: w.pass(time.Second)}
	w.must(w.store.AddKey(w.ctx, k, beside, core.Record{}))
	return k
}

func (w *world) keys() map[string]core.StoredKey {
	w.t.Helper()
	all, err := w.store.Keys(w.ctx)
	w.must(err)
	out := map[string]core.StoredKey{}
	for _, k := range all {
		out[k.ID] = k
	}
	return out
}

func keyColumns(w *world) {
	k := fill(w, core.StoredKey{})
	w.must(w.store.AddKey(w.ctx, k, core.StoredKey{}, core.Record{}))
	second := fill(w, core.StoredKey{})
	w.refused("a second active key", w.store.AddKey(w.ctx, second, core.StoredKey{}, core.Record{}), core.ErrTaken)
	second.Active = false
	w.refused("one beside nothing", w.store.AddKey(w.ctx, second, core.StoredKey{}, core.Record{}), core.ErrStale)
	w.must(w.store.AddKey(w.ctx, second, k, core.Record{}))
	k.RetiredAt, second.RetiredAt = time.Time{}, time.Time{}
	all, err := w.store.Keys(w.ctx)
	w.must(err)
	same(w, all, []core.StoredKey{k, second})
}

func oneFirstKey(w *world) {
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		k := core.StoredKey{ID: fmt.Sprintf("k%d", i), Wrapped: "wrapped", Active: true, CreatedAt: w.clock()}
		return s.AddKey(w.ctx, k, core.StoredKey{}, core.Record{})
	}, core.ErrTaken)
	w.count("keys", won, 1)
}

func oneNextKey(w *world) {
	first := w.firstKey()
	won := w.together(callers, func(s *sqlstore.Store, i int) error {
		k := core.StoredKey{ID: "k2", Wrapped: fmt.Sprintf("wrapped-%d", i), CreatedAt: w.clock()}
		return s.AddKey(w.ctx, k, first, core.Record{})
	}, core.ErrTaken)
	w.count("next keys", won, 1)
	w.count("keys", w.rows("data_key"), 2)
}

func oneOfEachStep(w *world) {
	w.nextKey(w.firstKey())
	u := w.person(w.organization("One"), "ada")
	steps := []func(s *sqlstore.Store, r core.Record) error{
		func(s *sqlstore.Store, r core.Record) error { return s.ActivateKey(w.ctx, "k2", "k1", w.clock(), r) },
		func(s *sqlstore.Store, r core.Record) error { return s.SettleKey(w.ctx, "k2", w.clock(), r) },
		func(s *sqlstore.Store, r core.Record) error { return s.RetireKey(w.ctx, "k1", w.clock(), r) },
		func(s *sqlstore.Store, r core.Record) error {
			return s.RemoveKey(w.ctx, "k1", "v1.k1.", w.clock(), w.clock(), r)
		},
	}
	for i, step := range steps {
		before := w.rows("event")
		won := w.together(callers, func(s *sqlstore.Store, _ int) error {
			return step(s, core.Record{Events: []core.Event{w.event(u, "step")}})
		}, core.ErrStale)
		w.count(fmt.Sprintf("step %d", i), won, 1)
		w.count(fmt.Sprintf("events of step %d", i), w.rows("event")-before, 1)
	}
	w.count("keys", len(w.keys()), 1)
}

func keyLife(w *world) {
	s, none := w.store, core.Record{}
	w.nextKey(w.firstKey())
	stale := func(what string, err error) { w.t.Helper(); w.refused(what, err, core.ErrStale) }
	stale("settling a key that waits", s.SettleKey(w.ctx, "k2", w.clock(), none))
	stale("retiring a key that waits", s.RetireKey(w.ctx, "k2", w.clock(), none))
	stale("retiring the active key", s.RetireKey(w.ctx, "k1", w.clock(), none))
	stale("replacing a key that is not active", s.ActivateKey(w.ctx, "k1", "k2", w.clock(), none))
	stale("an unknown key", s.ActivateKey(w.ctx, "k9", "k1", w.clock(), none))
	active := w.pass(time.Second)
	w.must(s.ActivateKey(w.ctx, "k2", "k1", active, none))
	stale("going back", s.ActivateKey(w.ctx, "k1", "k2", w.clock(), none))
	settled := w.pass(time.Second)
	w.must(s.SettleKey(w.ctx, "k2", settled, none))
	stale("removing before retiring", s.RemoveKey(w.ctx, "k1", "v1.k1.", w.clock(), w.clock(), none))
	retired := w.pass(time.Second)
	w.must(s.RetireKey(w.ctx, "k1", retired, none))
	stale("removing too early", s.RemoveKey(w.ctx, "k1", "v1.k1.", retired.Add(-time.Second), w.clock(), none))
	k := w.keys()
	if k1, k2 := k["k1"], k["k2"]; k1.Active || !k1.RetiredAt.Equal(retired) || !k2.Active || !k2.ActiveAt.Equal(active) || !k2.SettledAt.Equal(settled) {
		w.t.Errorf("after its life: %+v", k)
	}
	w.must(s.RemoveKey(w.ctx, "k1", "v1.k1.", retired, w.clock(), none))
	w.count("keys", len(w.keys()), 1)
}

// keysTold: what changes the keys that a replica must know writes the change
// table by itself.
func keysTold(w *world) {
	told := func() int { return w.rows("cache_change WHERE kind = 'keys'") }
	first := w.firstKey()
	w.nextKey(first)
	w.count("changes of two keys", told(), 2)
	w.must(w.store.ActivateKey(w.ctx, "k2", "k1", w.clock(), core.Record{}))
	w.count("changes after the activation", told(), 3)
	w.must(w.store.RewrapKeys(w.ctx, []core.Rewrapping{{ID: "k1", Old: "wrapped-1", New: "a"}, {ID: "k2", Old: "wrapped-2", New: "b"}}, core.Record{}))
	w.count("changes after the rewrapping", told(), 4)
}

// addOrRewrap: while a master key is replaced, no data key slips in that is
// wrapped under the old one: of a key that is added and a rewrapping at the same
// moment exactly one succeeds.
func addOrRewrap(w *world) {
	for round := range 10 {
		w.must(w.clearKeys())
		first := w.firstKey()
		won := w.together(10, func(s *sqlstore.Store, i int) error {
			if i%2 == 0 {
				return s.RewrapKeys(w.ctx, []core.Rewrapping{{ID: "k1", Old: first.Wrapped, New: "other"}}, core.Record{})
			}
			return s.AddKey(w.ctx, core.StoredKey{ID: "k2", Wrapped: "wrapped-2", CreatedAt: w.clock()}, first, core.Record{})
		}, core.ErrStale, core.ErrTaken)
		w.count(fmt.Sprintf("winners of round %d", round), won, 1)
		k := w.keys()
		if rewrapped := k["k1"].Wrapped == "other"; rewrapped != (len(k) == 1) {
			w.t.Errorf("round %d: keys under two masters: %+v", round, k)
		}
	}
}

func (w *world) clearKeys() error {
	_, err := w.db.Raw.ExecContext(w.ctx, "DELETE FROM data_key")
	return err
}

func rewrapAll(w *world) {
	w.nextKey(w.firstKey())
	before := w.keys()
	for name, all := range map[string][]core.Rewrapping{
		"one is missing":     {{ID: "k1", Old: "wrapped-1", New: "a"}},
		"one has changed":    {{ID: "k1", Old: "wrapped-1", New: "a"}, {ID: "k2", Old: "wrapped-9", New: "b"}},
		"one is not there":   {{ID: "k1", Old: "wrapped-1", New: "a"}, {ID: "k3", Old: "wrapped-2", New: "b"}},
		"one is too many":    {{ID: "k1", Old: "wrapped-1", New: "a"}, {ID: "k2", Old: "wrapped-2", New: "b"}, {ID: "k3", New: "c"}},
		"one is there twice": {{ID: "k1", Old: "wrapped-1", New: "a"}, {ID: "k1", Old: "wrapped-1", New: "b"}},
	} {
		w.refused(name, w.store.RewrapKeys(w.ctx, all, core.Record{}), core.ErrStale)
		same(w, w.keys(), before)
	}
	w.must(w.store.RewrapKeys(w.ctx, []core.Rewrapping{{ID: "k1", Old: "wrapped-1", New: "a"}, {ID: "k2", Old: "wrapped-2", New: "b"}}, core.Record{}))
	if k := w.keys(); k["k1"].Wrapped != "a" || k["k2"].Wrapped != "b" {
		w.t.Errorf("after the rewrapping: %+v", k)
	}
}

// sealWith stores texts in every column of sealed texts, as many people as
// given, and returns them by column.
func (w *world) sealWith(text string, people int) map[core.SealedColumn][]string {
	w.t.Helper()
	o := w.organization("Of " + text)
	for i := range people {
		u, _, s := w.enrol(w.person(o, fmt.Sprintf("p%d-%s", i, w.id("u"))), 1)
		w.panel(u, s.ID)
		w.remembered(u)
		w.loading(u)
		w.loadFile(u)
		_, err := w.db.Raw.ExecContext(w.ctx, `INSERT INTO past_password (id, organization_id, user_id, sealed, replaced_at) VALUES ($1, $2, $3, '', 0)`,
			string(w.id("past")), string(o.ID), string(u.ID))
		w.must(err)
		_, err = w.db.Raw.ExecContext(w.ctx, `INSERT INTO audit_key (id, public, seed_sealed, made_under, created_at, endorsed_by, endorsed) VALUES ($1, '', '', $2, 0, '', '')`,
			string(w.id("audit")), string(o.ID))
		w.must(err)
		// More than there are places for, and of no organization; its login names it.
		_, err = w.db.Raw.ExecContext(w.ctx, `INSERT INTO mail_server (id, host, port, implicit, login, password_sealed) VALUES ($1, '', 0, FALSE, $2, '')`,
			string(w.id("server")), string(o.ID))
		w.must(err)
	}
	out := map[core.SealedColumn][]string{}
	for column, where := range sealedRows() {
		of := "organization_id"
		switch column { // the deployment's; here it says which test rows they are
		case core.SealedAuditSeed:
			of = "made_under"
		case core.SealedMailPassword:
			of = "login"
		}
		_, err := w.db.Raw.ExecContext(w.ctx, fmt.Sprintf("UPDATE %s SET %s = $1 || id WHERE %s = $2%s", where[0], where[1], of, where[2]), text, string(o.ID))
		w.must(err)
		rows, err := w.db.Raw.QueryContext(w.ctx, fmt.Sprintf("SELECT %s FROM %s WHERE %s = $1%s", where[1], where[0], of, where[2]), string(o.ID))
		w.must(err)
		for rows.Next() {
			var sealed string
			w.must(rows.Scan(&sealed))
			out[column] = append(out[column], sealed)
		}
		w.must(rows.Err())
		slices.Sort(out[column])
	}
	return out
}

// sealedRows says where each column is: table, column and further condition.
func sealedRows() map[core.SealedColumn][3]string {
	return map[core.SealedColumn][3]string{
		core.SealedPassword: {"person", "password_sealed", ""}, core.SealedPastPassword: {"past_password", "sealed", ""},
		core.SealedAppSecret: {"credential", "sealed", " AND kind = 'app'"}, core.SealedDeviceSeed: {"remembered_device", "seed_sealed", ""},
		core.SealedPanelSecret: {"enrolment", "secret_sealed", " AND ended_at = 0"}, core.SealedPanelCodes: {"enrolment", "codes_sealed", " AND ended_at = 0"},
		core.SealedAuditSeed:    {"audit_key", "seed_sealed", ""},
		core.SealedMailPassword: {"mail_server", "password_sealed", ""},
		core.SealedRejectedRow:  {"load_reject", "cells_sealed", ""},
		core.SealedLoadChunk:    {"load_chunk", "content_sealed", ""},
		core.SealedLoadBefore:   {"load_result", "before_sealed", ""},
	}
}

func sealedInOrder(w *world) {
	old, other := w.sealWith("v1.k1.", 7), w.sealWith("v1.k10.", 2)
	w.sealWith("v1.k2.", 3)
	if got, want := len(old), len(core.SealedColumns()); got != want {
		w.t.Fatalf("the test fills %d columns of %d", got, want)
	}
	for _, column := range core.SealedColumns() {
		var got []string
		for after := core.ID(""); ; {
			some, err := w.store.SealedTexts(w.ctx, column, "v1.k2.", after, 4)
			w.must(err)
			for _, s := range some {
				if s.ID <= after || s.UserID == "" && column != core.SealedMailPassword {
					w.t.Errorf("%s: %q of %q came behind %q", column, s.ID, s.UserID, after)
				}
				after = s.ID
				got = append(got, s.Text)
			}
			if len(some) < 4 {
				break
			}
		}
		slices.Sort(got)
		want := slices.Sorted(slices.Values(slices.Concat(old[column], other[column])))
		same(w, got, want)
	}
}

func resealOnce(w *world) {
	w.sealWith("v1.k1.", 5)
	for _, column := range core.SealedColumns() {
		found, err := w.store.SealedTexts(w.ctx, column, "v1.k2.", "", 100)
		w.must(err)
		var all []core.Resealing
		for i, s := range found {
			r := core.Resealing{ID: s.ID, Old: s.Text, New: "v1.k2." + string(s.ID), KeyID: "k2"}
			if i == 0 {
				r.Old = "v1.k1.before" // it changed after it was read
			}
			all = append(all, r)
		}
		won := w.together(10, func(s *sqlstore.Store, _ int) error {
			n, err := s.Reseal(w.ctx, column, all)
			if err == nil && n == 0 {
				err = core.ErrStale
			}
			if err == nil && n != len(all)-1 {
				w.t.Errorf("%s: resealed %d of %d", column, n, len(all))
			}
			return err
		}, core.ErrStale)
		w.count("resealings of "+string(column), won, 1)
		left, err := w.store.SealedTexts(w.ctx, column, "v1.k2.", "", 100)
		w.must(err)
		same(w, left, found[:1])
	}
	w.count("apps whose row names the new key", w.rows("credential WHERE kind = 'app' AND key_id = 'k2'"), 4)
}

func usesOfKey(w *world) {
	u := w.sealWith("v1.k1.", 2)
	w.sealWith("v1.k10.", 3)
	person := w.person(w.organization("Keyed"), "ada")
	w.must(w.store.SendCode(w.ctx, w.codeSend(person, w.id("owner"))))
	for id, until := range map[string]time.Time{"live": w.clock().Add(time.Hour), "over": w.clock()} {
		_, err := w.db.Raw.ExecContext(w.ctx, `INSERT INTO link (id, organization_id, user_id, kind, token_hash, created_at, expires_at, used_at, key_id)
			VALUES ($1, $2, $3, 'reset', $1, 0, $4, 0, 'k1')`, id, string(person.OrganizationID), string(person.ID), until.UnixMicro())
		w.must(err)
		_, err = w.db.Raw.ExecContext(w.ctx, `INSERT INTO address_change (id, organization_id, user_id, kind, old_address, old_key, new_address, new_key,
			old_proved_at, session_id, key_id, started_at, expires_at, done_at, undo_until, ended_at)
			VALUES ($1, $2, $3, 'signin', '', '', '', '', 0, '', 'k1', 0, 0, 0, $4, 0)`, id, string(person.OrganizationID), string(person.ID), until.UnixMicro())
		w.must(err)
	}
	w.apiKey(person)
	over := w.apiKey(person)
	over.ExpiresAt, over.OldKeyID, over.OldUntil = w.clock(), "k1", w.clock().Add(time.Hour)
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: over}))
	rolled := w.apiKey(person)
	rolled.KeyID, rolled.OldKeyID, rolled.OldUntil = "k2", "k1", w.clock().Add(time.Hour)
	w.must(w.store.SaveAPIKey(w.ctx, core.APIKeyChange{Is: rolled}))
	w.appPassword(person)
	gone := w.newAppPassword(person)
	gone.ExpiresAt = w.clock()
	w.must(w.store.MakeAppPassword(w.ctx, w.appPasswordMaking(gone)))
	got, err := w.store.KeyUses(w.ctx, "k1", "v1.k1.", w.clock())
	w.must(err)
	want := core.KeyUses{Sealed: map[core.SealedColumn]int{}, Keyed: map[core.KeyedColumn]int{
		core.KeyedRecoveryCode: 5, core.KeyedChallenge: 1, core.KeyedLink: 1, core.KeyedAddressChange: 1,
		core.KeyedAPIKey: 1, core.KeyedOldAPIKey: 1, core.KeyedAppPassword: 1,
	}}
	for column, texts := range u {
		want.Sealed[column] = len(texts)
	}
	same(w, got, want)
	got, err = w.store.KeyUses(w.ctx, "k7", "v1.k7.", w.clock())
	w.must(err)
	if !got.None() || len(got.Keyed) != len(core.KeyedColumns()) {
		w.t.Errorf("a key that nothing hangs on: %+v", got)
	}
}

// keyInUse: whatever hangs on a key keeps it; a spent code does not, and goes
// with the key.
func keyInUse(w *world) {
	w.nextKey(w.firstKey())
	w.must(w.store.ActivateKey(w.ctx, "k2", "k1", w.clock(), core.Record{}))
	w.must(w.store.SettleKey(w.ctx, "k2", w.clock(), core.Record{}))
	w.must(w.store.RetireKey(w.ctx, "k1", w.clock(), core.Record{}))
	remove := func() error { return w.store.RemoveKey(w.ctx, "k1", "v1.k1.", w.clock(), w.clock(), core.Record{}) }
	w.sealWith("v1.k1.", 1)
	w.refused("everything hangs on it", remove(), core.ErrStale)
	for column, where := range maps.All(sealedRows()) {
		_, err := w.db.Raw.ExecContext(w.ctx, fmt.Sprintf("UPDATE %s SET %s = ''", where[0], where[1]))
		w.must(err)
		if column != core.SealedPanelCodes {
			w.refused("the recovery codes hang on it", remove(), core.ErrStale)
		}
	}
	_, err := w.db.Raw.ExecContext(w.ctx, "UPDATE credential SET used_at = 1 WHERE kind = 'recovery'")
	w.must(err)
	w.must(remove())
	w.count("keys", len(w.keys()), 1)
	w.count("spent codes", w.rows("credential WHERE kind = 'recovery'"), 0)
	w.count("apps", w.rows("credential WHERE kind = 'app'"), 1)
}
