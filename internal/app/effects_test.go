package app_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/organization"
)

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
