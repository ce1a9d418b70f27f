package app_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/organization"
)

// pair are two replicas on one database. Settings are saved on the pages of one;
// people are at the other. Both believe the test about where a request comes
// from, as behind a proxy.
type pair struct {
	t        *testing.T
	one, two *server
	admin    *browser // on one
}

func startPair(t *testing.T) *pair {
	t.Helper()
	one := start(t, behindProxy)
	two := start(t, behindProxy, func(c *config.Config) {
		c.Data, c.Database, c.Dev = one.Config.Data, one.Config.Database, false
		c.SMTP.URL, c.SMTP.From = "smtp://"+one.Mailbox.Addr(), "id@example.com"
	})
	w := &pair{t: t, one: one, two: two}
	if _, _, err := one.Accounts.Create(t.Context(), account.NewUser{
		OrganizationID: one.Org.ID, Email: "admin@example.com", FirstName: "Ada", LastName: "Min", Type: core.Administrator, Password: password,
	}, one.Org, operator, ""); err != nil {
		t.Fatal(err)
	}
	return w
}

// advance moves the clocks of both on.
func (w *pair) advance(d time.Duration) {
	w.one.advance(d)
	w.two.skew.Store(w.one.skew.Load())
}

// browser is one in front of the second replica.
func (w *pair) browser() *browser {
	b := w.two.browser()
	b.pass = w.advance
	return b
}

// signedIn is a new person at the second replica, with a password alone.
func (w *pair) signedIn(email string) *browser {
	w.t.Helper()
	w.one.person(email)
	b := w.browser()
	b.signIn(email, password).must(w.t, 200, "Home")
	return b
}

// withApp is a new person at the second replica who has set an app up.
func (w *pair) withApp(email string) (*browser, *authenticator, []string) {
	w.t.Helper()
	b := w.signedIn(email)
	app, codes := b.turnOn(w.one, email) // the mailbox is the first one's
	return b, app, codes
}

// save changes settings on the page of a tab, as the administrator.
func (w *pair) save(tab organization.Tab, fields ...string) page {
	w.t.Helper()
	w.admin = w.one.browser()
	w.admin.pass = w.advance
	w.admin.signIn("admin@example.com", password)
	path := "/admin/system-settings/setup/organizations-and-security/" + string(tab)
	fill := map[string]string{}
	for i := 0; i < len(fields); i += 2 {
		fill[fields[i]] = fields[i+1]
	}
	return w.admin.submit(w.admin.get(path), path, fill)
}

// standard gives the organization back what it began with.
func (w *pair) standard() {
	w.t.Helper()
	o, err := w.one.Store.Organization(w.t.Context(), w.one.Org.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	fresh := core.Organization{ID: o.ID, Name: "Northwind", Policy: core.DefaultPolicy(), CreatedAt: o.CreatedAt, Version: o.Version}
	if err := w.one.Organizations.Save(w.t.Context(), fresh, operator, nil); err != nil {
		w.t.Fatal(err)
	}
	w.settled(fresh)
}

// settled waits until both replicas show an organization's name and policy.
func (w *pair) settled(o core.Organization) {
	w.t.Helper()
	for _, s := range []*server{w.one, w.two} {
		if err := s.Sessions.Poll(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
}

// within5 asks again and again until something shows at the second replica; law
// 9 gives it 5 seconds.
func (w *pair) within5(shows func() bool) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), core.CacheGood)
	defer cancel()
	ask := time.NewTicker(100 * time.Millisecond)
	defer ask.Stop()
	for !shows() {
		select {
		case <-ctx.Done():
			w.t.Fatal("nothing shows on the second replica after 5 seconds")
		case <-ask.C:
		}
	}
}

// from makes the browser's requests come from an address, as a proxy says.
func (b *browser) from(address string) *browser {
	moved := *b
	client := *b.http
	client.Transport = forwarded{address, http.DefaultTransport}
	moved.http = &client
	return &moved
}

type forwarded struct {
	address string
	next    http.RoundTripper
}

func (f forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.address)
	return f.next.RoundTrip(r)
}

// leads reports whether a GET is answered by a way to another address.
func (b *browser) leads(path, to string) bool {
	p := b.do("GET", path, nil)
	return p.StatusCode == http.StatusSeeOther && strings.HasPrefix(p.Header.Get("Location"), to)
}

func (b *browser) shows(path, text string) bool {
	return strings.Contains(b.do("GET", path, nil).Body, text)
}

// changes reports how a change of the password is answered.
func (b *browser) changes(current, next string) page {
	return b.submit(b.get("/account/password"), "/account/password", map[string]string{"current": current, "password": next, "repeat": next})
}

// effect is one setting: what is typed, and what people then meet at their next
// request. Begin runs before the save and returns what shows afterwards.
type effect struct {
	tab   organization.Tab
	typed []string
	begin func(w *pair) (shows func() bool)
}

func homeShows(text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		b := w.signedIn(newEmail())
		return func() bool { return b.shows("/home", text) }
	}
}

func pageShows(path, text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		b := w.signedIn(newEmail())
		return func() bool { return b.shows(path, text) }
	}
}

func newEmail() string {
	return strings.ToLower(string(core.NewID(time.Now(), random))) + "@example.com"
}

// choosing shows a text where a person with an app chooses how to verify.
func choosing(text string, has bool) func(*pair) func() bool {
	return func(w *pair) func() bool {
		email := newEmail()
		w.withApp(email)
		return func() bool { return strings.Contains(w.browser().signIn(email, password).Body, text) == has }
	}
}

// refusing answers a new password with a text.
func refusing(next, text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		b := w.signedIn(newEmail())
		return func() bool { return strings.Contains(b.changes(password, next).Body, text) }
	}
}

func effects() map[string]effect {
	const general, security = organization.General, organization.Security
	require := func(more ...string) []string { return append([]string{"require_two_factor", "on"}, more...) }
	tomorrow := time.Now().AddDate(0, 0, 2).UTC().Format(time.DateOnly)
	return map[string]effect{
		"name":       {general, []string{"name", "Southwind"}, homeShows("Southwind")},
		"help":       {general, []string{"help", "Ask the desk.\nExtension 4411"}, pageShows("/help", "Extension 4411")},
		"contacts":   {general, []string{"contacts", "Kim Lee <kim@example.com>"}, pageShows("/help", `<a href="mailto:kim@example.com">`)},
		"language":   {general, []string{"language", "es"}, homeShows(`<html lang="es"`)},
		"app_name":   {general, []string{"app_name", "South Wind"}, appName},
		"time_zone":  {general, []string{"time_zone", "Pacific/Kiritimati"}, zoneMoves},
		"locked":     {general, []string{"locked", "on"}, lockedOut("has paused sign-in")},
		"lock_note":  {general, []string{"locked", "on", "lock_note", "We are moving house."}, lockedOut("We are moving house.")},
		"logout_url": {general, []string{"logout_url", "https://www.example.com/bye?x=1"}, signedOutTo},

		"require_two_factor": {security, require(), asksAtNextSignIn},
		"require_from":       {security, require("require_from", tomorrow), homeShows("Two-factor authentication will be required from")},
		"ask_now":            {security, require("ask_now", "on"), asksNow},
		"method_email":       {security, []string{"method_email", ""}, choosing("your organization takes codes from an app only", true)},
		"method_app":         {security, []string{"method_app", ""}, noNewApp},
		"apps_only_from":     {security, require("ask_now", "on", "method_email", "", "apps_only_from", tomorrow), homeAfterCode("An authenticator app will be required from")},
		"administrators_app_from": {security, require("administrators_app_from", "2026-01-01"), func(w *pair) func() bool {
			return func() bool {
				b := w.browser()
				p := b.signIn("admin@example.com", password)
				if p.At != "/signin/verify" {
					return false
				}
				p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
				b.submit(p, "/signin/verify/email", map[string]string{"code": w.one.code("admin@example.com")})
				return b.leads("/home", "/account/security")
			}
		}},
		"remember_days":    {security, []string{"remember_days", "0"}, choosing("Remember this device", false)},
		"password_minimum": {security, []string{"password_minimum", "30"}, refusing("four gray walls", "Use at least 30 characters.")},
		"password_pattern": {security, []string{"password_pattern", "[A-Z]\n[0-9]"}, refusing("four gray walls 4", "does not follow your organization")},
		"password_message": {security, []string{"password_pattern", "[A-Z]", "password_message", "Use a capital letter."}, refusing("four gray walls 4", "Use a capital letter.")},
		"block_leaked":     {security, []string{"block_leaked", ""}, refusing("passwordpassword", passwordChanged)},
		"password_history": {security, []string{"password_history", "0"}, oldPasswordAgain},
		"password_days":    {security, []string{"password_days", "30"}, passwordOld},
		"strict_reset":     {security, []string{"strict_reset", "on"}, resetByMail},
		"single_session":   {security, []string{"single_session", "on"}, oneAtATime},
		"idle":             {security, []string{"idle", "5"}, lapses(6*time.Minute, "/signin?")},
		"absolute":         {security, []string{"idle", "480", "absolute", "1"}, lapses(61*time.Minute, "/signin?")},
		"allowed_networks": {security, []string{"allowed_networks", "127.0.0.0/8\n2001:db8::/32"}, elsewhere},
		"code_in_subject":  {security, require("code_in_subject", "on"), codeInSubject},
	}
}

// TestSettingsBite saves each setting on the page of one replica and looks for its
// effect at the next request on another, within 5 seconds; a setting without an
// effect here fails the test.
func TestSettingsBite(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := startPair(t)
		all := effects()
		proved := map[string]string{ // by a test of its own, which moves days on
			"reset_wait": "TestResetWaits of package help", "audit_days": "the retention tests of package audit",
		}
		for _, setting := range organization.Settings() {
			e, known := all[setting.Name]
			if !known && proved[setting.Name] != "" {
				continue
			}
			if !known {
				t.Errorf("%s: show its effect in this test", setting.Name)
				continue
			}
			t.Run(setting.Name, func(t *testing.T) {
				w.t, w.one.t, w.two.t = t, t, t
				defer w.standard()
				shows := e.begin(w)
				if shows() {
					t.Fatal("it shows before it is set")
				}
				w.save(e.tab, e.typed...).must(t, 200, "")
				w.within5(shows)
			})
		}
		w.t, w.one.t, w.two.t = t, t, t
	})
}

func appName(w *pair) func() bool {
	email := newEmail()
	b := w.signedIn(email)
	p := b.submit(b.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
	b.submit(p, "/account/security/setup/email", map[string]string{"code": w.one.code(email)}).must(w.t, 200, "Scan the QR code")
	return func() bool { return b.shows("/account/security?step=app", "issuer=South%20Wind") }
}

// zoneMoves: Home tells when one signed in last, in the organization's zone.
func zoneMoves(w *pair) func() bool {
	b := w.signedIn(newEmail())
	times := func() string { return strings.Join(clockTimes.FindAllString(b.get("/account/activity").Body, -1), " ") }
	before := times()
	return func() bool { return times() != before }
}

func lockedOut(text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		email := newEmail()
		b := w.signedIn(email)
		return func() bool {
			if !b.leads("/home", "/signin") {
				return false
			}
			p := w.browser().signIn(email, password)
			return p.StatusCode == http.StatusForbidden && strings.Contains(p.Body, text)
		}
	}
}

func signedOutTo(w *pair) func() bool {
	email := newEmail()
	w.signedIn(email)
	return func() bool {
		b := w.browser()
		b.signIn(email, password)
		p := b.submit(b.get("/home"), "/signout", nil)
		left := b.leads("/home", "/signin")
		return left && p.StatusCode == 200 && strings.Contains(p.Body, `content="1;url=https://www.example.com/bye?x=1"`)
	}
}

func asksAtNextSignIn(w *pair) func() bool {
	email := newEmail()
	open := w.signedIn(email)
	return func() bool {
		b := w.browser()
		asked := b.signIn(email, password).At == "/signin/verify"
		return asked && open.do("GET", "/home", nil).StatusCode == 200
	}
}

func asksNow(w *pair) func() bool {
	b := w.signedIn(newEmail())
	return func() bool { return b.leads("/home", "/confirm") }
}

func homeAfterCode(text string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		email := newEmail()
		b := w.signedIn(email)
		return func() bool {
			if b.leads("/home", "/confirm") {
				b = w.browser()
				p := b.choose(b.signIn(email, password), "email")
				b.submit(p, "/signin/verify/email", map[string]string{"code": w.one.code(email)})
			}
			return b.shows("/home", text)
		}
	}
}

// noNewApp: an app that is there is asked for as before and a panel that was open
// is over; nobody opens another.
func noNewApp(w *pair) func() bool {
	email, other := newEmail(), newEmail()
	_, app, _ := w.withApp(email)
	b := w.signedIn(other)
	p := b.submit(b.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
	p = b.submit(p, "/account/security/setup/email", map[string]string{"code": w.one.code(other)}).must(w.t, 200, "Scan the QR code")
	return func() bool {
		if strings.Contains(b.get("/account/security?step=app").Body, "Scan the QR code") {
			return false
		}
		_, late := b.scan(p)
		late.must(w.t, 200, "over")
		fresh := w.browser()
		fresh.withCode(email, app.code()).must(w.t, 200, "Home")
		q := fresh.get("/account/security").must(w.t, 200, "takes no new authenticator apps")
		token := q.forms(w.t)[0].values.Get("form_token")
		fresh.do("POST", "/account/security/apps", url.Values{"form_token": {token}}).must(w.t, http.StatusUnprocessableEntity, "takes no new authenticator apps")
		return true
	}
}

func oldPasswordAgain(w *pair) func() bool {
	b := w.signedIn(newEmail())
	b.changes(password, "another horse battery 8").must(w.t, 200, passwordChanged)
	now := "another horse battery 8"
	return func() bool {
		return strings.Contains(b.changes(now, password).Body, passwordChanged)
	}
}

func passwordOld(w *pair) func() bool {
	email := newEmail()
	w.signedIn(email)
	acc := w.one.account(email)
	set := w.one.now().AddDate(0, 0, -31).UnixMicro()
	if _, err := w.one.database().ExecContext(w.t.Context(), `UPDATE person SET password_set_at = $1 WHERE id = $2`, set, string(acc.User.ID)); err != nil {
		w.t.Fatal(err)
	}
	return func() bool { return w.browser().signIn(email, password).At == "/password/expired?next=%2Fhome" }
}

// resetByMail: the mailbox alone is not enough, the app is; and then the mailbox
// is as good as before.
func resetByMail(w *pair) func() bool {
	email := newEmail()
	_, app, _ := w.withApp(email)
	b := w.one.browser() // its links are the first one's
	b.forgot(email)
	b.reset(w.one.link(email), newPassword)
	const text = "not after a password that was reset by email"
	shown := func() bool { return strings.Contains(w.browser().signIn(email, newPassword).Body, text) }
	return func() bool {
		if !shown() {
			return false
		}
		b := w.browser()
		p := b.signIn(email, newPassword)
		if got := b.send(p, "/signin/verify", map[string]string{"method": "email"}); got.StatusCode != http.StatusUnprocessableEntity {
			w.t.Errorf("email was chosen: %d", got.StatusCode)
		}
		p = b.submit(p, "/signin/verify", map[string]string{"method": "app"})
		b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(w.t, 200, "Home")
		if shown() {
			w.t.Error("after the app was shown it still says so")
		}
		return true
	}
}

func oneAtATime(w *pair) func() bool {
	email := newEmail()
	first := w.signedIn(email)
	return func() bool {
		w.browser().signIn(email, password).must(w.t, 200, "Home")
		return first.leads("/home", "/")
	}
}

// lapses: a session that was used that long ago is over.
func lapses(after time.Duration, to string) func(*pair) func() bool {
	return func(w *pair) func() bool {
		email := newEmail()
		b := w.signedIn(email)
		return func() bool {
			if b.leads("/home", to) {
				return true
			}
			o, err := w.two.Store.Organization(w.t.Context(), w.two.Org.ID)
			if err != nil {
				w.t.Fatal(err)
			}
			if o.Policy == core.DefaultPolicy() {
				return false // not saved yet: do not wait
			}
			w.advance(after)
			return b.leads("/home", to)
		}
	}
}

// elsewhere: neither a session nor a password opens anything from a network that
// is not allowed, and everything from one that is.
func elsewhere(w *pair) func() bool {
	email := newEmail()
	b := w.signedIn(email)
	return func() bool {
		p := b.from("203.0.113.9").do("GET", "/home", nil)
		if p.StatusCode != http.StatusForbidden {
			return false
		}
		p.must(w.t, http.StatusForbidden, "You cannot sign in from this network", "You are at 203.0.113.9.", "You are still signed in")
		w.browser().from("203.0.113.9").signIn(email, password).must(w.t, http.StatusForbidden, "You cannot sign in from this network")
		w.browser().from("203.0.113.9").signIn(email, "a wrong one").must(w.t, http.StatusUnprocessableEntity, "do not match an account")
		w.browser().from("203.0.113.9").signIn("admin@example.com", password).must(w.t, http.StatusForbidden, "You cannot sign in from this network")
		b.from("2001:db8::7").do("GET", "/home", nil).must(w.t, 200, "Home")
		b.do("GET", "/home", nil).must(w.t, 200, "Home")
		api := b.from("203.0.113.9").do("GET", "/api/session", nil, func(r *http.Request) { r.Header.Set("Accept", "application/json") })
		api.must(w.t, http.StatusForbidden, "session.elsewhere")
		b.from("203.0.113.9").submit(p, "/signout", nil).must(w.t, 200, "You have signed out.")
		return b.leads("/home", "/signin")
	}
}

func codeInSubject(w *pair) func() bool {
	email := newEmail()
	w.one.person(email)
	return func() bool {
		b := w.browser()
		p := b.signIn(email, password)
		if !slices.Contains([]string{"/signin/verify"}, p.At) {
			return false
		}
		b.choose(p, "email")
		m := w.one.mail(email, codeMail)
		return strings.Contains(m.Subject, m.Code)
	}
}

// passwordChanged is what the Password tab says then.
const passwordChanged = "Your password is changed"

var clockTimes = regexp.MustCompile(`\d?\d:\d\d`)

func codeMail(m devmail.Mail) bool { return m.Code != "" }

// TestActsBite: "Ask again now" and "Reset All Passwords" on one replica hold at
// the next request on another, and leave out the administrator who presses.
func TestActsBite(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := startPair(t)
		const path = "/admin/system-settings/setup/organizations-and-security/security"
		email := newEmail()
		b, app, _ := w.withApp(email)
		b.signOut()
		b.remembering(email, app)
		b.signOut()
		b.signIn(email, password).must(t, 200, "Home") // by the device
		other := w.signedIn(newEmail())

		w.save(organization.Security)
		w.admin.submit(w.admin.get(path+"/ask-again"), path+"/ask-again", nil).must(t, 200, "Every remembered device is forgotten.")
		w.within5(func() bool { return b.leads("/home", "/confirm") })
		other.get("/home").must(t, 200, "Home")
		b.submit(b.get("/home"), "/signout", nil)
		if p := b.signIn(email, password); p.At != "/signin/verify" {
			t.Errorf("a forgotten device leads to %s", p.At)
		}

		before := newEmail()
		old := w.signedIn(before)
		w.advance(time.Second)
		reset := func(when string) {
			w.admin.submit(w.admin.get(path+"/reset-passwords"), path+"/reset-passwords", map[string]string{"when": when}).
				must(t, 200, "Everybody except you must choose a new password.")
		}
		reset("next")
		w.within5(func() bool { return w.browser().signIn(before, password).At == "/password/expired?next=%2Fhome" })
		old.get("/home").must(t, 200, "Home") // was open before
		reset("now")
		w.within5(func() bool { return old.leads("/home", "/password/expired") })
		w.admin.get("/home").must(t, 200, "Home")
		w.browser().signIn("admin@example.com", password).must(t, 200, "Home")
	})
}
