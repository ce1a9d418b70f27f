package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/profile"
	"github.com/sallyport/sallyport/internal/web"
)

// moved: she changed her address an hour ago, and codes still go to the old one.
func moved(v *core.SessionView) {
	u := &v.Account.User
	u.Email, u.EmailProvedAt = "bea@new.example", noon.Add(-time.Hour)
	u.PreviousEmail, u.PreviousEmailUntil = "bea@example.com", noon.Add(23*time.Hour)
	u.NotificationEmail, u.NotificationProvedAt = "bea@home.example", noon.AddDate(0, -1, 0)
}

func awaiting() *profile.Pending {
	return &profile.Pending{Address: "bea@new.example", Reference: "KRQD", Life: 10 * time.Minute, SendWait: 25 * time.Second, MaySend: true}
}

// TestAddressPages renders the pages of a change in their states.
func TestAddressPages(t *testing.T) {
	for _, tt := range []struct {
		name    string
		view    core.SessionView
		pending *profile.Pending
		target  string
	}{
		{"profile_moved", beaWith(moved), nil, "/account/profile?done=email-changed"},
		{"profile_notification_unproved", beaWith(func(v *core.SessionView) { v.Account.User.NotificationEmail = "bea@home.example" }), nil, "/account/profile"},
		{"address_email", bea(), nil, "/account/profile/email"},
		{"address_email_unproved", beaWith(func(v *core.SessionView) { v.Account.User.EmailProvedAt = time.Time{} }), nil, "/account/profile/email?over=1"},
		{"address_notification", bea(), nil, "/account/profile/notification-email"},
		{"address_notification_other", beaWith(moved), nil, "/account/profile/notification-email"},
		{"address_code", bea(), awaiting(), "/account/profile/email/code"},
		{"address_code_notification", bea(), awaiting(), "/account/profile/notification-email/code"},
		{"address_code_refused", bea(), &profile.Pending{Address: "bea@new.example", Reference: "KRQD", Life: time.Minute, Refused: true}, "/account/profile/notification-email/code"},
		{"notification_remove", beaWith(moved), nil, "/account/profile/notification-email/remove"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := signedIn(t, tt.view, nil)
			p.emails.pending = tt.pending
			w := p.get(tt.target)
			if w.Code != http.StatusOK || len(p.emails.calls) > 0 {
				t.Fatalf("got %d to %q, having done %q", w.Code, w.Header().Get("Location"), p.emails.calls)
			}
			golden(t, "account/"+tt.name, steady(w.Body.Bytes()))
		})
	}
}

// TestAddressForms posts every form of a change and looks at what was asked for
// and where the person is sent. Other people's ids in the form are not looked at.
func TestAddressForms(t *testing.T) {
	const email, notice = "/account/profile/email", "/account/profile/notification-email"
	stale := beaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-time.Hour) })
	byCode := beaWith(func(v *core.SessionView) { v.Session.Level = core.LevelEmail })
	over := core.NewError(core.Gone, "address.over")
	for _, tt := range []struct {
		name  string
		view  core.SessionView
		fail  error
		path  string
		form  []string
		call  string // empty: nothing was asked for
		to    string // where the 303 leads; empty: the page is shown again
		shows string
	}{
		{"begin", byCode, nil, email, []string{"email", "bea@new.example", "user_id", "cal", "kind", "notification"}, "change signin bea@new.example", email + "/code", ""},
		{"begin, by the password alone", bea(), nil, email, []string{"email", "bea@new.example"}, "", "/confirm?next=%2Faccount%2Fprofile%2Femail", ""},
		{"begin, notification", bea(), nil, notice, []string{"email", "x@y.example"}, "change notification x@y.example", notice + "/code", ""},
		{"begin, proof too old", stale, nil, email, []string{"email", "bea@new.example"}, "", "/confirm?next=%2Faccount%2Fprofile%2Femail", ""},
		{"begin, proof just too old", byCode, errConfirm, email, []string{"email", "a@b.example"}, "change signin a@b.example", "/confirm?next=%2Faccount%2Fprofile%2Femail", ""},
		{"begin, no address", byCode, core.InField("email", core.NewError(core.Invalid, "user.email")), email, []string{"email", "<b>"}, "change signin <b>", "", `value="&lt;b&gt;"`},
		{"begin, too often", byCode, core.NewError(core.RateLimited, "address.sends_hour").With("wait", time.Minute), email, []string{"email", "a@b.example"}, "change signin a@b.example", "", "or wait 1 minute."},
		{"code", bea(), nil, email + "/code", []string{"code", "123 456"}, "prove signin 123 456", "/account/profile?done=email-changed", ""},
		{"code, notification", bea(), nil, notice + "/code", []string{"code", "123456"}, "prove notification 123456", "/account/profile?done=notification-changed", ""},
		{"code, wrong", bea(), core.InField("code", core.NewError(core.Invalid, "code.wrong").With("left", 3).With("reference", "KRQD")), email + "/code", []string{"code", "987654"}, "prove signin 987654", "", "3 tries left."},
		{"code, no tries left", bea(), core.InField("code", core.NewError(core.Invalid, "address.tries")), email + "/code", []string{"code", "987654"}, "prove signin 987654", "", "Too many wrong codes."},
		{"code, over", bea(), over, email + "/code", []string{"code", "1"}, "prove signin 1", email + "?over=1", ""},
		{"again", bea(), nil, email + "/code/again", nil, "again signin", email + "/code?done=code-sent", ""},
		{"again, too soon", bea(), core.NewError(core.RateLimited, "code.send_wait").With("wait", 20*time.Second), email + "/code/again", nil, "again signin", "", "You can ask for another code in 20 seconds."},
		{"give up", bea(), nil, email + "/cancel", nil, "give up signin", "/account/profile?done=address-given-up", ""},
		{"remove", beaWith(moved), nil, notice + "/remove", nil, "remove", "/account/profile?done=notification-removed", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := signedIn(t, tt.view, nil)
			p.emails.fail, p.emails.token, p.emails.pending = tt.fail, "renewed", awaiting()
			w := p.post(tt.path, tt.form...)
			if got := strings.Join(p.emails.calls, "; "); got != tt.call {
				t.Errorf("asked for %q, want %q", got, tt.call)
			}
			if got := w.Header().Get("Location"); got != tt.to {
				t.Errorf("got %d to %q, want %q", w.Code, got, tt.to)
			}
			if !strings.Contains(w.Body.String(), tt.shows) || strings.Contains(w.Body.String(), "987654") {
				t.Errorf("the page lacks %q or shows the code:\n%s", tt.shows, w.Body)
			}
		})
	}
}

// TestAddressCodeWithoutChange: there is nothing to type a code for.
func TestAddressCodeWithoutChange(t *testing.T) {
	p := signedIn(t, bea(), nil)
	if w := p.get("/account/profile/email/code"); w.Header().Get("Location") != "/account/profile/email" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
	if w := p.get("/account/profile/notification-email/remove"); w.Header().Get("Location") != "/account/profile" {
		t.Errorf("got %d to %q", w.Code, w.Header().Get("Location"))
	}
}

// TestUndo walks the link to its end: opening it changes nothing, HEAD not even
// sets the cookie, a forged one leads nowhere.
func TestUndo(t *testing.T) {
	undo := &profile.Undo{
		Change: core.AddressChange{
			OldAddress: "bea@example.com", NewAddress: "eve@evil.example", DoneAt: noon.Add(-time.Hour), UndoUntil: noon.Add(71 * time.Hour),
		},
		Account: bea().Account, Organization: northwind(),
	}
	f := &fakeEmails{undo: undo}
	b := newBrowser(t, func(d *web.Deps) { d.EmailUndos = f })
	b.get("/address/undo").shows(t, http.StatusGone, "A change of address can be taken back once, within 72 hours.")
	if a := b.get("/address/undo/0change.k1.sum"); a.header.Get("Location") != "/address/undo" || a.header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("got %v", a.header)
	}
	page := b.get("/address/undo")
	page.shows(t, http.StatusOK, "b•••@example.com", "e•••@evil.example", "Nothing happens until you press the button.", "Take the change back")
	page.hides(t, "eve@evil.example", "bea@example.com")
	golden(t, "address_undo", steady([]byte(page.body)))
	if len(f.calls) > 0 {
		t.Fatalf("opening did %q", f.calls)
	}
	if a := b.post("/address/undo"); a.status != http.StatusSeeOther || len(f.calls) != 1 {
		t.Errorf("got %d after %q", a.status, f.calls)
	}
	undo.Done = true
	done := b.get("/address/undo")
	done.shows(t, http.StatusOK, "The change was taken back")
	golden(t, "address_undo_done", steady([]byte(done.body)))
	b.get("/address/undo/x%0d%0aSet-Cookie:a=b")
	b.get("/address/undo").shows(t, http.StatusGone, "A change of address can be taken back once, within 72 hours.")
}
