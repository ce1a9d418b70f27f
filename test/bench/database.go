package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// password is everybody's.
const password = "correct horse battery 7"

// applicationURL is the application that forward-auth is asked about.
const applicationURL = "https://apps.example.com/wiki"

// database is one filled with people.
type database struct {
	kind  string // "sqlite" or "postgres"
	dsn   string // empty: SQLite in data
	data  string
	crowd *crowd
	key   apikey.Made // of one of the people
	drop  func()
	// logged: its audit log is full.
	logged bool
	// staff is the organization of people with names, where there is one.
	staff *found
}

// errNoPostgres says that there is no PostgreSQL to be had.
var errNoPostgres = errors.New("not run: needs postgresql")

// fill makes a database with so many people. Everybody has a password; those
// who will sign in, spread over all, also have an authenticator app.
func fill(ctx context.Context, dir, kind string, people int) (*database, error) {
	db := &database{kind: kind, data: filepath.Join(dir, "data"), crowd: &crowd{}, drop: func() {}}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if kind == "postgres" {
		if err := db.startPostgres(filepath.Join(dir, "cluster")); err != nil {
			return nil, err
		}
	}
	flags := map[string]string{"data": db.data, "database": db.dsn}
	c, err := config.Load(config.Sources{Flags: flags, Offline: true})
	if err != nil {
		return db, err
	}
	b, err := app.OpenBase(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return db, err
	}
	f := &filling{Base: b, db: db, people: people}
	if err := errors.Join(f.all(ctx), b.Close()); err != nil {
		return db, err
	}
	return db, db.settle(ctx)
}

// settle leaves a server's database as one that has run for a while, instead of
// one busy with what was just filled in. Where vacuumdb is not at hand it
// settles by itself, a minute later.
func (db *database) settle(ctx context.Context) error {
	program, err := exec.LookPath("vacuumdb")
	if db.dsn == "" || err != nil {
		return nil
	}
	if said, err := exec.CommandContext(ctx, program, "--quiet", "--analyze", "--dbname", db.dsn).CombinedOutput(); err != nil {
		return fmt.Errorf("vacuum: %w\n%s", err, said)
	}
	return nil
}

func random(b []byte) { _, _ = rand.Read(b) } // it never fails (Go 1.24)

// startPostgres makes a cluster that keeps its promises: with fsync, unlike
// those of the tests.
func (db *database) startPostgres(folder string) error {
	c := exec.Command("scripts/postgres.sh", "start", folder)
	c.Env = append(os.Environ(), "DURABLE=1")
	out, err := c.Output()
	var ended *exec.ExitError
	if errors.As(err, &ended) && ended.ExitCode() == 77 {
		return errNoPostgres
	}
	if err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	db.dsn = strings.TrimSpace(string(out))
	db.drop = func() { _ = exec.Command("scripts/postgres.sh", "stop", folder).Run() } // its folder goes next
	return nil
}

// filling stores people.
type filling struct {
	*app.Base
	db     *database
	people int
	org    core.Organization
	hash   []byte // PHC string of password
}

// chunk is how many people are stored in one transaction.
const chunk = 5000

// visitors is how many accounts sign in: enough that each has a fresh code when
// its turn comes again.
func visitors(people int) int { return min(people, max(1200, 600*runtime.GOMAXPROCS(0))) }

func (f *filling) all(ctx context.Context) (err error) {
	by := core.Actor{Kind: "operator", Name: "bench"}
	if f.org, err = f.Organizations.Create(ctx, "Northwind", by); err != nil {
		return err
	}
	_, err = f.Organizations.AddApplication(ctx, core.Application{
		OrganizationID: f.org.ID, Name: "Wiki", URL: applicationURL,
		Level: core.LevelEmail, Machines: true,
	}, by)
	if err != nil {
		return err
	}
	// One hash at full cost; sealed anew for everybody.
	first := core.NewID(f.Clock(), f.Random)
	sealed, err := f.Passwords.Hash(ctx, first, password)
	if err != nil {
		return err
	}
	if f.hash, err = f.Ring.Open(passwordOf(first), sealed); err != nil {
		return err
	}
	app, ok := f.Factors.Get(core.KindApp)
	if !ok {
		return fmt.Errorf("no factor %q", core.KindApp)
	}
	every := f.people / visitors(f.people)
	for from := 0; from < f.people; from += chunk {
		var some []core.NewUser
		for n := from; n < min(from+chunk, f.people); n++ {
			u, err := f.person(n, n%every == 0, app)
			if err != nil {
				return err
			}
			some = append(some, u)
		}
		if err := f.Store.BulkUsers(ctx, some); err != nil {
			return err
		}
	}
	return f.makeKey(ctx)
}

// makeKey makes the API key that is measured.
func (f *filling) makeKey(ctx context.Context) error {
	some, err := f.Store.Users(ctx, core.UserFilter{OrganizationID: f.org.ID, Limit: 1})
	if err != nil {
		return err
	}
	if len(some) == 0 {
		return errors.New("nobody is there")
	}
	v := core.SessionView{Session: core.Session{Level: core.LevelEmail, ProvedAt: f.Clock()}, Account: some[0], Organization: f.org}
	f.db.key, err = f.APIKeys.Create(ctx, v, core.Origin{}, apikey.Wanted{Name: "Bench", Scopes: []core.KeyScope{core.ScopeLoader}})
	return err
}

func (f *filling) person(n int, signsIn bool, app factor.Factor) (core.NewUser, error) {
	now := f.Clock()
	u := core.User{
		ID: core.NewID(now, f.Random), OrganizationID: f.org.ID, FirstName: "Ana", LastName: fmt.Sprintf("Diaz %d", n),
		Type: core.Ordinary, Status: core.Active, PasswordVersion: 1, FactorSetVersion: 1, EmailProvedAt: now, CreatedAt: now,
	}
	made := core.NewUser{Groups: []string{"Everybody"}}
	var err error
	if u.Email, made.Keys.Email, err = identifier.Email(fmt.Sprintf("ana.diaz.%06d@northwind.example", n)); err != nil {
		return made, err
	}
	u.PasswordSealed, _ = f.Ring.Seal(passwordOf(u.ID), f.hash)
	if signsIn {
		u.TwoFactor = core.TwoFactorOn
		m, err := app.BeginEnrol(u.ID)
		if err != nil {
			return made, err
		}
		key, err := app.Reveal(u.ID, m)
		if err != nil {
			return made, err
		}
		shared, err := otp.DecodeKey(key[0])
		if err != nil {
			return made, err
		}
		made.Credentials = []core.Credential{{
			ID: core.NewID(now, f.Random), OrganizationID: f.org.ID, UserID: u.ID, Kind: core.KindApp,
			State: core.CredentialActive, Label: "Phone", Sealed: m.Sealed, KeyID: m.KeyID, Mark: otp.NeverUsed, CreatedAt: now,
		}}
		f.db.crowd.give(&person{login: u.Email, secret: shared})
	}
	made.User = u
	return made, nil
}

// passwordOf is the binding under which package secret seals a password hash.
func passwordOf(user core.ID) secret.Binding {
	return secret.Binding{Table: "user", Row: string(user), Field: "password"}
}
