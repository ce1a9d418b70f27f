package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

var undoLink = regexp.MustCompile(`http://\S+(/address/undo/\S+)`)

// aboutAddress waits for the mail to an address that tells of a change.
func (s *server) aboutAddress(to string) devmail.Mail {
	s.t.Helper()
	return s.mail(to, func(m devmail.Mail) bool { return strings.Contains(m.Subject, "email address") && m.Code == "" })
}

// prove says that a person's mailbox proved itself a month ago.
func (s *server) prove(u core.User) {
	s.t.Helper()
	_, err := s.database().ExecContext(s.t.Context(), `UPDATE person SET email_proved_at = $1 WHERE id = $2`, s.now().AddDate(0, -1, 0).UnixMicro(), string(u.ID))
	if err != nil {
		s.t.Fatal(err)
	}
}

// moveTo changes the address of whoever is signed in; where the password alone
// let them in, a code to the present address is asked for first, and what was
// typed is kept.
func (b *browser) moveTo(s *server, from, secret, to string) page {
	b.t.Helper()
	const path = "/account/profile/email"
	p := b.submit(b.get(path), path, map[string]string{"email": to})
	if strings.Contains(p.title(), "Confirm it's you") {
		p = b.submit(p, "/confirm", map[string]string{"password": secret}).must(b.t, 200, "Choose how to verify it's you")
		p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
		p = b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(from)}).must(b.t, 200, `value="`+to+`"`)
		p = b.submit(p, path, nil)
	}
	p.must(b.t, 200, "Confirm the new address")
	return b.submit(p, path+"/code", map[string]string{"code": s.code(to)}).must(b.t, 200, "Your email address is changed.")
}

// TestChangeOfAddress is the story of an address that was changed by somebody
// who knew the password and saw one code: its owner reads a mail, takes it back, and is in again
// with a code and a new password; the other is out.
func TestChangeOfAddress(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u := s.person("rosa@example.com")
		s.prove(u)
		mine, thief := s.browser(), s.browser()
		mine.signIn(u.Email, password).must(t, 200, "Home")
		thief.signIn(u.Email, password).must(t, 200, "Home")
		const path = "/account/profile/email"
		alone := thief.send(thief.get(path), path, map[string]string{"email": "eve@evil.example"})
		if alone.StatusCode != http.StatusSeeOther || alone.Header.Get("Location") != "/confirm?next=%2Faccount%2Fprofile%2Femail" {
			t.Fatalf("by the password alone: %d to %q", alone.StatusCode, alone.Header.Get("Location"))
		}
		thief.moveTo(s, u.Email, password, "eve@evil.example").must(t, 200, "eve@evil.example", "r•••@example.com")
		if s.verdict(mine) != core.VerdictEnded || s.verdict(thief) != core.VerdictOpen {
			t.Fatalf("mine %s, the thief's %s", s.verdict(mine), s.verdict(thief))
		}
		told := s.aboutAddress("eve@evil.example")
		if strings.Contains(told.Text, "/address/undo/") || !strings.Contains(told.Text, "This is now the email address") {
			t.Errorf("the new address reads:\n%s", told.Text)
		}
		link := undoLink.FindStringSubmatch(s.aboutAddress(u.Email).Text)
		if link == nil {
			t.Fatal("no way back in the mail to the address before")
		}
		s.browser().signIn(u.Email, password).must(t, http.StatusUnprocessableEntity, "do not match an account")

		reader := s.browser() // a phone that was never signed in
		for range 5 {
			reader.do("HEAD", link[1], nil)
			reader.get(link[1]).must(t, 200, "Take back the change", "r•••@example.com", "e•••@evil.example")
		}
		if s.eventsOf(u, core.EventEmailRestored) != 0 || s.verdict(thief) != core.VerdictOpen {
			t.Fatal("opening the link did something")
		}
		reader.submit(reader.get(link[1]), "/address/undo", nil).must(t, 200, "The change was taken back")
		reader.get(link[1]).must(t, 200, "The change was taken back")
		if s.verdict(thief) != core.VerdictEnded {
			t.Error("the thief is still in")
		}
		s.browser().signIn("eve@evil.example", password).must(t, http.StatusUnprocessableEntity, "do not match an account")
		p := mine.signIn(u.Email, password).must(t, 200, "Choose how to verify it's you", "r•••@example.com")
		p = mine.submit(p, "/signin/verify", map[string]string{"method": "email"}).must(t, 200, "Check your email")
		mine.submit(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)}).must(t, 200, "Choose a new password to continue")
	})
}

// TestCodesGoToTheAddressBefore: for a day after a change, and the screen says so.
func TestCodesGoToTheAddressBefore(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.require()
		u := s.person("sana@example.com")
		b := s.browser()
		p := b.submit(b.signIn(u.Email, password), "/signin/verify", map[string]string{"method": "email"})
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)})
		b.moveTo(s, u.Email, password, "sana@new.example")
		signIn := func() page {
			p := s.browser().signIn("sana@new.example", password).must(t, 200, "Choose how to verify it's you")
			return p
		}
		const who = "Signing in as s•••@new.example"
		signIn().must(t, 200, who, "s•••@example.com, your address before you changed it")
		again := s.browser()
		p = again.submit(again.signIn("sana@new.example", password), "/signin/verify", map[string]string{"method": "email"})
		p.must(t, 200, who, "We sent a 6-digit code to s•••@example.com", "You changed your email address, so codes go to the one before until")
		again.submit(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)})
		if s.verdict(again) != core.VerdictOpen {
			t.Errorf("after the code: %s", s.verdict(again))
		}
		s.advance(core.PreviousEmailLife)
		signIn().must(t, 200, "we send a code to s•••@new.example")
	})
}

// TestAnothersAddress: the answers for an address that somebody has are those
// for a free one, and take as long; no mail goes out.
func TestAnothersAddress(t *testing.T) { inTurn(t, anothersAddress) }

func anothersAddress(t *testing.T) {
	s := start(t)
	u, other := s.person("tom@example.com"), s.person("una@example.com")
	b := s.browser()
	b.signIn(u.Email, password).must(t, 200, "Home")
	const path = "/account/profile/email"
	seen := map[string]string{}
	for _, to := range []string{"free@example.com", other.Email} {
		p := b.submit(b.get(path), path, map[string]string{"email": to})
		body := strings.ReplaceAll(p.must(t, 200, "Confirm the new address").Body, to, "ADDRESS")
		for _, changing := range []string{`name="form_token" value="[^"]*"`, `<strong class="reference">\w+`, `data-(idle|last)="\d+"`} {
			body = regexp.MustCompile(changing).ReplaceAllString(body, "")
		}
		seen[to] = body
	}
	if seen["free@example.com"] != seen[other.Email] {
		t.Errorf("the pages differ:\n%s\n%s", seen["free@example.com"], seen[other.Email])
	}
	s.code("free@example.com")
	for _, m := range s.Mailbox.Messages() {
		if strings.Contains(strings.Join(m.To, " "), other.Email) {
			t.Errorf("%s was mailed %q", other.Email, m.Subject)
		}
	}
	acc, org, err := s.Store.AccountByID(t.Context(), u.OrganizationID, u.ID)
	if err != nil {
		t.Fatal(err)
	}
	took := map[string][]time.Duration{}
	for range samples {
		for _, to := range []string{"other@example.com", other.Email} {
			s.advance(time.Hour) // so that the allowances of an hour are fresh
			v := core.SessionView{Account: acc, Organization: org, Session: core.Session{ID: "session", ProvedAt: s.now()}}
			began := time.Now()
			if err := s.Profiles.Change(t.Context(), v, core.Origin{}, core.AddressSignIn, to); err != nil {
				t.Fatal(err)
			}
			took[to] = append(took[to], time.Since(began))
		}
	}
	free, taken := median(took["other@example.com"]), median(took[other.Email])
	if (free - taken).Abs() > timingMargin {
		t.Errorf("free: median %v, somebody else's %v: more than %v apart", free, taken, timingMargin)
	}
}

// movedAway: an address is changed after a wrong code and taken back, a
// notification address proved and removed.
func movedAway(s *server, l *ledger) {
	const path = "/account/profile/notification-email"
	u := s.person("rue@example.com")
	b := l.browser(s)
	p := b.signIn(u.Email, password)
	if p.title() != "Home" { // the organization asks for a second step by now
		p = b.submit(p, "/signin/verify", map[string]string{"method": "email"})
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)})
	}
	p = b.submit(b.get(path), path, map[string]string{"email": "rue@home.example"}).must(s.t, 200, "Confirm the new address")
	p = b.send(p, path+"/code", map[string]string{"code": "161803"}).must(s.t, http.StatusUnprocessableEntity)
	b.submit(p, path+"/code", map[string]string{"code": s.code("rue@home.example")}).must(s.t, 200, "Security notices now also go")
	b.submit(b.get(path+"/remove"), path+"/remove", nil).must(s.t, 200, "Your notification email is removed.")
	b.moveTo(s, u.Email, password, "rue@new.example")
	link := undoLink.FindStringSubmatch(s.aboutAddress(u.Email).Text)
	if link == nil {
		s.t.Fatal("no way back in the mail to the address before")
	}
	l.add("link", strings.TrimPrefix(link[1], "/address/undo/"))
	reader := l.browser(s)
	reader.submit(reader.get(link[1]), "/address/undo", nil).must(s.t, 200, "The change was taken back")
}
