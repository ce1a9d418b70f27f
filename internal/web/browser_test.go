package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/web"
)

// browser is one visitor: it keeps cookies and sends the form token of the page
// it saw last, as a real one does.
type browser struct {
	t         *testing.T
	handler   http.Handler
	cookies   map[string]string
	token     string
	languages string // Accept-Language
}

func newBrowser(t *testing.T, change func(*web.Deps)) *browser {
	t.Helper()
	_, handler := newSite(t, change)
	return &browser{t: t, handler: handler, cookies: map[string]string{}}
}

// answer is what came back, with its body read.
type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) send(method, target string, form url.Values) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://localhost:8080"+target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if b.languages != "" {
		r.Header.Set("Accept-Language", b.languages)
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	a := answer{status: w.Code, header: w.Header(), body: w.Body.String()}
	if found := formToken.FindString(a.body); found != "" {
		b.token = strings.TrimSuffix(strings.TrimPrefix(found, `name="form_token" value="`), `"`)
	}
	return a
}

func (b *browser) get(target string) answer { b.t.Helper(); return b.send(http.MethodGet, target, nil) }

// post sends a form with the token of the page seen last.
func (b *browser) post(target string, pairs ...string) answer {
	b.t.Helper()
	form := url.Values{"form_token": {b.token}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.send(http.MethodPost, target, form)
}

// leadsTo fails unless the answer is a 303 to an address.
func (a answer) leadsTo(t *testing.T, want string) {
	t.Helper()
	if got := a.header.Get("Location"); a.status != http.StatusSeeOther || got != want {
		t.Errorf("answer: got %d to %q, want 303 to %q\n%s", a.status, got, want, a.body)
	}
}

// shows fails unless the answer has a status and contains every text.
func (a answer) shows(t *testing.T, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status: got %d, want %d", a.status, status)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("page does not show %q:\n%s", text, a.body)
		}
	}
}

// hides fails if the page contains any of the texts.
func (a answer) hides(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("page shows %q and must not:\n%s", text, a.body)
		}
	}
}
