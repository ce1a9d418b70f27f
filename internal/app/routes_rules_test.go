package app_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/web"
)

// TestEveryRouteKeepsTheRules asks for every route of the site as an administrator
// with everything to ask for: what a GET answers carries the headers that keep it
// (HH1, HH2), no GET writes (CS5, law 8), and no POST does without the form's
// token, or from another origin with it (CS1, CS3). A new route is asked by itself.
func TestEveryRouteKeepsTheRules(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := twoOrganizations(t)
		before := w.rowsOf(w.other)
		token := w.token()
		for _, r := range w.Routes() {
			for _, path := range pathsOf(withOwnNames(r.Pattern), w.own) {
				if r.Method == http.MethodGet {
					w.keepsHeaders(r, path)
					continue
				}
				w.refuses(r, path, url.Values{"how": {"phone"}, "form_token": {""}}, "same-origin")
				w.refuses(r, path, url.Values{"how": {"phone"}, "form_token": {token}}, "cross-site")
				w.refuses(r, path, url.Values{"how": {"phone"}, "form_token": {token}}, "same-site")
			}
		}
		w.badBodies(token)
		if d := cmp.Diff(before, w.rowsOf(w.other)); d != "" {
			t.Errorf("something was written (-before +after):\n%s", d)
		}
	})
}

// badBodies sends to every form what no form sends: a megabyte, a field twice, and
// other types of content (IN1, IN2).
func (w *apart) badBodies(token string) {
	w.t.Helper()
	answers := map[int]int{}
	for _, r := range w.Routes() {
		if r.Method != http.MethodPost {
			continue
		}
		for _, path := range pathsOf(withOwnNames(r.Pattern), map[string][]string{"person": w.own["person"][:1], "person_group": w.own["person_group"][:1], "bulk_job": w.own["bulk_job"][:1]}) {
			for kind, change := range map[string]func(*http.Request){
				"a megabyte":     func(r *http.Request) { body(r, "note="+strings.Repeat("x", 1<<20)+"&form_token="+token) },
				"a field twice":  func(r *http.Request) { body(r, "how=phone&how=phone&form_token="+token+"&form_token="+token) },
				"JSON":           func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
				"no type at all": func(r *http.Request) { r.Header.Del("Content-Type") },
			} {
				p := w.bob.do(http.MethodPost, path, url.Values{"form_token": {token}, "how": {"phone"}}, change)
				answers[p.StatusCode]++
				if p.StatusCode < 300 || p.StatusCode >= 500 || strings.Contains(p.Header.Get("Location"), "done=") {
					w.t.Errorf("POST %s with %s: got %d to %q", path, kind, p.StatusCode, p.Header.Get("Location"))
				}
			}
		}
	}
	for _, status := range []int{http.StatusRequestEntityTooLarge, http.StatusBadRequest, http.StatusUnsupportedMediaType} {
		if answers[status] < 50 {
			w.t.Errorf("%d answers were %d, want at least 50: %v", answers[status], status, answers)
		}
	}
}

// body gives a request another body.
func body(r *http.Request, text string) {
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(text)), int64(len(text))
	r.GetBody = nil
}

// keepsHeaders asks with GET and HEAD.
func (w *apart) keepsHeaders(r web.Route, path string) {
	w.t.Helper()
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		p := w.bob.do(method, path, nil)
		h := p.Header
		if p.StatusCode >= 500 || h.Get("X-Content-Type-Options") != "nosniff" {
			w.t.Errorf("%s %s: %d, %v", method, path, p.StatusCode, h)
		}
		policy := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(policy, want) || strings.Contains(policy, "unsafe") {
				w.t.Errorf("%s %s: policy %q lacks %q", method, path, policy, want)
			}
		}
		kept := slices.ContainsFunc([]string{"/static/", "/photo/", "/favicon", "/robots"}, func(p string) bool { return strings.HasPrefix(r.Pattern, p) })
		if p.StatusCode == http.StatusOK && !kept && h.Get("Cache-Control") != "no-store" {
			w.t.Errorf("%s %s: Cache-Control %q", method, path, h.Get("Cache-Control"))
		}
	}
}

// refuses sends a POST that no form of ours sends. One of our own origin may be
// told that there is nothing to do before its form is looked at.
func (w *apart) refuses(r web.Route, path string, form url.Values, site string) {
	w.t.Helper()
	p := w.bob.do(r.Method, path, form, func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", site)
		if site != "same-origin" {
			r.Header.Set("Origin", "https://evil.example")
		}
	})
	to := p.Header.Get("Location")
	nothing := site == "same-origin" && p.StatusCode == http.StatusSeeOther && !strings.Contains(to, "done=")
	if p.StatusCode < 400 && !nothing || p.StatusCode >= 500 || site != "same-origin" && p.StatusCode != http.StatusForbidden {
		w.t.Errorf("%s %s from %s: got %d to %q", r.Method, path, site, p.StatusCode, to)
	}
}
