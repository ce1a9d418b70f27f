package main

import (
	"bufio"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/table"
)

// loaded is how many people are loaded.
const loaded = 1_000_000

// load measures the Data Loader: a million people with password hashes and
// authenticator apps of another system, from a CSV file, in a process of its own
// that does nothing else; and the same file once more, of which nothing is new. The
// floor is the same rows, all made beforehand, in inserts of many rows and batches
// of the same size, on another database of that kind.
func (s *suite) load(ctx context.Context, kind string) ([]row, error) {
	file := filepath.Join(s.dir, "staff.csv")
	if err := writeStaff(file); err != nil {
		return nil, err
	}
	defer os.Remove(file)
	took := map[string]loadTook{}
	for _, what := range []string{"floor", "load", "again"} {
		of := what
		if of == "again" {
			of = "load"
		}
		db, err := s.database(ctx, kind, map[string]int{"floor": few + 2, "load": few + 3}[of])
		if err != nil {
			return nil, err
		}
		if took[what], err = inProcess(ctx, what, file, db); err != nil {
			return nil, err
		}
		if err := db.settle(ctx); err != nil {
			return nil, err
		}
	}
	perSecond := func(what string) float64 { return loaded / took[what].seconds }
	return []row{
		turn{perSecond("load"), perSecond("floor")}.row("load", kind, "people/s", "ratio >= 0.5"),
		turn{perSecond("again"), perSecond("load")}.row("load_again", kind, "people/s", "ratio >= 2"),
		alone("load_memory", kind, "MB", max(took["load"].peak, took["again"].peak), "value <= 200"),
	}, nil
}

// loadTook is what a process says when it is done.
type loadTook struct {
	seconds float64
	peak    float64 // MB
}

// childVariable tells this program that it is the process of one load.
const childVariable = "SALLYPORT_BENCH_LOAD"

// inProcess lets this program load a file on its own.
func inProcess(ctx context.Context, what, file string, db *database) (t loadTook, err error) {
	self, err := os.Executable()
	if err != nil {
		return t, err
	}
	c := exec.CommandContext(ctx, self, file, db.data)
	c.Env = append(os.Environ(), childVariable+"="+what, "SALLYPORT_BENCH_DATABASE="+db.dsn)
	c.Stderr = os.Stderr
	said, err := c.Output()
	if err == nil {
		_, err = fmt.Sscan(string(said), &t.seconds, &t.peak)
	}
	return t, err
}

// loadAlone is the process.
func loadAlone(ctx context.Context, what, file, data string) error {
	c, err := config.Load(config.Sources{Flags: map[string]string{"data": data, "database": os.Getenv("SALLYPORT_BENCH_DATABASE")}, Offline: true})
	if err != nil {
		return err
	}
	b, err := app.OpenBase(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer b.Close()
	var took time.Duration
	if what == "floor" {
		took, err = insertAll(ctx, b)
	} else {
		took, err = loadAll(ctx, b, file, what == "again")
	}
	if err != nil {
		return err
	}
	peak, err := memory(os.Getpid(), "VmHWM")
	fmt.Println(took.Seconds(), peak)
	return err
}

// loadAll loads the file as an administrator who may do everything.
func loadAll(ctx context.Context, b *app.Base, file string, again bool) (time.Duration, error) {
	orgs, err := b.Organizations.List(ctx)
	if err != nil {
		return 0, err
	}
	boss, err := loadBoss(ctx, b, orgs[0], again)
	if err != nil {
		return 0, err
	}
	f, err := os.Open(file)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	began := time.Now()
	source, err := table.File(f)
	if err != nil {
		return 0, err
	}
	t, err := table.Open(source, table.Options{Limits: table.CommandLine()})
	if err != nil {
		return 0, err
	}
	caller := loader.Caller{View: core.SessionView{Account: boss, Organization: orgs[0]}, Identity: true}
	run, err := b.Loader.Start(ctx, caller, loader.Begin{Order: loader.NewOrder(core.LoadPeople, t.Columns()), Columns: t.Columns(), Name: "staff.csv", First: 2})
	if err == nil {
		run, err = b.Loader.File(ctx, caller, run.ID, tableRows{t}, nil)
	}
	took := time.Since(began)
	want := core.LoadCounts{Added: loaded}
	if again {
		want = core.LoadCounts{Unchanged: loaded}
	}
	if err == nil && run.Counts != want {
		err = fmt.Errorf("the load is %s (%s) and counts %+v", run.State, run.Reason, run.Counts)
	}
	return took, err
}

// loadBoss is an administrator of the organization.
func loadBoss(ctx context.Context, b *app.Base, org core.Organization, made bool) (core.Account, error) {
	const email = "boss@example.net"
	if !made {
		now := b.Clock()
		u := core.User{
			ID: core.NewID(now, b.Random), OrganizationID: org.ID, Email: email, FirstName: "Bo", LastName: "Ss", Type: core.Administrator,
			Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordSealed: "sealed", PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: now,
		}
		if err := b.Store.CreateUser(ctx, u, core.LoginKeys{Email: email}, nil, nil, core.Record{}); err != nil {
			return core.Account{}, err
		}
	}
	acc, _, err := b.Store.UserByEmailKey(ctx, email)
	return acc, err
}

// tableRows gives the loader the rows of a table.
type tableRows struct{ *table.Table }

// Next implements loader.Rows.
func (t tableRows) Next() (loader.Row, error) {
	r, err := t.Table.Next()
	return loader.Row{Number: r.Number, Cells: r.Cells, Problem: r.Problem}, err
}

// employee is one person of the file.
type employee struct{ first, last, email, department, hash, app string }

// employees makes the people of the file, the same each time.
func employees() func() employee {
	lots := &lottery{11}
	firsts, lasts := names(lots, 1200, 2), names(lots, 12000, 3)
	const letters = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	i := 0
	return func() employee {
		e := employee{first: firsts[zipf(lots, len(firsts))], last: lasts[zipf(lots, len(lasts))], department: "Department " + fmt.Sprint(lots.IntN(40))}
		e.email = fmt.Sprintf("%s.%s%d@example.com", strings.ToLower(e.first), strings.ToLower(e.last), i)
		hash := []byte("$2b$12$")
		for range 53 {
			hash = append(hash, letters[lots.IntN(len(letters))])
		}
		hash[28], hash[59] = 'O', '.' // where bcrypt has fewer than six bits left
		e.hash = string(hash)
		if i%2 == 0 {
			var key [20]byte
			for j := range key {
				key[j] = byte(lots.IntN(256))
			}
			e.app = base32.StdEncoding.EncodeToString(key[:])
		}
		i++
		return e
	}
}

func writeStaff(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w, next := bufio.NewWriter(f), employees()
	_, _ = io.WriteString(w, "Email,First Name,Last Name,Department,Password hash,TOTP secret\n") // Flush tells
	for range loaded {
		e := next()
		_, _ = fmt.Fprintf(w, "%s,%s,%s,%s,%s,%s\n", e.email, e.first, e.last, e.department, e.hash, e.app) // likewise
	}
	return errors.Join(w.Flush(), f.Close())
}

// insertAll stores the same rows; what they are made of does not count.
func insertAll(ctx context.Context, b *app.Base) (took time.Duration, err error) {
	orgs, err := b.Organizations.List(ctx)
	if err != nil {
		return 0, err
	}
	next := employees()
	people := make([]core.NewUser, core.LoadBatchRows)
	for left := loaded; left > 0; left -= len(people) {
		for i := range people {
			if people[i], err = sealed(b, orgs[0].ID, next()); err != nil {
				return took, err
			}
		}
		began := time.Now()
		if err := b.Store.BulkUsers(ctx, slices.Clone(people)); err != nil {
			return took, err
		}
		took += time.Since(began)
	}
	return took, nil
}

// sealed is a person as the loader would store them.
func sealed(b *app.Base, org core.ID, e employee) (core.NewUser, error) {
	now := b.Clock()
	u := core.User{
		ID: core.NewID(now, b.Random), OrganizationID: org, Email: e.email, FirstName: e.first, LastName: e.last, Department: e.department,
		Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOff, PasswordVersion: 1, FactorSetVersion: 1, CreatedAt: now, PasswordSetAt: now,
	}
	n := core.NewUser{Keys: core.LoginKeys{Email: e.email}}
	var err error
	if u.PasswordSealed, err = b.Passwords.SealForeign(u.ID, e.hash); err != nil {
		return n, err
	}
	if e.app != "" {
		text, key := b.Ring.Seal(secret.AppSecretOf(u.ID), []byte(e.app)[:20])
		n.Credentials = []core.Credential{{
			ID: core.NewID(now, b.Random), OrganizationID: org, UserID: u.ID, Kind: core.KindApp, State: core.CredentialActive,
			Label: "Authenticator", Sealed: text, KeyID: key, CreatedAt: now,
		}}
		u.TwoFactor = core.TwoFactorOn
	}
	n.User = u
	return n, nil
}
