package mailroom_test

import (
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/mailroom"
)

func two() mailroom.Configured {
	return mailroom.Configured{Servers: map[core.MailSlot]mail.Server{
		core.MailFirst: {Host: "127.0.0.1", Port: 1, User: "u", Password: "p"}, core.MailSecond: {Host: "127.0.0.1", Port: 2, User: "u", Password: "p"},
	}}
}

const one, other = "127.0.0.1:1", "127.0.0.1:2"

// send hands one mail over; where it goes is what counts.
func (w *world) send(s *mailroom.Service) error {
	now := w.now()
	return s.Send(w.t.Context(), core.MailJob{
		Message: core.Message{ID: core.NewID(now, random), Template: core.MailTest, CreatedAt: now},
		User:    core.User{Email: "bea@example.com"}, Organization: w.org,
	}, "bea@example.com")
}

// TestEveryReplicaSeesIt: what one replica saw of the servers, the other tells
// within seconds: one down, both down with since when and why, and back.
func TestEveryReplicaSeesIt(t *testing.T) {
	w := newWorld(t)
	w.open(one, "p")
	w.open(other, "p")
	here, there := w.replica(two()), w.replica(two())
	w.serve(here)
	w.serve(there)
	is := func(want core.MailCondition) {
		t.Helper()
		began := time.Now()
		w.until("the other replica says "+string(want), func() bool { return there.State().Condition == want })
		t.Logf("%s: seen on the other replica after %v", want, time.Since(began).Round(10*time.Millisecond))
	}
	w.must(w.send(here))
	is(core.MailWorks)
	w.shut(one)
	w.must(w.send(here))
	is(core.MailDegraded)
	if st := there.State(); st.Server != one || st.Reason != "mail.host" || !st.Since.Equal(start) || there.Down(start) {
		t.Errorf("one down: %+v, down %v", st, there.Down(start))
	}
	w.pass(time.Minute)
	w.shut(other)
	if err := w.send(here); core.KindOf(err) != core.Unavailable {
		t.Errorf("both down: %v", err)
	}
	is(core.MailFails)
	if st := there.State(); !st.Since.Equal(start.Add(time.Minute)) || !there.Down(start.Add(time.Minute)) || there.Down(start.Add(time.Hour)) {
		t.Errorf("both down: %+v", st)
	}
	// Nobody mails, and still it is found that they are back.
	w.open(one, "p")
	w.open(other, "p")
	w.pass(2 * time.Minute)
	is(core.MailWorks)
}

// TestNoServerIsNoHealth: without a server that is what is said.
func TestNoServerIsNoHealth(t *testing.T) {
	w := newWorld(t)
	s := w.replica(mailroom.Configured{})
	if st := s.State(); st.Condition != core.MailNoServer || s.Down(start) {
		t.Errorf("got %+v, down %v", st, s.Down(start))
	}
}

// TestOneRecipientIsNoOutage: a refusal of one address, or a "later" for one,
// does not say that mail fails; several in a row do.
func TestOneRecipientIsNoOutage(t *testing.T) {
	for name, tt := range map[string]struct {
		says  *smtp.SMTPError
		after int // mails until it fails; 0: never
	}{
		"no such person": {&smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no"}, 0},
		"later":          {&smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}, core.MailFailing},
		"not through us": {&smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "relay access denied"}, core.MailFailing},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			conf := two()
			delete(conf.Servers, core.MailSecond)
			w.open(one, "p").rcpt = tt.says
			s := w.replica(conf)
			w.serve(s)
			for i := 1; i <= 6; i++ {
				_ = w.send(s) // it is refused
				w.until("it is written down", func() bool {
					all, err := w.store.MailHealth(t.Context(), start)
					return err == nil && len(all) == 1 && all[0].Refused+all[0].Failed == i
				})
				want := core.MailWorks
				if tt.after > 0 && i >= tt.after {
					want = core.MailFails
				}
				w.until("after mail "+string(rune('0'+i))+" it is "+string(want), func() bool { return s.State().Condition == want })
			}
		})
	}
}

// TestChangedSettingsAreUsed: what one replica saves, the other uses when the
// change table tells it to look.
func TestChangedSettingsAreUsed(t *testing.T) {
	w := newWorld(t)
	p := w.open("127.0.0.1:587", "s3cret")
	here, there := w.replica(mailroom.Configured{}), w.replica(mailroom.Configured{})
	w.serve(there)
	if err := w.send(there); core.CodeOf(err) != "mail.not_configured" {
		t.Fatalf("before: %v", err)
	}
	w.must(here.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 1, local("587")))
	w.must(here.SaveSender(t.Context(), w.ana, core.Origin{}, 2, "post@example.com", ""))
	changes, err := w.store.ChangesSince(t.Context(), start.Add(-time.Hour))
	w.must(err)
	there.Polled(w.now(), changes)
	w.until("the other replica sends as it was saved", func() bool {
		return w.send(there) == nil && p.sender() == "post@example.com"
	})
}

// TestTest: a mail to oneself, each step kept for the page; so many and no more.
func TestTest(t *testing.T) {
	w := newWorld(t)
	p := w.open("127.0.0.1:587", "s3cret")
	s := w.replica(mailroom.Configured{})
	w.must(s.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 1, local("587")))
	trial, err := s.Test(t.Context(), w.ana, core.Origin{}, core.MailFirst)
	w.must(err)
	if diff := cmp.Diff([]string{"ana@example.com"}, p.taken()); diff != "" {
		t.Errorf("it went to (-want +got):\n%s", diff)
	}
	told := joined(mailroom.StepsOf(trial))
	for _, want := range []string{
		"connect: connect to 127.0.0.1:587", "hello: > EHLO id.example", "hello: < AUTH PLAIN", "login: > <SMTP auth data redacted>",
		"sender: > MAIL FROM:<no-reply@id.example>", "recipient: > RCPT TO:<ana@example.com>", "text: < 354", "answer: < 250",
	} {
		if !strings.Contains(told, want) {
			t.Errorf("the steps lack %q:\n%s", want, told)
		}
	}
	if strings.Contains(told, "s3cret") || strings.Contains(told, "AG1haWxlcgBzM2NyZXQ") {
		t.Errorf("the steps hold the password:\n%s", told)
	}
	w.pass(time.Second)
	f := local("587")
	f.Password = "wrong"
	w.must(s.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 2, f))
	trial, err = s.Test(t.Context(), w.ana, core.Origin{}, core.MailFirst)
	w.must(err)
	if trial.Reason != "mail.login 535" {
		t.Errorf("with a wrong password: %+v", trial)
	}
	o, err := s.Overview(t.Context(), w.ana)
	w.must(err)
	if diff := cmp.Diff(trial, o.Servers[0].Trial); diff != "" {
		t.Errorf("the page shows (-want +got):\n%s", diff)
	}
	if e := w.events(core.EventMailTested); len(e) != 2 || e[0].Result != "failed" || e[0].Detail["reason"] != "mail.login 535" || e[0].Target != "127.0.0.1:587" {
		t.Errorf("events %+v", e)
	}
	if _, err = s.Test(t.Context(), w.ana, core.Origin{}, core.MailSecond); core.CodeOf(err) != core.ErrNotFound.Code {
		t.Errorf("a slot without a server: %v", err)
	}
	sent := 2
	for ; sent < 20; sent++ {
		if _, err = s.Test(t.Context(), w.ana, core.Origin{}, core.MailFirst); err != nil {
			break
		}
	}
	if core.KindOf(err) != core.RateLimited || sent != 6 {
		t.Errorf("%d tests, then %v; want 6 and then too many", sent, err)
	}
}
