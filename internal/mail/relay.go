package mail

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The timing of taking over.
const (
	// Hurry is how long a server may take until it wants the text of a mail,
	// where another one stands ready: with a second server a code is on its way
	// well within 10 s, whatever the first one does.
	Hurry = 6 * time.Second
	// Answer is how long it may then take over the text. Servers look for spam
	// and viruses before they answer, and whoever gives up too early sends twice.
	Answer = 12 * time.Second
	// Rest is how long a server that failed is not tried first; it doubles with
	// each further failure, up to RestMost.
	Rest     = 30 * time.Second
	RestMost = 5 * time.Minute
)

// Handover is what came of handing one mail to one server.
type Handover struct {
	Server string // host:port
	At     time.Time
	Err    error // nil: taken; a [core.Error] otherwise
	// Fault: the server failed before it had heard of the recipient, so it is
	// the server that is at fault.
	Fault bool
}

// Relay hands mail to the first of its servers that takes it, see the table in
// the package's documentation. Safe for use by many at once.
type Relay struct {
	clock core.Clock
	note  func(Handover)

	mu       sync.Mutex
	stations []*station
}

// station is a server with what this process saw of it.
type station struct {
	*SMTP
	faults int       // in a row
	rested time.Time // until then it is not tried first
	trial  bool      // after its rest one mail tries it, the others wait for how that goes
}

// NewRelay returns a relay without servers. note is told of every handover and
// may be nil; it must not wait.
func NewRelay(clock core.Clock, note func(Handover)) *Relay {
	if note == nil {
		note = func(Handover) {}
	}
	return &Relay{clock: clock, note: note}
}

// Use sets the servers, the first one first. A server that was there before, and
// is the same in all, goes on resting; a changed one begins anew.
func (r *Relay) Use(servers ...*SMTP) {
	r.mu.Lock()
	defer r.mu.Unlock()
	old := r.stations
	r.stations = make([]*station, len(servers))
	for i, s := range servers {
		r.stations[i] = &station{SMTP: s}
		for _, before := range old {
			if before.Server == s.Server && before.InsecureLAN == s.InsecureLAN {
				before.SMTP = s
				r.stations[i] = before
			}
		}
	}
}

// ErrNowhere is what sending says while no mail server is configured. Mail
// stays queued, and the pages say that email is not working.
var ErrNowhere = core.NewError(core.Unavailable, "mail.not_configured")

// Send hands over one mail, to the first server that takes it. Where none does,
// the error is one after which trying again may help, if there is any.
func (r *Relay) Send(ctx context.Context, m Message) error {
	order := r.order()
	result := error(ErrNowhere)
	for i, s := range order {
		last := i == len(order)-1
		err := r.hand(ctx, s, m, last)
		if err == nil {
			return nil
		}
		if core.KindOf(result) == core.Invalid || result == ErrNowhere {
			result = err
		}
		if !elsewhere(err) {
			return err
		}
		if ctx.Err() != nil {
			break
		}
	}
	return result
}

// order is the servers as they are to be tried now: those that do not rest
// before those that do. Nobody is ever left out.
func (r *Relay) order() []*station {
	now := r.clock()
	r.mu.Lock()
	defer r.mu.Unlock()
	var order, resting []*station
	for _, s := range r.stations {
		switch {
		case s.faults > 0 && (now.Before(s.rested) || s.trial):
			resting = append(resting, s)
		default:
			s.trial = s.faults > 0 && len(order) == 0
			order = append(order, s)
		}
	}
	return append(order, resting...)
}

// hand is one mail to one server.
func (r *Relay) hand(ctx context.Context, s *station, m Message, last bool) error {
	l := limits{text: Hurry, answer: Answer}
	if last {
		l = limits{} // nobody else stands ready: it has all the time there is
	}
	r.mu.Lock()
	server := s.SMTP // Use may change it
	r.mu.Unlock()
	defer func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		s.trial = false
	}()
	at, err := server.send(ctx, m, l, nil)
	if errors.Is(ctx.Err(), context.Canceled) && err != nil {
		return err // this process stops: it says nothing about the server
	}
	fault := err != nil && at.ours()
	now := r.clock()
	r.mu.Lock()
	switch {
	case err == nil, !fault && core.CodeOf(err) != errUnanswered.Code:
		s.faults = 0
	case fault && !now.Before(s.rested):
		// Several mails that failed on the same occasion are one failure.
		s.faults++
		s.rested = now.Add(min(Rest<<min(s.faults-1, 10), RestMost))
	}
	r.mu.Unlock()
	r.note(Handover{Server: server.Server.Address(), At: now, Err: err, Fault: fault})
	return err
}
