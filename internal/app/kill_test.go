package app_test

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// The numbers of the test: half of the sign-ins stand at the code when the other
// half begins; the server is killed as soon as some were answered. Passwords are
// sent a few at a time: on a busy machine more would only be told to try again.
const (
	signInsRunning = 200
	answeredAtKill = 40
	hashing        = 6
	triedAgain     = 15
)

// traveller is one person with an app who signs in, and what came of it.
type traveller struct {
	t      *testing.T
	http   *http.Client
	email  string
	secret []byte
	step   int64  // of the code that was typed
	code   string // likewise
	cookie string // the session, once the answer with it has arrived
}

// crowd stores people with an app each. All have the same password, hashed once.
func (d *deployment) crowd(n int) []*traveller {
	d.t.Helper()
	b := d.mustOpen()
	org, err := b.Organizations.Create(d.t.Context(), "Northwind", operator)
	if err != nil {
		d.t.Fatal(err)
	}
	one := core.ID("hash")
	sealed, err := b.Passwords.Hash(d.t.Context(), one, password)
	if err != nil {
		d.t.Fatal(err)
	}
	hash, err := b.Ring.Open(secret.Binding{Table: "user", Row: string(one), Field: "password"}, sealed)
	if err != nil {
		d.t.Fatal(err)
	}
	apps, _ := b.Factors.Get(core.KindApp)
	var people []core.NewUser
	var all []*traveller
	for i := range n {
		now := b.Clock()
		u := core.User{
			ID: core.NewID(now, random), OrganizationID: org.ID, Email: fmt.Sprintf("p%d@example.com", i), FirstName: "A", LastName: "B",
			Type: core.Ordinary, Status: core.Active, TwoFactor: core.TwoFactorOn, PasswordVersion: 1, FactorSetVersion: 1,
			EmailProvedAt: now, CreatedAt: now,
		}
		u.PasswordSealed, _ = b.Ring.Seal(secret.Binding{Table: "user", Row: string(u.ID), Field: "password"}, hash)
		m, err := apps.BeginEnrol(u.ID)
		if err != nil {
			d.t.Fatal(err)
		}
		shown, err := apps.Reveal(u.ID, m)
		if err != nil {
			d.t.Fatal(err)
		}
		key, err := otp.DecodeKey(shown[0])
		if err != nil {
			d.t.Fatal(err)
		}
		people = append(people, core.NewUser{User: u, Keys: core.LoginKeys{Email: u.Email}, Credentials: []core.Credential{{
			ID: core.NewID(now, random), OrganizationID: org.ID, UserID: u.ID, Kind: core.KindApp, State: core.CredentialActive,
			Label: "phone", Sealed: m.Sealed, KeyID: m.KeyID, Mark: otp.NeverUsed, CreatedAt: now,
		}}})
		all = append(all, &traveller{t: d.t.(*testing.T), email: u.Email, secret: key})
	}
	if err := b.Store.BulkUsers(d.t.Context(), people); err != nil {
		d.t.Fatal(err)
	}
	return all
}

// request is one exchange; the error is a connection that broke.
func (v *traveller) request(method, address string, form url.Values) (page, error) {
	r, err := http.NewRequest(method, address, strings.NewReader(form.Encode()))
	if err != nil {
		return page{}, err
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	res, err := v.http.Do(r)
	if err != nil {
		return page{}, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	return page{res, string(raw), r.URL.Path}, err
}

// fill gets a page and sends its form for action with more values.
func (v *traveller) fill(base, path, action string, more map[string]string) (page, error) {
	p, err := v.request("GET", base+path, nil)
	if err != nil {
		return p, err
	}
	for _, f := range p.forms(v.t) {
		if f.action == action {
			for name, value := range more {
				f.values.Set(name, value)
			}
			return v.request("POST", base+action, f.values)
		}
	}
	return p, fmt.Errorf("%s: status %d without a form for %s", path, p.StatusCode, action)
}

// start types the password, in a new browser, and chooses the app.
func (v *traveller) start(base string, turn chan struct{}) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	v.http = &http.Client{
		Jar: jar, Timeout: 20 * time.Second, Transport: &http.Transport{},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	turn <- struct{}{}
	p, err := v.fill(base, "/signin", "/signin", map[string]string{"login": v.email, "password": password})
	<-turn
	if err == nil && p.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("password: status %d", p.StatusCode)
	}
	if err == nil {
		p, err = v.fill(base, "/signin/verify", "/signin/verify", map[string]string{"method": "app"})
	}
	if err == nil && p.Header.Get("Location") != "/signin/verify/app" {
		err = fmt.Errorf("choose: status %d to %q", p.StatusCode, p.Header.Get("Location"))
	}
	return err
}

// finish types a code and keeps the session that the answer sets.
func (v *traveller) finish(base, code string) (page, error) {
	v.cookie = ""
	p, err := v.fill(base, "/signin/verify/app", "/signin/verify/app", map[string]string{"code": code})
	if err != nil {
		return p, err
	}
	for _, c := range p.Cookies() {
		if c.Name == "sp_session" && p.StatusCode == http.StatusSeeOther {
			v.cookie = c.Value
		}
	}
	return p, nil
}

// typeCode is finish with the code of this moment, noted.
func (v *traveller) typeCode(base string) error {
	now := time.Now()
	v.step, v.code = otp.Step(now), otp.TOTP(v.secret, now).String()
	_, err := v.finish(base, v.code)
	return err
}

// TestKilledInTheMiddle: a server killed in the middle of two hundred sign-ins
// has, when it starts again, every sign-in whose answer arrived, whole, and no
// half of any other.
func TestKilledInTheMiddle(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		d := newDeployment(t)
		all := d.crowd(signInsRunning)
		c := d.spawn()
		answered := run(t, c, all)
		if n := len(answered); n < answeredAtKill || n == signInsRunning {
			t.Fatalf("%d sign-ins were answered before the end, want at least %d and not all", n, answeredAtKill)
		}
		began := time.Now()
		again := d.spawn()
		t.Logf("%d of %d answered; ready again after %v", len(answered), signInsRunning, time.Since(began))
		d.whole(all)
		kept(t, again, answered)
		others := slices.DeleteFunc(slices.Clone(all), func(v *traveller) bool { return slices.Contains(answered, v) })
		goesOn(t, again, others[:triedAgain])
		d.whole(all)
	})
}

// run lets everybody sign in, kills the server in the middle and returns those
// whose answer arrived.
func run(t *testing.T, c *child, all []*traveller) (answered []*traveller) {
	turn, release := make(chan struct{}, hashing), make(chan struct{})
	var n atomic.Int64
	var ready, done sync.WaitGroup
	var once sync.Once
	errs := make([]error, len(all))
	for i, v := range all {
		early := i%2 == 0
		if early {
			ready.Add(1)
		}
		done.Go(func() {
			if early {
				errs[i] = v.start(c.URL, turn)
				ready.Done()
				<-release
			} else {
				<-release
				errs[i] = v.start(c.URL, turn)
			}
			if errs[i] == nil {
				errs[i] = v.typeCode(c.URL)
			}
			if v.cookie != "" && n.Add(1) == answeredAtKill {
				once.Do(c.kill)
			}
		})
	}
	ready.Wait()
	if err := errors.Join(errs...); err != nil {
		once.Do(c.kill)
		t.Errorf("before the kill: %v", err)
	}
	close(release)
	done.Wait()
	once.Do(c.kill)
	for _, v := range all {
		if v.cookie != "" {
			answered = append(answered, v)
		}
	}
	return answered
}

// kept wants every answered sign-in to be open still, and the codes of some of
// them, tried again, used up.
func kept(t *testing.T, c *child, answered []*traveller) {
	turn := make(chan struct{}, hashing)
	var g sync.WaitGroup
	for i, v := range answered {
		g.Go(func() {
			r, err := http.NewRequest("GET", c.URL+"/api/session", nil)
			if err != nil {
				t.Error(err)
				return
			}
			r.AddCookie(&http.Cookie{Name: "sp_session", Value: v.cookie})
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Error(err)
				return
			}
			if err := res.Body.Close(); err != nil || res.StatusCode != http.StatusOK {
				t.Errorf("%s: an answered sign-in is gone: status %d, %v", v.email, res.StatusCode, err)
			}
			if i >= triedAgain {
				return
			}
			if err := v.start(c.URL, turn); err != nil {
				t.Errorf("%s: %v", v.email, err)
				return
			}
			first := v.cookie
			p, err := v.finish(c.URL, v.code)
			if err != nil || p.StatusCode != http.StatusUnprocessableEntity || v.cookie != "" {
				t.Errorf("%s: its code again: status %d, %v; want 422", v.email, p.StatusCode, err)
			}
			v.cookie = first
		})
	}
	g.Wait()
}

// goesOn wants those who got no answer to be able to sign in now.
func goesOn(t *testing.T, c *child, others []*traveller) {
	turn := make(chan struct{}, hashing)
	var g sync.WaitGroup
	for _, v := range others {
		g.Go(func() {
			if err := v.start(c.URL, turn); err != nil {
				t.Errorf("%s: %v", v.email, err)
				return
			}
			// The answer may have been lost on its way, and the code with it: then
			// the next one, which the server takes already, is as good.
			p, err := v.finish(c.URL, otp.TOTP(v.secret, time.Now()).String())
			if err == nil && v.cookie == "" && p.StatusCode == http.StatusUnprocessableEntity {
				p, err = v.finish(c.URL, otp.TOTP(v.secret, time.Now().Add(30*time.Second)).String())
			}
			if err != nil || v.cookie == "" {
				t.Errorf("%s: signing in after the kill: status %d, %v", v.email, p.StatusCode, err)
			}
		})
	}
	g.Wait()
}

// database opens the deployment's database beside the server.
func (d *deployment) database() *sql.DB {
	d.t.Helper()
	driver, address := "pgx", d.c.Database
	if address == "" {
		driver, address = "sqlite", "file:"+filepath.Join(d.c.Data, "sallyport.db")+"?_busy_timeout=5000"
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		d.t.Fatal(err)
	}
	d.t.Cleanup(func() { db.Close() })
	return db
}

// halves are what no moment may leave behind: each query counts rows that one
// transaction wrote without the others it writes with them.
func halves() map[string]string {
	return map[string]string{
		"sessions without their sign-in's event": `SELECT count(*) FROM session s WHERE NOT EXISTS (SELECT 1 FROM event e
		WHERE e.kind = 'signin.completed' AND e.session_id = s.id AND e.subject_id = s.user_id AND e.organization_id = s.organization_id)`,
		"completed events without their session": `SELECT count(*) FROM event e WHERE e.kind = 'signin.completed'
		AND NOT EXISTS (SELECT 1 FROM session s WHERE s.id = e.session_id AND s.user_id = e.subject_id)`,
		"sessions whose attempt was not completed": `SELECT count(*) FROM session s WHERE NOT EXISTS (SELECT 1 FROM attempt a
		WHERE a.user_id = s.user_id AND a.end_reason = 'completed' AND a.ended_at = s.created_at)`,
		"completed attempts without a session": `SELECT count(*) FROM attempt a WHERE a.end_reason = 'completed'
		AND NOT EXISTS (SELECT 1 FROM session s WHERE s.user_id = a.user_id AND s.created_at = a.ended_at)`,
		"sessions without a used code": `SELECT count(*) FROM session s JOIN credential c ON c.user_id = s.user_id WHERE c.mark < 0`,
		"used codes without a session": `SELECT count(*) FROM credential c WHERE c.mark >= 0
		AND NOT EXISTS (SELECT 1 FROM session s WHERE s.user_id = c.user_id)`,
		"sessions of an unknown browser": `SELECT count(*) FROM session s WHERE NOT EXISTS (SELECT 1 FROM known_browser b
		WHERE b.user_id = s.user_id AND b.hash = s.browser_hash)`,
		"known browsers without a session": `SELECT count(*) FROM known_browser b WHERE NOT EXISTS (SELECT 1 FROM session s
		WHERE s.user_id = b.user_id AND s.browser_hash = b.hash)`,
		"people whose last sign-in is not their last session": `SELECT count(*) FROM person p WHERE p.last_sign_in_at <>
		(SELECT coalesce(max(s.created_at), 0) FROM session s WHERE s.user_id = p.id)`,
		"attempts without the event of their password": `SELECT count(*) FROM person p WHERE (SELECT count(*) FROM attempt a WHERE a.user_id = p.id)
		<> (SELECT count(*) FROM event e WHERE e.kind = 'signin.password_right' AND e.subject_id = p.id)`,
		"attempts that ended for no reason": `SELECT count(*) FROM attempt WHERE (ended_at = 0) <> (end_reason = '')`,
		"attempts of nobody":                `SELECT count(*) FROM attempt a WHERE NOT EXISTS (SELECT 1 FROM person p WHERE p.id = a.user_id AND p.organization_id = a.organization_id)`,
	}
}

// whole looks for halves, and for answered sign-ins without their rows.
func (d *deployment) whole(all []*traveller) {
	d.t.Helper()
	db := d.database()
	count := func(query string, args ...any) (n int) {
		d.t.Helper()
		if err := db.QueryRowContext(d.t.Context(), query, args...).Scan(&n); err != nil {
			d.t.Fatalf("%s: %v", query, err)
		}
		return n
	}
	for what, query := range halves() {
		if n := count(query); n != 0 {
			d.t.Errorf("%d %s", n, what)
		}
	}
	sessions := 0
	for _, v := range all {
		if v.cookie == "" {
			continue
		}
		sessions++
		if count(`SELECT count(*) FROM session WHERE token_hash = $1 AND ended_at = 0`, secret.Digest(v.cookie)) != 1 {
			d.t.Errorf("%s: an answered sign-in has no session", v.email)
		}
		if count(`SELECT count(*) FROM credential c JOIN person p ON p.id = c.user_id WHERE p.email = $1 AND c.mark >= $2`, v.email, v.step) != 1 {
			d.t.Errorf("%s: the app's mark is behind a code that was accepted", v.email)
		}
	}
	if n := count(`SELECT count(*) FROM session`); n < sessions || sessions == 0 {
		d.t.Errorf("%d sessions for %d answered sign-ins", n, sessions)
	}
	if d.c.Database != "" {
		return
	}
	var verdict string
	if err := db.QueryRowContext(d.t.Context(), "PRAGMA integrity_check").Scan(&verdict); err != nil || verdict != "ok" {
		d.t.Errorf("the file is damaged: %s, %v", verdict, err)
	}
	if err := db.QueryRowContext(d.t.Context(), "PRAGMA foreign_key_check").Scan(new(any), new(any), new(any), new(any)); !errors.Is(err, sql.ErrNoRows) {
		d.t.Errorf("a row belongs to nothing: %v", err)
	}
}
