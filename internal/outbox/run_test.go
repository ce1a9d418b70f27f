package outbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/outbox"
)

// blocking is a sender that waits to be let go, and knows how many are in it.
type blocking struct {
	entered chan struct{}
	release chan struct{}
}

func (b blocking) Send(ctx context.Context, _ core.MailJob, _ string) error {
	b.entered <- struct{}{}
	select {
	case <-b.release:
		return nil
	case <-ctx.Done():
		return core.NewError(core.Unavailable, "mail.timeout")
	}
}

func TestFourAtOnce(t *testing.T) {
	c := &clock{at: start}
	var jobs []core.MailJob
	for i := range 10 {
		jobs = append(jobs, codeJob(core.ID(fmt.Sprint("m", i))))
	}
	q, b := newQueue(jobs...), blocking{make(chan struct{}, 10), make(chan struct{})}
	run(t, c, q, b)
	for range outbox.AtOnce {
		<-b.entered
	}
	if n := len(b.entered); n != 0 {
		t.Errorf("%d more mails are on their way than allowed", n)
	}
	close(b.release)
	for range 10 {
		if got := q.next(t); got.Delivery != core.DeliverySent {
			t.Errorf("got %s, want sent", got.Delivery)
		}
	}
}

func TestStopLetsMailsFinish(t *testing.T) {
	c, q, b := &clock{at: start}, newQueue(codeJob("m1")), blocking{make(chan struct{}, 1), make(chan struct{})}
	w := &outbox.Worker{Store: q, Sender: b, Clock: c.now, Owner: "one", Log: slog.New(slog.DiscardHandler)}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	<-b.entered
	stop()
	close(b.release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := q.next(t); got.Delivery != core.DeliverySent {
		t.Errorf("got %s, want the mail on its way to be sent", got.Delivery)
	}
}

func TestStopDoesNotWaitForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, q, b := &clock{at: start}, newQueue(codeJob("m1")), blocking{make(chan struct{}, 1), make(chan struct{})}
		w := &outbox.Worker{Store: q, Sender: b, Clock: c.now, Owner: "one", Log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		<-b.entered
		stop()
		began := time.Now()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != outbox.StopGrace {
			t.Errorf("stopping took %v, want %v", took, outbox.StopGrace)
		}
		if got := <-q.settled; got.Delivery != core.DeliveryQueued {
			t.Errorf("got %s, want the mail queued again", got.Delivery)
		}
	})
}

func TestPollsAndSweepsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := newQueue()
		free := blocking{make(chan struct{}, 1), make(chan struct{})}
		close(free.release)
		w := &outbox.Worker{Store: q, Sender: free, Clock: time.Now, Owner: "one", Log: slog.New(slog.DiscardHandler)}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- w.Run(ctx) }()
		synctest.Wait()
		j := noticeJob("m1")
		j.Message.NotBefore, j.Message.ExpiresAt = time.Now(), time.Now().Add(time.Hour)
		q.mu.Lock()
		q.jobs["m1"] = j
		q.mu.Unlock()
		began := time.Now()
		if got := <-q.settled; got.Delivery != core.DeliverySent {
			t.Errorf("got %s, want sent without being woken", got.Delivery)
		}
		if took := time.Since(began); took > outbox.Poll {
			t.Errorf("it took %v to be found, want at most %v", took, outbox.Poll)
		}
		<-time.After(3 * outbox.SweepEvery)
		stop()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if q.sweeps < 3 || q.sweeps > 4 {
			t.Errorf("swept %d times in three minutes, want 3 or 4", q.sweeps)
		}
	})
}

// counts is a meter.
type counts struct {
	mu  sync.Mutex
	all []string
}

func (c *counts) MailSettled(m core.Template, d core.Delivery) { c.add(string(m) + " " + string(d)) }
func (c *counts) MailFailed(m core.Template, code string)      { c.add(string(m) + " " + code) }

func (c *counts) add(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, s)
}

func TestNothingPrivateInLogAndMeter(t *testing.T) {
	c := &clock{at: start}
	s := startServer(t, behaviour{rcpt: func(to string) error {
		return &smtp.SMTPError{Code: 550, Message: "no such person " + to}
	}})
	var log strings.Builder
	meter := &counts{}
	q := newQueue(codeJob("m1"))
	done := make(chan struct{})
	t.Run("send", func(t *testing.T) {
		defer close(done)
		run(t, c, q, postman(t, c, s), func(w *outbox.Worker) {
			w.Log, w.Meter = slog.New(slog.NewTextHandler(&log, nil)), meter
		})
		q.next(t)
	})
	<-done
	if got := log.String(); !strings.Contains(got, "mail.refused 550") || strings.Contains(got, "example.com") || strings.Contains(got, "482913") {
		t.Errorf("log is %q, want the reason and neither address nor code", got)
	}
	if diff := cmp.Diff([]string{"E1 mail.refused", "E1 refused"}, meter.all); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

func TestNextTry(t *testing.T) {
	tests := []struct {
		template core.Template
		n        int
		want     time.Duration
	}{
		{core.MailCode, 1, time.Second},
		{core.MailCode, 2, 5 * time.Second},
		{core.MailCode, 3, 15 * time.Second},
		{core.MailCode, 4, time.Minute},
		{core.MailCode, 9, time.Minute},
		{core.MailTwoFactorOn, 5, 5 * time.Minute},
		{core.MailTwoFactorOn, 99, 2 * time.Hour},
		{core.MailTwoFactorOn, 0, time.Second},
	}
	for _, tt := range tests {
		if got := outbox.NextTry(tt.template, tt.n, start).Sub(start); got != tt.want {
			t.Errorf("%s try %d: got %v, want %v", tt.template, tt.n, got, tt.want)
		}
	}
}
