package keyring_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

func random(b []byte) { _, _ = rand.Read(b) } // never fails

// errKilled is what a process that is gone answers to everything.
var errKilled = errors.New("killed")

// place is a deployment: a database, a key file, and a clock that waiting moves.
type place struct {
	t     *testing.T
	store *sqlstore.Store
	path  string
	now   atomic.Int64
	waits []time.Duration
}

func newPlace(t *testing.T) *place {
	t.Helper()
	folder := t.TempDir()
	p := &place{t: t, path: filepath.Join(folder, "data.key")}
	p.now.Store(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC).UnixMicro())
	var err error
	p.store, err = sqlstore.Open(t.Context(), sqlstore.Config{
		Path: filepath.Join(folder, "data", "sallyport.db"), Clock: p.clock, Random: random, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.store.Close() })
	if err := p.store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func (p *place) clock() time.Time { return time.UnixMicro(p.now.Load()).UTC() }

func (p *place) pass(d time.Duration) { p.now.Add(d.Microseconds()) }

func (p *place) wait(ctx context.Context, d time.Duration) error {
	p.waits = append(p.waits, d)
	p.pass(d)
	return ctx.Err()
}

// open is one start of a process; changes may alter what it works with.
func (p *place) open(changes ...func(*keyring.Deps)) (*keyring.Keeper, error) {
	d := keyring.Deps{Store: p.store, Texts: p.store, Path: p.path, Clock: p.clock, Random: random, Wait: p.wait}
	for _, c := range changes {
		c(&d)
	}
	return keyring.Open(p.t.Context(), d)
}

func (p *place) mustOpen() *keyring.Keeper {
	p.t.Helper()
	k, err := p.open()
	if err != nil {
		p.t.Fatal(err)
	}
	return k
}

func (p *place) rotation(k *keyring.Keeper) *keyring.Rotation {
	return &keyring.Rotation{Keeper: k, By: core.Actor{Kind: "operator"}, Say: func(string, ...any) {}}
}

func (p *place) rotate() keyring.Report {
	p.t.Helper()
	report, err := p.rotation(p.mustOpen()).Rotate(p.t.Context(), false)
	if err != nil {
		p.t.Fatal(err)
	}
	return report
}

// people stores some who have a password and an app, and returns their ids.
func (p *place) people(r *secret.Ring, n int) []core.ID {
	p.t.Helper()
	o := core.Organization{ID: "org", Name: "Northwind", Policy: core.DefaultPolicy(), CreatedAt: p.clock(), Version: 1}
	if err := p.store.CreateOrganization(p.t.Context(), o, core.Record{}); err != nil {
		p.t.Fatal(err)
	}
	var all []core.NewUser
	var ids []core.ID
	for i := range n {
		u := core.User{
			ID: core.NewID(p.clock(), random), OrganizationID: "org", Email: fmt.Sprintf("p%d@example.com", i), FirstName: "A", LastName: "B",
			Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOn, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: p.clock(),
		}
		u.PasswordSealed, _ = r.Seal(secret.PasswordOf(u.ID), []byte("hash of "+u.ID))
		app := core.Credential{ID: core.NewID(p.clock(), random), OrganizationID: "org", UserID: u.ID, Kind: core.KindApp, State: core.CredentialActive, CreatedAt: p.clock()}
		app.Sealed, app.KeyID = r.Seal(secret.AppSecretOf(u.ID), []byte("app of "+u.ID))
		all = append(all, core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}, Credentials: []core.Credential{app}})
		ids = append(ids, u.ID)
	}
	if err := p.store.BulkUsers(p.t.Context(), all); err != nil {
		p.t.Fatal(err)
	}
	return ids
}

// readable wants everybody's password and app to open with a ring.
func (p *place) readable(r *secret.Ring, ids []core.ID) {
	p.t.Helper()
	for _, id := range ids {
		acc, _, err := p.store.AccountByID(p.t.Context(), "org", id)
		if err != nil {
			p.t.Fatal(err)
		}
		if plain, err := r.Open(secret.PasswordOf(id), acc.User.PasswordSealed); err != nil || string(plain) != "hash of "+string(id) {
			p.t.Errorf("password of %s: %q, %v", id, plain, err)
		}
		apps, err := p.store.Credentials(p.t.Context(), "org", id, core.KindApp)
		if err != nil || len(apps) != 1 {
			p.t.Fatalf("apps of %s: %v, %v", id, apps, err)
		}
		plain, err := r.Open(secret.AppSecretOf(id), apps[0].Sealed)
		if err != nil || string(plain) != "app of "+string(id) || secret.KeyID(apps[0].Sealed) != apps[0].KeyID {
			p.t.Errorf("app of %s under %s: %q, %v", id, apps[0].KeyID, plain, err)
		}
	}
}

func (p *place) keys() []core.StoredKey {
	p.t.Helper()
	keys, err := p.store.Keys(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return keys
}

// events returns the kinds of the deployment's own events, sorted.
func (p *place) events() (kinds []string) {
	p.t.Helper()
	all, err := p.store.Events(p.t.Context(), "", core.EventFilter{Limit: 1000})
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range all {
		kinds = append(kinds, strings.TrimSpace(e.Kind+" "+e.Target))
	}
	slices.Sort(kinds)
	return kinds
}

func TestRotate(t *testing.T) {
	p := newPlace(t)
	server := p.mustOpen() // it learns of nothing by itself: no polls here
	ids := p.people(server.Ring(), 250)
	report := p.rotate()
	if report.Active != "k2" || report.Resealed[core.SealedPassword] != 250 || report.Resealed[core.SealedAppSecret] != 250 ||
		!slices.Equal(report.Retired, []string{"k1"}) || len(report.Left) > 0 || len(report.Broken) > 0 {
		t.Errorf("report %+v", report)
	}
	if want := []time.Duration{core.KeyWait, core.KeyWait}; !slices.Equal(p.waits, want) {
		t.Errorf("waited %v, want %v", p.waits, want)
	}
	if server.Ring().ActiveKey() != "k1" {
		t.Error("the other process should not know yet")
	}
	p.readable(server.Ring(), ids)
	if server.Ring().ActiveKey() != "k2" {
		t.Error("meeting the new key did not teach the other process")
	}
	want := []string{"key.active k2", "key.made k2", "key.retired k1", "key.settled k2"}
	if got := p.events(); !slices.Equal(got, want) {
		t.Errorf("events %q, want %q", got, want)
	}
	// A key that was retired opens until its time is over, then it goes.
	p.pass(core.KeyKept - time.Minute)
	if report := p.rotate(); report.Active != "k3" || len(report.Removed) > 0 || !slices.Equal(report.Retired, []string{"k2"}) {
		t.Errorf("second report %+v", report)
	}
	p.pass(2 * time.Minute)
	report, err := p.rotation(p.mustOpen()).Rotate(t.Context(), true)
	if err != nil || report.Active != "k3" || !slices.Equal(report.Removed, []string{"k1"}) || len(p.keys()) != 2 {
		t.Errorf("third report %+v, %v, keys %v", report, err, p.keys())
	}
	p.readable(p.mustOpen().Ring(), ids)
}

// TestRotateLeavesWhatItCannotSeal: recovery codes and damaged rows keep their
// key, and the report says so.
func TestRotateLeavesWhatItCannotSeal(t *testing.T) {
	p := newPlace(t)
	r := p.mustOpen().Ring()
	ids := p.people(r, 3)
	acc, _, err := p.store.AccountByID(t.Context(), "org", ids[0])
	if err != nil {
		t.Fatal(err)
	}
	damaged := acc.User.PasswordSealed[:len(acc.User.PasswordSealed)-2] + "AA"
	if n, err := p.store.Reseal(t.Context(), core.SealedPassword, []core.Resealing{{ID: ids[0], Old: acc.User.PasswordSealed, New: damaged}}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	report := p.rotate()
	if report.Broken[core.SealedPassword] != 1 || report.Resealed[core.SealedPassword] != 2 || len(report.Retired) > 0 ||
		len(report.Left) != 1 || report.Left[0].Key != "k1" || report.Left[0].Uses.Sealed[core.SealedPassword] != 1 {
		t.Errorf("report %+v", report)
	}
}

// killer is a store whose process dies at the nth call: before the call, or
// after it was done but not answered.
type killer struct {
	*sqlstore.Store
	at     int64
	late   bool
	called *atomic.Int64
}

func (k killer) call(do func() error) error {
	switch n := k.called.Add(1); {
	case n > k.at || n == k.at && !k.late:
		return errKilled
	case n == k.at:
		return errors.Join(do(), errKilled)
	}
	return do()
}

func (k killer) AddKey(ctx context.Context, s, active core.StoredKey, r core.Record) error {
	return k.call(func() error { return k.Store.AddKey(ctx, s, active, r) })
}

func (k killer) ActivateKey(ctx context.Context, id, replaces string, now time.Time, r core.Record) error {
	return k.call(func() error { return k.Store.ActivateKey(ctx, id, replaces, now, r) })
}

func (k killer) SettleKey(ctx context.Context, id string, now time.Time, r core.Record) error {
	return k.call(func() error { return k.Store.SettleKey(ctx, id, now, r) })
}

func (k killer) RetireKey(ctx context.Context, id string, now time.Time, r core.Record) error {
	return k.call(func() error { return k.Store.RetireKey(ctx, id, now, r) })
}

func (k killer) RewrapKeys(ctx context.Context, all []core.Rewrapping, r core.Record) error {
	return k.call(func() error { return k.Store.RewrapKeys(ctx, all, r) })
}

func (k killer) Reseal(ctx context.Context, c core.SealedColumn, texts []core.Resealing) (n int, err error) {
	err = k.call(func() (err error) { n, err = k.Store.Reseal(ctx, c, texts); return err })
	return n, err
}

// TestRotationKilledAnywhere: a rotation that dies at any step, before or after
// it was done, leaves everything readable by a running and by a starting
// process, and the next run finishes it: with one new key, and each step once.
func TestRotationKilledAnywhere(t *testing.T) {
	steps := 0
	for at := int64(1); at < 100; at++ {
		done := false
		for _, late := range []bool{false, true} {
			p := newPlace(t)
			running := p.mustOpen()
			ids := p.people(running.Ring(), 150)
			dies := killer{p.store, at, late, new(atomic.Int64)}
			k, err := p.open(func(d *keyring.Deps) { d.Store, d.Texts = dies, dies })
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.rotation(k).Rotate(t.Context(), false)
			done = err == nil
			if !done && !errors.Is(err, errKilled) {
				t.Fatalf("at %d: %v", at, err)
			}
			p.readable(running.Ring(), ids)
			p.readable(p.mustOpen().Ring(), ids)
			if done {
				break
			}
			want, all := "k2", []string{"key.active k2", "key.made k2", "key.retired k1", "key.settled k2"}
			if keys := p.keys(); len(keys) == 2 && !keys[1].SettledAt.IsZero() {
				want, all = "k3", nil // it died behind its last step, so the next run is a new rotation
			}
			report := p.rotate()
			if report.Active != want || len(report.Left) > 0 || all != nil && !slices.Equal(p.events(), all) {
				t.Errorf("killed at %d (late %v): %+v, events %q", at, late, report, p.events())
			}
			p.readable(running.Ring(), ids)
			steps++
		}
		if done {
			break
		}
	}
	if steps < 12 {
		t.Errorf("only %d kills were tried", steps)
	}
}

// TestRotationsAtOnce help each other to one new key.
func TestRotationsAtOnce(t *testing.T) {
	p := newPlace(t)
	ids := p.people(p.mustOpen().Ring(), 300)
	var g sync.WaitGroup
	reports := make([]keyring.Report, 4)
	errs := make([]error, len(reports))
	var mu sync.Mutex
	first := make(chan struct{}) // all have begun before the first waits to its end
	var begun atomic.Int64
	for i := range reports {
		k, err := p.open(func(d *keyring.Deps) {
			d.Wait = func(ctx context.Context, d time.Duration) error {
				if begun.Add(1) == int64(len(reports)) {
					close(first)
				}
				<-first
				mu.Lock()
				defer mu.Unlock()
				return p.wait(ctx, d)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		g.Go(func() { reports[i], errs[i] = p.rotation(k).Rotate(t.Context(), false) })
	}
	g.Wait()
	resealed := 0
	for i, r := range reports {
		if errs[i] != nil || r.Active != "k2" {
			t.Errorf("run %d: %+v, %v", i, r, errs[i])
		}
		resealed += r.Resealed[core.SealedPassword]
	}
	if resealed != 300 || len(p.keys()) != 2 {
		t.Errorf("%d passwords sealed anew in all, keys %v", resealed, p.keys())
	}
	p.readable(p.mustOpen().Ring(), ids)
}

// countedKeys counts how often the keys are read.
type countedKeys struct {
	*sqlstore.Store
	reads atomic.Int64
}

func (c *countedKeys) Keys(ctx context.Context) ([]core.StoredKey, error) {
	c.reads.Add(1)
	return c.Store.Keys(ctx)
}

// TestManyMeetANewKey: fifty at once that meet a key nobody told them of all
// open it, and the database is hardly asked.
func TestManyMeetANewKey(t *testing.T) {
	p := newPlace(t)
	counted := &countedKeys{Store: p.store}
	server, err := p.open(func(d *keyring.Deps) { d.Store = counted })
	if err != nil {
		t.Fatal(err)
	}
	p.people(server.Ring(), 1)
	p.rotate()
	sealed, _ := p.mustOpen().Ring().Seal(secret.PasswordOf("x"), []byte("hash"))
	before := counted.reads.Load()
	var g sync.WaitGroup
	for range 50 {
		g.Go(func() {
			if plain, err := server.Ring().Open(secret.PasswordOf("x"), sealed); err != nil || string(plain) != "hash" {
				t.Errorf("got %q, %v", plain, err)
			}
		})
	}
	g.Wait()
	if n := counted.reads.Load() - before; n < 1 || n > 25 {
		t.Errorf("the keys were read %d times", n)
	}
}

// TestPollTeaches: a change in the change table makes a running server read.
func TestPollTeaches(t *testing.T) {
	p := newPlace(t)
	server := p.mustOpen()
	p.rotate()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- server.Run(ctx, slog.New(slog.DiscardHandler)) }()
	changes, err := p.store.ChangesSince(t.Context(), time.Unix(0, 0))
	if err != nil {
		t.Fatal(err)
	}
	server.Polled(p.clock(), []core.Change{{Kind: core.ChangeUser}})
	server.Polled(p.clock(), changes)
	for deadline := time.Now().Add(10 * time.Second); server.Ring().ActiveKey() != "k2"; {
		if time.Now().After(deadline) {
			t.Fatal("the server did not learn of the new key")
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
