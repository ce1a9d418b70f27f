package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/web"
)

// TestErrorPages renders the page of every status, signed out and signed in.
func TestErrorPages(t *testing.T) {
	tests := []struct {
		err   *core.Error
		title string
	}{
		{core.NewError(core.Invalid, "request.malformed"), "That request did not make sense"},
		{core.NewError(core.Invalid, "request.method"), "That does not work here"},
		{core.NewError(core.Invalid, "request.too_large"), "That is too much at once"},
		{core.NewError(core.Invalid, "request.wrong_host").With("Address", "https://id.example"), "This is not the right address"},
		{core.NewError(core.Forbidden, "request.form_expired"), "This page was open too long"},
		{core.NewError(core.Forbidden, "request.cross_origin"), "That did not come from a page of ours"},
		{core.NewError(core.Forbidden, "forbidden"), "You cannot open this page"},
		{core.NewError(core.Unauthenticated, "session.none"), "You are not signed in"},
		{core.NewError(core.NotFound, "not_found"), "Page not found"},
		{core.NewError(core.Conflict, "stale"), "This has changed meanwhile"},
		{core.NewError(core.Gone, "link.over"), "This link no longer works"},
		{core.NewError(core.RateLimited, "limit").With("wait", 4*time.Minute), "Too many tries"},
		{core.NewError(core.Unavailable, "busy").With("wait", 5*time.Second), "Sallyport is being updated"},
		{core.NewError(core.Internal, "internal"), "Something went wrong"},
	}
	site, _ := newSite(t, func(d *web.Deps) {
		d.Sessions = &fakeSessions{views: map[string]core.SessionView{"live": visitorAna()}}
	})
	for _, test := range tests {
		for _, cookie := range []string{"", "sp_session=live"} {
			t.Run(test.err.Code+" "+cookie, func(t *testing.T) {
				r := httptest.NewRequest(http.MethodGet, "/", nil)
				if cookie != "" {
					r.Header.Set("Cookie", cookie)
				}
				w := httptest.NewRecorder()
				status := httpx.StatusOf(test.err)
				site.RenderError(w, r, status, test.err)
				a := answer{status: w.Code, body: w.Body.String()}
				a.shows(t, status, test.title+"</h1>", "<title>"+test.title)
				a.hides(t, "⟦")
				if got := strings.Contains(a.body, "Account menu, Ana Diaz"); got != (cookie != "") {
					t.Errorf("account menu: got %v, want %v", got, cookie != "")
				}
			})
		}
	}
}

func TestErrorsOfTheEdge(t *testing.T) {
	b := newBrowser(t, nil)
	b.get("/nowhere").shows(t, http.StatusNotFound, "Page not found", "Reference ", "Go to the first page")
	b.send(http.MethodPut, "/signin", nil).shows(t, http.StatusMethodNotAllowed, "That does not work here")
	b.get("/signin?next=%00").shows(t, http.StatusBadRequest, "That request did not make sense")
	b.get("/signin?next=/a&next=/b").shows(t, http.StatusBadRequest, "That request did not make sense")
	b.get("/signin")
	b.post("/signin", "login", strings.Repeat("a", 70_000)).shows(t, http.StatusRequestEntityTooLarge, "too much at once")
	b.get("/signin")
	b.post("/signin", "login", strings.Repeat("a", 5_000), "password", "right").
		shows(t, http.StatusUnprocessableEntity, "That is too long. Make it shorter.")
}

func TestStatic(t *testing.T) {
	b := newBrowser(t, nil)
	page := b.get("/signin").body
	_, rest, _ := strings.Cut(page, `<link rel="stylesheet" href="`)
	address, _, _ := strings.Cut(rest, `"`)
	a := b.get(address)
	a.shows(t, http.StatusOK, "@layer tokens")
	if got := a.header.Get("Cache-Control"); !strings.Contains(got, "immutable") {
		t.Errorf("Cache-Control of a style: got %q", got)
	}
	b.get(strings.Replace(address, "/static/", "/static/0", 1)).shows(t, http.StatusNotFound)
	for _, name := range []string{"app.js", "js/menu.js", "js/delivery.js", "arches.svg"} {
		got := b.get(strings.Replace(address, "style.css", name, 1))
		got.shows(t, http.StatusOK)
		if strings.HasSuffix(name, ".js") && got.header.Get("Content-Type") != "text/javascript; charset=utf-8" {
			t.Errorf("%s: got type %q", name, got.header.Get("Content-Type"))
		}
	}
	b.get("/favicon.svg").shows(t, http.StatusOK, "<svg")
	b.get("/robots.txt").shows(t, http.StatusOK, "Disallow: /")
	for _, inline := range []string{"<style", " style=", "<script>", " onclick="} {
		if strings.Contains(page, inline) {
			t.Errorf("page holds %q, which the content policy stops", inline)
		}
	}
}
