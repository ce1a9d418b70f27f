package sqlsource

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/sallyport/sallyport/internal/core"
)

// Limits are what a query may take, of the machine here and of the one there.
type Limits struct {
	Connect   time.Duration // until the database answers
	Statement time.Duration // until the next rows come, the first ones included
	Rows      int
	Columns   int
	Row       int // bytes of one row
	Query     int // bytes of the query
}

// DefaultLimits are those of the Data Loader.
func DefaultLimits() Limits {
	return Limits{Connect: 10 * time.Second, Statement: time.Minute, Rows: 1_000_000, Columns: 64, Row: 1 << 20, Query: 64 << 10}
}

// What may be wrong with a source. Whoever asks is told the name of a source and
// what the database says of the query, and never where it is.
var (
	errUnknown = core.NewError(core.NotFound, "source.unknown")
	errConnect = core.NewError(core.Unavailable, "source.connect")
	errTLS     = core.NewError(core.Unavailable, "source.tls")
)

// Sources are the databases that may be asked, by the names people see.
type Sources struct {
	addresses map[string]string
	limits    Limits
}

// New returns the sources of a configuration: a postgres:// address for each name.
func New(addresses map[string]string, l Limits) *Sources {
	return &Sources{addresses: maps.Clone(addresses), limits: l}
}

// Names are the names of all sources, in order.
func (s *Sources) Names() []string { return slices.Sorted(maps.Keys(s.addresses)) }

// Open asks a source and returns its rows. Whoever opens them closes them, for
// they hold a connection.
func (s *Sources) Open(ctx context.Context, name, query string) (*Rows, error) {
	address, ok := s.addresses[name]
	if !ok {
		return nil, errUnknown.With("name", name)
	}
	query = strings.TrimSpace(query)
	for strings.HasSuffix(query, ";") {
		query = strings.TrimSpace(strings.TrimSuffix(query, ";"))
	}
	if query == "" || len(query) > s.limits.Query || strings.IndexByte(query, 0) >= 0 {
		return nil, errSelect
	}
	g := &guard{most: s.limits.Row}
	conn, err := connect(ctx, address, s.limits, g)
	if errors.Is(err, errTLS) {
		return nil, errTLS.With("name", name)
	}
	if err != nil {
		return nil, errConnect.With("name", name).Because(err)
	}
	r := &Rows{name: name, conn: conn, limits: s.limits, guard: g, ask: 100}
	if err := r.begin(ctx, query); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// connect opens a connection on which nothing can be written.
func connect(ctx context.Context, address string, l Limits, g *guard) (*pgx.Conn, error) {
	c, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	if !verified(&c.Config) {
		return nil, errTLS
	}
	c.ConnectTimeout = l.Connect
	c.AfterNetConnect = g.wrap
	for name, value := range map[string]string{
		"application_name":                    "sallyport data loader",
		"client_encoding":                     "UTF8",
		"datestyle":                           "ISO, YMD",
		"intervalstyle":                       "iso_8601",
		"timezone":                            "UTC",
		"default_transaction_read_only":       "on",
		"statement_timeout":                   fmt.Sprint(l.Statement.Milliseconds()),
		"lock_timeout":                        fmt.Sprint(l.Statement.Milliseconds()),
		"idle_in_transaction_session_timeout": "3600000",
	} {
		c.RuntimeParams[name] = value
	}
	return pgx.ConnectConfig(ctx, c)
}

// verified reports whether every host that a connection may go to is this machine,
// or proves who it is (KY4).
func verified(c *pgconn.Config) bool {
	safe := func(host string, ok bool) bool { return near(host) || ok }
	if !safe(c.Host, c.TLSConfig != nil && !c.TLSConfig.InsecureSkipVerify) {
		return false
	}
	for _, f := range c.Fallbacks {
		if !safe(f.Host, f.TLSConfig != nil && !f.TLSConfig.InsecureSkipVerify) {
			return false
		}
	}
	return true
}

// near reports whether a host can only be this machine.
func near(host string) bool {
	if strings.HasPrefix(host, "/") || host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && a.Unmap().IsLoopback()
}
