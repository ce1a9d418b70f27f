package app_test

import (
	"encoding/csv"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/session"
)

// elsewhere is the action of the button that signs the first other browser out.
func (p page) elsewhere(t testing.TB, own core.ID) string {
	t.Helper()
	for _, f := range p.forms(t) {
		if strings.HasSuffix(f.action, "/end") && !strings.Contains(f.action, string(own)) {
			return f.action
		}
	}
	t.Fatalf("no other session on %s:\n%s", p.At, p.Body)
	return ""
}

// sessionID is the id behind the browser's cookie.
func (b *browser) sessionID(s *server) core.ID {
	b.t.Helper()
	view, _, err := s.Sessions.Lookup(b.t.Context(), b.cookie("sp_session"), netip.Addr{})
	if err != nil {
		b.t.Fatal(err)
	}
	return view.Session.ID
}

// TestEndOwnSessions: one browser ends another, here at once and on another
// replica with its next poll; the ended cookie opens nothing and is told why;
// ending again is no error (SE1, SE7).
func TestEndOwnSessions(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("ada@example.com")
		one, two, three := s.browser(), s.browser(), s.browser()
		two.agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
		one.signIn("ada@example.com", password).must(t, 200, "Home")
		two.signIn("ada@example.com", password).must(t, 200, "Home")
		replica := session.New(session.Config{Store: s.Store, Devices: s.Store, Clock: s.now, Random: random})
		seen := func() core.Verdict {
			if err := replica.Poll(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, verdict, err := replica.Lookup(t.Context(), two.cookie("sp_session"), netip.Addr{})
			if err != nil {
				t.Fatal(err)
			}
			return verdict
		}
		if got := seen(); got != core.VerdictOpen {
			t.Fatalf("the other replica says %s before", got)
		}
		p := one.get("/account/sessions").must(t, 200, "Firefox on Linux", "Safari on iOS", "This device", "Sign out everywhere else", "No remembered devices.")
		action := p.elsewhere(t, one.sessionID(s))
		stale := two.again()
		one.submit(p, action, nil).must(t, 200, "That browser was signed out.")
		one.send(p, action, nil).must(t, http.StatusSeeOther) // pressed twice
		for _, path := range []string{"/home", "/account/sessions", "/account/activity.csv", "/account/security/recovery-codes"} {
			two.do("GET", path, nil).must(t, http.StatusSeeOther)
		}
		if got := seen(); got != core.VerdictEnded {
			t.Errorf("the other replica says %s after its next poll", got)
		}
		two.get("/account/profile").must(t, 200, "signed out from another one of yours")
		s.browser().get("/signin?why=ended-by-owner").must(t, 200, "Sign in")
		stale.do("POST", "/account/sessions/end-others", url.Values{"form_token": {"x"}}).must(t, http.StatusSeeOther)
		one.get("/home").must(t, 200, "Home")

		two.signIn("ada@example.com", password).must(t, 200, "Home")
		three.signIn("ada@example.com", password).must(t, 200, "Home")
		three.submit(three.get("/account/sessions"), "/account/sessions/end-others", nil).must(t, 200, "You are signed out everywhere else.")
		for _, b := range []*browser{one, two} {
			b.do("GET", "/home", nil).must(t, http.StatusSeeOther)
		}
		own := "/account/sessions/" + string(three.sessionID(s)) + "/end"
		three.submit(three.get("/account/sessions"), own, nil).must(t, 200, "You have signed out.")
	})
}

// TestEndingEachOther: two browsers that sign each other out at once leave one.
func TestEndingEachOther(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("bea@example.com")
		all := make([]*browser, 6)
		pages := make([]page, len(all))
		for i := range all {
			all[i] = s.browser()
			all[i].signIn("bea@example.com", password).must(t, 200, "Home")
		}
		for i, b := range all {
			pages[i] = b.get("/account/sessions").must(t, 200)
		}
		var pressed sync.WaitGroup
		for i, b := range all {
			pressed.Go(func() { b.send(pages[i], "/account/sessions/end-others", nil) })
		}
		pressed.Wait()
		left := 0
		for _, b := range all {
			if b.do("GET", "/home", nil).StatusCode == http.StatusOK {
				left++
			}
		}
		if left != 1 {
			t.Errorf("%d browsers are signed in, want 1", left)
		}
	})
}

// remembering signs in with the app and ticks "Remember this device".
func (b *browser) remembering(email string, app *authenticator) {
	b.t.Helper()
	p := b.submit(b.signIn(email, password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
	b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(b.t, 200, "Home")
}

// TestOwnDevices: a remembered device is renamed and forgotten; a forgotten one
// asks for a code again. Ids of another person, in whatever place, are not found
// and touch nothing.
func TestOwnDevices(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, _ := s.withApp("cat@example.com")
		b.signOut()
		b.remembering("cat@example.com", app)
		p := b.get("/account/sessions").must(t, 200, "Expires", "Forget all", "This device")
		rename := regexp.MustCompile(`/account/sessions/devices/[^/]+/rename`).FindString(p.Body)
		for label, says := range map[string]string{"": "Enter a name.", strings.Repeat("x", 41): "at most 40", "a\u202eb": "at most 40"} {
			b.submit(b.get(rename), rename, map[string]string{"label": label + " "}).must(t, 422, says)
		}
		b.submit(b.get(rename), rename, map[string]string{"label": " Desk <1> "}).must(t, 200, "The name was changed.", "Desk <1>")

		other, _, _ := s.withApp("dan@example.com")
		token := other.get("/account/sessions").forms(t)[0].values.Get("form_token")
		forget := strings.TrimSuffix(rename, "rename") + "forget"
		mine := "/account/sessions/" + string(b.sessionID(s)) + "/end"
		other.do("GET", rename, nil).must(t, 404)
		for _, path := range []string{rename, forget, mine, "/account/sessions/%00/end", "/account/sessions/%FF/end", "/account/sessions/devices/%00/forget", "/account/sessions/devices/nobody/forget"} {
			got := other.do("POST", path, url.Values{"form_token": {token}, "label": {"stolen"}})
			if got.StatusCode != 404 && got.StatusCode != 400 {
				t.Errorf("another person's %s: %d", path, got.StatusCode)
			}
		}
		other.submit(other.get("/account/sessions"), "/signout", nil)
		b.get("/account/sessions").must(t, 200, "Desk <1>")

		b.signOut()
		b.signIn("cat@example.com", password).must(t, 200, "Home") // the device stands in
		p = b.get("/account/sessions").must(t, 200, "Password on a remembered device", "Signed in on a remembered device.")
		b.send(p, forget, nil).must(t, http.StatusSeeOther)
		b.get("/account/sessions").must(t, 200, "Confirm it's you") // what the session leaned on is gone
		again := b.again()
		again.set("sp_session", "")
		again.signIn("cat@example.com", password).must(t, 200, "Choose how to verify it's you")
	})
}

// TestOldValueIsToldOnce: several browsers that bring an old value of a device
// at the same moment end it once, and its owner gets one mail.
func TestOldValueIsToldOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, _ := s.withApp("eve@example.com")
		b.signOut()
		b.remembering("eve@example.com", app)
		b.signOut()
		copied := make([]*browser, tabsAtOnce)
		for i := range copied {
			copied[i] = b.again()
		}
		for range 3 {
			b.signIn("eve@example.com", password).must(t, 200, "Home")
			b.signOut()
		}
		form := copied[0].get("/signin")
		var thieves sync.WaitGroup
		for _, thief := range copied {
			thieves.Go(func() {
				thief.send(form, "/signin", map[string]string{"login": "eve@example.com", "password": password})
			})
		}
		thieves.Wait()
		s.mail("eve@example.com", titled("A remembered device was removed"))
		events, err := s.Store.Events(t.Context(), s.Org.ID, core.EventFilter{Kinds: []string{core.EventDeviceReplayed}})
		if err != nil || len(events) != 1 {
			t.Errorf("%d events of an old value, %v, want 1", len(events), err)
		}
		told := slices.DeleteFunc(s.Mailbox.Messages(), func(m devmail.Mail) bool { return !titled("A remembered device was removed")(m) })
		if len(told) > 1 {
			t.Errorf("%d mails tell of it, want 1", len(told))
		}
	})
}

// TestPreventMultipleLogins: where the organization wants one sign-in at a time,
// the next one ends the others, and the ended browser is told when (ux 3.11).
func TestPreventMultipleLogins(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("fay@example.com")
		s.person("gus@example.com")
		set := func(on bool) {
			o, err := s.Organizations.Find(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			o.Policy.SingleSession = on
			if err := s.Organizations.Save(t.Context(), o, operator, nil); err != nil {
				t.Fatal(err)
			}
		}
		first, second, bystander := s.browser(), s.browser(), s.browser()
		bystander.signIn("gus@example.com", password).must(t, 200, "Home")
		first.signIn("fay@example.com", password).must(t, 200, "Home")
		set(true)
		first.get("/home").must(t, 200, "Home") // nobody is signed out by the setting itself
		second.signIn("fay@example.com", password).must(t, 200, "Home")
		p := first.get("/account/sessions").must(t, 200, "You were signed out", "signed in somewhere else at", "Sign in again", "Wasn't you?")
		if !strings.HasPrefix(p.At, "/signin/ended?next=%2Faccount%2Fsessions") {
			t.Errorf("led to %s", p.At)
		}
		first.get("/signin").must(t, 200, "signed in somewhere else at")
		s.browser().get("/signin/ended").must(t, 200, "Username or email") // no cookie, no story
		bystander.get("/home").must(t, 200, "Home")
		second.get("/account/activity").must(t, 200, "Your other browsers were signed out")

		// A confirmation is no sign-in; several sign-ins at once leave one.
		second.submit(second.get("/confirm?next=/account/sessions"), "/confirm", map[string]string{"password": password}).must(t, 200, "Signed in now")
		var in sync.WaitGroup
		many := make([]*browser, tabsAtOnce)
		for i := range many {
			many[i] = s.browser()
			form := many[i].get("/signin")
			in.Go(func() {
				many[i].send(form, "/signin", map[string]string{"login": "fay@example.com", "password": password})
			})
		}
		in.Wait()
		open := 0
		for _, b := range append(many, second) {
			if b.do("GET", "/home", nil).StatusCode == http.StatusOK {
				open++
			}
		}
		if open != 1 {
			t.Errorf("%d browsers are signed in, want 1", open)
		}
		set(false)
		for range 2 {
			s.browser().signIn("fay@example.com", password).must(t, 200, "Home")
		}
	})
}

// TestListsLeaveOutWhatIsOver: a session that lapsed and a device whose days are
// over are not shown, although nobody ended them.
func TestListsLeaveOutWhatIsOver(t *testing.T) {
	s := start(t)
	b, app, _ := s.withApp("hal@example.com")
	b.signOut()
	b.remembering("hal@example.com", app)
	idle := s.browser()
	idle.withCode("hal@example.com", app.code()).must(t, 200, "Home")
	p := b.get("/account/sessions").must(t, 200, "Sign out everywhere else", "Forget all")
	action := p.elsewhere(t, b.sessionID(s))
	for range 2 {
		s.advance(40 * time.Minute)
		p = b.get("/account/sessions").must(t, 200, "Forget all")
	}
	if strings.Contains(p.Body, "Sign out everywhere else") || strings.Contains(p.Body, action) {
		t.Error("a session that lapsed is listed")
	}
	s.advance(30 * 24 * time.Hour)
	n := s.browser()
	n.withCode("hal@example.com", app.code()).must(t, 200, "Home")
	n.get("/account/sessions").must(t, 200, "No remembered devices.")
}

// TestMyActivity: one's own rows in words, of one's own organization, page and
// file alike; nothing of anybody else's.
func TestMyActivity(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		ivy, _, _ := s.withApp("ivy@example.com")
		s.browser().signIn("ivy@example.com", "wrong horse battery 7").must(t, 422)
		jon, _, _ := s.withApp("jon@example.com")
		if _, _, err := s.Accounts.Find(t.Context(), "jon@example.com"); err != nil {
			t.Fatal(err)
		}
		ivy.get("/account/activity").must(t, 200, "Two-factor authentication was turned on.", "A wrong password was typed.", "Your account was made.", "By whoever runs this server")
		jons := jon.get("/account/activity").must(t, 200, "Two-factor authentication was turned on.")
		if strings.Contains(jons.Body, "A wrong password was typed.") {
			t.Error("jon reads what happened to ivy")
		}
		only := ivy.get("/account/activity?kind=two-factor").must(t, 200, "Two-factor authentication was turned on.")
		if strings.Contains(only.Body, "A wrong password was typed.") {
			t.Error("the filter lets through what was not asked for")
		}
		today := s.now().UTC().Format(time.DateOnly)
		ivy.get("/account/activity?from="+today+"&to="+today).must(t, 200, "A wrong password was typed.")
		ivy.get("/account/activity?from="+s.now().AddDate(0, 0, 2).Format(time.DateOnly)).must(t, 200, "Nothing matches these filters.")
		file := ivy.get("/account/activity.csv?kind=sign-ins").must(t, 200)
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file.Body, "\uFEFF"))).ReadAll()
		if err != nil || !slices.ContainsFunc(rows, func(r []string) bool {
			return r[1] == "A wrong password was typed." && r[3] == "Refused" && r[4] == "Firefox on Linux" && r[5] == "127.0.0.0/24"
		}) {
			t.Errorf("the file: %v\n%s", err, file.Body)
		}
		for _, hidden := range []string{"jon@example.com", "Mozilla/5.0", "127.0.0.1"} {
			if strings.Contains(file.Body+html.UnescapeString(only.Body), hidden) {
				t.Errorf("tells %q", hidden)
			}
		}
		s.browser().do("GET", "/account/activity.csv", nil).must(t, http.StatusSeeOther)
	})
}

// TestRecoveryCodesPage: what is left and since when, never which; new ones over
// "Confirm it's you"; the old ones are dead (RC3, ux 3.9).
func TestRecoveryCodesPage(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, codes := s.withApp("kim@example.com")
		p := b.get("/account/security/recovery-codes").must(t, 200, "10 of 10 left.", "Get new codes")
		if recoveryCode.MatchString(p.Body) {
			t.Error("the page shows a code")
		}
		s.advance(core.ConfirmLife + time.Minute)
		p = b.submit(p, "/account/security/recovery-codes", nil).must(t, 200, "Confirm it's you")
		p = b.submit(p, "/confirm", map[string]string{"password": password})
		p = b.choose(p, "app")
		p = b.submit(p, "/signin/verify/app", map[string]string{"code": app.code()}).must(t, 200, "Recovery codes", "10 of 10 left.")
		p = b.submit(p, "/account/security/recovery-codes", nil).must(t, 200, "Save your recovery codes", "Your old codes no longer work")
		fresh := slices.Compact(slices.Sorted(slices.Values(recoveryCode.FindAllString(p.Body, -1))))
		b.submit(p, "/account/security/setup/save", map[string]string{"saved": "1"}).must(t, 200, "Your old codes no longer work.")
		use := func(code string) page {
			n := s.browser()
			n.signIn("kim@example.com", password)
			return n.submit(n.get("/signin/verify/recovery"), "/signin/verify/recovery", map[string]string{"code": code})
		}
		use(codes[0]).must(t, 422, "not right or was already used")
		for _, code := range fresh[:7] {
			use(code).must(t, 200, "recovery codes left")
		}
		b = s.browser()
		b.withCode("kim@example.com", app.code()).must(t, 200, "3 recovery codes are left.", "Get new codes before you need them.")
		b.get("/help").must(t, 200, "3 recovery codes are left.")
	})
}
