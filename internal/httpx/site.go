package httpx

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// ErrorPages writes an error for a person: the page of ux §8 in the layout of
// all pages. The status is decided already and must be the one written.
type ErrorPages interface {
	RenderError(w http.ResponseWriter, r *http.Request, status int, err *core.Error)
}

// Observer is told of every answer, for measurements. Route is the pattern that
// matched ("GET /signin"), "none" where nothing did, so there are few of them.
type Observer interface {
	Served(route string, status int, took time.Duration)
}

// Config is what a [Site] is made of.
type Config struct {
	// BaseURL is the one address people use: scheme, host and port, no path.
	BaseURL *url.URL
	// Trusted are the networks of the proxies whose X-Forwarded-* headers are
	// believed (RL9, FA1). Empty believes nobody.
	Trusted []netip.Prefix
	// BehindProxy says that people reach us only through a proxy; then Trusted
	// must not be empty.
	BehindProxy bool
	Clock       core.Clock
	Random      core.Random
	Logger      *slog.Logger
	// TokenKeys are the keys of form tokens, at least 32 bytes each and the same
	// on every replica. The first one signs; a token of any of them is good, so
	// that a change of keys spoils no form that is open.
	TokenKeys func() [][]byte
	// AnyHost are the exact paths that answer to whatever Host name, and to
	// requests from other origins: those that a proxy or a probe asks, that
	// read no form and change nothing.
	AnyHost []string
	// Direct are more exact paths that are asked so often that their GET route
	// is looked up once, not at every request. Those of AnyHost are too.
	Direct []string
	// Uploads are the exact paths that take a file, read by [Site.ReadUpload]:
	// the limit of their bodies is higher.
	Uploads []string
	// LargeUploads are those that take a large one, read by [Site.ReadLarge].
	LargeUploads []string
	// WideBodies are the paths, as patterns of path.Match, whose bodies may have up
	// to [WideLimit] bytes.
	WideBodies []string
	// Pages writes errors for people; nil writes the sentence as plain text.
	Pages ErrorPages
	// Sentence gives an error's sentence for people, for JSON and plain text;
	// nil gives the bare code.
	Sentence func(r *http.Request, err error) string
	// Observer may be nil.
	Observer Observer
	// LogEvery also logs answers of the 2xx kind.
	LogEvery bool
}

// Site is the edge of one deployment. It is safe for use by many goroutines and
// never changes after [NewSite].
type Site struct {
	config   Config
	origin   string // scheme://host[:port], canonical
	host     string // host[:port], canonical
	secure   bool   // the base URL is https
	loopback bool   // plain http on this machine: demo and development
	anyHost  map[string]bool
	fixed    []fixedHeader
	guard    *http.CrossOriginProtection
	ids      *idMint
	uploads  chan struct{} // those under way
}

// NewSite checks a configuration and returns its Site. Errors are for the
// operator: start-up refuses with them.
func NewSite(c Config) (*Site, error) {
	u := c.BaseURL
	switch {
	case u == nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "":
		return nil, errors.New("the base URL must be http or https with a host")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "":
		return nil, fmt.Errorf("the base URL %s must be scheme, host and port alone", u.Redacted())
	case c.BehindProxy && len(c.Trusted) == 0:
		return nil, errors.New("behind a proxy, the networks of the trusted proxies must be named")
	case c.TokenKeys == nil || !longEnough(c.TokenKeys()):
		return nil, errors.New("the keys of the form tokens must have 32 bytes or more")
	case c.Clock == nil || c.Random == nil || c.Logger == nil:
		return nil, errors.New("clock, random source and logger are needed")
	}
	s := &Site{config: c, secure: u.Scheme == "https", guard: http.NewCrossOriginProtection(), uploads: make(chan struct{}, uploadsAtOnce)}
	s.host = core.CanonicalHost(u.Scheme, u.Host)
	s.origin = u.Scheme + "://" + s.host
	s.loopback = !s.secure && loopbackHost(s.host)
	s.anyHost = make(map[string]bool, len(c.AnyHost))
	for _, path := range c.AnyHost {
		s.anyHost[path] = true
	}
	s.fixed = fixedHeaders(s.secure)
	s.ids = newIDMint(c.Random)
	if err := s.guard.AddTrustedOrigin(s.origin); err != nil {
		return nil, fmt.Errorf("base URL: %w", err)
	}
	return s, nil
}

// longEnough reports whether there is a key and none is weak.
func longEnough(keys [][]byte) bool {
	return len(keys) > 0 && !slices.ContainsFunc(keys, func(k []byte) bool { return len(k) < 32 })
}

// Origin returns the base URL without a trailing slash: "https://id.example.com".
func (s *Site) Origin() string { return s.origin }

// Secure reports whether the base URL is https.
func (s *Site) Secure() bool { return s.secure }

// Loopback reports whether the base URL is plain http on this machine, as in
// the demo and in development.
func (s *Site) Loopback() bool { return s.loopback }

// Now tells the time of the site's clock.
func (s *Site) Now() time.Time { return s.config.Clock() }

// loopbackHost reports whether host, with or without a port, can only be this
// machine: localhost, its subdomains (RFC 6761 §6.3), 127.0.0.0/8 and [::1].
func loopbackHost(host string) bool {
	name := strings.ToLower(hostName(host))
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(name)
	return err == nil && addr.Unmap().IsLoopback()
}

// hostName takes the port off a host, and the brackets off an IPv6 address.
func hostName(host string) string {
	if strings.HasPrefix(host, "[") {
		if i := strings.IndexByte(host, ']'); i > 0 {
			return host[1:i]
		}
		return host
	}
	if i := strings.LastIndexByte(host, ':'); i >= 0 {
		host = host[:i]
	}
	return strings.TrimSuffix(host, ".")
}
