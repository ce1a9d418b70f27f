package forwardauth_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/forwardauth"
)

// Authenticate implements forwardauth.PasswordClients.
func (s *shelf) Authenticate(_ context.Context, login, password string, app core.Application, o core.Origin) (core.SessionView, error) {
	s.asked++
	switch {
	case app.ID != "a1" || o.Network == "":
		return core.SessionView{}, errors.New("asked about another application, or from nowhere")
	case login == "down":
		return core.SessionView{}, core.NewError(core.Unavailable, "busy")
	case login == "broken":
		return core.SessionView{}, errors.New("broken")
	case login == "many":
		return core.SessionView{}, core.NewError(core.RateLimited, "signin.limited").With("wait", 30*time.Second)
	case password != "pass:wörd":
		return core.SessionView{}, core.ErrClientWrong
	case login == "second":
		return core.SessionView{}, core.ErrTwoFactorRequired
	}
	return core.SessionView{Account: core.Account{User: core.User{Username: login, Email: "eva@example.com", FirstName: "Eva"}, Groups: []string{"makers"}}}, nil
}

func basic(login, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(login+":"+password))
}

// TestPasswordClients: a name and a password are taken or refused, whatever cookie
// comes along; nothing redirects and nothing sets a cookie.
func TestPasswordClients(t *testing.T) {
	for _, tt := range []struct {
		name   string
		edit   func(*http.Request)
		want   int // of forward-auth
		nginx  int // of auth-request; zero: the same
		code   string
		user   string
		ignore bool // nobody is asked
	}{
		{name: "right", edit: set("Authorization", basic("eva", "pass:wörd")), want: 200, user: "eva"},
		{name: "right, without a cookie", edit: all(signedOut, set("Authorization", basic("eva", "pass:wörd"))), want: 200, user: "eva"},
		{name: "in small letters", edit: set("Authorization", "basic"+basic("eva", "pass:wörd")[5:]), want: 200, user: "eva"},
		{name: "wrong, with a good cookie", edit: set("Authorization", basic("eva", "no")), want: 401, code: "client.wrong"},
		{name: "two-factor on, with a good cookie", edit: set("Authorization", basic("second", "pass:wörd")), want: 403, code: "two_factor_required"},
		{name: "too many tries", edit: set("Authorization", basic("many", "x")), want: 429, nginx: 403, code: "signin.limited"},
		{name: "malformed", edit: set("Authorization", "Basic %%%"), want: 401, code: "client.wrong", ignore: true},
		{name: "nothing in it", edit: set("Authorization", "Basic"), want: 401, code: "client.wrong", ignore: true},
		{name: "twice", edit: set("Authorization", basic("eva", "pass:wörd"), basic("eva", "pass:wörd")), want: 401, code: "client.wrong", ignore: true},
		{name: "beside a bearer", edit: set("Authorization", "Bearer x", basic("eva", "pass:wörd")), want: 401, code: "client.wrong", ignore: true},
		{name: "beside a key, which is looked at alone", edit: all(set("Authorization", basic("eva", "pass:wörd")), set("Sallyport-Access-Key", "spk_x"), set("Sallyport-Secret-Key", "y")), want: 401},
		{name: "from a stranger", edit: func(r *http.Request) {
			r.RemoteAddr = "192.0.2.1:4711"
			r.Header.Set("Authorization", basic("eva", "pass:wörd"))
		}, want: 401, ignore: true},
		{name: "busy", edit: set("Authorization", basic("down", "x")), want: 503},
		{name: "broken", edit: set("Authorization", basic("broken", "x")), want: 500},
	} {
		for _, path := range forwardauth.Paths() {
			store := &shelf{}
			store.signIn(func(*core.SessionView) {})
			rec := httptest.NewRecorder()
			handler(t, store).ServeHTTP(rec, ask(path, tt.edit))
			want := tt.want
			if path == forwardauth.AuthRequestPath && tt.nginx > 0 {
				want = tt.nginx
			}
			if rec.Code != want || rec.Header().Get("Location") != "" || rec.Header()["Set-Cookie"] != nil {
				t.Errorf("%s %s: got %d to %q, cookies %q; want %d", tt.name, path, rec.Code, rec.Header().Get("Location"), rec.Header()["Set-Cookie"], want)
			}
			if v := rec.Header()["Remote-User"]; len(v) != 1 || v[0] != tt.user {
				t.Errorf("%s %s: told as %q", tt.name, path, v)
			}
			if tt.ignore && store.asked > 0 {
				t.Errorf("%s %s: it was looked at", tt.name, path)
			}
			if tt.code == "" {
				continue
			}
			var body struct{ Error, Message string }
			if err := json.Unmarshal(rec.Body.Bytes(), &body); err != nil || body.Error != tt.code || body.Message == "" {
				t.Errorf("%s %s: %s", tt.name, path, rec.Body)
			}
			if asks := rec.Header().Get("WWW-Authenticate") != ""; asks != (want == 401) {
				t.Errorf("%s %s: asks for a password: %v", tt.name, path, asks)
			}
		}
	}
}

// TestPasswordsOfOtherApplications: where an application lets no programs in, Basic
// is its own business, and the cookie decides as ever.
func TestPasswordsOfOtherApplications(t *testing.T) {
	store := &shelf{}
	store.signIn(func(v *core.SessionView) { v.Account.Groups = append(v.Account.Groups, "admins") })
	h := handler(t, store)
	own := all(set("Authorization", basic("eva", "no")), set("X-Forwarded-Uri", "/admin"))
	for name, q := range map[string]struct {
		edit func(*http.Request)
		want int
	}{"signed in": {own, 200}, "signed out": {all(own, signedOut), 302}} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, ask(forwardauth.ForwardAuthPath, q.edit))
		if rec.Code != q.want || store.asked > 0 {
			t.Errorf("%s: got %d, looked at %d times", name, rec.Code, store.asked)
		}
	}
}
