package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
)

// helper makes somebody of a type in an organization and signs them in.
func (s *server) helper(org core.Organization, email string, kind core.UserType) (*browser, core.User) {
	s.t.Helper()
	u, _, err := s.Accounts.Create(context.Background(), account.NewUser{
		OrganizationID: org.ID, Email: email, FirstName: "Hal", LastName: "Young", Type: kind, Password: password,
	}, org, operator, "")
	if err != nil {
		s.t.Fatal(err)
	}
	b := s.browser()
	b.signIn(email, password).must(s.t, 200, "Home")
	return b, u
}

// idOf returns the id of a person.
func (s *server) idOf(email string) core.ID {
	s.t.Helper()
	acc, _, err := s.Accounts.Find(context.Background(), email)
	if err != nil {
		s.t.Fatal(err)
	}
	return acc.User.ID
}

// waiting lets resets wait a day.
func (s *server) waiting() {
	s.t.Helper()
	o, err := s.Organizations.Find(context.Background(), s.Org.Name)
	if err != nil {
		s.t.Fatal(err)
	}
	o.Policy.ResetWait = 24 * time.Hour
	if err := s.Store.SaveOrganization(context.Background(), o, core.Record{}); err != nil {
		s.t.Fatal(err)
	}
}

var cancelLink = regexp.MustCompile(`http://\S+/reset/cancel/\S+`)

// TestLostPhone: an administrator resets somebody who is in the middle of a
// sign-in in one browser and of a set-up panel in another; neither goes on, and
// the next sign-in is email first (RC6).
func TestLostPhone(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		signedIn, app, codes := s.withApp("uma@example.com")
		halfway := s.browser()
		code := halfway.choose(halfway.signIn("uma@example.com", password), "app").must(t, 200)
		signedIn.send(signedIn.get("/account/security"), "/account/security/apps", nil)
		hal, _ := s.helper(s.Org, "hal@example.com", core.HelpDesk)
		s.helper(s.Org, "ana@example.com", core.Administrator)
		path := "/admin/users/" + string(s.idOf("uma@example.com")) + "/reset-two-factor"
		p := hal.get(path).must(t, 200, "1 authenticator app", "10 recovery codes")
		hal.send(p, path, map[string]string{"note": "called back"}).must(t, 422, "Choose how you checked that it is them.")
		hal.submit(p, path, map[string]string{"how": "phone", "note": "called back"}).must(t, 200, "Two-factor authentication was reset.")
		s.mail("uma@example.com", titled("Hal Young reset two-factor authentication for your Northwind account."))
		s.mail("ana@example.com", titled("Account: uma@example.com"))

		if got := halfway.send(code, "/signin/verify/app", map[string]string{"code": app.code()}); halfway.cookie("sp_session") != "" {
			t.Errorf("the half-done sign-in went on: %d", got.StatusCode)
		}
		if got := signedIn.get("/account/security"); got.StatusCode == http.StatusOK && strings.Contains(got.Body, "Edit Profile") {
			t.Error("a session of before is open")
		}
		b := s.browser()
		b.signIn("uma@example.com", password).must(t, 200, "Email", "not set up")
		for kind, typed := range map[string]string{"app": app.code(), "recovery": codes[0]} {
			b.send(b.get("/signin/verify"), "/signin/verify", map[string]string{"method": kind})
			if b.do("POST", "/signin/verify/"+kind, nil); b.cookie("sp_session") != "" {
				t.Errorf("%s with %q opened a session", kind, typed)
			}
		}
		p = b.submit(b.get("/signin/verify"), "/signin/verify", map[string]string{"method": "email"})
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code("uma@example.com")})
		if b.cookie("sp_session") == "" {
			t.Error("the emailed code opens nothing")
		}
	})
}

// TestResetCancelledByMail: while a reset waits the app works on, the link in the
// mail cancels it once, and its page says so ever after; another person's link and
// a forged one do nothing.
func TestResetCancelledByMail(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.waiting()
		own, app, _ := s.withApp("uma@example.com")
		s.withApp("ben@example.com")
		ana, _ := s.helper(s.Org, "ana@example.com", core.Administrator)
		link := func(email string) string {
			t.Helper()
			path := "/admin/users/" + string(s.idOf(email)) + "/reset-two-factor"
			ana.submit(ana.get(path), path, map[string]string{"how": "phone"}).must(t, 200, "The reset waits.", "Cancel the reset")
			return strings.TrimPrefix(cancelLink.FindString(s.mail(email, titled("asked for a reset")).Text), s.URL)
		}
		umas, bens := link("uma@example.com"), link("ben@example.com")
		own.get("/account/profile").must(t, 200, "will be reset on", "Cancel it")
		b := s.browser()
		for range 3 { // a scanner of links
			b.follow(b.get(umas)).must(t, 200, "Cancel the reset of your two-factor authentication?", "u•••@example.com")
		}
		p := b.get("/reset/cancel")
		b.get(bens) // in another tab
		b.send(p, "/reset/cancel", nil)
		b.get(umas)
		b.submit(b.get("/reset/cancel"), "/reset/cancel", nil).must(t, 200, "The reset was cancelled")
		b.do("GET", umas, nil)
		b.get("/reset/cancel").must(t, 200, "The reset was cancelled")
		b.get(umas[:len(umas)-2] + "zz")
		b.get("/reset/cancel").must(t, 410)
		s.mail("ana@example.com", titled("A reset of two-factor authentication that waited for somebody at Northwind was cancelled."))
		s.advance(25 * time.Hour)
		s.until("Ben's reset is carried out", func() bool {
			acc, _, err := s.Accounts.Find(t.Context(), "ben@example.com")
			return err == nil && acc.Apps == 0
		})
		s.browser().withCode("uma@example.com", app.code()).must(t, 200, "Home")
		b.get(bens)
		b.get("/reset/cancel").must(t, 200, "The reset was carried out")
	})
}

// TestExemptionBites: at the next request of an open session and at the next
// sign-in, on both databases; ended by the clock it asks again at once.
func TestExemptionBites(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("uma@example.com", "Finance")
		ana, _ := s.helper(s.Org, "ana@example.com", core.Administrator)
		hal, _ := s.helper(s.Org, "hal@example.com", core.HelpDesk)
		path := "/admin/users/" + string(s.idOf("uma@example.com")) + "/exempt"
		hal.get(path).must(t, 404)
		day := s.now().AddDate(0, 0, 3).UTC().Format(time.DateOnly)
		ana.submit(ana.get(path), path, map[string]string{"until": day, "reason": "has no phone yet"}).must(t, 200, "The exemption was saved.", "Exempt until")
		ana.get("/admin/exemptions").must(t, 200, "uma@example.com", "has no phone yet", "Hal Young")
		s.require()
		b := s.browser()
		b.signIn("uma@example.com", password).must(t, 200, "Home")
		b.get("/account/security").must(t, 200, "An administrator has exempted you until")
		s.advance(4 * 24 * time.Hour)
		b = s.browser()
		b.signIn("uma@example.com", password)
		if b.cookie("sp_session") != "" {
			t.Error("the password alone is enough after the end")
		}
		s.until("the end is written down", func() bool {
			all, err := s.Store.Events(t.Context(), s.Org.ID, core.EventFilter{Kinds: []string{core.EventExemptionEnded}})
			return err == nil && len(all) == 1
		})
	})
}

// TestHelpersOfOthers asks for every page of helping somebody as the
// administrator of another organization: nobody is found, and nothing changes.
func TestHelpersOfOthers(t *testing.T) {
	s := start(t)
	s.waiting()
	other, err := s.Organizations.Create(t.Context(), "Elsewhere", operator)
	if err != nil {
		t.Fatal(err)
	}
	s.withApp("uma@example.com")
	ana, _ := s.helper(s.Org, "ana@example.com", core.Administrator)
	eve, own := s.helper(other, "eve@example.com", core.Administrator)
	uma := s.idOf("uma@example.com")
	reset, exempt := "/admin/users/"+string(uma)+"/reset-two-factor", "/admin/users/"+string(uma)+"/exempt"
	ana.submit(ana.get(reset), reset, map[string]string{"how": "person"}).must(t, 200)
	day := s.now().AddDate(0, 0, 3).UTC().Format(time.DateOnly)
	ana.submit(ana.get(exempt), exempt, map[string]string{"until": day, "reason": "x"}).must(t, 200)
	before, _, _ := s.Accounts.Find(t.Context(), "uma@example.com")
	token := eve.get("/home").forms(t)[0].values.Get("form_token")
	for _, path := range []string{reset, reset + "/cancel", exempt, exempt + "/end"} {
		for _, values := range []map[string][]string{{"form_token": {token}, "how": {"phone"}, "until": {day}, "reason": {"y"}}} {
			if got := eve.do("POST", path, values); got.StatusCode != http.StatusNotFound {
				t.Errorf("POST %s: %d, want 404", path, got.StatusCode)
			}
		}
	}
	eve.get(reset).must(t, 404)
	eve.get(exempt).must(t, 404)
	if got := eve.get("/admin/exemptions").must(t, 200, "Nobody is exempt."); strings.Contains(got.Body, "uma") {
		t.Error("the list of another organization names uma")
	}
	eve.get("/admin/users/"+string(own.ID)+"/reset-two-factor").must(t, 403, "You cannot do this to your own account.")
	after, _, _ := s.Accounts.Find(t.Context(), "uma@example.com")
	if before.ResetDue != after.ResetDue || before.ExemptUntil() != after.ExemptUntil() || after.Apps != 1 {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// TestKilledWhileResetting: a server killed while it carries out resets that have
// waited leaves each whole or untouched, and the next start carries out the rest,
// each once.
func TestKilledWhileResetting(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		const people, doneAtKill = 45, 5
		d := newDeployment(t)
		d.crowd(people)
		b := d.mustOpen()
		org, err := b.Organizations.Find(t.Context(), "Northwind")
		if err != nil {
			t.Fatal(err)
		}
		ana, _, err := b.Accounts.Create(t.Context(), account.NewUser{
			OrganizationID: org.ID, Email: "ana@example.com", FirstName: "Ana", LastName: "Diaz", Type: core.Administrator, Password: password,
		}, org, operator, "")
		if err != nil {
			t.Fatal(err)
		}
		for i := range people {
			now := b.Clock()
			acc, _, err := b.Accounts.Find(t.Context(), fmt.Sprintf("p%d@example.com", i))
			if err != nil {
				t.Fatal(err)
			}
			r := core.FactorReset{
				ID: core.NewID(now, random), OrganizationID: org.ID, UserID: acc.User.ID, By: core.Actor{Kind: "person", ID: ana.ID, Name: "Ana"},
				How: core.CheckedByPhone, AskedAt: now.Add(-time.Hour), DueAt: now,
			}
			if err := b.Store.AskReset(t.Context(), core.FactorResetAsk{Reset: r}); err != nil {
				t.Fatal(err)
			}
		}
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		db := d.database()
		c := d.spawn()
		for count(t, db, "factor_reset WHERE outcome = 'done'") < doneAtKill {
		}
		c.kill()
		done := count(t, db, "factor_reset WHERE outcome = 'done'")
		t.Logf("%d of %d were carried out before the end", done, people)
		wholeResets(t, db, done)
		d.spawn()
		for count(t, db, "factor_reset WHERE outcome = ''") > 0 {
		}
		wholeResets(t, db, people)
	})
}

func count(t *testing.T, db *sql.DB, from string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM "+from).Scan(&n); err != nil {
		t.Fatalf("%s: %v", from, err)
	}
	return n
}

// wholeResets wants everything of the resets that are done, and nothing of others.
func wholeResets(t *testing.T, db *sql.DB, done int) {
	t.Helper()
	for what, from := range map[string]string{
		"reset but unchanged": "factor_reset r WHERE r.outcome = 'done' AND EXISTS (SELECT 1 FROM credential k WHERE k.user_id = r.user_id)",
		"changed but waiting": "factor_reset r WHERE r.outcome = '' AND NOT EXISTS (SELECT 1 FROM credential k WHERE k.user_id = r.user_id)",
		"without an event":    "factor_reset r WHERE r.outcome = 'done' AND 1 <> (SELECT count(*) FROM event e WHERE e.subject_id = r.user_id AND e.kind = 'twofactor.reset')",
		"without a mail":      "factor_reset r WHERE r.outcome = 'done' AND 1 <> (SELECT count(*) FROM outbox m WHERE m.user_id = r.user_id AND m.template = 'E14')",
		"twice":               "person p WHERE p.factor_set_version > 2",
	} {
		if n := count(t, db, from); n > 0 {
			t.Errorf("%d are %s", n, what)
		}
	}
	if n := count(t, db, "event WHERE kind = 'twofactor.reset'"); n != done {
		t.Errorf("%d events, want %d", n, done)
	}
}
