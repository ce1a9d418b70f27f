package outbox_test

import (
	"errors"
	"io"
	"slices"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/outbox"
)

func TestSendsWhatIsQueued(t *testing.T) {
	c, s := &clock{at: start}, startServer(t, behaviour{})
	q := newQueue(codeJob("m1"))
	run(t, c, q, postman(t, c, s))
	got := q.next(t)
	if got.Delivery != core.DeliverySent || !got.SentAt.Equal(start) || got.Attempts != 1 || got.LastError != "" {
		t.Errorf("got %+v, want it sent at the first try", got)
	}
	if diff := cmp.Diff([]string{"code@example.com"}, s.taken()); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

func TestRefusedForGood(t *testing.T) {
	c := &clock{at: start}
	s := startServer(t, behaviour{rcpt: func(string) error {
		return &smtp.SMTPError{Code: 550, Message: "no such person code@example.com"}
	}})
	q := newQueue(codeJob("m1"))
	run(t, c, q, postman(t, c, s))
	got := q.next(t)
	if got.Delivery != core.DeliveryRefused || got.LastError != "mail.refused 550" {
		t.Errorf("got %s %q, want refused with the status and nothing else", got.Delivery, got.LastError)
	}
}

func TestTemporaryFailureIsTriedAgainInTime(t *testing.T) {
	c := &clock{at: start}
	left := 2
	s := startServer(t, behaviour{rcpt: func(string) error {
		if left > 0 {
			left--
			return &smtp.SMTPError{Code: 451, Message: "greylisted"}
		}
		return nil
	}})
	q := newQueue(codeJob("m1"))
	w := run(t, c, q, postman(t, c, s))
	for i, gap := range []time.Duration{time.Second, 5 * time.Second} {
		got := q.next(t)
		if got.Delivery != core.DeliveryQueued || got.LastError != "mail.temporary 451" || got.Attempts != i+1 {
			t.Fatalf("try %d: got %+v, want it queued again", i+1, got)
		}
		if want := c.now().Add(gap); !got.NotBefore.Equal(want) {
			t.Fatalf("try %d: next at %v, want %v", i+1, got.NotBefore, want)
		}
		c.move(gap)
		w.Wake()
	}
	if got := q.next(t); got.Delivery != core.DeliverySent || got.Attempts != 3 {
		t.Errorf("got %+v, want it sent at the third try", got)
	}
}

func TestSlowServerIsGivenUp(t *testing.T) {
	c, release := &clock{at: start}, make(chan struct{})
	s := startServer(t, behaviour{rcpt: func(string) error {
		<-release
		return nil
	}})
	t.Cleanup(func() { close(release) })
	q := newQueue(codeJob("m1"))
	run(t, c, q, postman(t, c, s), func(w *outbox.Worker) { w.Patience = 50 * time.Millisecond })
	if got := q.next(t); got.Delivery != core.DeliveryQueued || got.LastError != "mail.timeout" {
		t.Errorf("got %s %q, want it queued again after a timeout", got.Delivery, got.LastError)
	}
}

func TestConnectionBreaksInTheMiddle(t *testing.T) {
	c, broken := &clock{at: start}, false
	s := startServer(t, behaviour{data: func(conn *smtp.Conn, r io.Reader) error {
		if broken {
			return nil
		}
		broken = true
		if _, err := io.ReadFull(r, make([]byte, 10)); err != nil {
			return err
		}
		conn.Conn().Close()
		return errors.New("broken off")
	}})
	q := newQueue(codeJob("m1"))
	w := run(t, c, q, postman(t, c, s))
	if got := q.next(t); got.Delivery != core.DeliveryQueued || got.LastError != "mail.unanswered" {
		t.Fatalf("got %s %q, want it queued again", got.Delivery, got.LastError)
	}
	c.move(time.Second)
	w.Wake()
	if got := q.next(t); got.Delivery != core.DeliverySent {
		t.Errorf("got %s, want it sent at the second try", got.Delivery)
	}
	if got := s.taken(); len(got) != 1 {
		t.Errorf("the server took %d mails, want 1", len(got))
	}
}

func TestNoServerAtAll(t *testing.T) {
	c, s := &clock{at: start}, startServer(t, behaviour{})
	p := postman(t, c, s)
	p.Sender.(*mail.SMTP).Server.Port = 1
	q := newQueue(codeJob("m1"))
	run(t, c, q, p)
	if got := q.next(t); got.Delivery != core.DeliveryQueued || got.LastError != "mail.connect" {
		t.Errorf("got %s %q, want it queued again", got.Delivery, got.LastError)
	}
}

func TestOutdatedCodesAreNeverSent(t *testing.T) {
	tests := map[string]func(*core.MailJob){
		"replaced":       func(j *core.MailJob) { j.Challenge.Issue = 2 },
		"used":           func(j *core.MailJob) { j.Challenge.UsedAt = start },
		"guessed at":     func(j *core.MailJob) { j.Challenge.Tries = core.CodeTries },
		"expired":        func(j *core.MailJob) { j.Challenge.IssuedAt = start.Add(-core.CodeLife) },
		"message is old": func(j *core.MailJob) { j.Message.ExpiresAt = start },
		"gone":           func(j *core.MailJob) { j.Challenge = core.Challenge{} },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			c, s := &clock{at: start}, startServer(t, behaviour{})
			j := codeJob("m1")
			change(&j)
			q := newQueue(j)
			run(t, c, q, postman(t, c, s))
			if got := q.next(t); got.Delivery != core.DeliveryExpired {
				t.Errorf("got %s, want expired", got.Delivery)
			}
			if got := s.taken(); len(got) != 0 {
				t.Errorf("the server took mail for %v, want none", got)
			}
		})
	}
}

func TestRetriesEndWithTheCode(t *testing.T) {
	c, s := &clock{at: start}, startServer(t, behaviour{})
	p := postman(t, c, s)
	p.Sender.(*mail.SMTP).Server.Port = 1
	j := codeJob("m1")
	j.Message.Attempts = 7
	q := newQueue(j)
	c.move(core.CodeLife - 30*time.Second)
	run(t, c, q, p)
	if got := q.next(t); got.Delivery != core.DeliveryExpired || got.LastError != "mail.connect" {
		t.Errorf("got %s %q, want expired: the next try would be too late", got.Delivery, got.LastError)
	}
}

// TestEachAddressHasItsOwnDelivery: an address that fails is tried again alone,
// and the mail to another is neither repeated nor refused for it.
func TestEachAddressHasItsOwnDelivery(t *testing.T) {
	c := &clock{at: start}
	left := 1
	s := startServer(t, behaviour{rcpt: func(to string) error {
		switch {
		case to == "second@example.com" && left > 0:
			left--
			return &smtp.SMTPError{Code: 450, Message: "later"}
		case to == "before@example.com":
			return &smtp.SMTPError{Code: 550, Message: "no"}
		}
		return nil
	}})
	var jobs []core.MailJob
	for id, to := range map[core.ID]core.Recipient{"m1": core.ToLogin, "m2": core.ToNotification, "m3": core.ToBefore("c1")} {
		j := noticeJob(id)
		j.Message.Recipient = to
		j.User.NotificationEmail, j.User.NotificationProvedAt = "second@example.com", start
		j.Before = "before@example.com"
		jobs = append(jobs, j)
	}
	q := newQueue(jobs...)
	w := run(t, c, q, postman(t, c, s))
	got := map[core.ID]string{}
	note := func() {
		m := q.next(t)
		got[m.ID] = string(m.Delivery) + " " + m.LastError
	}
	for range jobs {
		note()
	}
	want := map[core.ID]string{"m1": "sent ", "m2": "queued mail.temporary 450", "m3": "refused mail.refused 550"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("deliveries (-want +got):\n%s", diff)
	}
	c.move(time.Second)
	w.Wake()
	note()
	if got["m2"] != "sent " {
		t.Errorf("the second try was %s, want it sent", got["m2"])
	}
	taken := s.taken()
	slices.Sort(taken)
	if diff := cmp.Diff([]string{"ana@example.com", "second@example.com"}, taken); diff != "" {
		t.Errorf("recipients (-want +got):\n%s", diff)
	}
}

// TestAnAddressThatIsGone: what was queued for an address that is not the
// person's any more goes nowhere.
func TestAnAddressThatIsGone(t *testing.T) {
	c, s := &clock{at: start}, startServer(t, behaviour{})
	for name, change := range map[string]func(*core.MailJob){
		"removed":               func(j *core.MailJob) { j.User.NotificationEmail = "" },
		"another, not proved":   func(j *core.MailJob) { j.User.NotificationProvedAt = time.Time{} },
		"the login address now": func(j *core.MailJob) { j.User.NotificationEmail = "Ana@example.com" },
		"no address at all":     func(j *core.MailJob) { j.Message.Recipient, j.User.Email = core.ToLogin, "" },
		"a change taken back":   func(j *core.MailJob) { j.Message.Recipient = core.ToBefore("c1") },
		"before, and now":       func(j *core.MailJob) { j.Message.Recipient, j.Before = core.ToBefore("c1"), "Ana@example.com" },
		"before, and beside":    func(j *core.MailJob) { j.Message.Recipient, j.Before = core.ToBefore("c1"), "Second@example.com" },
		"of no change":          func(j *core.MailJob) { j.Message.Recipient, j.Before = core.ToPrevious, "before@example.com" },
	} {
		t.Run(name, func(t *testing.T) {
			j := noticeJob("m1")
			j.Message.Recipient = core.ToNotification
			j.User.NotificationEmail, j.User.NotificationProvedAt = "second@example.com", start
			change(&j)
			q := newQueue(j)
			run(t, c, q, postman(t, c, s))
			if got := q.next(t); got.Delivery != core.DeliveryRefused || got.LastError != "mail.no_address" {
				t.Errorf("got %s %q, want refused", got.Delivery, got.LastError)
			}
		})
	}
	if got := s.taken(); len(got) != 0 {
		t.Errorf("the server took mail for %v, want none", got)
	}
}

func TestFailedSettlingSendsAgainAfterTheLease(t *testing.T) {
	c, s := &clock{at: start}, startServer(t, behaviour{})
	q := newQueue(codeJob("m1"))
	q.broken = errors.New("database is gone")
	w := run(t, c, q, postman(t, c, s))
	q.next(t)
	c.move(outbox.Lease)
	w.Wake()
	if got := q.next(t); got.Delivery != core.DeliverySent {
		t.Errorf("got %s, want it sent", got.Delivery)
	}
	if got := s.taken(); len(got) != 2 {
		t.Errorf("the server took %d mails, want 2: at least once, never lost", len(got))
	}
}
