package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// How the endpoints that answer from memory are loaded.
const (
	connections = 64
	checkTurns  = 15
	checkTurn   = time.Second
)

// sessionCheck measures /api/session.
func (s *suite) sessionCheck(ctx context.Context, kind string) ([]row, error) {
	return s.check(ctx, kind, "session_check", "/api/session")
}

// forwardAuth measures /api/authz/forward-auth as a proxy asks it.
func (s *suite) forwardAuth(ctx context.Context, kind string) ([]row, error) {
	return s.check(ctx, kind, "forward_auth", "/api/authz/forward-auth", asProxy()...)
}

// asProxy are the headers with which a proxy asks.
func asProxy() []string {
	return []string{
		"X-Forwarded-Method: GET", "X-Forwarded-Proto: https", "X-Forwarded-Host: apps.example.com",
		"X-Forwarded-Uri: /wiki/pages/42?edit=1", "X-Forwarded-For: 192.0.2.7",
	}
}

// apiKey measures the same for a program that shows an API key.
func (s *suite) apiKey(ctx context.Context, kind string) ([]row, error) {
	server, db, err := s.start(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	to, err := dial(server.address)
	if err != nil {
		return nil, err
	}
	defer to.close()
	request, a, err := to.asked("/api/authz/forward-auth", append(asProxy(), "Sallyport-Access-Key: "+db.key.Key.Access, "Sallyport-Secret-Key: "+db.key.Secret)...)
	if err != nil {
		return nil, err
	}
	return s.beside(ctx, server, request, a, "api_key", kind, "ratio >= 0.60")
}

// check measures one address beside a bare server that writes the very same
// answer, in turns.
func (s *suite) check(ctx context.Context, kind, name, path string, headers ...string) ([]row, error) {
	server, db, err := s.start(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	defer server.stop()
	request, a, err := db.crowd.signedIn(ctx, server.address, path, headers...)
	if err != nil {
		return nil, err
	}
	return s.beside(ctx, server, request, a, name, kind, "ratio >= 0.85")
}

// beside hammers a server and a bare one that writes the answer a, in turns.
func (s *suite) beside(ctx context.Context, server *server, request []byte, a answer, name, kind, target string) ([]row, error) {
	bare, err := s.bare(ctx, a)
	if err != nil {
		return nil, err
	}
	defer bare.end()
	var rates, slowest []turn
	for n := range checkTurns + 1 {
		ours, err := hammer(ctx, server.address, request)
		if err != nil {
			return nil, err
		}
		floor, err := hammer(ctx, bare.address, request)
		if err != nil {
			return nil, err
		}
		if n > 0 { // the first turn warms both up
			rates = append(rates, turn{ours.perSecond, floor.perSecond})
			slowest = append(slowest, turn{ours.p99, floor.p99})
		}
	}
	return []row{
		median(rates).row(name, kind, "requests/s", target),
		median(slowest).row(name+"_p99", kind, "ms", "ratio <= 2.00"),
	}, nil
}

// signedIn signs somebody in and returns the request to measure, with what the
// server answers to it.
func (c *crowd) signedIn(ctx context.Context, address, path string, headers ...string) ([]byte, answer, error) {
	to, err := dial(address)
	if err != nil {
		return nil, answer{}, err
	}
	defer to.close()
	if err := c.signIn(ctx, to); err != nil {
		return nil, answer{}, err
	}
	return to.asked(path, headers...)
}

// asked returns a request to measure, with what the server answers to it.
func (c *conn) asked(path string, headers ...string) ([]byte, answer, error) {
	request := slices.Clone(c.request(path, nil, headers...))
	a, err := c.capture(request)
	if err == nil && a.Status != 200 {
		err = fmt.Errorf("%s: got %d %s", path, a.Status, a.Body)
	}
	// These two are net/http's own; the floor's writes them too.
	a.Header = slices.DeleteFunc(a.Header, func(h [2]string) bool { return h[0] == "Date" || h[0] == "Content-Length" })
	return request, a, err
}

// speed is what one turn of many connections came to.
type speed struct{ perSecond, p99 float64 }

// hammer asks the same again and again on all connections.
func hammer(ctx context.Context, address string, request []byte) (speed, error) {
	var open []*conn
	defer func() {
		for _, c := range open {
			c.close()
		}
	}()
	for range connections {
		c, err := dial(address)
		if err != nil {
			return speed{}, err
		}
		open = append(open, c)
		if err := c.net.SetDeadline(time.Now().Add(checkTurn + patience)); err != nil {
			return speed{}, err
		}
	}
	took, failed := make([][]time.Duration, connections), make([]error, connections)
	var all sync.WaitGroup
	began := time.Now()
	for i, c := range open {
		all.Go(func() { took[i], failed[i] = c.repeat(request, began.Add(checkTurn)) })
	}
	all.Wait()
	elapsed := time.Since(began).Seconds()
	if err := errors.Join(append(failed, ctx.Err())...); err != nil {
		return speed{}, err
	}
	every := slices.Concat(took...)
	slices.Sort(every)
	return speed{float64(len(every)) / elapsed, float64(every[len(every)*99/100].Microseconds()) / 1000}, nil
}

// repeat asks until the end and returns how long each answer took.
func (c *conn) repeat(request []byte, end time.Time) ([]time.Duration, error) {
	took := make([]time.Duration, 0, 4096)
	for last := time.Now(); last.Before(end); {
		status, err := c.ping(request)
		if err != nil {
			return took, err
		}
		if status != 200 {
			return took, fmt.Errorf("got status %d", status)
		}
		now := time.Now()
		took = append(took, now.Sub(last))
		last = now
	}
	return took, nil
}
