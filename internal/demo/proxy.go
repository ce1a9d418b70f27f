package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// identityHeaders are what Sallyport says of the person, and what the
// application behind the proxy believes.
const (
	headerUser   = "Remote-User"
	headerGroups = "Remote-Groups"
	headerName   = "Remote-Name"
	headerEmail  = "Remote-Email"
)

// ProxyConfig says between whom a proxy stands.
type ProxyConfig struct {
	// Sallyport answers /api/authz/forward-auth.
	Sallyport *url.URL
	// Application answers what is let through.
	Application *url.URL
	Logger      *slog.Logger
}

// proxy is a reverse proxy that lets nobody through without asking. It does
// with the standard library what the snippets of the documentation make Caddy
// and Traefik do.
type proxy struct {
	config  ProxyConfig
	client  *http.Client
	forward *httputil.ReverseProxy
}

// authTimeout bounds one question to Sallyport.
const authTimeout = 10 * time.Second

// relayLimit bounds the body of an answer that is passed on to the browser.
const relayLimit = 64 << 10

// NewProxy returns the proxy.
func NewProxy(c ProxyConfig) http.Handler {
	p := &proxy{config: c}
	p.client = &http.Client{
		Timeout:       authTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableCompression: true},
	}
	p.forward = &httputil.ReverseProxy{
		Rewrite:      p.rewrite,
		Transport:    &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableCompression: true},
		ErrorHandler: p.unreachable,
		ErrorLog:     slog.NewLogLogger(c.Logger.Handler(), slog.LevelWarn),
	}
	return p
}

// identity is the key of the four headers in a request's context.
type identity struct{}

// ServeHTTP asks, then passes on or relays the answer.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// A name that somebody else made point here could read the demo's pages
	// with its visitors' cookies.
	if !loopbackName(r.Host) {
		http.Error(w, "The demo answers to localhost only.", http.StatusMisdirectedRequest)
		return
	}
	// The session's cookie belongs to the name localhost, whatever the port, so
	// that a forwarded port works but 127.0.0.1 would mean a second sign-in.
	if name, port := split(r.Host); name != "localhost" {
		http.Redirect(w, r, "http://localhost"+port+r.URL.RequestURI(), http.StatusTemporaryRedirect)
		return
	}
	answer, err := p.ask(r)
	if err != nil {
		p.unreachable(w, r, err)
		return
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		relay(w, answer)
		return
	}
	who := http.Header{}
	for _, name := range []string{headerUser, headerGroups, headerName, headerEmail} {
		if values := answer.Header.Values(name); len(values) == 1 {
			who[name] = values
		}
	}
	p.forward.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), identity{}, who)))
}

// ask is the forward-auth question: the browser's own headers without what
// only a proxy may say, and where the browser wants to go.
func (p *proxy) ask(r *http.Request) (*http.Response, error) {
	target := p.config.Sallyport.JoinPath("/api/authz/forward-auth")
	question, err := http.NewRequestWithContext(r.Context(), http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, fmt.Errorf("ask Sallyport: %w", err)
	}
	question.Header = r.Header.Clone()
	strip(question.Header)
	for _, name := range []string{"Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Connection", "Content-Length", "Content-Type"} {
		question.Header.Del(name)
	}
	h := question.Header
	h.Set("X-Forwarded-Method", r.Method)
	h.Set("X-Forwarded-Proto", "http")
	h.Set("X-Forwarded-Host", r.Host)
	h.Set("X-Forwarded-Uri", r.URL.RequestURI())
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		h.Set("X-Forwarded-For", host)
	}
	answer, err := p.client.Do(question)
	if err != nil {
		return nil, fmt.Errorf("ask Sallyport: %w", err)
	}
	return answer, nil
}

// rewrite makes the request that the application gets: nothing of what the
// browser claims about itself, everything that Sallyport said, and none of
// Sallyport's cookies.
func (p *proxy) rewrite(r *httputil.ProxyRequest) {
	r.SetURL(p.config.Application)
	r.Out.Host = r.In.Host // the application compares it with the Origin of a form
	strip(r.Out.Header)
	r.Out.Trailer = nil
	r.SetXForwarded()
	if who, ok := r.In.Context().Value(identity{}).(http.Header); ok {
		for name, values := range who {
			r.Out.Header[name] = values
		}
	}
	withoutOurCookies(r.Out.Header)
	withoutKeys(r.Out.Header)
}

// strip removes what only a proxy may say, in every spelling that some
// application reads as the same name: PHP and others turn "_" and "." into "-"
// (FA5).
func strip(h http.Header) {
	for name := range h {
		plain := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
		if strings.HasPrefix(plain, "remote-") || strings.HasPrefix(plain, "x-forwarded") || strings.HasPrefix(plain, "x-original-") ||
			plain == "forwarded" || plain == "x-real-ip" {
			delete(h, name)
		}
	}
}

// withoutOurCookies keeps the application from seeing a session that is good
// for more than itself.
func withoutOurCookies(h http.Header) {
	var kept []string
	for _, line := range h["Cookie"] {
		for cookie := range strings.SplitSeq(line, ";") {
			cookie = strings.TrimSpace(cookie)
			name := strings.TrimPrefix(cookie, "__Host-")
			if cookie != "" && !strings.HasPrefix(name, "sp_") {
				kept = append(kept, cookie)
			}
		}
	}
	h.Del("Cookie")
	if len(kept) > 0 {
		h.Set("Cookie", strings.Join(kept, "; "))
	}
}

// withoutKeys keeps API keys and passwords from the application: they are good for
// more than it.
func withoutKeys(h http.Header) {
	for name, values := range h {
		plain := strings.NewReplacer("_", "-", ".", "-").Replace(strings.ToLower(name))
		scheme, rest, _ := strings.Cut(strings.Join(values, ""), " ")
		ours := plain == "authorization" && strings.EqualFold(scheme, "bearer") && strings.HasPrefix(strings.TrimSpace(rest), "spk_")
		ours = ours || plain == "authorization" && strings.EqualFold(scheme, "basic")
		if ours || strings.HasPrefix(plain, "sallyport-") {
			delete(h, name)
		}
	}
}

// relay passes Sallyport's refusal on: where to sign in, or why not.
func relay(w http.ResponseWriter, answer *http.Response) {
	for name, values := range answer.Header {
		if !slices.Contains([]string{"Connection", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade", "Content-Length"}, name) {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.StatusCode)
	_, _ = io.Copy(w, io.LimitReader(answer.Body, relayLimit)) // the browser went away; there is nobody to tell
}

func (p *proxy) unreachable(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil {
		p.config.Logger.Warn("demo proxy", "error", err)
	}
	http.Error(w, "The demo's proxy got no answer. It may be starting or stopping; reload in a moment.", http.StatusBadGateway)
}

// loopbackName reports whether a Host header can only mean this machine.
func loopbackName(host string) bool {
	name, _ := split(host)
	addr, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return name == "localhost" || strings.HasSuffix(name, ".localhost") || err == nil && addr.Unmap().IsLoopback()
}

// split returns the name of a Host header in lower case, and its port with the
// colon, or nothing where it has none or it is no number.
func split(host string) (name, port string) {
	host = strings.ToLower(host)
	name, number, err := net.SplitHostPort(host)
	if err != nil {
		return host, ""
	}
	if _, err := strconv.ParseUint(number, 10, 16); err != nil {
		return name, ""
	}
	return name, ":" + number
}
