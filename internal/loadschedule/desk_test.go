package loadschedule_test

import (
	"crypto/rand"
	"database/sql"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/notify"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/sqlsource"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

var start = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func random(b []byte) { _, _ = rand.Read(b) }

// desk is the service over a real store, a real folder and the real services behind.
type desk struct {
	*loadschedule.Service
	t       *testing.T
	now     atomic.Int64
	store   *sqlstore.Store
	raw     *sql.DB
	files   *loadfile.Service
	org     core.Organization
	boss    core.User
	folder  string
	mapping core.LoadPackage
	key     core.APIKey
}

func newDesk(t *testing.T, addresses map[string]string) *desk {
	t.Helper()
	d := &desk{t: t, folder: t.TempDir()}
	d.now.Store(start.UnixMicro())
	d.store, d.raw = storetest.Open(t, d.clock, random)
	known := func(string) bool { return true }
	p := people.New(people.Deps{Store: d.store, Accounts: d.store, Clock: d.clock, Random: random, Zone: known, Language: known})
	loads := loader.New(loader.Deps{
		Store: d.store, Ledger: d.store, Files: d.store, People: p, Groups: groups.New(d.store, d.store, d.store, d.clock, random), Secrets: secrets{}, Absent: d.store, Kept: d.store, Post: post{},
		Clock: d.clock, Random: random, Zone: known, Language: known,
	})
	quiet := slog.New(slog.DiscardHandler)
	d.files = loadfile.New(loadfile.Deps{
		Store: d.store, Queue: d.store, People: d.store, Sealer: secrets{}, Loads: loads, Clock: d.clock, Random: random, Logger: quiet,
	})
	d.org = d.organization("Acme")
	places := []loadschedule.Place{
		{LoadPlace: core.LoadPlace{Name: "inbox"}, Path: d.folder},
		{LoadPlace: core.LoadPlace{Name: "theirs"}, Path: d.folder, Organization: "other"},
		{LoadPlace: core.LoadPlace{Name: "gone"}, Path: filepath.Join(d.folder, "gone"), Organization: d.org.ID},
		{LoadPlace: core.LoadPlace{Query: true, Name: "staff"}, Organization: d.org.ID},
		{LoadPlace: core.LoadPlace{Query: true, Name: "theirs"}, Organization: "other"},
	}
	d.Service = loadschedule.New(loadschedule.Deps{
		Store: d.store, Queue: d.store, Needs: d.store, Files: d.files, Loads: loads, Places: places,
		Sources: sqlsource.New(addresses, sqlsource.DefaultLimits()), AskTime: 2 * time.Second, Post: post{}, Clock: d.clock, Random: random, Logger: quiet,
	})
	d.boss = d.administrator(d.org, "boss")
	d.mapping = d.newPackage(loads)
	d.key = d.newKey(d.boss, core.ScopeLoader)
	return d
}

func (d *desk) organization(name string) core.Organization {
	d.t.Helper()
	o := core.Organization{ID: core.NewID(d.clock(), random), Name: name, Policy: core.DefaultPolicy(), CreatedAt: d.clock(), Version: 1}
	d.must(d.store.CreateOrganization(d.t.Context(), o, core.Record{}))
	return o
}

func (d *desk) administrator(o core.Organization, name string) core.User {
	d.t.Helper()
	u := core.User{
		ID: core.NewID(d.clock(), random), OrganizationID: o.ID, Email: name + "@" + strings.ToLower(o.Name) + ".example.com", FirstName: name, LastName: "Tester",
		PasswordSealed: "sealed", Type: core.Administrator, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: d.clock(),
	}
	d.must(d.store.CreateUser(d.t.Context(), u, core.LoginKeys{Email: u.Email}, nil, nil, core.Record{}))
	return u
}

func (d *desk) newPackage(loads *loader.Service) core.LoadPackage {
	d.t.Helper()
	o := loader.NewOrder(core.LoadPeople, []string{"Email", "First name", "Last name"})
	o.OnError = core.LoadStop
	p, err := loads.SavePackage(d.t.Context(), d.caller(), core.LoadPackage{Name: "Staff", Order: o})
	d.must(err)
	return p
}

func (d *desk) newKey(u core.User, scopes ...core.KeyScope) core.APIKey {
	d.t.Helper()
	id := core.NewID(d.clock(), random)
	k := core.APIKey{
		ID: id, OrganizationID: u.OrganizationID, UserID: u.ID, CreatedBy: u.ID, Name: "Loader", Access: "spk_" + string(id), SecretHash: "hash", KeyID: "k1",
		Scopes: scopes, CreatedAt: d.clock(), ExpiresAt: d.clock().AddDate(0, 6, 0), Version: 1,
	}
	d.must(d.store.CreateAPIKey(d.t.Context(), core.APIKeyMaking{Key: k}))
	return k
}

// clock moves a microsecond at each look, so that events have an order.
func (d *desk) clock() time.Time { return time.UnixMicro(d.now.Add(1)).UTC() }

func (d *desk) pass(by time.Duration) { d.now.Add(by.Microseconds()) }

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// as is somebody who confirmed a moment ago.
func (d *desk) as(u core.User) loader.Caller {
	acc, org, err := d.store.AccountByID(d.t.Context(), u.OrganizationID, u.ID)
	d.must(err)
	return loader.Caller{
		View:   core.SessionView{Account: acc, Organization: org, Session: core.Session{ProvedAt: d.clock()}},
		Origin: core.Origin{Address: "192.0.2.7"}, Identity: true,
	}
}

func (d *desk) caller() loader.Caller { return d.as(d.boss) }

// want is a schedule of a source as the page sends it.
func (d *desk) want(s core.LoadSource, cron string) core.LoadSchedule {
	return core.LoadSchedule{PackageID: d.mapping.ID, KeyID: d.key.ID, Source: s, Cron: cron, Zone: "Europe/Madrid", Version: 1}
}

func watching(name string) core.LoadSource {
	return core.LoadSource{Kind: core.LoadFromWatch, Place: "inbox", Name: name}
}

func (d *desk) save(is core.LoadSchedule) core.ID {
	d.t.Helper()
	id, err := d.Save(d.t.Context(), d.caller(), is)
	d.must(err)
	return id
}

// put puts a file into the folder that has come to rest.
func (d *desk) put(name, text string) {
	d.t.Helper()
	at := filepath.Join(d.folder, name)
	d.must(os.WriteFile(at, []byte(text), 0o600))
	old := d.clock().Add(-time.Minute)
	d.must(os.Chtimes(at, old, old))
}

// turn takes a turn, and does the loads that begin.
func (d *desk) turn() bool {
	d.t.Helper()
	some, err := (&loadschedule.Worker{Service: d.Service, Owner: "a"}).Turn(d.t.Context())
	d.must(err)
	for more := true; more; {
		more, err = (&loadfile.Worker{Service: d.files, Owner: "a"}).Turn(d.t.Context())
		d.must(err)
	}
	return some
}

func (d *desk) stored(id core.ID) core.LoadSchedule {
	d.t.Helper()
	is, err := d.Get(d.t.Context(), d.caller(), id)
	d.must(err)
	return is
}

func (d *desk) count(of string) (n int) {
	d.t.Helper()
	d.must(d.raw.QueryRowContext(d.t.Context(), "SELECT count(*) FROM "+of).Scan(&n))
	return n
}

// expect fails the test unless counts are as named.
func (d *desk) expect(of map[string]int) {
	d.t.Helper()
	for what, want := range of {
		if got := d.count(what); got != want {
			d.t.Errorf("%s: %d, want %d", what, got, want)
		}
	}
}

// secrets stands in for the sealing, which package app wires.
type secrets struct{ storetest.Sealing }

func (secrets) Password(id core.ID, _ string) (string, error) { return "sealed:" + string(id), nil }

func (secrets) App(core.ID, string) (core.Credential, error) {
	return core.Credential{}, core.NewError(core.Invalid, "load.app")
}

// post mints the mails that package app queues.
type post struct{}

func (post) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, func() core.ID { return core.NewID(e.At, random) }, e.At)
}

func (d *desk) exec(text string) {
	d.t.Helper()
	_, err := d.raw.ExecContext(d.t.Context(), text)
	d.must(err)
}
