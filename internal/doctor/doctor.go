package doctor

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// Grade says how a finding is.
type Grade string

// The grades.
const (
	OK   Grade = "ok"
	Warn Grade = "warn" // it works, and will not always; or it could not be looked at
	Fail Grade = "fail"
)

// Finding is the outcome of one check.
type Finding struct {
	Grade Grade  `json:"grade"`
	Name  string `json:"name"`
	Text  string `json:"text"`
	Hint  string `json:"hint,omitempty"`
}

// Database is what the checks ask of an open database.
type Database interface {
	Kind() string
	DatabaseTime(ctx context.Context) (time.Time, error)
	SchemaVersion(ctx context.Context) (current, target int64, err error)
	Keys(ctx context.Context) ([]core.StoredKey, error)
	Deployment(ctx context.Context) (core.Deployment, error)
	Close() error
}

// Resolver asks for the text records of a name; net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Page is what came back from an address.
type Page struct {
	Status   int
	Date     time.Time // by the server's own header; zero: none
	Cookies  []string  // names of those it set, and whether each is Secure
	CertEnds time.Time // of the certificate that was shown; zero: none
}

// MailServer is one that mail goes through.
type MailServer struct {
	Name string // host:port
	// Probe goes through a conversation with it as far as the sender, and sends
	// nothing.
	Probe func(ctx context.Context, step func(line string)) error
}

// Deps are the world that is looked at.
type Deps struct {
	Config config.Config
	Now    func() time.Time // of this machine
	// Open opens the database and brings nothing up to date.
	Open     func(ctx context.Context) (Database, error)
	Resolver Resolver
	Get      func(ctx context.Context, address string) (Page, error)
	// MailServers returns those that mail goes through, the first one first.
	MailServers func(ctx context.Context) ([]MailServer, error)
	// Sender is the domain that mail comes from.
	Sender string
	// Selector is the DKIM selector of that domain; empty: unknown.
	Selector string
}

// patience is how long one check may take.
const patience = 10 * time.Second

// visit is one look.
type visit struct {
	Deps
	found []Finding
	mail  []MailServer
	db    Database // nil where it could not be opened
}

func (v *visit) ok(name, format string, args ...any) {
	v.found = append(v.found, Finding{OK, name, fmt.Sprintf(format, args...), ""})
}

func (v *visit) warn(name, hint, format string, args ...any) {
	v.found = append(v.found, Finding{Warn, name, fmt.Sprintf(format, args...), hint})
}

func (v *visit) fail(name, hint, format string, args ...any) {
	v.found = append(v.found, Finding{Fail, name, fmt.Sprintf(format, args...), hint})
}

// Examine makes every check, one after the other, and returns what it found. It
// mends nothing; opening an embedded database makes its file its owner's alone,
// as each start does, after that was looked at.
func Examine(ctx context.Context, d Deps) []Finding {
	v := &visit{Deps: d}
	// Files first: opening a database may touch them.
	for _, check := range []func(*visit, context.Context){
		(*visit).folder, (*visit).keyFile, (*visit).disk, (*visit).certificate,
		(*visit).database, (*visit).schema, (*visit).clock, (*visit).keys, (*visit).backup,
		(*visit).address, (*visit).proxies, (*visit).mailServers, (*visit).mailNames,
	} {
		if ctx.Err() != nil {
			break
		}
		limited, cancel := context.WithTimeout(ctx, patience)
		check(v, limited)
		cancel()
	}
	if v.db != nil {
		if err := v.db.Close(); err != nil {
			v.warn("database", "", "it did not close cleanly: %v", err)
		}
	}
	return v.found
}

// Worst returns the worst grade of some findings.
func Worst(all []Finding) Grade {
	worst := OK
	for _, f := range all {
		if f.Grade == Fail || f.Grade == Warn && worst == OK {
			worst = f.Grade
		}
	}
	return worst
}
