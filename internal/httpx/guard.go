package httpx

import (
	"net/http"
	"net/url"

	"github.com/sallyport/sallyport/internal/core"
)

// checkHost refuses a request that was meant for another name (RR2), such as
// one by the machine's bare address or by a name somebody rebound to it. Links
// never use the Host header, so a wrong one can only mislead.
func (s *Site) checkHost(r *http.Request) error {
	right := r.Host == s.host || core.CanonicalHost(s.config.BaseURL.Scheme, r.Host) == s.host ||
		s.loopback && loopbackHost(r.Host)
	if !right || s.cameInClear(r) {
		return errWrongHost.With("Address", s.origin)
	}
	return nil
}

// cameInClear reports whether a trusted proxy says that the browser spoke plain
// http although the base URL is https: our cookies would not come along.
func (s *Site) cameInClear(r *http.Request) bool {
	if !s.secure {
		return false
	}
	proto := r.Header["X-Forwarded-Proto"]
	return len(proto) == 1 && proto[0] == "http" && FromTrusted(r)
}

// checkOrigin refuses state-changing requests that another site may have
// started (CS1, CS2). Browsers that send Sec-Fetch-Site are believed about it,
// and a sibling site of the same domain is another site. Without it the Origin
// header must be ours. With neither, no cookie may be there.
func (s *Site) checkOrigin(r *http.Request) error {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return nil
	}
	site, origin := r.Header["Sec-Fetch-Site"], r.Header["Origin"]
	if len(site) > 1 || len(origin) > 1 {
		return errCrossOrigin
	}
	switch {
	case len(site) == 1 && site[0] != "":
		if site[0] != "same-origin" && site[0] != "none" {
			return errCrossOrigin
		}
	case len(origin) == 1 && origin[0] != "":
		if !s.ownOrigin(origin[0]) {
			return errCrossOrigin
		}
	case len(r.Header["Cookie"]) > 0:
		return errCrossOrigin
	}
	if s.loopback {
		// The standard library's check compares Origin with Host, which may be
		// two names of this machine here.
		return nil
	}
	if err := s.guard.Check(r); err != nil {
		return errCrossOrigin.Because(err)
	}
	return nil
}

// ownOrigin compares with the base URL, not with the Host header. On loopback
// every name and port of this machine is ours, so a forwarded port works.
func (s *Site) ownOrigin(origin string) bool {
	if origin == s.origin {
		return true
	}
	if !s.loopback {
		return false
	}
	u, err := url.Parse(origin)
	return err == nil && u.Scheme == "http" && u.Path == "" && u.User == nil && loopbackHost(u.Host)
}
