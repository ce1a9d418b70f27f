package forwardauth

import (
	"context"
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/httpx"
)

// PasswordClients checks the name and password that a program shows (Data Loader
// 1.0).
type PasswordClients interface {
	// Authenticate returns in whose right the program acts for this request, or why
	// it is refused.
	Authenticate(ctx context.Context, login, password string, app core.Application, o core.Origin) (core.SessionView, error)
}

// challenge asks a program for a name and a password.
const challenge = `Basic realm="Sallyport", charset="UTF-8"`

// errSlowDown is a wait after wrong passwords as nginx passes it on: it knows 401
// and 403 alone.
var errSlowDown = core.NewError(core.Forbidden, "signin.limited")

// byPassword answers a request that shows a name and a password to an application
// that lets programs in, and reports whether it did: what it refuses is refused,
// and no cookie takes its place. Anywhere else the header is the application's own
// business. The answer is for a program: no page, no redirect, no cookie.
func (h *Handler) byPassword(w http.ResponseWriter, r *http.Request, target gate.Target, nginx bool) (answered bool, err error) {
	if !showsPassword(r.Header) || shownKey(r.Header).shown {
		return false, nil
	}
	app, found, err := h.gate.LetsProgramsIn(r.Context(), target)
	switch {
	case err != nil:
		h.anonymous(w)
		return true, err
	case !found:
		return false, nil
	}
	view, err := h.authenticate(r, app)
	if err == nil {
		allow(w, gate.IdentityOf(&view.Account))
		return true, nil
	}
	h.anonymous(w)
	w.Header().Set(headerRefusal, core.CodeOf(err))
	if nginx && core.KindOf(err) == core.RateLimited {
		err = errSlowDown.With("wait", core.WaitOf(err))
	}
	switch core.KindOf(err) {
	case core.Unauthenticated:
		w.Header().Set("WWW-Authenticate", challenge)
	case core.Forbidden, core.RateLimited:
	default:
		return true, err
	}
	h.site.Refuse(w, r, err)
	return true, nil
}

func (h *Handler) authenticate(r *http.Request, app core.Application) (core.SessionView, error) {
	login, password, ok := r.BasicAuth()
	if !ok || len(r.Header["Authorization"]) != 1 {
		return core.SessionView{}, core.ErrClientWrong
	}
	return h.clients.Authenticate(r.Context(), login, password, app, httpx.OriginOf(r))
}

// showsPassword reports whether a request has a Basic header, well formed or not.
func showsPassword(h http.Header) bool {
	for _, value := range h["Authorization"] {
		scheme, _, _ := strings.Cut(strings.TrimSpace(value), " ")
		if strings.EqualFold(scheme, "basic") {
			return true
		}
	}
	return false
}
