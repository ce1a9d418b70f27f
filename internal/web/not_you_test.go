package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// addedApp is what a mail about an added app leads to.
func addedApp() account.Alarm {
	v := visitorAna()
	return account.Alarm{
		Event: core.Event{
			ID: "event", Kind: core.EventAppAdded, At: noon.Add(-time.Hour), SubjectID: "ana",
			Origin: core.Origin{Device: "Chrome on Android", Network: "198.51.100.0/24"},
		},
		Account: v.Account, Organization: v.Organization,
	}
}

func notYouFixtures() []fixture {
	a := addedApp()
	page := func(settled time.Time) *web.NotYouPage {
		p := &web.NotYouPage{
			Frame: wide("alarm.title"), Masked: "a•••@example.com", Event: a.Event, Happened: "alarm.about.app_added",
			More: "alarm.more.app_added", Post: "/not-you", Contact: "the IT desk, extension 4411", SettledAt: settled,
		}
		if !settled.IsZero() {
			p.Title, p.Step = "alarm.done.title", true
		}
		return p
	}
	own := &web.NotYouPage{Frame: inside("alarm.title"), Masked: "a•••@example.com", Post: "/account/not-you"}
	return []fixture{{"not_you", page(time.Time{})}, {"not_you_done", page(noon)}, {"not_you_own", own}}
}

func TestNotYouFromAMail(t *testing.T) {
	const token = "0g4fhk2x9pqdm4tw3ra7hk2x9p.k1.Wd1kq0yUuXqz_5TnC3rV2w"
	f := &fakeAlarms{token: token, alarm: addedApp()}
	b := newBrowser(t, func(d *web.Deps) { d.Alarms = f })
	b.cookies["sp_browser"] = "known"

	if a := b.send(http.MethodHead, "/not-you/"+token, nil); a.status != http.StatusSeeOther || b.cookies["sp_alarm"] != "" {
		t.Errorf("HEAD: status %d, cookies %v; want a redirect and no cookie", a.status, b.cookies)
	}
	for range 5 { // a scanner of links, then a person
		a := b.get("/not-you/" + token)
		a.leadsTo(t, "/not-you")
		if got := a.header.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("Referrer-Policy: got %q, want no-referrer", got)
		}
	}
	a := b.get("/not-you")
	a.shows(t, http.StatusOK, "Wasn&#39;t you?", "an authenticator app was added", "Chrome on Android", "198.51.100.0/24",
		"a•••@example.com", "What the button does", "the IT desk, extension 4411")
	a.hides(t, token)
	a.hides(t, "ana@example.com")
	if len(f.pressed) != 0 {
		t.Fatal("looking at the page pressed its button")
	}
	for _, other := range []string{"", "another", "event "} { // the page of another link, or of none
		b.post("/not-you", "event", other).leadsTo(t, "/not-you")
	}
	if len(f.pressed) != 0 {
		t.Fatal("the page of another link pressed this one's button")
	}
	b.post("/not-you", "event", "event").leadsTo(t, "/not-you")
	if len(f.pressed) != 1 || f.pressed[0] != "event" || f.browser != "known" {
		t.Errorf("pressed %v from browser %q, want the event once from the known browser", f.pressed, f.browser)
	}
	b.get("/not-you").shows(t, http.StatusOK, "Everything was signed out", "To get back in", "Remove every app you did not add", `href="/signin"`)
}

func TestNotYouWithABadToken(t *testing.T) {
	f := &fakeAlarms{token: "good", alarm: addedApp()}
	for name, token := range map[string]string{"none": "", "cut": "goo", "another": "bad"} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, func(d *web.Deps) { d.Alarms = f })
			b.get("/signin") // for a form token
			if token != "" {
				b.get("/not-you/"+token).leadsTo(t, "/not-you")
			}
			for _, a := range []answer{b.get("/not-you"), b.post("/not-you")} {
				a.shows(t, http.StatusGone, "This link no longer works", "It works for 7 days", `href="/signin"`)
			}
			if len(f.pressed) != 0 {
				t.Error("it was pressed")
			}
		})
	}
}

// TestNotYouNeedsItsForm: another site cannot press, with or without the cookie.
func TestNotYouNeedsItsForm(t *testing.T) {
	f := &fakeAlarms{token: "good", alarm: addedApp()}
	b := newBrowser(t, func(d *web.Deps) {
		d.Alarms, d.Sessions = f, &fakeSessions{views: map[string]core.SessionView{"cookie": visitorAna()}}
	})
	b.cookies["sp_session"], b.cookies["sp_alarm"] = "cookie", "good"
	for _, path := range []string{"/not-you", "/account/not-you"} {
		b.token = "made-up"
		b.post(path).shows(t, http.StatusForbidden, "This page was open too long")
	}
	if len(f.pressed) != 0 {
		t.Errorf("pressed %v, want nothing", f.pressed)
	}
}

func TestNotYouOfSomebodySignedIn(t *testing.T) {
	f := &fakeAlarms{token: "made", alarm: addedApp()}
	b := newBrowser(t, func(d *web.Deps) {
		d.Alarms, d.Sessions = f, &fakeSessions{views: map[string]core.SessionView{"cookie": visitorAna()}}
	})
	b.get("/account/not-you").leadsTo(t, "/signin?next=%2Faccount%2Fnot-you")
	b.cookies["sp_session"], b.cookies["sp_alarm"] = "cookie", "of an old mail"
	b.get("/account/not-you").shows(t, http.StatusOK, "Wasn&#39;t you?", "Nothing happens until you press the button", `href="/home"`)
	a := b.post("/account/not-you")
	a.leadsTo(t, "/not-you")
	if len(f.pressed) != 1 || f.pressed[0] != "session" || b.cookies["sp_session"] != "" {
		t.Errorf("pressed %v, cookies %v; want the session and its cookie gone", f.pressed, b.cookies)
	}
	b.get("/not-you").shows(t, http.StatusOK, "Everything was signed out")
}
