package app_test

import (
	"context"
	"database/sql"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
)

var notYouLink = regexp.MustCompile(`http://\S+(/not-you/\S+)`)

// alarmLink returns the path of the "Wasn't you?" link in the newest mail with a
// subject.
func (s *server) alarmLink(to, subject string) string {
	s.t.Helper()
	m := s.mail(to, func(m devmail.Mail) bool { return strings.Contains(m.Subject, subject) && number(m.ID) > s.read })
	s.read = number(m.ID)
	found := notYouLink.FindStringSubmatch(m.Text)
	if found == nil {
		s.t.Fatalf("no link in the mail %q:\n%s", m.Subject, m.Text)
	}
	return found[1]
}

// eventsOf counts a person's events of a kind.
func (s *server) eventsOf(u core.User, kind string) int {
	s.t.Helper()
	all, err := s.Store.Events(context.Background(), u.OrganizationID, core.EventFilter{SubjectID: u.ID, Kinds: []string{kind}})
	if err != nil {
		s.t.Fatal(err)
	}
	return len(all)
}

func (s *server) database() *sql.DB {
	d := deployment{s.t, s.Config}
	return d.database()
}

func (s *server) verdict(b *browser) core.Verdict {
	s.t.Helper()
	_, verdict, err := s.Sessions.Lookup(context.Background(), b.cookie("sp_session"), netip.Addr{})
	if err != nil {
		s.t.Fatal(err)
	}
	return verdict
}

// TestWasntYou is the story of a mail that says "someone signed in": its link
// changes nothing until its button is pressed; the button ends everything; and
// the way in takes a code, then a new password, also for somebody without
// two-factor (issue 3, part 7).
func TestWasntYou(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u := s.person("olga@example.com")
		mine, thief := s.browser(), s.browser()
		mine.signIn(u.Email, password).must(t, 200, "Home")
		half := s.browser()
		thief.signIn(u.Email, password).must(t, 200, "Home")
		link := s.alarmLink(u.Email, "New sign-in")

		reader := s.browser() // a phone that was never signed in
		for range 5 {
			reader.do("HEAD", link, nil)
			reader.get(link).must(t, 200, "Wasn't you?", "Firefox on Linux", "o•••@example.com")
		}
		if s.verdict(mine) != core.VerdictOpen || s.eventsOf(u, core.EventNotYou) != 0 {
			t.Fatal("opening the link did something")
		}
		p := reader.get(link)
		reader.submit(p, "/not-you", nil).must(t, 200, "Everything was signed out", "Choose a new password")
		for name, b := range map[string]*browser{"mine": mine, "the thief's": thief} {
			if got := b.do("GET", "/home", nil); got.StatusCode == http.StatusOK {
				t.Errorf("%s session is open after the alarm", name)
			}
		}
		m := s.mail(u.Email, func(m devmail.Mail) bool { return strings.HasPrefix(m.Subject, "You were signed out of") })
		if strings.Contains(m.Text, "/not-you/") {
			t.Error("the mail about the alarm has a link that raises one")
		}

		// The password alone opens nothing, and a code leads to a new password.
		p = half.signIn(u.Email, password).must(t, 200, "Choose how to verify it's you")
		half.submit(p, "/signin/verify", map[string]string{"method": "email"})
		p = half.get("/signin/verify/email").must(t, 200, "Check your email")
		half.send(p, "/signin/verify/email", map[string]string{"code": s.code(u.Email)})
		if got := s.verdict(half); got != core.VerdictPasswordDue {
			t.Errorf("verdict after the code: %s, want %s", got, core.VerdictPasswordDue)
		}

		// The same mail does nothing more: it shows what was done.
		reader.submit(p2(reader, link), "/not-you", nil)
		if s.verdict(half) == core.VerdictEnded || s.eventsOf(u, core.EventNotYou) != 1 {
			t.Error("an old mail signed its owner out again")
		}
	})
}

// p2 opens a link and returns a page with the button, whatever it shows now.
func p2(b *browser, link string) page {
	b.t.Helper()
	p := b.get(link)
	signin := b.get("/signin")
	token := signin.forms(b.t)[0].values.Get("form_token")
	event, _, _ := strings.Cut(strings.TrimPrefix(link, "/not-you/"), ".")
	p.Body += `<form method="post" action="/not-you"><input name="form_token" value="` + token + `"><input name="event" value="` + event + `"></form>`
	return p
}

// TestWasntYouPressedByMany: fifty presses at once, by the link and by the
// session, have one effect and one mail.
func TestWasntYouPressedByMany(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u := s.person("petra@example.com")
		first := s.browser()
		first.signIn(u.Email, password).must(t, 200, "Home")
		s.browser().signIn(u.Email, password).must(t, 200, "Home")
		link := s.alarmLink(u.Email, "New sign-in")
		var presses []func()
		for i := range 50 {
			b, path, action := first, "/account/not-you", "/account/not-you"
			if i%2 == 0 {
				b, path, action = s.browser(), link, "/not-you"
			}
			p := b.get(path).must(t, 200, "Wasn't you?")
			b = b.again() // the cookies of before the first press
			presses = append(presses, func() { b.send(p, action, nil) })
		}
		var all sync.WaitGroup
		for _, press := range presses {
			all.Go(press)
		}
		all.Wait()
		if n := s.eventsOf(u, core.EventNotYou); n != 1 {
			t.Errorf("%d alarms of fifty presses at once, want 1", n)
		}
		if n := len(rowsOf(t, s.database(), `SELECT id FROM outbox WHERE template = 'E23'`)); n != 1 {
			t.Errorf("%d mails of fifty presses at once, want 1", n)
		}
	})
}

// TestWasntYouForged: whatever is not the whole token of a mail of the last 7
// days gets a page with a way on, and changes nothing.
func TestWasntYouForged(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		u, other := s.person("quinn@example.com"), s.person("rosa@example.com")
		links := map[string]string{}
		for _, who := range []core.User{u, other} {
			s.browser().signIn(who.Email, password).must(t, 200, "Home")
			s.browser().signIn(who.Email, password).must(t, 200, "Home")
			links[who.Email] = s.alarmLink(who.Email, "New sign-in")
		}
		parts := strings.Split(strings.TrimPrefix(links[u.Email], "/not-you/"), ".")
		theirs := strings.Split(strings.TrimPrefix(links[other.Email], "/not-you/"), ".")
		letter := "A"
		if parts[2][0] == 'A' {
			letter = "B"
		}
		for name, token := range map[string]string{
			"cut":                    strings.Join(parts, ".")[:40],
			"a letter changed":       parts[0] + "." + parts[1] + "." + letter + parts[2][1:],
			"another person's event": theirs[0] + "." + parts[1] + "." + parts[2],
			"another person's proof": parts[0] + "." + parts[1] + "." + theirs[2],
			"an unknown key":         parts[0] + ".k9." + parts[2],
			"no key":                 parts[0] + ".." + parts[2],
			"more behind":            strings.Join(parts, ".") + ".x",
			"not UTF-8":              "%ff%fe." + parts[1] + "." + parts[2],
			"NUL":                    parts[0] + "%00." + parts[1] + "." + parts[2],
			"a name with a path":     "..%2f..%2fetc",
			"long":                   strings.Repeat("a", 6000),
		} {
			t.Run(name, func(t *testing.T) {
				b := s.browser()
				p := b.get("/not-you/" + token)
				if p.StatusCode != http.StatusGone && p.StatusCode != http.StatusBadRequest && p.StatusCode != http.StatusNotFound {
					t.Errorf("status %d (%s), want 410", p.StatusCode, p.title())
				}
				if !strings.Contains(p.Body, `class="button" href="/`) {
					t.Error("the page has no way on")
				}
			})
		}
		s.browser().get(links[u.Email]).must(t, 200, "Wasn't you?")
		s.advance(core.AlarmLife + time.Minute)
		s.browser().get(links[u.Email]).must(t, http.StatusGone, "This link no longer works")
		if n := s.eventsOf(u, core.EventNotYou) + s.eventsOf(other, core.EventNotYou); n != 0 {
			t.Errorf("%d alarms were raised, want none", n)
		}
	})
}

// TestWasntYouSignedIn: from Home; the session that pressed ends too, and its
// remembered device is worth nothing any more.
func TestWasntYouSignedIn(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		b, app, _ := s.withApp("sam@example.com")
		p := b.get("/home").must(t, 200, "Not you?")
		if !strings.Contains(p.Body, `href="/account/not-you"`) {
			t.Error("Home does not lead to it")
		}
		old := b.again()
		b.submit(b.get("/account/not-you"), "/account/not-you", nil).must(t, 200, "Everything was signed out")
		if got := old.do("GET", "/home", nil); got.StatusCode == http.StatusOK {
			t.Error("the cookie of before opens Home")
		}
		// The app is still good: an alarm takes no factor away (law 3).
		p = b.signIn("sam@example.com", password).must(t, 200, "Choose how to verify it's you")
		b.submit(p, "/signin/verify", map[string]string{"method": "app"})
		p = b.get("/signin/verify/app").must(t, 200, "Enter your authenticator code")
		b.send(p, "/signin/verify/app", map[string]string{"code": app.code()})
		if got := s.verdict(b); got != core.VerdictPasswordDue {
			t.Errorf("verdict: %s, want %s", got, core.VerdictPasswordDue)
		}
	})
}

// alarmed: a mail's link shuts everybody out, and what the mail held is nowhere
// else.
func alarmed(s *server, l *ledger) {
	const di = "di@example.com"
	s.person(di)
	for range 2 {
		b := l.browser(s)
		p := b.choose(b.signIn(di, password), "email")
		b.submit(p, "/signin/verify/email", map[string]string{"code": s.code(di)}).must(s.t, 200)
	}
	link := s.alarmLink(di, "New sign-in")
	token := strings.TrimPrefix(link, "/not-you/")
	l.add("alarm", token)
	l.add("alarm", token[strings.LastIndexByte(token, '.')+1:]) // what is secret in it
	b := l.browser(s)
	b.submit(b.get(link), "/not-you", nil).must(s.t, 200, "Everything was signed out")
}
