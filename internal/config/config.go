package config

import (
	"net/netip"
	"net/url"
	"os"
	"slices"
	"time"
)

// Config is the whole configuration, checked. The zero value is not usable;
// [Load] fills every field.
type Config struct {
	Addr    string   // listening address, host:port
	BaseURL *url.URL // the one address people use; links and cookies follow it
	Data    string   // folder of the SQLite file; its key stands beside it as DIR.key
	KeyFile string   // file of the master key; empty: Data + ".key"
	// Database is a postgres:// address; empty means SQLite in Data.
	Database string
	// LoaderSources are the PostgreSQL databases and LoaderFolders the folders that
	// the Data Loader may read from, by the name people see.
	LoaderSources, LoaderFolders map[string]Place
	TLSCert                      string
	TLSKey                       string
	// BehindProxy: TLS ends at a proxy in front; its networks are Trusted.
	BehindProxy bool
	Trusted     []netip.Prefix
	Dev         bool // development mailbox and authenticator, loopback only
	SMTP        SMTP
	Metrics     string // listening address of the metrics, loopback; empty: none
	Log         Log
	Password    Password
	Throttle    Throttle
	Audit       Audit
	Replica     string // name of this server in the audit log; empty: the machine's
	Name        string // of the deployment, on signed-out pages
}

// SMTP is how mail leaves.
type SMTP struct {
	URL         string // smtp://user:password@host:587 or smtps://…; secret
	SecondURL   string // takes over where the first does not; secret
	From        string // sender; empty: no-reply@ the base URL's host
	ReplyTo     string
	InsecureLAN bool // allow a mail server without TLS that is not on loopback
}

// Log is what is logged and how.
type Log struct {
	Format   string // "text" or "json"
	Level    string // "debug", "info", "warn", "error"
	Requests bool   // also log answers of 2xx
}

// Audit is where the audit log goes besides the database.
type Audit struct {
	Syslog string // unix:///dev/log, udp://, tcp:// or tls://host:port; empty: nowhere
	File   string // JSON lines; empty: none
}

// Password is the cost of hashing (PW7).
type Password struct {
	MemoryKiB   int
	Time        int
	Parallelism int
	AtOnce      int // hashes at once; 0: one per core
}

// Throttle are the numbers of security §12.
type Throttle struct {
	Failures        int
	Window          time.Duration
	FirstWait       time.Duration
	MaxWait         time.Duration
	AddressFailures int
	AddressWindow   time.Duration
}

// KeyPath returns where the master key is kept: never inside the data folder,
// so that a copy of the one is not a copy of the other.
func (c Config) KeyPath() string {
	if c.KeyFile != "" {
		return c.KeyFile
	}
	return c.Data + ".key"
}

// Servers returns the hosts of the mail servers for people, without users and
// passwords.
func (s SMTP) Servers() []string {
	var all []string
	for _, address := range s.URLs() {
		if u, err := url.Parse(address); err == nil {
			all = append(all, u.Host)
		}
	}
	return all
}

// URLs returns the addresses of the mail servers, the first one first.
func (s SMTP) URLs() []string {
	return slices.DeleteFunc([]string{s.URL, s.SecondURL}, func(url string) bool { return url == "" })
}

// ReplicaName returns what this server is called in the audit log; empty where
// the machine does not know its name either.
func (c Config) ReplicaName() string {
	if c.Replica != "" {
		return c.Replica
	}
	name, _ := os.Hostname() // then it has none
	return name
}
