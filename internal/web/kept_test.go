package web_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// TestFormsOpenTooLong posts forms of a session that was renewed meanwhile: the
// same page comes back with a fresh token and what was typed, codes excepted.
func TestFormsOpenTooLong(t *testing.T) {
	const security = "/account/security"
	tests := []struct {
		name  string
		view  core.SessionView
		panel *account.Panel
		path  string
		form  []string
		shows string
	}{
		{"the box", bea(), nil, security, []string{"two_factor", "on"}, `value="on" checked`},
		{"rename", beaWith(usingApp), nil, security + "/apps/phone/rename", []string{"label", "Work <1>"}, `value="Work &lt;1&gt;"`},
		{"turn off", beaWith(usingApp), nil, security + "/turn-off", []string{"how", "remove"}, `value="remove" checked`},
		{"app step", bea(), panelAt(core.GoalTurnOn, core.EnrolApp, nil), security + "/setup/app", []string{"code", "987654", "label", "Work"}, `value="Work"`},
		{"name in the app", bea(), panelAt(core.GoalTurnOn, core.EnrolApp, nil), security + "/setup/name", []string{"display_name", "North"}, `value="North"`},
		{"email step", bea(), panelAt(core.GoalTurnOn, core.EnrolEmail, nil), security + "/setup/email", []string{"code", "987654"}, `href="#code"`},
		{"save", bea(), panelAt(core.GoalTurnOn, core.EnrolCodes, nil), security + "/setup/save", []string{"saved", "on"}, `value="on" checked`},
		{"save, panel over", bea(), nil, security + "/setup/save", []string{"saved", "on"}, `href="#two_factor"`},
		{"resume", beaWith(suspended), nil, security + "/resume", []string{"kind", "email", "code", "987654"}, `value="email" checked`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAccount{panel: tt.panel, security: account.Security{Apps: twoApps}}
			f.security.Account = tt.view.Account
			b, _ := live(t, tt.view, func(d *web.Deps) { d.TwoFactor, d.SetUp, d.SetUpEnd = f, f, f })
			b.token = "of the session before"
			a := b.post(tt.path, tt.form...)
			a.shows(t, http.StatusForbidden, "This page was open too long. Try again.", tt.shows, "<title>Error: ")
			a.hides(t, "987654")
			if len(f.calls) > 0 {
				t.Errorf("a form with a wrong token did %q", f.calls)
			}
		})
	}
}

// TestTypedSurvivesSigningIn sends forms after the session is over and signs in
// again.
func TestTypedSurvivesSigningIn(t *testing.T) {
	const rename = "/account/security/apps/phone/rename"
	tests := []struct {
		name    string
		next    core.ID // who signs in afterwards
		token   string  // of another session; empty: the right one
		path    string
		form    []string
		page    string // where the person comes back to
		typed   string // shown there
		nowhere bool   // it is not kept
	}{
		{name: "rename", next: "bea", path: rename, form: []string{"label", "Work"}, page: rename, typed: `value="Work"`},
		{name: "the box", next: "bea", path: "/account/security", form: []string{"two_factor", "on"}, page: "/account/security", typed: `value="on" checked`},
		{name: "turn off", next: "bea", path: "/account/security/turn-off", form: []string{"how", "remove"}, page: "/account/security/turn-off", typed: `value="remove" checked`},
		{name: "somebody else signs in", next: "cal", path: rename, form: []string{"label", "Work"}, page: rename, typed: `value="Work"`, nowhere: true},
		{name: "another session's form", next: "bea", token: "x", path: rename, form: []string{"label", "Work"}, page: rename, typed: `value="Work"`, nowhere: true},
		{name: "a code", next: "bea", path: "/account/security/setup/app", form: []string{"code", "987654", "label", "Work"}, page: "/account/security", typed: "Work", nowhere: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			view := beaWith(usingApp)
			if tt.path == "/account/security" {
				view = bea()
			}
			f := &fakeAccount{security: account.Security{Apps: twoApps, Account: view.Account}}
			b, sessions := live(t, view, func(d *web.Deps) { d.TwoFactor, d.SetUp, d.SetUpEnd = f, f, f })
			b.get(tt.page)
			if tt.token != "" {
				b.token = tt.token
			}
			over := view
			over.Session.LastSeenAt = noon.Add(-time.Hour)
			sessions.views["live"] = over
			b.post(tt.path, tt.form...).leadsTo(t, "/signin?next="+url.QueryEscape(tt.page)+"&why=idle")
			if got := b.cookies["sp_typed"] != ""; got != (!tt.nowhere || tt.next == "cal") {
				t.Errorf("kept: got %v", got)
			}
			again := view
			again.Session.ID, again.Account.User.ID = "another", tt.next
			sessions.views["live"] = again
			a := b.get(tt.page)
			if tt.nowhere {
				a.hides(t, tt.typed, "What you typed before")
				return
			}
			a.shows(t, http.StatusOK, tt.typed, "What you typed before is still here. Check it, then save.")
			if b.cookies["sp_typed"] != "" {
				t.Error("it is kept although it was shown")
			}
			b.get(tt.page).hides(t, "What you typed before")
		})
	}
}

// TestTypedSurvivesConfirming sends forms of risky changes when the last full
// proof is too old: the same form comes back filled in after "Confirm it's you",
// once, for that person, and nothing was changed in between (ux §1.7).
func TestTypedSurvivesConfirming(t *testing.T) {
	const turnOff = "/account/security/turn-off"
	stale := beaWith(func(v *core.SessionView) { usingApp(v); v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	f := &fakeAccount{security: account.Security{Apps: twoApps, Account: stale.Account}, token: "renewed"}
	b, sessions := live(t, stale, func(d *web.Deps) { d.TwoFactor, d.SetUp, d.SetUpEnd, d.Confirmation = f, f, f, f })
	b.get(turnOff)
	b.post(turnOff, "how", "remove", "password", "secret words", "code", "987654").leadsTo(t, "/confirm?next="+url.QueryEscape(turnOff))
	if len(f.calls) > 0 {
		t.Fatalf("without a confirmation it did %q", f.calls)
	}
	b.get("/confirm?next="+turnOff).shows(t, http.StatusOK, `name="next" value="`+turnOff+`"`)
	fresh := beaWith(usingApp)
	fresh.Session.ID, fresh.Session.ProvedAt = "next", noon
	sessions.views = map[string]core.SessionView{"live": stale, "renewed": fresh}
	b.post("/confirm", "next", turnOff, "password", "right").leadsTo(t, turnOff)
	b.get(turnOff).shows(t, http.StatusOK, `value="remove" checked`, "What you typed before is still here.")
	if b.cookies["sp_typed"] != "" {
		t.Error("it is kept although it was shown")
	}
	b.post(turnOff, "how", "remove").leadsTo(t, "/account/security?done=off")
	b.post("/account/security/recovery-codes").leadsTo(t, "/account/security")
}
