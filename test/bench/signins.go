package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// How long the turns of sign-ins and of the floor take, how many are wanted,
// and how many are tried for them: a turn beside which the hasher did not get
// the cores to itself says little.
const (
	signinTurn  = 8 * time.Second
	hashTurn    = 2500 * time.Millisecond
	signinTurns = 5
	signinTries = 10
	quiet       = 0.93
)

// signins measures whole sign-ins by so many visitors at once, between turns of
// nothing but hashing.
func (s *suite) signins(ctx context.Context, kind string, at int) ([]row, error) {
	server, db, err := s.start(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	if _, err := db.crowd.load(ctx, server.address, 2, time.Second); err != nil { // what only the first ones pay
		return nil, err
	}
	db.crowd.busy.Store(0)
	watched := watch(server.Process.Pid)
	taken, err := s.signinTurns(ctx, server, db.crowd, at, watched)
	steady, peak := watched.end()
	if err != nil {
		return nil, err
	}
	name, target := fmt.Sprintf("signin_%d", at), "ratio >= 0.93"
	if at < 16 {
		target = ""
	}
	rows := []row{
		median(taken.turns).row(name, kind, "sign-ins/s", target),
		alone(name+"_busy", kind, "answers 503", float64(db.crowd.busy.Load()), ""),
		alone(name+"_quiet", kind, "%", 100*taken.share, ""),
	}
	if at == 64 {
		allowed := 60 + 2*float64(runtime.GOMAXPROCS(0))*64*(1<<20)/1e6
		rows = append(rows, turn{steady, taken.memory}.row("memory_signin", kind, "MB", fmt.Sprintf("value <= %.0f", allowed)),
			turn{peak, taken.memory}.row("memory_signin_peak", kind, "MB", ""))
	}
	return rows, nil
}

// signinTaken is what the turns of sign-ins came to.
type signinTaken struct {
	turns  []turn
	share  float64 // of the cores that was free for them, the least of those counted
	memory float64 // of the hasher
}

// signinTurns takes turns until enough were quiet; where too few are, all count.
func (s *suite) signinTurns(ctx context.Context, server *server, c *crowd, at int, watched *watcher) (signinTaken, error) {
	all, good := signinTaken{share: 1}, signinTaken{share: 1}
	before, err := s.hashes(ctx, hashTurn)
	if err != nil {
		return all, err
	}
	for range signinTries {
		watched.on.Store(true)
		rate, err := c.load(ctx, server.address, at, signinTurn)
		watched.on.Store(false)
		if err != nil {
			return all, err
		}
		after, err := s.hashes(ctx, hashTurn)
		if err != nil {
			return all, err
		}
		one, share := turn{rate, (before.perSecond + after.perSecond) / 2}, min(before.share, after.share)
		all.add(one, share, after.peak)
		if share >= quiet {
			good.add(one, share, after.peak)
		}
		if len(good.turns) == signinTurns {
			break
		}
		before = after
	}
	if len(good.turns) > 0 {
		return good, nil
	}
	return all, nil
}

func (t *signinTaken) add(one turn, share, memory float64) {
	t.turns, t.share, t.memory = append(t.turns, one), min(t.share, share), max(t.memory, memory)
}

// load has so many visitors sign in, each again and again on a connection of
// its own, and returns the sign-ins completed per second. Those on their way at
// the end are finished, and count with the time they take.
func (c *crowd) load(ctx context.Context, address string, at int, d time.Duration) (perSecond float64, err error) {
	var done, failed atomic.Int64
	var first error
	var once sync.Once
	var all sync.WaitGroup
	began := time.Now()
	for range at {
		all.Go(func() {
			for time.Since(began) < d && ctx.Err() == nil {
				to, err := dial(address)
				for err == nil && time.Since(began) < d && ctx.Err() == nil {
					if err = c.signIn(ctx, to); err == nil {
						done.Add(1)
					}
				}
				if to != nil {
					to.close()
				}
				if err != nil {
					once.Do(func() { first = err })
					if failed.Add(1) > 10 {
						return
					}
				}
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	switch {
	case ctx.Err() != nil:
		return 0, ctx.Err()
	case failed.Load() > 10 || done.Load() == 0:
		return 0, errors.Join(errors.New("sign-ins fail"), first)
	case first != nil:
		fmt.Fprintf(os.Stderr, "%d of %d sign-ins failed, the first: %v\n", failed.Load(), done.Load()+failed.Load(), first)
	}
	return float64(done.Load()) / took.Seconds(), nil
}

// fewAndMany compares how long one sign-in takes with few and with many people
// in the database, one sign-in here, one there.
func (s *suite) fewAndMany(ctx context.Context, kind string) ([]row, error) {
	small, smallDB, err := s.start(ctx, kind, few)
	if err != nil {
		return nil, err
	}
	defer small.stop()
	large, largeDB, err := s.start(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	defer large.stop()
	here, err := dial(small.address)
	if err != nil {
		return nil, err
	}
	defer here.close()
	there, err := dial(large.address)
	if err != nil {
		return nil, err
	}
	defer there.close()
	const warm, pairs = 5, 100
	var withFew, withMany []float64
	for n := range warm + pairs {
		a, b := timed{smallDB.crowd, here, &withFew}, timed{largeDB.crowd, there, &withMany}
		if n%2 == 1 {
			a, b = b, a // neither is always the first
		}
		if err := errors.Join(a.signIn(ctx), b.signIn(ctx)); err != nil {
			return nil, err
		}
		if n == warm-1 {
			withFew, withMany = nil, nil
		}
	}
	result := turn{middle(withMany), middle(withFew)}
	return []row{result.row("signin_1k_vs_100k", kind, "ms", "ratio <= 1.10")}, nil
}

// timed signs in and notes how many milliseconds it took.
type timed struct {
	crowd *crowd
	to    *conn
	took  *[]float64
}

func (t timed) signIn(ctx context.Context) error {
	began := time.Now()
	if err := t.crowd.signIn(ctx, t.to); err != nil {
		return err
	}
	*t.took = append(*t.took, float64(time.Since(began).Microseconds())/1000)
	return nil
}
