package app_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestLinkOfAnotherKind: the secret of one kind of link, at the address or in the
// cookie of another kind, opens nothing and changes nothing, and is still good
// where it belongs.
func TestLinkOfAnotherKind(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		ana, ben := s.person("ana@example.com"), s.person("ben@example.com")
		s.browser().signIn(ben.Email, password).must(t, 200, "Home")
		s.browser().signIn(ben.Email, password).must(t, 200, "Home")
		alarm := s.alarmLink(ben.Email, "New sign-in")
		s.browser().forgot(ben.Email)
		reset := s.link(ben.Email)
		thief := s.browser()
		thief.signIn(ana.Email, password).must(t, 200, "Home")
		thief.moveTo(s, ana.Email, password, "eve@evil.example")
		undo := undoLink.FindStringSubmatch(s.aboutAddress(ana.Email).Text)[1]
		kinds := map[string]struct{ cookie, token string }{
			"/password/reset": {"sp_link", reset[strings.LastIndex(reset, "/")+1:]},
			"/invite":         {"sp_link", s.invited("cy@example.com")},
			"/not-you":        {"sp_alarm", alarm[strings.LastIndex(alarm, "/")+1:]},
			"/address/undo":   {"sp_undo", undo[strings.LastIndex(undo, "/")+1:]},
		}
		for at, here := range kinds {
			for of, other := range kinds {
				if at == of {
					continue
				}
				b := s.browser()
				if p := b.get(at + "/" + other.token); p.StatusCode != http.StatusGone {
					t.Errorf("%s with the token of %s: status %d, %q", at, of, p.StatusCode, p.title())
				}
				b.set(here.cookie, other.token)
				p := b.do("POST", at, url.Values{
					"form_token": b.get("/signin").forms(t)[0].values["form_token"], "password": {newPassword}, "repeat": {newPassword},
					"link": {""}, "event": {""}, "change": {""},
				})
				if p = b.follow(p); p.StatusCode != http.StatusGone {
					t.Errorf("%s sent with the token of %s: status %d, %q", at, of, p.StatusCode, p.title())
				}
			}
		}
		if s.eventsOf(ben, core.EventNotYou)+s.eventsOf(ana, core.EventEmailRestored) != 0 {
			t.Error("something was ended or taken back")
		}
		s.browser().signIn(ben.Email, password).must(t, 200, "Home")
		for _, at := range slices.Sorted(maps.Keys(kinds)) {
			s.browser().get(at+"/"+kinds[at].token).must(t, 200)
		}
	})
}

// TestTheWayLeadsNowhereElse: where one was going when the password was forgotten
// is looked at as any address is, when it is kept and when it is followed, and is
// of this browser alone (RR1).
func TestTheWayLeadsNowhereElse(t *testing.T) {
	s := start(t)
	ana := s.person("ana@example.com")
	board := core.Application{OrganizationID: s.Org.ID, Name: "Board", URL: "http://localhost:9", Level: core.LevelPassword}
	if _, err := s.Organizations.AddApplication(t.Context(), board, operator); err != nil {
		t.Fatal(err)
	}
	secret := password
	arrives := func(b *browser, next, rd string, meanwhile func()) string {
		t.Helper()
		form := b.get("/signin").forms(t)[0].values
		form.Set("login", ana.Email)
		form.Set("next", next)
		form.Set("rd", rd)
		p := b.follow(b.do("POST", "/password/forgot/start", form)).must(t, 200, "Reset your password")
		b.submit(p, "/password/forgot", nil).must(t, 200, "a link is on its way")
		link := s.link(ana.Email)
		meanwhile()
		secret += "!"
		p = b.reset(link, secret).must(t, 200, "Your password was changed")
		p = b.send(p, "/signin", map[string]string{"login": ana.Email, "password": secret})
		s.advance(time.Hour) // three links an hour
		return p.Header.Get("Location")
	}
	nothing := func() {}
	if to := arrives(s.browser(), "", "http://localhost:9/a?b=c", nothing); to != "/continue?to="+url.QueryEscape("http://localhost:9/a?b=c") {
		t.Errorf("on the way to an application, one arrives at %q", to)
	}
	for _, next := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example/`, "/%5Cevil.example/", "/%2Fevil.example/", "javascript:alert(1)", "/\tevil.example",
		"/" + strings.Repeat("a", 3000),
	} {
		if to := arrives(s.browser(), next, next, nothing); to != "/home" {
			t.Errorf("on the way to %.40q, one arrives at %q", next, to)
		}
	}
	gone := func() {
		if err := s.Organizations.RemoveApplication(t.Context(), s.Org.ID, "Board", operator); err != nil {
			t.Fatal(err)
		}
	}
	if to := arrives(s.browser(), "", "http://localhost:9/", gone); to != "/home" {
		t.Errorf("on the way to an application that was removed meanwhile, one arrives at %q", to)
	}
	b, other := s.browser(), s.browser()
	form := other.get("/signin").forms(t)[0].values
	form.Set("next", "/account/activity")
	other.do("POST", "/password/forgot/start", form)
	if other.cookie("sp_way") == "" {
		t.Fatal("there is no way to steal")
	}
	planted := func() { b.set("sp_way", other.cookie("sp_way")) }
	if to := arrives(b, "", "", planted); to != "/home" {
		t.Errorf("with the way of another browser, one arrives at %q", to)
	}
}
