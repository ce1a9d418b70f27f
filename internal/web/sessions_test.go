package web_test

import (
	"encoding/csv"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/session"
	"github.com/sallyport/sallyport/internal/web"
)

// TestSessionPages renders the pages about sessions, activity and recovery
// codes, and compares them with their golden files.
func TestSessionPages(t *testing.T) {
	few := beaWith(func(v *core.SessionView) { usingApp(v); v.Account.RecoveryCodes = 3 })
	tests := []struct {
		name   string
		view   core.SessionView
		fake   fakeAccount
		target string
	}{
		{"sessions", beaWith(func(v *core.SessionView) { v.Session.DeviceID = "desk" }), fakeAccount{own: threeBrowsers(), events: someEvents()}, "/account/sessions"},
		{"sessions_alone", bea(), fakeAccount{own: session.Own{Sessions: []core.Session{bea().Session}}}, "/account/sessions?done=others-ended"},
		{"device_rename", bea(), fakeAccount{own: threeBrowsers()}, "/account/sessions/devices/pocket/rename"},
		{"activity", bea(), fakeAccount{events: someEvents()}, "/account/activity"},
		{"activity_none", bea(), fakeAccount{}, "/account/activity"},
		{"activity_filtered", bea(), fakeAccount{events: someEvents()}, "/account/activity?kind=two-factor&from=2026-11-23&to=2026-11-23"},
		{"recovery_codes", few, fakeAccount{}, "/account/security/recovery-codes"},
		{"recovery_codes_off", bea(), fakeAccount{}, "/account/security/recovery-codes"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "recovery_codes" {
				tt.fake.security.RecoveryMadeAt = noon.AddDate(0, -1, 0)
			}
			p := signedIn(t, tt.view, &tt.fake)
			w := p.get(tt.target)
			if w.Code != http.StatusOK {
				t.Fatalf("got %d to %q, want 200", w.Code, w.Header().Get("Location"))
			}
			golden(t, "account/"+tt.name, steady(w.Body.Bytes()))
			if len(p.account.calls) > 0 {
				t.Errorf("a GET changed something: %q", p.account.calls)
			}
		})
	}
}

// TestSessionForms: what each button does and where it leads; ids that are not
// the person's own are not found.
func TestSessionForms(t *testing.T) {
	const path = "/account/sessions"
	tests := []struct {
		name, path string
		form       []string
		fail       error
		status     int
		call, to   string
		signedOut  bool
	}{
		{name: "end one", path: path + "/phone/end", status: 303, call: "end phone", to: path + "?done=session-ended"},
		{name: "end another person's", path: path + "/stranger/end", status: 404},
		{name: "end this one", path: path + "/session/end", status: 303, to: "/signin?done=signed-out", signedOut: true},
		{name: "end all others", path: path + "/end-others", status: 303, call: "end-others", to: path + "?done=others-ended"},
		{name: "end all others, ended itself", path: path + "/end-others", fail: core.ErrStale, status: 303, call: "end-others", to: path},
		{name: "rename", path: path + "/devices/desk/rename", form: []string{"label", " Desk "}, status: 303, call: "rename-device desk| Desk", to: path + "?done=device-renamed#devices"},
		{
			name: "rename to nothing", path: path + "/devices/desk/rename", form: []string{"label", ""},
			fail: core.InField("label", core.NewError(core.Invalid, "device.label_empty")), status: 422, call: "rename-device desk|",
		},
		{name: "rename another person's", path: path + "/devices/stranger/rename", form: []string{"label", "x"}, status: 404},
		{name: "forget", path: path + "/devices/desk/forget", status: 303, call: "forget desk", to: path + "?done=device-forgotten#devices"},
		{name: "forget another person's", path: path + "/devices/stranger/forget", status: 404},
		{name: "forget all", path: path + "/devices/forget", status: 303, call: "forget-all", to: path + "?done=devices-forgotten#devices"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeAccount{own: threeBrowsers(), fail: tt.fail}
			w := signedIn(t, bea(), f).post(tt.path, tt.form...)
			if w.Code != tt.status || w.Header().Get("Location") != tt.to {
				t.Errorf("got %d to %q, want %d to %q", w.Code, w.Header().Get("Location"), tt.status, tt.to)
			}
			if got := strings.Join(f.calls, "; "); got != tt.call {
				t.Errorf("got calls %q, want %q", got, tt.call)
			}
			out := slices.ContainsFunc(w.Result().Cookies(), func(c *http.Cookie) bool { return c.Name == "sp_session" && c.MaxAge < 0 })
			if out != tt.signedOut {
				t.Errorf("signed out %t, want %t", out, tt.signedOut)
			}
		})
	}
}

// TestFormsNeedTheirToken: a form without the session's own token does nothing.
func TestFormsNeedTheirToken(t *testing.T) {
	for _, path := range []string{"/phone/end", "/end-others", "/devices/forget", "/devices/desk/forget", "/devices/desk/rename"} {
		f := &fakeAccount{own: threeBrowsers()}
		w := signedIn(t, bea(), f).do(http.MethodPost, "/account/sessions"+path, url.Values{"form_token": {"stolen"}, "label": {"x"}})
		if w.Code != http.StatusForbidden && w.Code != http.StatusUnprocessableEntity || len(f.calls) > 0 {
			t.Errorf("%s: got %d and calls %q, want a refusal", path, w.Code, f.calls)
		}
	}
}

// TestEveryEventHasWords walks the kinds of event that package core names: each
// needs a sentence and a place in the filter.
func TestEveryEventHasWords(t *testing.T) {
	kinds := eventKinds(t)
	if len(kinds) < 37 {
		t.Fatalf("found %d kinds of event in package core, want them all", len(kinds))
	}
	told := web.Told()
	for name, kind := range kinds {
		if told[kind] == "" {
			t.Errorf("core.%s has no sentence: add a line to tellings (activity_words.go) and a text to words/en/activity.toml", name)
		}
	}
	for kind, group := range told {
		if !slices.Contains(web.ActivityGroups(), group) {
			t.Errorf("%s is found under %q, which the filter does not offer", kind, group)
		}
	}
}

// eventKinds reads the constants Event… of package core, by name.
func eventKinds(t *testing.T) map[string]string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../core/event.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Event") {
			return true
		}
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		kinds[spec.Names[0].Name] = text
		return true
	})
	return kinds
}

// TestActivityFilter: a filter in the address chooses; one that cannot be is
// answered with 400 and says what to mend.
func TestActivityFilter(t *testing.T) {
	tests := []struct {
		name, query string
		status      int
		has, hasNot string
	}{
		{"nothing", "", 200, "Signed in.", "Refused the"},
		{"kind", "?kind=two-factor", 200, "was reset", "Signed in."},
		{"day without any", "?to=2026-11-22", 200, "Nothing matches these filters.", "Signed in."},
		{"empty fields", "?kind=&from=&to=", 200, "Signed in.", "Clear filters"},
		{"unknown kind", "?kind=passwords", 400, "Choose a kind from the list.", "Signed in."},
		{"no date", "?from=yesterday", 400, "Enter a date such as 2026-11-23.", "Signed in."},
		{"a day that is none", "?to=2026-02-30", 400, "Enter a date such as 2026-11-23.", "Signed in."},
		{"before there were computers", "?from=0001-01-01", 400, "Enter a date such as 2026-11-23.", "Signed in."},
		{"the wrong way round", "?from=2026-11-23&to=2026-11-22", 400, "The last day is before the first.", "Signed in."},
		{"twice", "?kind=account&kind=devices", 400, "did not make sense", "Signed in."},
		{"a place that is none", "?after=now", 400, "did not make sense", "Signed in."},
		{"a place with SQL", "?after=17.x'OR'1", 400, "did not make sense", "Signed in."},
		{"not UTF-8", "?kind=%ff", 400, "did not make sense", "Signed in."},
		{"NUL", "?from=%00", 400, "did not make sense", "Signed in."},
	}
	for _, tt := range tests {
		for _, path := range []string{"/account/activity", "/account/activity.csv"} {
			t.Run(tt.name+path, func(t *testing.T) {
				w := signedIn(t, bea(), &fakeAccount{events: someEvents()}).get(path + tt.query)
				if w.Code != tt.status {
					t.Fatalf("got %d, want %d", w.Code, tt.status)
				}
				if path == "/account/activity" && (!strings.Contains(w.Body.String(), tt.has) || strings.Contains(w.Body.String(), tt.hasNot)) {
					t.Errorf("got %s", w.Body)
				}
			})
		}
	}
}

// manyEvents are n events, newest first, a second apart.
func manyEvents(n int) []core.Event {
	all := make([]core.Event, n)
	for i := range all {
		all[i] = core.Event{
			ID: core.ID(fmt.Sprintf("e%06d", n-i)), At: noon.Add(-time.Duration(i) * time.Second), Kind: core.EventSignedOut, Result: "ok",
			Actor: core.Actor{Kind: "person", ID: "bea"}, SubjectID: "bea",
		}
	}
	return all
}

// TestActivityPages: fifty a page, each once, and the way back to the newest.
func TestActivityPages(t *testing.T) {
	p := signedIn(t, bea(), &fakeAccount{events: manyEvents(120)})
	at, seen := "/account/activity?kind=sign-ins", 0
	for range 3 {
		body := p.get(at).Body.String()
		seen += strings.Count(body, "Signed out.")
		_, rest, more := strings.Cut(body, `href="/account/activity?after=`)
		if !more {
			at = ""
			break
		}
		next, _, _ := strings.Cut(rest, `"`)
		at = "/account/activity?after=" + strings.ReplaceAll(next, "&amp;", "&")
		if !strings.Contains(at, "kind=sign-ins") {
			t.Fatalf("the next page lost the filter: %s", at)
		}
	}
	if seen != 120 || at != "" {
		t.Errorf("saw %d events and then %q, want 120 and no more pages", seen, at)
	}
}

// TestActivityFile: the same rows as a file, safe to open in a spreadsheet,
// bounded, and gone through to the end.
func TestActivityFile(t *testing.T) {
	w := signedIn(t, bea(), &fakeAccount{events: someEvents()}).get("/account/activity.csv")
	if got := w.Header().Get("Content-Disposition"); got != `attachment; filename="my-activity.csv"` {
		t.Errorf("named %q", got)
	}
	if got := w.Header().Get("Cache-Control"); !strings.Contains(got, "no-store") {
		t.Errorf("may be stored: %q", got)
	}
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(w.Body.String(), "\uFEFF"))).ReadAll()
	if err != nil || len(rows) != 11 {
		t.Fatalf("%d rows, %v, want a head and ten", len(rows), err)
	}
	want := []string{"2026-11-23T11:55:00Z", "A remembered device was renamed.", `Name: Firefox on Windows New name: =HYPERLINK("https://evil.example")`, "Done", "Firefox on Windows", "203.0.113.0/24"}
	if !slices.Equal(rows[5], want) {
		t.Errorf("got %q, want %q", rows[5], want)
	}
	for _, secret := range []string{"phoned me", "root@host", "secret"} {
		if strings.Contains(w.Body.String(), secret) {
			t.Errorf("tells %q", secret)
		}
	}
	w = signedIn(t, bea(), &fakeAccount{events: manyEvents(10_700)}).get("/account/activity.csv?kind=sign-ins")
	if n := strings.Count(w.Body.String(), "\r\n"); n != 10_001 {
		t.Errorf("%d lines, want a head and 10,000", n)
	}
}

// FuzzMark: whatever stands in an address, a place is read only if it is one
// that we wrote.
func FuzzMark(f *testing.F) {
	f.Add("1764000000000000.01jdzz")
	f.Add("-1.a")
	f.Add("99999999999999999999.a")
	f.Fuzz(func(t *testing.T, text string) {
		m, ok := web.ReadMark(text)
		if !ok {
			return
		}
		if again, ok := web.ReadMark(web.MarkText(m)); !ok || !again.At.Equal(m.At) || again.ID != m.ID {
			t.Errorf("%q is not the place it names: %v, then %v", text, m, again)
		}
	})
}

// TestWhySessionsEnd: the browser that holds an ended session's own cookie is
// told why; no other is, whatever its address says.
func TestWhySessionsEnd(t *testing.T) {
	at := noon.Add(-time.Hour)
	tests := []struct {
		reason core.EndReason
		says   string
	}{
		{core.EndByOwner, "signed out from another one of yours"},
		{core.EndElsewhere, "somewhere else at 23 November 2026, 11:00"},
		{core.EndTooMany, "more than 20 browsers"},
		{core.EndPasswordChanged, "your password was changed"},
		{core.EndFactorsChanged, "two-factor authentication was changed"},
		{core.EndEmailChanged, "your email address was changed"},
		{core.EndFactorsReset, "two-factor authentication was reset"},
		{core.EndNotYou, "something was not you"},
		{core.EndRestored, "restored from a backup"},
		{core.EndSignedOut, ""},
		{core.EndReplaced, ""},
		{"of tomorrow", ""},
	}
	for _, tt := range tests {
		t.Run(string(tt.reason), func(t *testing.T) {
			p := signedIn(t, beaWith(func(v *core.SessionView) { v.Session.EndedAt, v.Session.EndReason = at, tt.reason }), nil)
			w := p.get("/account/activity?kind=account")
			to := "/signin?next=%2Faccount%2Factivity%3Fkind%3Daccount"
			if tt.reason == core.EndElsewhere {
				to = strings.Replace(to, "/signin", "/signin/ended", 1)
			}
			if w.Code != http.StatusSeeOther || w.Header().Get("Location") != to {
				t.Fatalf("got %d to %q, want 303 to %q", w.Code, w.Header().Get("Location"), to)
			}
			body := p.get(to).Body.String()
			if tt.says == "" && strings.Contains(body, `class="banner`) || tt.says != "" && !strings.Contains(body, tt.says) {
				t.Errorf("got %s, want it to say %q", body, tt.says)
			}
			if direct := p.get("/signin").Body.String(); tt.says != "" && !strings.Contains(direct, tt.says) {
				t.Errorf("the sign-in page does not say %q", tt.says)
			}
		})
	}
	p := signedIn(t, bea(), nil)
	if w := p.get("/signin/ended?next=/home"); w.Code != http.StatusSeeOther {
		t.Errorf("somebody who is signed in is told of an end: %d", w.Code)
	}
	_, handler := newSite(t, nil)
	stranger := &person{t: t, handler: handler}
	if w := stranger.get("/signin/ended?next=//evil.example"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/signin" {
		t.Errorf("a stranger got %d to %q", w.Code, w.Header().Get("Location"))
	}
}

// TestSessionEndedPage shows the page of "Prevent multiple logins".
func TestSessionEndedPage(t *testing.T) {
	p := signedIn(t, beaWith(func(v *core.SessionView) {
		v.Session.EndedAt, v.Session.EndReason, v.Account.User.TimeZone = noon.Add(-time.Hour), core.EndElsewhere, "Europe/Berlin"
	}), nil)
	golden(t, "session_ended", steady(p.get("/signin/ended?next=/account/security").Body.Bytes()))
}

// TestFewCodesOnEveryPage: three or fewer recovery codes are told everywhere.
func TestFewCodesOnEveryPage(t *testing.T) {
	for left, says := range map[int]string{4: "", 3: "3 recovery codes are left.", 1: "1 recovery code is left.", 0: "0 recovery codes are left."} {
		p := signedIn(t, beaWith(func(v *core.SessionView) { usingApp(v); v.Account.RecoveryCodes = left }), nil)
		for _, path := range []string{"/home", "/account/profile", "/help", "/account/activity"} {
			body := p.get(path).Body.String()
			if told := strings.Contains(body, "Get new codes before you need them."); told != (says != "") || !strings.Contains(body, says) {
				t.Errorf("%d left: %s says so: %t", left, path, told)
			}
		}
	}
}
