package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/web"
)

// TestAKeyOpensNoPage: an administrator's key that may do everything, shown in either
// way, is nothing to the pages: each answers as it answers somebody who shows none,
// and no session comes of it (AK4).
func TestAKeyOpensNoPage(t *testing.T) {
	s := start(t)
	_, ana := s.helper(s.Org, "ana@example.com", core.Administrator)
	p := s.program(ana, core.ScopeFull)
	p.asked("GET", "/me", "").must(t, 200)
	part := regexp.MustCompile(`\{[^}]+\}`)
	walked := 0
	for _, r := range s.Routes() {
		if r.Access < web.SignedIn {
			continue
		}
		path := part.ReplaceAllString(r.Pattern, "x")
		for name, show := range map[string]func(*http.Request){
			"the pair": func(r *http.Request) {
				r.Header.Set("Sallyport-Access-Key", p.access)
				r.Header.Set("Sallyport-Secret-Key", p.secret)
			},
			"a bearer": headed("Authorization", "Bearer "+p.access+"."+p.secret),
		} {
			walked++
			got := s.browser().do(r.Method, path, nil, show)
			if got.StatusCode == http.StatusOK || strings.Contains(got.Body, "ana@example.com") {
				t.Errorf("%s: %s %s: got %d", name, r.Method, path, got.StatusCode)
			}
			if r.Method == http.MethodGet && (got.StatusCode != http.StatusSeeOther || !strings.HasPrefix(got.Header.Get("Location"), "/signin")) {
				t.Errorf("%s: GET %s: got %d to %q, want /signin", name, path, got.StatusCode, got.Header.Get("Location"))
			}
			for _, c := range got.Cookies() {
				if strings.HasSuffix(c.Name, httpx.CookieSession) && c.Value != "" {
					t.Errorf("%s: %s %s: a session came of it", name, r.Method, path)
				}
			}
		}
	}
	if walked < 200 {
		t.Errorf("%d requests were made", walked)
	}
	if open, err := s.Store.OpenSessions(t.Context(), s.Org.ID, ana.ID); err != nil || len(open) != 1 {
		t.Errorf("%d sessions, %v; want the one of the browser", len(open), err)
	}
}
