package throttle

import (
	"context"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// What one network may hold of the things that all sign-ins share, so that it
// cannot use them up. The rest of the hashing gate stays free for everybody else.
const (
	checksAtOnce  = 16 // password checks that hold or wait for the hashing gate
	checksQueued  = 64 // further ones in the network's own queue
	queuePatience = 5 * time.Second
	delaysAtOnce  = 16 // requests that wait out a delay
	longAtOnce    = 2  // of one organization: what reads all its people, or all its log
	longQueued    = 6
)

// errBusy asks to come back in a moment; nothing was tried or counted.
var errBusy = core.NewError(core.Unavailable, "busy").With("wait", 2*time.Second)

// Enter takes one of the places that a network has at the hashing gate, waiting
// up to 5 seconds in the network's own queue. It returns the function that gives
// the place back, or core.Error Unavailable "busy" with Params["wait"], or the
// context's error.
func (s *Service) Enter(ctx context.Context, network string) (leave func(), err error) {
	return s.checks.enter(ctx, network)
}

// EnterLong is Enter for work that takes long and reads much, such as an export:
// it takes one of the places that an organization has for that, so that many at
// once do not take the database away from sign-ins.
func (s *Service) EnterLong(ctx context.Context, organizationID core.ID) (leave func(), err error) {
	return s.long.enter(ctx, string(organizationID))
}

// shares gives each network the same few places. It has as many entries as
// there are networks with requests under way, and none without.
type shares struct {
	places, queue int
	mu            sync.Mutex
	networks      map[string]*share
}

// share is what one network holds.
type share struct {
	held   chan struct{}
	within int // requests that hold or wait for a place; guarded by shares.mu
}

func newShares(places, queue int) *shares {
	return &shares{places: places, queue: queue, networks: map[string]*share{}}
}

func (s *shares) enter(ctx context.Context, network string) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	one := s.join(network)
	if one == nil {
		return nil, errBusy
	}
	leave = func() {
		<-one.held
		s.part(network, one)
	}
	select {
	case one.held <- struct{}{}:
		return leave, nil
	default:
	}
	patience := time.NewTimer(queuePatience)
	defer patience.Stop()
	select {
	case one.held <- struct{}{}:
		return leave, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-patience.C:
		err = errBusy
	}
	s.part(network, one)
	return nil, err
}

// join counts a request in; it returns nil where the network's queue is full.
func (s *shares) join(network string) *share {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.networks[network]
	if one == nil {
		one = &share{held: make(chan struct{}, s.places)}
		s.networks[network] = one
	}
	if one.within >= s.places+s.queue {
		return nil
	}
	one.within++
	return one
}

// part counts a request out; the last one takes the entry along.
func (s *shares) part(network string, one *share) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one.within--; one.within == 0 {
		delete(s.networks, network)
	}
}
