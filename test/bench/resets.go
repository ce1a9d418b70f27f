package main

import (
	"context"
	"fmt"
	"net/url"
	"time"
)

// How many requests for a reset link of each kind are measured, after those that
// warm up.
const (
	resetPairs = 200
	resetWarm  = 5
)

// resets measures how long the answer to a request for a reset link takes, for
// people there are and, as its floor, for names that nobody has: the two must
// not be told apart (security PR2).
func (s *suite) resets(ctx context.Context, kind string) ([]row, error) {
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
	shown, err := to.do("/password/forgot", nil)
	if err != nil {
		return nil, err
	}
	token, err := formToken(shown)
	if err != nil {
		return nil, err
	}
	var known, unknown []float64
	for n := range resetWarm + resetPairs {
		p, err := db.crowd.take(ctx)
		if err != nil {
			return nil, err
		}
		one := asked{p.login, fmt.Sprintf("10.1.%d.7", n), &known}
		other := asked{fmt.Sprintf("nobody.%06d@northwind.example", n), fmt.Sprintf("10.2.%d.7", n), &unknown}
		defer db.crowd.give(p) // not asked for again: an account has three an hour
		if n%2 == 1 {
			one, other = other, one // neither is always the first
		}
		for _, a := range []asked{one, other} {
			if err := a.send(to, token); err != nil {
				return nil, err
			}
		}
		if n == resetWarm-1 {
			known, unknown = nil, nil
		}
	}
	result := turn{middle(known), middle(unknown)}
	return []row{result.row("reset_request", kind, "ms", "ratio within 0.90 to 1.10")}, ctx.Err()
}

// asked is one request for a link, by a name and from an address.
type asked struct {
	login, from string
	took        *[]float64
}

func (a asked) send(to *conn, token string) error {
	form := []byte("form_token=" + token + "&login=" + url.QueryEscape(a.login))
	if err := to.net.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	began := time.Now()
	answer, err := to.exchange(to.request("/password/forgot", form, "X-Forwarded-For: "+a.from), false)
	if err != nil {
		return err
	}
	if answer.Status != 303 {
		return fmt.Errorf("ask for a link: got %d", answer.Status)
	}
	*a.took = append(*a.took, float64(time.Since(began).Microseconds())/1000)
	return nil
}
