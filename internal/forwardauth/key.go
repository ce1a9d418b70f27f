package forwardauth

import (
	"context"
	"errors"
	"net/http"
	"net/netip"
	"strings"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Keys says whose API key a program shows.
type Keys interface {
	// AuthenticateShared returns the key, which nobody may change, or why it is
	// refused.
	AuthenticateShared(ctx context.Context, access, secret string, from netip.Addr) (*core.KeyView, error)
}

// The headers of a key, and the one that names why it was refused, for proxies
// that pass on a status alone. The names are canonical.
const (
	headerAccess  = "Sallyport-Access-Key"
	headerSecret  = "Sallyport-Secret-Key"
	headerRefusal = "Sallyport-Refusal"
)

// errLimited is [apikey.ErrLimited] as nginx passes it on.
var errLimited = core.NewError(core.Forbidden, "key.limited")

// shown is a key as it stands in a request.
type shown struct {
	access, secret string
	shown          bool
	long           bool // a value longer than any key: it is not looked at
}

// shownKey reads the key of a request: the header pair, or a bearer that begins as
// access keys do. Another bearer is the application's own business. A key that is
// shown by half, or twice, is none, and no cookie takes its place.
func shownKey(h http.Header) shown {
	access, secret, bearers := h[headerAccess], h[headerSecret], h["Authorization"]
	var k shown
	times := 0
	if len(access) > 0 || len(secret) > 0 {
		k = shown{shown: true, long: tooLong(access) || tooLong(secret)}
		if len(access) == 1 && len(secret) == 1 {
			k.access, k.secret = access[0], secret[0]
		}
		times++
	}
	for _, value := range bearers {
		access, secret, bearer := apikey.Bearer(value)
		if bearer && strings.HasPrefix(access, apikey.AccessPrefix) {
			k = shown{access: access, secret: secret, shown: true, long: k.long || tooLong(bearers)}
			times++
		}
	}
	if times > 1 {
		k.access, k.secret = "", ""
	}
	return k
}

func tooLong(values []string) bool {
	for _, v := range values {
		if len(v) > apikey.MaxValue {
			return true
		}
	}
	return false
}

// askKey asks the gate about a request with a key. What is refused is an answer to
// a program: no page, and nowhere to sign in.
func (h *Handler) askKey(w http.ResponseWriter, r *http.Request, k shown, target gate.Target) (gate.Decision, error) {
	decision, err := h.decideKey(r, k, target)
	if err != nil {
		w.Header().Set(headerRefusal, core.CodeOf(err))
	}
	return decision, err
}

func (h *Handler) decideKey(r *http.Request, k shown, target gate.Target) (gate.Decision, error) {
	if k.long {
		return gate.Decision{}, core.ErrKeyLong
	}
	view, err := h.keys.AuthenticateShared(r.Context(), k.access, k.secret, httpx.ClientAddr(r))
	if err != nil {
		return gate.Decision{}, err
	}
	decision, err := h.gate.DecideKey(r.Context(), view, target)
	if err != nil {
		return decision, err
	}
	switch decision.Outcome {
	case gate.Allow:
		return decision, nil
	case gate.NoMachines:
		return decision, core.ErrKeyMachines
	case gate.OutOfScope:
		return decision, core.ErrKeyScope
	}
	return decision, errDenied
}

// forNginx turns the refusals of keys that nginx would take for a failure of ours
// into those that it passes on: it knows 401 and 403 alone.
func forNginx(w http.ResponseWriter, err error) error {
	switch {
	case errors.Is(err, apikey.ErrLimited):
		return errLimited.With("wait", core.WaitOf(err))
	case errors.Is(err, core.ErrKeyLong):
		w.Header().Set(headerRefusal, apikey.ErrWrong.Code)
		return apikey.ErrWrong
	}
	return err
}
