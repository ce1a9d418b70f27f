package forwardauth_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/forwardauth"
)

// pair shows a key in the two headers.
func pair(access, secret string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Sallyport-Access-Key", access)
		r.Header.Set("Sallyport-Secret-Key", secret)
	}
}

func bearer(value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("Authorization", value) }
}

func to(address, method string) func(*http.Request) {
	host, uri, _ := strings.Cut(strings.TrimPrefix(address, "https://"), "/")
	return func(r *http.Request) {
		if r.Header.Get("X-Original-Url") != "" {
			r.Header.Set("X-Original-Method", method)
			r.Header.Set("X-Original-Url", address)
			return
		}
		r.Header.Set("X-Forwarded-Method", method)
		r.Header.Set("X-Forwarded-Host", host)
		r.Header.Set("X-Forwarded-Uri", "/"+uri)
	}
}

// TestKeys: every request has the cookie of somebody who is signed in; a key that
// is shown is never passed over for it.
func TestKeys(t *testing.T) {
	const score = "https://score.example.com/x"
	store := &shelf{}
	store.signIn(func(*core.SessionView) {})
	h := handler(t, store)
	for _, c := range []struct {
		name          string
		show          func(*http.Request)
		url, method   string
		status        int // of forward-auth
		nginx         int // of auth-request
		code, who     string
		lookedAtNever bool
	}{
		{"the pair", pair(goodAccess, goodSecret), score, "GET", 200, 200, "", "robot", false},
		{"a bearer", bearer("Bearer " + goodAccess + "." + goodSecret), score, "GET", 200, 200, "", "robot", false},
		{"another spelling", bearer("bearer  " + goodAccess + "." + goodSecret), score, "GET", 200, 200, "", "robot", false},
		{"the application's own bearer", bearer("Bearer eyJhbGciOi.x.y"), score, "GET", 200, 200, "", "ada@example.com", true},
		{"a wrong secret", pair(goodAccess, "sps_other"), score, "GET", 401, 401, "key.wrong", "", false},
		{"no secret", func(r *http.Request) { r.Header.Set("Sallyport-Access-Key", goodAccess) }, score, "GET", 401, 401, "key.wrong", "", false},
		{"no access key", func(r *http.Request) { r.Header.Set("Sallyport-Secret-Key", goodSecret) }, score, "GET", 401, 401, "key.wrong", "", false},
		{"two secrets", func(r *http.Request) {
			pair(goodAccess, goodSecret)(r)
			r.Header.Add("Sallyport-Secret-Key", goodSecret)
		}, score, "GET", 401, 401, "key.wrong", "", false},
		{"two bearers", func(r *http.Request) {
			r.Header["Authorization"] = []string{"Bearer " + goodAccess + "." + goodSecret, "Bearer spk_other." + goodSecret}
		}, score, "GET", 401, 401, "key.wrong", "", false},
		{"a pair and a bearer", func(r *http.Request) {
			pair(goodAccess, goodSecret)(r)
			bearer("Bearer spk_other." + goodSecret)(r)
		}, score, "GET", 401, 401, "key.wrong", "", false},
		{"a pair and a bearer of the application's", func(r *http.Request) {
			pair(goodAccess, goodSecret)(r)
			bearer("Bearer eyJhbGciOi.x.y")(r)
		}, score, "GET", 200, 200, "", "robot", false},
		{"empty", pair("", ""), score, "GET", 401, 401, "key.wrong", "", false},
		{"a bearer without a secret", bearer("Bearer " + goodAccess), score, "GET", 401, 401, "key.wrong", "", false},
		{"too long", pair(goodAccess, strings.Repeat("a", 257)), score, "GET", 400, 401, "key.long", "", true},
		{"a bearer too long", bearer("Bearer " + goodAccess + "." + strings.Repeat("a", 240)), score, "GET", 400, 401, "key.long", "", true},
		{"too many", pair("spk_many", "x"), score, "GET", 429, 403, "key.limited", "", false},
		{"expired", pair("spk_expired", "x"), score, "GET", 401, 401, "key.expired", "", false},
		{"a reader writes", pair(goodAccess, goodSecret), score, "POST", 403, 403, "key.scope", "", false},
		{"no programs there", pair(goodAccess, goodSecret), "https://vault.example.com/", "GET", 403, 403, "key.machines", "", false},
		{"not in the group", pair(goodAccess, goodSecret), "https://score.example.com/admin/", "GET", 403, 403, "forwardauth.denied", "", false},
		{"in the address", func(*http.Request) {}, score + "?access_key=" + goodAccess + "&secret_key=" + goodSecret, "GET", 200, 200, "", "ada@example.com", true},
		{"in a cookie", func(r *http.Request) {
			r.Header.Set("Cookie", "Sallyport-Access-Key="+goodAccess+"; Sallyport-Secret-Key="+goodSecret)
			r.Header.Set("Accept", "*/*")
		}, score, "GET", 401, 401, "forwardauth.signin", "", true},
	} {
		for path, status := range map[string]int{forwardauth.ForwardAuthPath: c.status, forwardauth.AuthRequestPath: c.nginx} {
			store.asked = 0
			w := httptest.NewRecorder()
			h.ServeHTTP(w, ask(path, func(r *http.Request) { to(c.url, c.method)(r); c.show(r) }))
			var body struct{ Error struct{ Code string } }
			if w.Code != 200 {
				if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
					t.Errorf("%s %s: not JSON: %s", c.name, path, w.Body)
				}
			}
			want := c.code
			if c.status != c.nginx && status == 401 {
				want = "key.wrong" // nginx has no 400 to pass on
			}
			if w.Code != status || body.Error.Code != want || w.Header().Get("Remote-User") != c.who {
				t.Errorf("%s %s: got %d %q as %q; want %d %q as %q", c.name, path, w.Code, body.Error.Code, w.Header().Get("Remote-User"), status, want, c.who)
			}
			if (store.asked == 0) != c.lookedAtNever {
				t.Errorf("%s %s: looked at %d times", c.name, path, store.asked)
			}
			refused := strings.HasPrefix(c.code, "key.") || c.code == "forwardauth.denied"
			if got := w.Header().Get("Sallyport-Refusal"); refused && (got != want || w.Header().Get("Location") != "") || !refused && got != "" {
				t.Errorf("%s %s: refusal %q, location %q", c.name, path, got, w.Header().Get("Location"))
			}
			if len(w.Result().Cookies()) > 0 {
				t.Errorf("%s %s: a cookie came of it", c.name, path)
			}
		}
	}
}
