package loadclient

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Client asks the API of one server with one key; or, with a login in the place of
// the key, the address for old clients. Make it with its fields.
type Client struct {
	Server   string // its base URL
	Access   string
	Secret   string
	Login    string
	Password string
	HTTP     *http.Client
	Random   core.Random
	Clock    core.Clock
	// Patience is how long a server that cannot be reached is asked again.
	Patience time.Duration
	// Waiting is told of each wait, and why; it may be nil.
	Waiting func(d time.Duration, why error)
	// Began is told of each load that begins, before any of its rows is sent; it may be
	// nil.
	Began func(api.Load) error
}

// Refused is a request that the server answered with a no.
type Refused struct {
	Status int
	Code   string
	Detail string
	Fields []httpx.ProblemField
	body   []byte
}

// Error implements error.
func (r *Refused) Error() string {
	text := r.Detail
	for _, f := range r.Fields {
		text += "\n  " + strings.ReplaceAll(f.Field, "_", " ") + ": " + f.Detail
	}
	if text == "" {
		text = "the server answered " + strconv.Itoa(r.Status)
	}
	return text
}

// Unreachable is a server that did not answer as one of ours, for as long as there
// was patience.
type Unreachable struct{ Cause error }

// Error implements error.
func (u *Unreachable) Error() string { return "the server cannot be reached: " + u.Cause.Error() }

// Unwrap returns why.
func (u *Unreachable) Unwrap() error { return u.Cause }

// Check says what is wrong with the address of the server: what is sent would be read
// by whoever is between.
func (c *Client) Check() error {
	u, err := url.Parse(c.Server)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.User != nil {
		return fmt.Errorf("%q is no address of a server, such as https://id.example.com", c.Server)
	}
	host := u.Hostname()
	if u.Scheme == "http" && host != "localhost" && !strings.HasSuffix(host, ".localhost") && host != "127.0.0.1" && host != "::1" {
		return fmt.Errorf("%s is not encrypted, and the key would be read on the way: use https", c.Server)
	}
	return nil
}

// The bounds of trying again.
const (
	firstWait  = 500 * time.Millisecond
	longestTry = 150 * time.Second // one request, with a file of 50 MB
	longWait   = 15 * time.Second
	answerMost = 32 << 20 // bytes of an answer
)

// ask sends a request of the API until it is answered. Each that changes something
// has a name, so that sending it again does nothing twice.
func (c *Client) ask(ctx context.Context, method, path string, in, out any) error {
	name := ""
	if method != http.MethodGet {
		name = string(core.NewID(c.Clock(), c.Random))
	}
	return c.called(ctx, name, method, path, in, out)
}

// called is ask for a request with a name; empty: it has none.
func (c *Client) called(ctx context.Context, name, method, path string, in, out any) error {
	var body bytes.Buffer
	if in != nil {
		e := json.NewEncoder(&body)
		e.SetEscapeHTML(false) // it would be six times as long
		if err := e.Encode(in); err != nil {
			return err
		}
	}
	return c.again(ctx, func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(c.Server, "/")+path, bytes.NewReader(body.Bytes()))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+c.Access+"."+c.Secret)
		if in != nil {
			r.Header.Set("Content-Type", "application/json")
		}
		if name != "" {
			r.Header.Set("Idempotency-Key", name)
		}
		return c.send(r, out)
	})
}

// again does something until it succeeds, is refused for good, or the patience is at
// its end.
func (c *Client) again(ctx context.Context, try func(ctx context.Context) error) error {
	until, wait := c.Clock().Add(c.Patience), firstWait
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		limited, stop := lasting(ctx)
		err := try(limited)
		stop()
		var later *later
		var away *Unreachable
		pause := wait
		switch {
		case err == nil, ctx.Err() != nil:
			return err
		case errors.As(err, &later):
			pause = max(pause, later.wait)
		case !errors.As(err, &away):
			return err
		}
		if c.Clock().Add(pause).After(until) {
			if later != nil {
				return later.refused
			}
			return err
		}
		if c.Waiting != nil {
			c.Waiting(pause, err)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
		wait = min(2*wait, longWait)
	}
}

// lasting is a context for one request. What is under way when the command is told to
// stop may come to its end: broken off, nobody would know what became of its rows.
func lasting(ctx context.Context) (context.Context, func()) {
	one, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestTry)
	forget := context.AfterFunc(ctx, func() {
		late := time.NewTimer(stopWithin)
		defer late.Stop()
		select {
		case <-one.Done():
		case <-late.C:
			cancel()
		}
	})
	return one, func() {
		forget()
		cancel()
	}
}

// later is a refusal that will not be one after a while.
type later struct {
	wait    time.Duration
	refused *Refused
}

func (l *later) Error() string { return l.refused.Error() }

// send sends a request once.
func (c *Client) send(r *http.Request, out any) error {
	r.Header.Set("Accept", "application/json")
	r.Header.Set("User-Agent", "sallyport-load")
	res, err := c.HTTP.Do(r)
	if err != nil {
		return &Unreachable{err}
	}
	defer func() { _ = res.Body.Close() }() // it is read
	body, err := io.ReadAll(io.LimitReader(res.Body, answerMost))
	if err != nil {
		return &Unreachable{err}
	}
	ours := strings.HasPrefix(res.Header.Get("Content-Type"), "application/")
	switch {
	case res.StatusCode < 300 && ours:
		if err := json.Unmarshal(body, out); err != nil {
			return &Unreachable{fmt.Errorf("an answer that is none of a Sallyport server: %w", err)}
		}
		return nil
	case res.StatusCode < 300 || res.StatusCode >= 500 && !ours:
		return &Unreachable{fmt.Errorf("it answered %s", res.Status)}
	}
	return refusal(res, body)
}

// refusal reads why a request was refused.
func refusal(res *http.Response, body []byte) error {
	var p struct {
		httpx.Problem
		Error   json.RawMessage `json:"error"` // of the address for old clients
		Message string          `json:"message"`
	}
	_ = json.Unmarshal(body, &p) // what is no problem has none of it
	no := &Refused{Status: res.StatusCode, Code: p.Code, Detail: p.Detail, Fields: p.Errors, body: body}
	var code string
	if json.Unmarshal(p.Error, &code) == nil && no.Code == "" {
		no.Code, no.Detail = code, p.Message
	}
	if no.Code == "" && res.StatusCode < 500 {
		no.Detail = "the server does not answer as Sallyport does: " + res.Status
	}
	seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // none: as long as there is patience
	switch {
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode >= http.StatusInternalServerError, no.Code == "api.call_open":
		return &later{time.Duration(seconds) * time.Second, no}
	}
	return no
}

// Me says who the key is.
func (c *Client) Me(ctx context.Context) (me api.Me, err error) {
	return me, c.ask(ctx, http.MethodGet, "/api/v1/me", nil, &me)
}

// Packages returns the packages of the organization.
func (c *Client) Packages(ctx context.Context) ([]api.LoadPackage, error) {
	var all api.List[api.LoadPackage]
	return all.Items, c.ask(ctx, http.MethodGet, "/api/v1/load-packages", nil, &all)
}

// Loads returns the latest loads.
func (c *Client) Loads(ctx context.Context, n int) ([]api.Load, error) {
	var all api.List[api.Load]
	err := c.ask(ctx, http.MethodGet, "/api/v1/loads?limit="+strconv.Itoa(n), nil, &all)
	return all.Items, err
}

// Load returns a load.
func (c *Client) Load(ctx context.Context, id string) (l api.Load, err error) {
	return l, c.ask(ctx, http.MethodGet, loadPath(id), nil, &l)
}

// Stop ends a load before its end.
func (c *Client) Stop(ctx context.Context, id string) (l api.Load, err error) {
	return l, c.ask(ctx, http.MethodPost, loadPath(id)+"/stop", nil, &l)
}

// Finish ends a load whose rows are all done.
func (c *Client) Finish(ctx context.Context, id string) (l api.Load, err error) {
	return l, c.ask(ctx, http.MethodPost, loadPath(id)+"/finish", nil, &l)
}

func loadPath(id string) string { return "/api/v1/loads/" + url.PathEscape(id) }

// Rejected hands over the rows of a load that could not be taken, in their order.
func (c *Client) Rejected(ctx context.Context, id string, each func(api.RejectedRow) error) error {
	cursor := ""
	for {
		var page api.List[api.RejectedRow]
		if err := c.ask(ctx, http.MethodGet, loadPath(id)+"/rejected-rows?limit=200&cursor="+url.QueryEscape(cursor), nil, &page); err != nil {
			return err
		}
		for _, row := range page.Items {
			if err := each(row); err != nil {
				return err
			}
		}
		if cursor = page.NextCursor; cursor == "" {
			return nil
		}
	}
}
