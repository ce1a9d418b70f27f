package outbox_test

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/outbox"
	"github.com/sallyport/sallyport/internal/words"
)

var start = time.Date(2026, 11, 23, 10, 42, 0, 0, time.UTC)

// clock is a hand-moved clock.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// queue is a store in memory with the rules of outbox.Store.
type queue struct {
	mu      sync.Mutex
	jobs    map[core.ID]core.MailJob
	leases  map[core.ID]time.Time
	settled chan core.Message // every settling, in order
	sweeps  int
	broken  error // what SettleMail answers instead
}

func newQueue(jobs ...core.MailJob) *queue {
	q := &queue{jobs: map[core.ID]core.MailJob{}, leases: map[core.ID]time.Time{}, settled: make(chan core.Message, 100)}
	for _, j := range jobs {
		q.jobs[j.Message.ID] = j
	}
	return q
}

func (q *queue) LeaseMail(_ context.Context, _ string, now, until time.Time, n int) ([]core.MailJob, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []core.MailJob
	for id, j := range q.jobs {
		due := j.Message.Delivery == core.DeliveryQueued && !now.Before(j.Message.NotBefore) && !now.Before(q.leases[id])
		if due && len(out) < n {
			q.leases[id] = until
			out = append(out, j)
		}
	}
	return out, nil
}

func (q *queue) SettleMail(_ context.Context, m core.Message, _ string) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.broken != nil {
		err := q.broken
		q.broken = nil
		q.settled <- m
		return err
	}
	j := q.jobs[m.ID]
	j.Message = m
	q.jobs[m.ID] = j
	delete(q.leases, m.ID)
	q.settled <- m
	return nil
}

func (q *queue) Sweep(context.Context, time.Time) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.sweeps++
	return 1, nil
}

// next waits for the next settling.
func (q *queue) next(t *testing.T) core.Message {
	t.Helper()
	select {
	case m := <-q.settled:
		return m
	case <-t.Context().Done():
		t.Fatal("nothing was settled")
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was settled in 20 s")
	}
	return core.Message{}
}

type composer struct{}

func (composer) Compose(core.Challenge) (string, error) { return "482913", nil }

func codeJob(id core.ID) core.MailJob {
	return core.MailJob{
		Message: core.Message{
			ID: id, Template: core.MailCode, Issue: 1, Delivery: core.DeliveryQueued,
			NotBefore: start, ExpiresAt: start.Add(core.CodeLife),
		},
		User:         core.User{ID: "u", Email: "ana@example.com"},
		Organization: core.Organization{Name: "Northwind"},
		Challenge: core.Challenge{
			ID: "c", Issue: 1, IssuedAt: start, Reference: "KRQD", Address: "code@example.com", Purpose: core.PurposeSignIn,
		},
	}
}

func noticeJob(id core.ID) core.MailJob {
	j := codeJob(id)
	j.Message.Template, j.Message.Issue, j.Message.ExpiresAt = core.MailTwoFactorOn, 0, start.Add(24*time.Hour)
	j.Event = core.Event{Kind: core.EventTwoFactorOn, At: start}
	return j
}

// postman is the real one, towards a server of the test.
func postman(t *testing.T, c *clock, to *server) *mail.Postman {
	t.Helper()
	texts, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	r, err := mail.NewRenderer(texts, composer{}, nil, c.now, mail.Settings{BaseURL: "https://id.example"})
	if err != nil {
		t.Fatal(err)
	}
	return &mail.Postman{Renderer: r, Sender: &mail.SMTP{
		Server: mail.Server{Host: "127.0.0.1", Port: to.addr.Port}, Hello: "id.example",
	}}
}

// run starts a worker and stops it when the test ends.
func run(t *testing.T, c *clock, q *queue, s outbox.Sender, change ...func(*outbox.Worker)) *outbox.Worker {
	t.Helper()
	w := &outbox.Worker{Store: q, Sender: s, Clock: c.now, Owner: "one", Log: slog.New(slog.DiscardHandler)}
	for _, f := range change {
		f(w)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := w.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-done
	})
	return w
}
