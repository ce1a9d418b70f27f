package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"runtime"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/groups"
	"github.com/sallyport/sallyport/internal/help"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
	"github.com/sallyport/sallyport/internal/loadschedule"
	"github.com/sallyport/sallyport/internal/loadundo"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/passwordclient"
	"github.com/sallyport/sallyport/internal/people"
	"github.com/sallyport/sallyport/internal/profile"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/signin"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/throttle"
	"github.com/sallyport/sallyport/internal/words"
)

// Parts are what the outside world lends: time, randomness and a log.
type Parts struct {
	Clock  core.Clock
	Random core.Random
	Logger *slog.Logger
	// DialMail opens connections to mail servers; nil means TCP.
	DialMail func(ctx context.Context, network, address string) (net.Conn, error)
	// MemorySet: the operator set GOGC or GOMEMLIMIT.
	MemorySet bool
}

// Base is the store and the services without any server: what the command line
// works with, and what [App] serves.
type Base struct {
	Config        config.Config
	Store         *sqlstore.Store
	Keys          *keyring.Keeper
	Ring          *secret.Ring
	Passwords     *secret.Passwords
	Factors       *factor.Registry
	Accounts      *account.Service
	Profiles      *profile.Service
	Help          *help.Service
	People        *people.Service
	Groups        *groups.Service
	APIKeys       *apikey.Service
	PassClients   *passwordclient.Service
	Bulk          *bulk.Service
	Loader        *loader.Service
	LoadFiles     *loadfile.Service
	LoadUndo      *loadundo.Service
	Schedules     *loadschedule.Service
	Organizations *organization.Service
	Rehearser     *organization.Rehearser
	SignIn        *signin.Service
	Adoption      *adoption.Service
	Throttle      *throttle.Service
	Audit         *audit.Service
	Clock         core.Clock
	Random        core.Random
	Logger        *slog.Logger
	Words         *words.Catalogue
	// KeyMade is the path of the master key where this start made it.
	KeyMade string
	clock   *clock
	// heard is told of committed writes (sqlstore.Config.Heard); a server sets it
	// before it serves.
	heard func(changes []core.Change, mail bool)
	// mail is what a server knows of mail before the queue does.
	mail *mailHealth
}

// OpenBase opens the database, brings its schema up to date, opens the keys and
// makes the services.
func OpenBase(ctx context.Context, c config.Config, p Parts) (*Base, error) {
	b := &Base{Config: c, Random: p.Random, Logger: p.Logger, clock: newClock(p.Clock)}
	b.Clock = b.clock.Now
	if err := b.openStore(ctx); err != nil {
		return nil, err
	}
	if err := b.openServices(ctx); err != nil {
		_ = b.Store.Close() // the first error is the one to tell
		return nil, err
	}
	b.Audit = audit.NewService(b.auditDeps())
	return b, nil
}

// ErrOpen is a database that cannot be opened.
var ErrOpen = errors.New("open the database")

// connect opens the database as it is.
func (b *Base) connect(ctx context.Context) error {
	sc := sqlstore.Config{DSN: b.Config.Database, Clock: b.Clock, Random: b.Random, Logger: b.Logger, Replica: b.Config.ReplicaName(), Heard: func(changes []core.Change, mail bool) {
		if b.heard != nil {
			b.heard(changes, mail)
		}
	}}
	if sc.DSN == "" {
		sc.Path = filepath.Join(b.Config.Data, "sallyport.db")
	}
	store, err := sqlstore.Open(ctx, sc)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrOpen, err)
	}
	b.Store, b.clock.ask = store, store.DatabaseTime
	return nil
}

func (b *Base) openStore(ctx context.Context) error {
	if err := b.connect(ctx); err != nil {
		return err
	}
	err := b.Store.Migrate(ctx)
	switch {
	case errors.Is(err, sqlstore.ErrHalfRestored):
		err = ErrHalfRestored
	case err != nil:
		err = fmt.Errorf("bring the database up to date: %w", err)
	default:
		err = b.clock.measure(ctx)
	}
	if err != nil {
		_ = b.Store.Close() // the first error is the one to tell
	}
	return err
}

func (b *Base) openServices(ctx context.Context) error {
	var err error
	if b.Words, err = words.Load(); err != nil {
		return fmt.Errorf("load the texts: %w", err)
	}
	keys, err := keyring.Open(ctx, keyring.Deps{
		Store: b.Store, Texts: b.Store, Path: b.Config.KeyPath(), Clock: b.Clock, Random: b.Random, Wait: waitFor,
	})
	if err != nil {
		return err
	}
	b.Keys, b.Ring = keys, keys.Ring()
	ring := b.Ring
	if keys.Made {
		b.KeyMade = b.Config.KeyPath()
	}
	if b.Factors, err = factors(ring, b.Random); err != nil {
		return err
	}
	if err := b.openPasswords(); err != nil {
		return err
	}
	mac := func(typed string) []byte {
		sum, err := ring.MAC(ring.OldestKey(), "throttle", typed)
		if err != nil {
			panic(err) // the oldest key is always there
		}
		return sum
	}
	b.Throttle = throttle.New(b.Store, b.rules(), b.Clock, mac, waitFor)
	post := mailPost{random: b.Random}
	store := echo{Store: b.Store, mail: &mailHealth{clock: b.Clock}}
	b.mail = store.mail
	b.Rehearser = organization.NewRehearser(b.Store, surroundings{b, store}, b.Clock)
	b.Organizations = organization.New(organization.Deps{
		Store: b.Store, Doors: b.Store, Journal: b.Store, Ahead: b.Rehearser, Clock: b.Clock, Random: b.Random, Language: b.Words.Known,
	})
	b.Adoption = adoption.New(b.Store, b.Clock)
	b.Accounts = account.New(account.Deps{
		Store: store, Tries: b.Store, People: store, Changes: store, Journal: b.Store, Requests: store, Limits: b.Throttle, Wait: waitFor,
		Passwords: b.Passwords, Throttle: b.Throttle, Post: post,
		Factors: b.Factors, Ring: ring, Clock: b.Clock, Random: b.Random, Host: b.host(), Language: b.Words.Known,
		Alarms: store, Held: b.Store,
	})
	b.Profiles = profile.New(profile.Deps{
		Store: store, Addresses: store, Tries: b.Store, Codes: factor.NewEmail(ring), Post: post, Ring: ring,
		Clock: b.Clock, Random: b.Random, Zone: words.KnownZone, Language: b.Words.Known,
	})
	if err := b.openAdministration(store, post); err != nil {
		return err
	}
	b.openDoors(store, post)
	return nil
}

// openDoors makes what takes passwords of people and of programs.
func (b *Base) openDoors(store echo, post mailPost) {
	b.PassClients = passwordclient.New(passwordclient.Deps{
		Pauses: b.Store, Kept: b.Store, Endings: b.Store, Applications: b.Store, Ring: b.Ring, People: b.Store, Logins: b.Store, Passwords: b.Passwords, Renewals: b.Store, Throttle: b.Throttle,
		Resets: b.Accounts, Post: post, Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
	b.SignIn = signin.New(signin.Deps{
		Store: store, Tries: b.Store, Passwords: b.Passwords, Throttle: b.Throttle, Resets: b.Accounts, Post: post,
		Factors: b.Factors, Ring: b.Ring, Clock: b.Clock, Random: b.Random,
	})
}

// openPasswords makes the hashing of passwords.
func (b *Base) openPasswords() error {
	params := secret.Params{
		MemoryKiB: uint32(b.Config.Password.MemoryKiB), Time: uint32(b.Config.Password.Time),
		Parallelism: uint8(b.Config.Password.Parallelism),
	}
	if err := params.Validate(); err != nil {
		return err
	}
	b.Passwords = secret.NewPasswords(b.Ring, params, b.hashesAtOnce(), b.Random)
	return nil
}

// openAdministration makes the services of administrators.
func (b *Base) openAdministration(store echo, post mailPost) error {
	b.Help = help.New(help.Deps{
		Store: store, Resets: store, Exemptions: store, Post: post, Ring: b.Ring, Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
	b.People = people.New(people.Deps{
		Store: store, Accounts: store, Links: b.Accounts, Limits: b.Throttle, Post: post, Clock: b.Clock, Random: b.Random,
		Zone: words.KnownZone, Language: b.Words.Known,
	})
	b.Groups = groups.New(store, store, store, b.Clock, b.Random)
	b.APIKeys = apikey.New(apikey.Deps{
		Store: store, Endings: store, People: store, Limits: b.Throttle, Post: post, Ring: b.Ring, Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
	b.Bulk = bulk.New(bulk.Deps{
		Store: store, Queue: store, People: store, Deeds: b.People, Memberships: b.Groups, Resets: bulkResets{b.Help}, Post: post, Reporting: store,
		Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
	var err error
	if b.Loader, err = newLoader(b, store, post); err != nil {
		return err
	}
	b.LoadFiles = loadfile.New(loadfile.Deps{
		Store: store, Queue: store, People: store, Sealer: loadSecrets{ring: b.Ring}, Loads: b.Loader, Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
	b.LoadUndo = loadundo.New(loadundo.Deps{
		Store: store, Queue: store, Accounts: store, People: b.People, Groups: b.Groups, Secrets: loadSecrets{ring: b.Ring},
		Clock: b.Clock, Random: b.Random, Logger: b.Logger,
	})
	b.Schedules = newSchedules(b, store, post)
	return nil
}

// Close ends the database connections.
func (b *Base) Close() error { return b.Store.Close() }

func (b *Base) hashesAtOnce() int {
	if n := b.Config.Password.AtOnce; n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// Address returns the full address of a local path, or the path alone where no
// base URL is configured.
func (b *Base) Address(path string) string {
	if b.Config.BaseURL == nil {
		return path
	}
	return b.Config.BaseURL.String() + path
}

func (b *Base) host() string {
	if b.Config.BaseURL == nil {
		return ""
	}
	return b.Config.BaseURL.Hostname()
}

func (b *Base) rules() throttle.Rules {
	r, c := throttle.DefaultRules(), b.Config.Throttle
	r.Pair.Limit, r.Pair.Window, r.Pair.FirstWait, r.Pair.MaxWait = c.Failures, c.Window, c.FirstWait, c.MaxWait
	r.AddressFailures, r.AddressWindow = c.AddressFailures, c.AddressWindow
	return r
}

// waitFor blocks for d or until ctx ends.
func waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
