package web_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/web"
)

// TestCharts draws the pictures of the Control Panel: the numbers also stand in
// words, and each leads to an address that there is.
func TestCharts(t *testing.T) {
	b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Adoption = fakeAdoption(true) }))
	a := b.get("/admin")
	a.shows(t, http.StatusOK,
		`People by two-factor authentication. Authenticator app: 30, Email only: 0, Pending set-up: 0, Exempt: 0, Off: 61</title>`,
		`<a href="/admin/users?status=active&amp;two_factor=app">Authenticator app</a> <strong>30</strong>`,
		`<a href="/admin/audit?from=2026-08-26&amp;kind=signin.completed&amp;to=2026-11-23">`,
		`fill="url(#pattern-5)"`, `<th scope="row"><time datetime="2026-11-23T12:00:00Z">23 November 2026</time></th><td>30</td>`,
		"Nothing in the last 90 days") // of wrong codes
	golden(t, filepath.Join("admin", "control_panel_charts"), []byte(assetHash.ReplaceAllString(formToken.ReplaceAllString(a.body, `name="form_token" value="token"`), "/static/hash/")))

	site, _ := newSite(t, nil)
	served := map[string]bool{}
	for _, r := range site.Routes() {
		served[r.Method+" "+r.Pattern] = true
	}
	_, charts, _ := strings.Cut(a.body, `class="charts"`)
	links := regexp.MustCompile(`href="([^"#]+)"`).FindAllStringSubmatch(charts, -1)
	for _, link := range links {
		u, err := url.Parse(link[1])
		if err != nil || strings.HasPrefix(u.Path, "/admin") && !served["GET "+u.Path] {
			t.Errorf("%s leads nowhere", link[1])
		}
	}
	if len(links) < 12 {
		t.Errorf("only %d figures lead anywhere", len(links))
	}
}
