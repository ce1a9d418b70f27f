package outbox

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The numbers of the worker.
const (
	AtOnce     = 4                // mails on their way at once, a process
	Patience   = 30 * time.Second // for one mail to one recipient
	Lease      = 2 * Patience     // one mail and some air
	Poll       = time.Second
	SweepEvery = time.Minute
	StopGrace  = 10 * time.Second // for mails on their way when the process stops
)

// Sender writes the mail of a job to one recipient and hands it to a mail
// server. Errors are [core.Error]: kind Invalid is for good, any other may
// pass; parameter "status" is the server's answer.
type Sender interface {
	Send(ctx context.Context, job core.MailJob, to string) error
}

// Meter counts what happened to mails; package metrics implements it.
type Meter interface {
	// MailSettled counts a mail that is over.
	MailSettled(t core.Template, d core.Delivery)
	// MailFailed counts a try that failed, by the error's code.
	MailFailed(t core.Template, code string)
}

// Worker sends what is queued. Make it with its fields and call Run once.
type Worker struct {
	Store  Store
	Sender Sender
	Clock  core.Clock
	Owner  string // names this process in leases; unique among the replicas
	Log    *slog.Logger
	Meter  Meter // may be nil
	// Patience for one mail to one recipient; zero means [Patience].
	Patience time.Duration

	once  sync.Once
	wake  chan struct{}
	slots chan struct{}
}

func (w *Worker) setUp() {
	w.once.Do(func() {
		w.wake, w.slots = make(chan struct{}, 1), make(chan struct{}, AtOnce)
		if w.Patience == 0 {
			w.Patience = Patience
		}
	})
}

// Wake tells the worker that something was queued. It never waits.
func (w *Worker) Wake() {
	w.setUp()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// Run sends and sweeps until ctx is done, then waits up to [StopGrace] for the
// mails that are on their way.
func (w *Worker) Run(ctx context.Context) error {
	w.setUp()
	// Mails on their way outlive ctx, so that a stop does not cut them off.
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var busy sync.WaitGroup
	defer func() {
		grace := time.AfterFunc(StopGrace, cut)
		defer grace.Stop()
		busy.Wait()
	}()
	tick := time.NewTicker(Poll)
	defer tick.Stop()
	var swept time.Time
	for {
		if now := w.Clock(); now.Sub(swept) >= SweepEvery {
			swept = now
			w.sweep(ctx)
		}
		w.round(ctx, sending, &busy)
		select {
		case <-ctx.Done():
			return nil
		case <-w.wake:
		case <-tick.C:
		}
	}
}

func (w *Worker) sweep(ctx context.Context) {
	n, err := w.Store.Sweep(ctx, w.Clock())
	if err != nil && ctx.Err() == nil {
		w.Log.Warn("sweep failed", "error", err)
	}
	if n > 0 {
		w.Log.Debug("swept", "rows", n)
	}
}

// round leases as many messages as there is room for and starts sending them.
func (w *Worker) round(ctx, sending context.Context, busy *sync.WaitGroup) {
	room := cap(w.slots) - len(w.slots)
	if room == 0 || ctx.Err() != nil {
		return
	}
	now := w.Clock()
	jobs, err := w.Store.LeaseMail(ctx, w.Owner, now, now.Add(Lease), room)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.Warn("leasing mail failed", "error", err)
		}
		return
	}
	for _, job := range jobs {
		w.slots <- struct{}{} // there is room: only this loop takes slots
		busy.Go(func() {
			w.handle(sending, job)
			<-w.slots
			w.Wake() // there may be more than there was room for
		})
	}
}

// handle sends one message and settles it.
func (w *Worker) handle(ctx context.Context, job core.MailJob) {
	m := w.deliver(ctx, job)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := w.Store.SettleMail(ctx, m, w.Owner); err != nil {
		// The lease will end and the message be tried again.
		w.Log.Error("settling mail failed", "message", m.ID, "template", m.Template, "error", err)
		return
	}
	if m.Delivery != core.DeliveryQueued && w.Meter != nil {
		w.Meter.MailSettled(m.Template, m.Delivery)
	}
}

// deliver sends one message and returns it as it shall be stored.
func (w *Worker) deliver(ctx context.Context, job core.MailJob) core.Message {
	m, now := job.Message, w.Clock()
	if TooLate(job, now) {
		m.Delivery = core.DeliveryExpired
		return m
	}
	to := address(job)
	if to == "" {
		m.Delivery, m.LastError = core.DeliveryRefused, "mail.no_address"
		return m
	}
	m.Attempts, m.To = m.Attempts+1, to
	if err := w.send(ctx, job, to); err != nil {
		return w.failed(m, err)
	}
	m.Delivery, m.SentAt, m.LastError = core.DeliverySent, w.Clock(), ""
	return m
}

func (w *Worker) send(ctx context.Context, job core.MailJob, to string) error {
	ctx, cancel := context.WithTimeout(ctx, w.Patience)
	defer cancel()
	return w.Sender.Send(ctx, job, to)
}

// failed decides what becomes of a message after a failure.
func (w *Worker) failed(m core.Message, err error) core.Message {
	now, reason := w.Clock(), core.ReasonOf(err)
	w.Log.Warn("mail was not taken", "message", m.ID, "template", m.Template, "attempt", m.Attempts, "reason", reason)
	if w.Meter != nil {
		w.Meter.MailFailed(m.Template, core.CodeOf(err))
	}
	m.LastError = reason
	again := NextTry(m.Template, m.Attempts, now)
	switch {
	case core.KindOf(err) == core.Invalid:
		m.Delivery = core.DeliveryRefused
	case !again.Before(m.ExpiresAt):
		m.Delivery = core.DeliveryExpired
	default:
		m.Delivery, m.NotBefore = core.DeliveryQueued, again
	}
	return m
}
