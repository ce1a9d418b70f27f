package app_test

import (
	"net/http"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// anyLink is a link with a secret in it, in a mail.
var anyLink = regexp.MustCompile(`http://\S+/(password/reset|invite|not-you|address/undo|reset/cancel)/(\S+)`)

// mailed notes the secret of every link that was mailed.
func (l *ledger) mailed(s *server) {
	s.t.Helper()
	for _, m := range s.Mailbox.Messages() {
		for _, found := range anyLink.FindAllStringSubmatch(m.Text, -1) {
			kind := "mailed " + found[1]
			l.add(kind, found[2])
			if at := strings.LastIndexByte(found[2], '.'); at >= 0 {
				l.add(kind, found[2][at+1:]) // what is secret in it
			}
		}
	}
}

// administered: an administrator adds somebody, sends links, one and for many,
// resets two-factor, which waits and is cancelled by mail, deactivates somebody,
// and tries a password on the settings; the help desk sends a link.
func administered(s *server, l *ledger) {
	const adam, hal = "adam@example.com", "hal@example.com"
	s.waiting()
	for _, name := range []string{"gil@example.com", "ivy@example.com", "joe@example.com"} {
		s.person(name)
	}
	ivy := l.browser(s)
	ivy.inByMail(s, "ivy@example.com")
	ivy.turnOn(s, "ivy@example.com")
	s.administrator(s.Org, adam)
	if _, err := s.database().ExecContext(s.t.Context(), `UPDATE person SET user_type = 2 WHERE id = '`+string(s.person(hal).ID)+`'`); err != nil {
		s.t.Fatal(err)
	}
	b := l.browser(s)
	b.inByMail(s, adam)
	b.submit(b.get("/admin/users/new"), "/admin/users/new", map[string]string{"first_name": "Kim", "last_name": "Lee", "email": "kim@example.com", "type": "user"}).must(s.t, 200)
	user := func(email, deed string) string { return "/admin/users/" + string(s.find(email)) + "/" + deed }
	for _, email := range []string{"gil@example.com", "kim@example.com"} {
		b.submit(b.get(user(email, "send-link")), user(email, "send-link"), nil).must(s.t, 200)
	}
	reset := user("gil@example.com", "reset-two-factor")
	b.submit(b.get(reset), reset, map[string]string{"how": "phone", "note": "called back"}).must(s.t, 200, "The reset waits.")
	link := strings.TrimPrefix(cancelLink.FindString(s.mail("gil@example.com", titled("asked for a reset")).Text), s.URL)
	reader := l.browser(s)
	reader.follow(reader.get(link))
	reader.submit(reader.get("/reset/cancel"), "/reset/cancel", nil).must(s.t, 200, "The reset was cancelled")
	b.submit(b.get(user("joe@example.com", "deactivate")), user("joe@example.com", "deactivate"), nil).must(s.t, 200, "The account was deactivated.")
	b.many(s, core.BulkInvite, "kim@example.com")
	b.many(s, core.BulkReset, "ivy@example.com")
	const security = "/admin/system-settings/setup/organizations-and-security/security"
	b.send(b.get(security), security+"/try-password#try", map[string]string{"try_password": "a password that is only tried"}).must(s.t, 200)

	desk := l.browser(s)
	desk.inByMail(s, hal)
	desk.submit(desk.get(user("gil@example.com", "send-link")), user("gil@example.com", "send-link"), nil).must(s.t, 200)
	s.mail("ivy@example.com", titled("asked for a reset"))
	s.until("the mails of the job are sent", func() bool { return s.mailsTo("kim@example.com") >= 3 && s.mailsTo("gil@example.com") >= 3 })
}

// mailsTo counts the mails to somebody that hold a link.
func (s *server) mailsTo(email string) (n int) {
	for _, m := range s.Mailbox.Messages() {
		if strings.Contains(strings.Join(m.To, " "), email) && anyLink.MatchString(m.Text) {
			n++
		}
	}
	return n
}

// inByMail signs in, by a code by email where one is asked for, and past the offer
// of an app.
func (b *browser) inByMail(s *server, email string) {
	b.t.Helper()
	p := b.signIn(email, password)
	p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
	p = b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(email)})
	if p.At == "/signin/setup-offer" {
		b.submit(p, "/signin/setup-offer", map[string]string{"answer": "later"})
	}
	b.get("/home").must(b.t, 200, "Home")
}

// many does something to somebody as a job.
func (b *browser) many(s *server, action core.BulkAction, email string) {
	b.t.Helper()
	token := b.get("/home").forms(b.t)[0].values.Get("form_token")
	p := b.follow(b.do("POST", "/admin/users/bulk", url.Values{"form_token": {token}, "action": {string(action)}, "id_" + string(s.find(email)): {"on"}})).must(b.t, 200)
	b.submit(p, p.At, map[string]string{"how": "phone", "note": "called back"}).must(b.t, 200)
}

// TestTheMailServersPasswordStaysNowhere: the one that is typed in the settings of
// mail, right or wrong, refused or kept, is sealed and nowhere else, also where the
// server says it back.
func TestTheMailServersPasswordStaysNowhere(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		post := openPost(t, "127.0.0.1:0")
		roads := &signpost{to: map[string]string{"127.0.0.1:587": post.addr}}
		s := startDialling(t, roads.dial, withoutMailbox)
		l := &ledger{long: map[string]string{}, codes: map[string]bool{}}
		s.administrator(s.Org, "ana@example.com")
		b := l.browser(s)
		b.signIn("ana@example.com", password).must(t, 200, "Home")
		const first = "/admin/system-settings/email/servers/first"
		typed := map[string]string{"host": "127.0.0.1", "port": "no port", "user": "mailer", "password": "horse staple of the mailer"}
		b.send(b.get(first), first, typed).must(t, http.StatusUnprocessableEntity)
		typed["port"] = "587"
		b.submit(b.get(first), first, typed).must(t, 200, "mailer")
		b.submit(b.get(path.Dir(path.Dir(first))), first+"/test", nil)
		typed["user"], typed["password"] = "", "typed without a user"
		b.send(b.get(first), first, typed).must(t, http.StatusUnprocessableEntity)
		s.advance(core.ConfirmLife + 1)
		typed["user"], typed["password"] = "other", "typed too late to be saved"
		b.send(b.get(first), first, typed)
		if n := l.count("password"); n < 4 {
			t.Errorf("%d passwords were typed", n)
		}
		all := map[string]string{"log": s.log.text(t), "addresses": strings.Join(l.addresses, "\n")}
		dump(s, all)
		if !strings.Contains(all["mail_server"], "mailer") || !strings.Contains(all["mail_trial"], "127.0.0.1:587") {
			t.Errorf("the server was not saved or not tested: %q, %q", all["mail_server"], all["mail_trial"])
		}
		for place, text := range all {
			for _, f := range l.find(place, text) {
				t.Error(f)
			}
		}
		for _, at := range []string{path.Dir(path.Dir(first)), first, first + "/test", "/admin", "/admin/audit", "/confirm"} {
			body := b.get(at).Body
			for _, f := range l.find(at, body) {
				if strings.Contains(f, "a password") {
					t.Error(f)
				}
			}
		}
	})
}
