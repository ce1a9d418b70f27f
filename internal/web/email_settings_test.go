package web_test

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

const (
	emailPage  = "/admin/system-settings/email"
	firstPage  = emailPage + "/servers/first"
	secondPage = emailPage + "/servers/second"
)

// mailing is a browser of Ana, who looks after mail.
func mailing(t *testing.T, view core.SessionView, f *fakeMail) *browser {
	t.Helper()
	b, _ := live(t, view, administering(func(d *web.Deps) { d.Mail = f }))
	return b
}

// TestEmailPages renders the states of the page Email.
func TestEmailPages(t *testing.T) {
	for _, tt := range []struct{ name, target string }{
		{"email_settings", emailPage},
		{"email_server", firstPage},
		{"email_test", firstPage + "/test"},
		{"email_sender", emailPage + "/sender"},
		{"email_settings_none", emailPage},
		{"email_server_new", secondPage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := &fakeMail{overview: twoServers()}
			if strings.Contains(tt.name, "_n") {
				f.overview = noServers()
			}
			a := mailing(t, ana(), f).get(tt.target)
			if a.status != http.StatusOK {
				t.Fatalf("%s: got %d", tt.target, a.status)
			}
			body := formToken.ReplaceAllString(a.body, `name="form_token" value="token"`)
			golden(t, filepath.Join("admin", tt.name), []byte(assetHash.ReplaceAllString(body, "/static/hash/")))
		})
	}
}

// TestEmailIsTheDeployments: with several organizations there is no such page,
// no tile, and nothing to find.
func TestEmailIsTheDeployments(t *testing.T) {
	f := &fakeMail{}
	b := mailing(t, ana(), f)
	for _, path := range []string{emailPage, firstPage, firstPage + "/test", emailPage + "/sender"} {
		b.get(path).shows(t, http.StatusNotFound)
	}
	for _, path := range []string{firstPage, firstPage + "/remove", firstPage + "/test", emailPage + "/sender"} {
		b.post(path, "version", "1").shows(t, http.StatusNotFound)
	}
	for _, path := range []string{"/admin/system-settings", "/admin/system-settings?q=smtp"} {
		if a := b.get(path); strings.Contains(a.body, emailPage) {
			t.Errorf("%s leads to the page Email", path)
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("called %q", f.calls)
	}
	f.overview = noServers()
	b.get("/admin/system-settings?q=smtp").shows(t, http.StatusOK, `href="`+emailPage+`"`, "1 setting found")
}

// TestChangingMail sends each form.
func TestChangingMail(t *testing.T) {
	f := &fakeMail{overview: twoServers()}
	b := mailing(t, ana(), f)
	b.get(firstPage)
	b.post(firstPage, "version", "7", "host", "a.example.com", "port", "25", "security", "starttls", "user", "u", "password", "s3cret-typed").
		leadsTo(t, emailPage+"?done=email-saved")
	b.post(emailPage+"/sender", "version", "7", "sender", "x@example.com", "reply_to", "").leadsTo(t, emailPage+"?done=email-saved")
	b.post(firstPage+"/remove", "version", "7").leadsTo(t, emailPage+"?done=email-removed")
	b.post(firstPage+"/test").leadsTo(t, firstPage+"/test")
	want := []string{
		"save first 7 {Host:a.example.com Port:25 Security:starttls User:u Password:s3cret-typed}", "sender 7 x@example.com ", "remove first 7",
		"test first to ana@example.com",
	}
	if diff := cmp.Diff(want, f.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	f.fail = core.InField("password", core.NewError(core.Invalid, "mail.server_password_again"))
	a := b.post(firstPage, "version", "7", "host", "b.example.com", "port", "25", "security", "tls", "user", "u", "password", "s3cret-typed")
	a.shows(t, http.StatusUnprocessableEntity, "Enter the password again", `value="b.example.com"`, `value="tls" checked`)
	f.fail = core.ErrStale
	stale := b.post(firstPage, "version", "6", "host", "c.example.com", "password", "s3cret-typed")
	stale.shows(t, http.StatusConflict, "Review them before saving.", `name="version" value="7"`, `value="c.example.com"`)
	if strings.Contains(a.body+stale.body, "s3cret-typed") {
		t.Error("a password was sent back")
	}
	f.fail = core.NewError(core.RateLimited, "mail.tests")
	b.post(firstPage+"/test").shows(t, http.StatusTooManyRequests, "Wait some minutes before the next one.", `href="#test-first"`)
	b.get(emailPage+"/servers/third").shows(t, http.StatusNotFound)
	b.get(secondPage).shows(t, http.StatusNotFound) // the configuration says it
}

// TestMailChangesAreConfirmed: an old proof is not enough to change anything;
// what was typed waits, but for the password.
func TestMailChangesAreConfirmed(t *testing.T) {
	stale := anaWith(func(v *core.SessionView) { v.Session.ProvedAt = noon.Add(-core.ConfirmLife) })
	f := &fakeMail{overview: twoServers()}
	b, sessions := live(t, stale, administering(func(d *web.Deps) { d.Mail = f }))
	b.get(firstPage)
	for _, path := range []string{firstPage + "/remove", emailPage + "/sender", firstPage} {
		a := b.post(path, "version", "7", "host", "kept.example.com", "sender", "x@example.com", "password", "s3cret-typed")
		if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "/confirm?next=") {
			t.Errorf("%s: %d to %q, want a confirmation", path, a.status, a.header.Get("Location"))
		}
	}
	if len(f.calls) > 0 {
		t.Errorf("called %q", f.calls)
	}
	sessions.views["live"] = ana()
	a := b.get(firstPage)
	a.shows(t, http.StatusOK, "What you typed before is still here.", `value="kept.example.com"`)
	if strings.Contains(a.body, "s3cret-typed") {
		t.Error("the password was kept")
	}
}

// TestMailOnTheControlPanel: the strip says how mail is doing and leads on.
func TestMailOnTheControlPanel(t *testing.T) {
	since := noon.Add(-20 * time.Minute)
	for name, tt := range map[string]struct {
		health core.Health
		want   []string
	}{
		"failing":     {core.Health{Mail: core.MailState{Condition: core.MailFails, Since: since, Reason: "mail.connect"}}, []string{"Email is failing since", "See why", `href="` + emailPage + `"`}},
		"one of two":  {core.Health{Mail: core.MailState{Condition: core.MailDegraded, Since: since, Server: "a:25"}}, []string{"a:25 has taken no mail since", "See why"}},
		"none":        {core.Health{Mail: core.MailState{Condition: core.MailNoServer}}, []string{"No mail server is set up.", "Add a mail server"}},
		"tested":      {core.Health{Mail: core.MailState{Condition: core.MailWorks}, MailTestedAt: noon}, []string{"Last test sent"}},
		"all is well": {core.Health{Mail: core.MailState{Condition: core.MailWorks}}, []string{"Email goes out."}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := live(t, ana(), administering(func(d *web.Deps) { d.Health = fakeHealth{tt.health} }))
			b.get("/admin").shows(t, http.StatusOK, tt.want...)
		})
	}
}
