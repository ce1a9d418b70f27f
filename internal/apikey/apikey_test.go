package apikey_test

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
	"github.com/sallyport/sallyport/internal/throttle"
)

var (
	home = netip.MustParseAddr("192.0.2.7")
	away = netip.MustParseAddr("2001:db8::7")
)

// desk is a service of keys on a real store, with a clock that tests move.
type desk struct {
	t     *testing.T
	store *counted
	ring  *secret.Ring
	now   atomic.Int64
	n     atomic.Uint64
	keys  *apikey.Service
	polls *session.Service
	org   core.Organization
	ada   core.User // ordinary
	boss  core.User
	sent  []core.Template
}

// counted is the store that says how often it was asked for a key.
type counted struct {
	*sqlstore.Store
	reads atomic.Int64
	down  atomic.Bool
}

func (c *counted) APIKeyByAccess(ctx context.Context, access string) (core.KeyView, error) {
	c.reads.Add(1)
	if c.down.Load() {
		return core.KeyView{}, errors.New("the store is down")
	}
	return c.Store.APIKeyByAccess(ctx, access)
}

func open(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t}
	d.now.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
	path := filepath.Join(t.TempDir(), "db")
	storetest.File(t, path)
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: path, Clock: d.clock, Random: d.random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	d.store = &counted{Store: store}
	master := slices.Repeat([]byte{1, 2}, 16)
	if d.ring, err = secret.OpenRing(master, []secret.WrappedKey{secret.NewWrappedKey(master, "k1", d.random)}); err != nil {
		t.Fatal(err)
	}
	d.keys, d.polls = d.replica()
	d.org = core.Organization{ID: "org", Name: "Northwind", Policy: core.DefaultPolicy(), Version: 1}
	d.must(store.CreateOrganization(t.Context(), d.org, core.Record{}))
	d.ada, d.boss = d.person("ada", core.Ordinary), d.person("boss", core.Administrator)
	d.person("deputy", core.Administrator)
	return d
}

// replica is one more server on the same database.
func (d *desk) replica() (*apikey.Service, *session.Service) {
	mac := func(typed string) []byte { return []byte(typed) }
	wait := func(context.Context, time.Duration) error { return nil }
	s := apikey.New(apikey.Deps{
		Store: d.store, Endings: d.store, People: d.store, Post: post{d}, Limits: throttle.New(d.store, throttle.DefaultRules(), d.clock, mac, wait),
		Ring: d.ring, Clock: d.clock, Random: d.random,
	})
	polls := session.New(session.Config{Store: d.store, Devices: d.store, Clock: d.clock, Random: d.random, Listeners: []session.Listener{s}})
	d.must(polls.Poll(d.t.Context()))
	return s, polls
}

// post makes one mail of every event that package notify mails.
type post struct{ d *desk }

func (p post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, func() core.ID { return core.NewID(e.At, p.d.random) }, e.At)
}

// mails counts the queued mails of a template.
func (d *desk) mails(template core.Template) int {
	d.t.Helper()
	jobs, err := d.store.LeaseMail(d.t.Context(), "test", d.clock(), d.clock().Add(time.Second), 50)
	d.must(err)
	for _, j := range jobs {
		d.sent = append(d.sent, j.Message.Template)
	}
	n := 0
	for _, one := range d.sent {
		if one == template {
			n++
		}
	}
	return n
}

func (d *desk) clock() time.Time { return time.UnixMicro(d.now.Load()).UTC() }

func (d *desk) pass(x time.Duration) { d.now.Add(x.Microseconds()) }

func (d *desk) random(b []byte) {
	var n [8]byte
	binary.BigEndian.PutUint64(n[:], d.n.Add(1))
	for i := range b {
		b[len(b)-1-i] = n[7-i%8] ^ byte(i)
	}
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) wants(what string, err error, code string) {
	d.t.Helper()
	if code == "" && err != nil || code != "" && core.CodeOf(err) != code {
		d.t.Errorf("%s: got %v, want %q", what, err, code)
	}
}

func (d *desk) person(name string, is core.UserType) core.User {
	u := core.User{
		ID: core.ID(name), OrganizationID: "org", Email: name + "@example.com", FirstName: name, Type: is, Status: core.Active,
		TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
	}
	d.must(d.store.CreateUser(d.t.Context(), u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}))
	return u
}

// as is a session of level 2 of somebody who has just confirmed who it is.
func (d *desk) as(u core.User) core.SessionView {
	acc, org, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return core.SessionView{
		Session: core.Session{ID: "s-" + u.ID, OrganizationID: u.OrganizationID, UserID: u.ID, Level: core.LevelEmail, ProvedAt: d.clock()},
		Account: acc, Organization: org,
	}
}

func (d *desk) made(u core.User, w apikey.Wanted) apikey.Made {
	d.t.Helper()
	if w.Name == "" {
		w.Name = "Loader"
	}
	if w.Scopes == nil {
		w.Scopes = []core.KeyScope{core.ScopeLoader}
	}
	m, err := d.keys.Create(d.t.Context(), d.as(u), core.Origin{Address: "192.0.2.7"}, w)
	d.must(err)
	return m
}

func (d *desk) shows(s *apikey.Service, m apikey.Made, from netip.Addr) error {
	v, err := s.Authenticate(d.t.Context(), m.Key.Access, m.Secret, from)
	if err == nil && v.Key.ID != m.Key.ID {
		d.t.Errorf("the key of somebody else: %s", v.Key.ID)
	}
	return err
}

func TestKeyIsMadeAndShown(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{})
	if len(m.Key.Access) != 20 || !strings.HasPrefix(m.Key.Access, "spk_") || len(m.Secret) != 63 || !strings.HasPrefix(m.Secret, "sps_") {
		t.Errorf("the forms are %q and %d characters", m.Key.Access, len(m.Secret))
	}
	if m.Key.ExpiresAt.Sub(d.clock()) != core.KeyLife || m.Key.KeyID != "k1" || strings.Contains(m.String()+m.GoString(), m.Secret) {
		t.Errorf("made %+v", m.Key)
	}
	v, err := d.keys.Authenticate(t.Context(), m.Key.Access, m.Secret, home)
	d.must(err)
	if v.Key.ID != m.Key.ID || v.Account.User.ID != d.ada.ID || v.Organization.ID != "org" {
		t.Errorf("got %+v", v)
	}
	for range 100 {
		d.must(d.shows(d.keys, m, home))
	}
	if n := d.store.reads.Load(); n != 1 {
		t.Errorf("the store was asked %d times, want once", n)
	}
	events, err := d.store.Events(t.Context(), "org", core.EventFilter{SubjectID: d.ada.ID})
	d.must(err)
	if len(events) != 1 || events[0].Kind != core.EventAPIKeyMade || events[0].Detail[core.DetailAccess] != m.Key.Access || events[0].Target != "Loader" {
		t.Errorf("written down: %+v", events)
	}
}

// TestWrongKeysLookAlike: whatever is wrong with what is shown, the answer is one,
// and only what could be a key is looked up.
func TestWrongKeysLookAlike(t *testing.T) {
	d := open(t)
	m, other := d.made(d.ada, apikey.Wanted{}), d.made(d.ada, apikey.Wanted{})
	from := func(i int) netip.Addr { return netip.AddrFrom4([4]byte{198, 51, 100, byte(i)}) }
	for i, c := range []struct {
		name, access, secret string
		reads                int64
	}{
		{"another secret", m.Key.Access, other.Secret, 1},
		{"nobody's access key", "spk_" + strings.Repeat("a", 16), m.Secret, 1},
		{"nothing", "", "", 0},
		{"a typing error", m.Key.Access, m.Secret[:40] + "a" + m.Secret[41:], 0},
		{"swapped", m.Secret, m.Key.Access, 0},
		{"upper case", strings.ToUpper(m.Key.Access), m.Secret, 0},
		{"no text", "spk_\x00aaaaaaaaaaaaaaa", m.Secret, 0},
	} {
		before := d.store.reads.Load()
		_, err := d.keys.Authenticate(t.Context(), c.access, c.secret, from(i))
		d.wants(c.name, err, "key.wrong")
		if got := d.store.reads.Load() - before; got != c.reads {
			t.Errorf("%s: the store was asked %d times, want %d", c.name, got, c.reads)
		}
	}
	_, err := d.keys.Authenticate(t.Context(), strings.Repeat("a", 257), m.Secret, home)
	d.wants("too long", err, "key.long")
	if access, text, found := apikey.Bearer("bearer  " + m.Key.Access + "." + m.Secret); !found || access != m.Key.Access || text != m.Secret {
		t.Errorf("bearer: %q %v", access, found)
	}
	if _, _, found := apikey.Bearer("Basic YTpi"); found {
		t.Error("Basic is no key")
	}
}

// TestTenMissesAMinute: of one access key, and from one address, on all replicas
// together; a right key is let through meanwhile.
func TestTenMissesAMinute(t *testing.T) {
	d := open(t)
	m, other := d.made(d.ada, apikey.Wanted{}), d.made(d.boss, apikey.Wanted{})
	second, _ := d.replica()
	miss := func(access string, from netip.Addr) error {
		s := d.keys
		if d.n.Add(1)%2 == 0 {
			s = second
		}
		_, err := s.Authenticate(t.Context(), access, other.Secret, from)
		return err
	}
	for i := range 10 {
		d.wants("one of ten", miss(m.Key.Access, netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})), "key.wrong")
	}
	err := miss(m.Key.Access, home)
	d.wants("the eleventh of an access key", err, "key.limited")
	if core.KindOf(err) != core.RateLimited || core.WaitOf(err) != time.Minute {
		t.Errorf("got %v, wait %v", err, core.WaitOf(err))
	}
	d.wants("the right secret", d.shows(d.keys, m, home), "")
	for range 10 {
		d.wants("one of ten", miss("spk_nobody", away), "key.wrong")
		d.n.Add(1)
	}
	d.wants("the eleventh from an address", miss("spk_another", netip.MustParseAddr("2001:db8::8")), "key.limited")
	d.wants("another key from there", d.shows(d.keys, other, away), "")
	d.pass(time.Minute)
	d.wants("a minute later", miss(m.Key.Access, away), "key.wrong")
}

func TestRefusals(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{Networks: "192.0.2.0/24"})
	d.wants("from home", d.shows(d.keys, m, home), "")
	d.wants("from elsewhere", d.shows(d.keys, m, away), "key.elsewhere")
	org := d.as(d.boss).Organization
	org.Policy.AllowedNetworks = "203.0.113.0/24"
	d.must(d.store.SaveOrganization(t.Context(), org, core.Record{Changes: []core.Change{{ID: "c", At: d.clock(), Kind: core.ChangeOrganization, SubjectID: org.ID}}}))
	d.must(d.polls.Poll(t.Context()))
	d.wants("the organization narrowed its networks", d.shows(d.keys, m, home), "key.elsewhere")
	org.Version++
	org.Policy.AllowedNetworks = ""
	d.must(d.store.SaveOrganization(t.Context(), org, core.Record{}))
	d.keys.Forget(core.ChangeOrganization, org.ID)
	d.wants("any again", d.shows(d.keys, m, home), "")
	d.pass(core.KeyLife)
	d.wants("a year later", d.shows(d.keys, m, home), "key.expired")
}

// TestTwoFactorIsNotAskedOf: a key works with the organization's requirement on,
// and for a mailbox that was never proved.
func TestTwoFactorIsNotAskedOf(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{})
	org := d.as(d.boss).Organization
	p := &org.Policy
	p.RequireTwoFactor, p.RequireFrom, p.EnforceExistingFrom, p.AppsOnly = true, d.clock(), d.clock(), true
	d.must(d.store.SaveOrganization(t.Context(), org, core.Record{}))
	if !d.as(d.ada).Account.User.EmailProvedAt.IsZero() {
		t.Fatal("the mailbox is proved")
	}
	d.wants("with two-factor required", d.shows(d.keys, m, home), "")
}

func TestChangesBiteOnEveryReplica(t *testing.T) {
	d := open(t)
	second, polls := d.replica()
	m, gone := d.made(d.ada, apikey.Wanted{}), d.made(d.boss, apikey.Wanted{})
	for _, s := range []*apikey.Service{d.keys, second} {
		d.must(d.shows(s, m, home))
		d.must(d.shows(s, gone, home))
	}
	d.must(d.keys.Delete(t.Context(), d.as(d.boss), core.Origin{}, gone.Key.ID))
	d.wants("deleted, here", d.shows(d.keys, gone, home), "key.wrong")
	d.must(d.store.SetStatus(t.Context(), core.StatusChange{OrganizationID: "org", UserID: d.ada.ID, From: core.Active, To: core.Inactive, At: d.clock()}))
	d.pass(time.Second)
	d.must(polls.Poll(t.Context()))
	d.wants("deleted, there", d.shows(second, gone, home), "key.wrong")
	d.wants("deactivated, there", d.shows(second, m, home), "key.wrong")
	d.wants("deleting it again", d.keys.Delete(t.Context(), d.as(d.boss), core.Origin{}, gone.Key.ID), "not_found")
}

// TestStoreAway: what was confirmed within 5 s goes on; then nothing is let in
// (law 9).
func TestStoreAway(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{})
	d.must(d.shows(d.keys, m, home))
	d.store.down.Store(true)
	d.pass(4999 * time.Millisecond)
	d.wants("within five seconds", d.shows(d.keys, m, home), "")
	d.pass(time.Millisecond)
	d.wants("after them", d.shows(d.keys, m, home), "key.unavailable")
	d.store.down.Store(false)
	d.wants("read anew", d.shows(d.keys, m, home), "")
}

func TestRoll(t *testing.T) {
	d := open(t)
	old := d.made(d.ada, apikey.Wanted{})
	d.must(d.shows(d.keys, old, home))
	next, err := d.keys.Roll(t.Context(), d.as(d.ada), core.Origin{}, old.Key.ID, core.KeyOverlap)
	d.must(err)
	if next.Key.Access != old.Key.Access || next.Secret == old.Secret {
		t.Errorf("rolled to %v", next)
	}
	d.wants("the new secret", d.shows(d.keys, next, home), "")
	d.wants("the old one", d.shows(d.keys, old, home), "")
	d.pass(core.KeyOverlap)
	d.must(d.polls.Poll(t.Context()))
	d.wants("the old one a day later", d.shows(d.keys, old, home), "key.wrong")
	d.wants("the new one", d.shows(d.keys, next, home), "")
	last, err := d.keys.Roll(t.Context(), d.as(d.ada), core.Origin{}, old.Key.ID, 0)
	d.must(err)
	d.wants("rolled without overlap", d.shows(d.keys, next, home), "key.wrong")
	d.wants("the last", d.shows(d.keys, last, home), "")
	_, err = d.keys.Roll(t.Context(), d.as(d.ada), core.Origin{}, old.Key.ID, core.KeyOverlap+1)
	d.wants("too long an overlap", err, "form.invalid")
}

// TestOverlapEndsInMemory: a cached old secret ends by the clock, without a change.
func TestOverlapEndsInMemory(t *testing.T) {
	d := open(t)
	old := d.made(d.ada, apikey.Wanted{})
	_, err := d.keys.Roll(t.Context(), d.as(d.ada), core.Origin{}, old.Key.ID, time.Second)
	d.must(err)
	d.must(d.shows(d.keys, old, home))
	d.pass(time.Second)
	d.wants("the old secret", d.shows(d.keys, old, home), "key.wrong")
}

func TestWhoMay(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	good := apikey.Wanted{Name: "x", Scopes: []core.KeyScope{core.ScopeRead}}
	create := func(v core.SessionView, edit func(*apikey.Wanted)) error {
		w := good
		edit(&w)
		_, err := d.keys.Create(ctx, v, core.Origin{}, w)
		return err
	}
	same := func(*apikey.Wanted) {}
	plain := d.as(d.ada)
	plain.Session.Level = core.LevelPassword
	d.wants("without a second step", create(plain, same), "key.level")
	long := d.as(d.ada)
	long.Session.ProvedAt = d.clock().Add(-core.ConfirmLife)
	d.wants("without confirming", create(long, same), "confirm.needed")
	d.wants("for another", create(d.as(d.ada), func(w *apikey.Wanted) { w.UserID = d.boss.ID }), "not_found")
	d.wants("an administrator for another", create(d.as(d.boss), func(w *apikey.Wanted) { w.UserID = d.ada.ID }), "")
	d.wants("for a stranger", create(d.as(d.boss), func(w *apikey.Wanted) { w.UserID = "nobody" }), "not_found")
	for name, edit := range map[string]func(*apikey.Wanted){
		"no name":             func(w *apikey.Wanted) { w.Name = "  " },
		"no scope":            func(w *apikey.Wanted) { w.Scopes = nil },
		"a scope twice":       func(w *apikey.Wanted) { w.Scopes = []core.KeyScope{core.ScopeRead, core.ScopeRead} },
		"identity alone":      func(w *apikey.Wanted) { w.Scopes = []core.KeyScope{core.ScopeLoaderIdentity} },
		"an unknown scope":    func(w *apikey.Wanted) { w.Scopes = []core.KeyScope{"root"} },
		"a network":           func(w *apikey.Wanted) { w.Networks = "everywhere" },
		"over a year":         func(w *apikey.Wanted) { w.ExpiresAt = d.clock().Add(core.KeyLife + 1) },
		"an end that is over": func(w *apikey.Wanted) { w.ExpiresAt = d.clock() },
	} {
		d.wants(name, create(d.as(d.ada), edit), "form.invalid")
	}
	key := d.made(d.ada, apikey.Wanted{}).Key
	acting := core.KeyView{Key: key, Account: d.as(d.ada).Account, Organization: d.org}.Acting()
	d.wants("a key itself", create(acting, same), "confirm.needed")
	other := d.person("eve", core.HelpDesk)
	for name, do := range map[string]func(v core.SessionView) error{
		"edit": func(v core.SessionView) error {
			return d.keys.Edit(ctx, v, core.Origin{}, key.ID, apikey.Edited{Name: "y", ExpiresAt: key.ExpiresAt})
		},
		"roll":   func(v core.SessionView) error { _, err := d.keys.Roll(ctx, v, core.Origin{}, key.ID, 0); return err },
		"see":    func(v core.SessionView) error { _, err := d.keys.Get(ctx, v, key.ID); return err },
		"delete": func(v core.SessionView) error { return d.keys.Delete(ctx, v, core.Origin{}, key.ID) },
	} {
		d.wants(name+" another's", do(d.as(other)), "not_found")
	}
	_, _, err := d.keys.All(ctx, d.as(other), "")
	d.wants("list all", err, "not_found")
	demoted := d.as(d.boss)
	c := core.PersonChange{OrganizationID: "org", UserID: d.boss.ID, Was: demoted.Account.User.Fields(), Is: demoted.Account.User.Fields(), At: d.clock()}
	c.Is.Type = core.Ordinary
	c.Keys, c.WasKeys = core.LoginKeys{Email: d.boss.Email}, core.LoginKeys{Email: d.boss.Email}
	d.must(d.store.SavePerson(ctx, c))
	d.wants("an administrator who is none any more", create(demoted, func(w *apikey.Wanted) { w.UserID = d.ada.ID }), core.ErrNotAdministrator.Code)
}

func TestListsAndEdits(t *testing.T) {
	d := open(t)
	ctx := t.Context()
	m := d.made(d.ada, apikey.Wanted{})
	d.made(d.boss, apikey.Wanted{Name: "Another"})
	d.must(d.shows(d.keys, m, home))
	own, err := d.keys.Own(ctx, d.as(d.ada))
	d.must(err)
	if len(own) != 1 || own[0].Key.LastUsedFrom != "192.0.2.7" || !own[0].Key.LastUsedAt.Equal(d.clock()) {
		t.Fatalf("own: %+v", own)
	}
	all, more, err := d.keys.All(ctx, d.as(d.boss), "")
	d.must(err)
	if len(all) != 2 || more || all[0].Key.Name != "Another" || all[1].Account.User.ID != d.ada.ID {
		t.Errorf("all: %+v", all)
	}
	second, _, err := d.keys.All(ctx, d.as(d.boss), all[0].Key.ID)
	d.must(err)
	if len(second) != 1 || second[0].Key.ID != m.Key.ID {
		t.Errorf("after the first: %+v", second)
	}
	d.must(d.keys.Flush(ctx))
	stored, err := d.store.APIKeyByID(ctx, "org", m.Key.ID)
	d.must(err)
	if stored.Key.LastUsedFrom != "192.0.2.7" {
		t.Errorf("not written down: %+v", stored.Key)
	}
	end := d.clock().Add(time.Hour)
	d.must(d.keys.Edit(ctx, d.as(d.boss), core.Origin{}, m.Key.ID, apikey.Edited{Name: "Renamed", Networks: "2001:db8::/32", ExpiresAt: end}))
	d.must(d.keys.Edit(ctx, d.as(d.boss), core.Origin{}, m.Key.ID, apikey.Edited{Name: "Renamed", Networks: "2001:db8::/32", ExpiresAt: end}))
	d.wants("from home", d.shows(d.keys, m, home), "key.elsewhere")
	events, err := d.store.Events(ctx, "org", core.EventFilter{SubjectID: d.ada.ID, Kinds: []string{core.EventAPIKeyChanged}})
	d.must(err)
	if len(events) != 1 || events[0].Detail["name_after"] != "Renamed" || events[0].Actor.ID != d.boss.ID {
		t.Errorf("written down: %+v", events)
	}
	d.pass(time.Hour)
	d.wants("over", d.shows(d.keys, m, away), "key.expired")
	_, err = d.keys.Roll(ctx, d.as(d.ada), core.Origin{}, m.Key.ID, 0)
	d.wants("a roll of one that is over", err, "key.over")
}

// TestTenLiveKeys: the cap is one of keys that work, so one that was over counts
// when it gets another end.
func TestTenLiveKeys(t *testing.T) {
	d := open(t)
	over := d.made(d.ada, apikey.Wanted{ExpiresAt: d.clock().Add(time.Hour)})
	d.pass(2 * time.Hour)
	for range core.KeysPerUser {
		d.made(d.ada, apikey.Wanted{})
	}
	later := apikey.Edited{Name: "Loader", ExpiresAt: d.clock().Add(time.Hour)}
	d.wants("an eleventh lives again", d.keys.Edit(t.Context(), d.as(d.ada), core.Origin{}, over.Key.ID, later), "key.limit")
	d.wants("it is shown", d.shows(d.keys, over, home), "key.expired")
}

// TestHeld: a key that came back with a backup waits for an administrator.
func TestHeld(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{})
	held := m.Key
	held.Held = true
	d.must(d.store.SaveAPIKey(t.Context(), core.APIKeyChange{Is: held}))
	d.keys.Forget(core.ChangeAPIKey, held.ID)
	d.wants("held", d.shows(d.keys, m, home), "key.held")
	d.wants("by its owner", d.keys.Release(t.Context(), d.as(d.ada), core.Origin{}, held.ID), "not_found")
	d.must(d.keys.Release(t.Context(), d.as(d.boss), core.Origin{}, held.ID))
	d.wants("released", d.shows(d.keys, m, home), "")
	d.wants("again", d.keys.Release(t.Context(), d.as(d.boss), core.Origin{}, held.ID), "not_found")
}

// TestDataKeyGone: a secret whose data key was removed is wrong, not an error.
func TestDataKeyGone(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{})
	k := m.Key
	k.KeyID = "k0"
	d.must(d.store.SaveAPIKey(t.Context(), core.APIKeyChange{Is: k}))
	d.wants("its key is gone", d.shows(d.keys, m, home), "key.wrong")
}

// TestMails: of a key that is made or deleted at once, of its end 30, 7 and 1 days
// before, each once however often it is looked.
func TestMails(t *testing.T) {
	d := open(t)
	m := d.made(d.ada, apikey.Wanted{})
	if n := d.mails(core.MailKeyMade); n != 1 {
		t.Errorf("%d mails of a key that was made", n)
	}
	second, _ := d.replica()
	d.pass(core.KeyLife - 31*24*time.Hour)
	for day, want := range []int{0, 1, 1, 1} {
		d.must(d.keys.Warn(t.Context()))
		d.must(second.Warn(t.Context()))
		if n := d.mails(core.MailKeyExpiring); n != want {
			t.Errorf("%d days before its end less one: %d mails, want %d", 31-day, n, want)
		}
		d.pass(24 * time.Hour)
	}
	d.pass(20 * 24 * time.Hour)
	d.must(d.keys.Warn(t.Context()))
	if n := d.mails(core.MailKeyExpiring); n != 2 {
		t.Errorf("%d mails a week before its end, want 2", n)
	}
	d.pass(6 * 24 * time.Hour)
	d.must(d.keys.Warn(t.Context()))
	d.must(second.Warn(t.Context()))
	if n := d.mails(core.MailKeyExpiring); n != 3 {
		t.Errorf("%d mails in all, want 3", n)
	}
	d.must(d.keys.Delete(t.Context(), d.as(d.boss), core.Origin{}, m.Key.ID))
	if n := d.mails(core.MailKeyDeleted); n != 1 {
		t.Errorf("%d mails of a key that was deleted", n)
	}
}

// TestOperator: the command line makes, ends and releases keys, and is told in the log.
func TestOperator(t *testing.T) {
	d := open(t)
	ctx, by := t.Context(), core.Actor{Kind: "operator", Name: "root"}
	m, err := d.keys.CreateFor(ctx, d.ada, by, apikey.Wanted{Name: "Loader", Scopes: []core.KeyScope{core.ScopeLoader}})
	d.must(err)
	d.must(d.shows(d.keys, m, home))
	all, err := d.keys.AllOf(ctx, "org")
	if err != nil || len(all) != 1 {
		t.Errorf("%d keys, %v", len(all), err)
	}
	_, err = d.keys.ReleaseFor(ctx, m.Key.Access, by)
	d.wants("a release of one that works", err, "key.not_held")
	held := m.Key
	held.Held = true
	d.must(d.store.SaveAPIKey(ctx, core.APIKeyChange{Is: held}))
	_, err = d.keys.ReleaseFor(ctx, m.Key.Access, by)
	d.must(err)
	d.keys.Forget(core.ChangeAPIKey, m.Key.ID)
	d.must(d.shows(d.keys, m, home))
	_, err = d.keys.Revoke(ctx, m.Key.Access, by)
	d.must(err)
	d.pass(time.Second)
	d.must(d.polls.Poll(ctx))
	d.wants("revoked", d.shows(d.keys, m, home), "key.wrong")
	_, err = d.keys.Revoke(ctx, m.Key.Access, by)
	d.wants("again", err, "key.unknown")
	events, err := d.store.Events(ctx, "org", core.EventFilter{SubjectID: d.ada.ID})
	d.must(err)
	for _, e := range events {
		if e.Actor != by || e.Detail[core.DetailAccess] != m.Key.Access {
			t.Errorf("written down: %+v", e)
		}
	}
	if len(events) != 3 {
		t.Errorf("%d events, want 3", len(events))
	}
}
