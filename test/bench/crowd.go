package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/otp"
)

// person is an account that signs in, from one browser of its own.
type person struct {
	login  string
	secret []byte // of the authenticator app
	step   int64  // last time step whose code was used
	known  string // value of the browser's own cookie
}

// crowd hands out accounts: each to one visitor at a time, and none before its
// app shows a code that was not used yet (RFC 6238 §5.2).
type crowd struct {
	mu   sync.Mutex
	free []*person
	busy atomic.Int64 // answers of 503
}

// ahead is how many steps before its time a code is used: the server accepts
// one on each side, so an account can sign in twice within one step.
const ahead = 1

// take waits for an account with a fresh code.
func (c *crowd) take(ctx context.Context) (*person, error) {
	for {
		if p := c.find(); p != nil {
			return p, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (c *crowd) find() *person {
	c.mu.Lock()
	defer c.mu.Unlock()
	newest := otp.Step(time.Now()) + ahead
	for i, p := range c.free {
		if p.step < newest {
			c.free = append(c.free[:i], c.free[i+1:]...)
			return p
		}
	}
	return nil
}

func (c *crowd) give(p *person) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, p)
}

// signIn walks a whole sign-in, page by page, and ends with a session.
func (c *crowd) signIn(ctx context.Context, to *conn) error {
	p, err := c.take(ctx)
	if err != nil {
		return err
	}
	defer c.give(p)
	to.cookies = to.cookies[:0]
	if p.known != "" {
		to.set("sp_browser", p.known, false)
	}
	if err := c.walk(ctx, to, p); err != nil {
		return fmt.Errorf("sign in %s: %w", p.login, err)
	}
	p.known = to.cookie("sp_browser")
	if to.cookie("sp_session") == "" {
		return fmt.Errorf("sign in %s: no session", p.login)
	}
	return nil
}

func (c *crowd) walk(ctx context.Context, to *conn, p *person) error {
	fill := "login=" + url.QueryEscape(p.login) + "&password=" + url.QueryEscape(password)
	if err := c.page(ctx, to, "/signin", "/signin/verify", func() string { return fill }); err != nil {
		return err
	}
	if err := c.page(ctx, to, "/signin/verify", "/signin/verify/app", func() string { return "method=app" }); err != nil {
		return err
	}
	return c.page(ctx, to, "/signin/verify/app", "/home", func() string {
		p.step = max(p.step+1, otp.Step(time.Now()))
		return "code=" + otp.HOTP(p.secret, uint64(p.step), otp.Digits).String()
	})
}

// page loads a page, sends its form and expects to be led on.
func (c *crowd) page(ctx context.Context, to *conn, path, next string, fill func() string) error {
	shown, err := to.do(path, nil)
	if err != nil {
		return err
	}
	token, err := formToken(shown)
	if err != nil {
		return fmt.Errorf("GET %s: %w", path, err)
	}
	form := []byte("form_token=" + token + "&" + fill())
	for {
		sent, err := to.do(path, form)
		if err != nil {
			return err
		}
		switch {
		case sent.Status == 303 && sent.location == next:
			return nil
		case sent.Status != 503:
			return fmt.Errorf("POST %s: got %d to %q, want 303 to %s", path, sent.Status, sent.location, next)
		}
		c.busy.Add(1)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(max(sent.retryAfter, 100*time.Millisecond)):
		}
	}
}

// formToken finds the hidden value that belongs into a form.
func formToken(a answer) (string, error) {
	if a.Status != 200 {
		return "", errors.New("got status " + strconv.Itoa(a.Status))
	}
	_, rest, ok := bytes.Cut(a.Body, []byte(`name="form_token" value="`))
	end := bytes.IndexByte(rest, '"')
	if !ok || end < 0 {
		return "", errors.New("no form token on the page")
	}
	return string(rest[:end]), nil
}
