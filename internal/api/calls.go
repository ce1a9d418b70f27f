package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Calls keeps what became of calls that a program may send again.
type Calls interface {
	// BeginCall gives an attempt the turn; core.ErrUsed, with what is stored, where
	// another one has it or had it.
	BeginCall(ctx context.Context, c core.Call) (core.Call, error)
	// AnswerCall keeps the answer of the attempt that has the turn.
	AnswerCall(ctx context.Context, c core.Call) error
	// DropCall forgets a call that did nothing.
	DropCall(ctx context.Context, c core.Call) error
}

// headerCall names a call, so that it may be sent again.
const headerCall = "Idempotency-Key"

// longestCall is how long that name may be.
const longestCall = 128

// keepLimit is how long keeping an answer may take, also after the program has
// gone away: that is when it will ask again.
const keepLimit = 5 * time.Second

var (
	errCallOpen  = core.NewError(core.Conflict, "api.call_open")
	errCallLost  = core.NewError(core.Conflict, "api.call_lost")
	errCallOther = core.NewError(core.Invalid, "api.call_fingerprint")
)

// once answers a request: where it has a name, the same request is done once, and
// answered alike however often it comes. What was refused did nothing and is
// looked at anew.
func (f *frame) once(w http.ResponseWriter, r *http.Request, c *call, body []byte, do func(w http.ResponseWriter) error) error {
	names, answer := r.Header.Values(headerCall), newHeld()
	if len(names) == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead {
		if err := do(answer); err != nil {
			return err
		}
		return answer.send(w)
	}
	if len(names) > 1 || !callName(names[0]) {
		return core.InField(headerCall, errForm)
	}
	now, rights := f.clock(), c.view.Account.User.Type.Name() // what an administrator was told is told to nobody else (AK3)
	made := core.Call{
		ID: core.ID(digest(string(c.key.Key.ID), names[0])), OrganizationID: c.key.Key.OrganizationID,
		Fingerprint: digest(rights, r.Method, r.URL.Path, r.URL.RawQuery, r.Header.Get("If-Match"), string(body)),
		State:       core.CallOpen, Attempt: core.NewID(now, f.random), LeaseUntil: now.Add(core.CallLease), CreatedAt: now,
	}
	stored, err := f.calls.BeginCall(r.Context(), made)
	switch {
	case errors.Is(err, core.ErrUsed):
		return again(w, made, stored, now)
	case err != nil:
		return err
	}
	c.origin.Call = made.Attempt
	failed := do(answer)
	ctx, stop := context.WithTimeout(context.WithoutCancel(r.Context()), keepLimit)
	defer stop()
	if failed != nil {
		if err := f.calls.DropCall(ctx, made); err != nil && !errors.Is(err, core.ErrStale) {
			return errors.Join(failed, err)
		}
		return failed
	}
	made.Status, made.Headers, made.Body = answer.status, map[string]string{}, answer.body.String()
	for _, name := range kept() {
		if value := answer.header.Get(name); value != "" {
			made.Headers[name] = value
		}
	}
	if err := f.calls.AnswerCall(ctx, made); err != nil && !errors.Is(err, core.ErrStale) {
		return err
	}
	return answer.send(w)
}

// again answers a call that was made before.
func again(w http.ResponseWriter, made, stored core.Call, now time.Time) error {
	switch {
	case stored.Fingerprint != made.Fingerprint:
		return errCallOther
	case stored.State == core.CallAnswered:
		answer := newHeld()
		answer.status = stored.Status
		for name, value := range stored.Headers {
			answer.header.Set(name, value)
		}
		answer.body.WriteString(stored.Body)
		w.Header().Set("Idempotency-Replayed", "true")
		return answer.send(w)
	case stored.State == core.CallDone && !stored.LeaseUntil.After(now):
		return errCallLost
	}
	w.Header().Set("Retry-After", "1")
	return errCallOpen
}

// callName reports whether a name is one: printable, without spaces.
func callName(s string) bool {
	odd := func(r rune) bool { return r <= ' ' || r > '~' }
	return s != "" && len(s) <= longestCall && !strings.ContainsFunc(s, odd)
}

// digest is one over several texts, each with its length, so that no two lists of
// texts are the same one after the other.
func digest(texts ...string) string {
	h := sha256.New()
	var n [8]byte
	for _, s := range texts {
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		_, _ = h.Write(n[:]) // a hash takes everything
		_, _ = h.Write([]byte(s))
	}
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
