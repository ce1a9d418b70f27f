package forwardauth

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/gate"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/session"
)

// The addresses that proxies ask.
const (
	ForwardAuthPath = "/api/authz/forward-auth"
	AuthRequestPath = "/api/authz/auth-request"
)

// Paths lists the addresses for httpx.Config.AnyHost: some proxies ask with the
// application's Host.
func Paths() []string { return []string{ForwardAuthPath, AuthRequestPath} }

// The errors of this package.
var (
	errUntrusted = core.NewError(core.Unauthenticated, "forwardauth.untrusted")
	errSignIn    = core.NewError(core.Unauthenticated, "forwardauth.signin")
	errStepUp    = core.NewError(core.Unauthenticated, "forwardauth.step_up")
	errElsewhere = core.NewError(core.Forbidden, "session.elsewhere")
	errDenied    = core.NewError(core.Forbidden, "forwardauth.denied")
	errHeaders   = core.NewError(core.Invalid, "forwardauth.headers")
)

// Handler serves both addresses.
type Handler struct {
	site     *httpx.Site
	sessions *session.Service
	keys     Keys
	clients  PasswordClients
	gate     *gate.Service
	portal   string    // address of the sign-in page up to the value of rd
	empty    [1]string // shared by all answers; never written
}

// New returns a handler; the sign-in page is that of the site's base URL.
func New(site *httpx.Site, sessions *session.Service, keys Keys, clients PasswordClients, g *gate.Service) *Handler {
	return &Handler{site: site, sessions: sessions, keys: keys, clients: clients, gate: g, portal: site.Origin() + "/signin?rd="}
}

// Mount adds the addresses, for any method: a proxy may pass on the one of the
// request it asks about.
func (h *Handler) Mount(mux *http.ServeMux) {
	mux.Handle(ForwardAuthPath, h.site.Wrap(h.forwardAuth))
	mux.Handle(AuthRequestPath, h.site.Wrap(h.authRequest))
}

// forwardAuth reads X-Forwarded-Method, -Proto, -Host and -Uri.
func (h *Handler) forwardAuth(w http.ResponseWriter, r *http.Request) error {
	target, err := forwardedTarget(r)
	if err == nil {
		if answered, err := h.byPassword(w, r, target, false); answered {
			return err
		}
	}
	decision, err := h.decide(w, r, target, err)
	if err != nil || decision.Outcome == gate.Allow {
		return err
	}
	page, denied := forPerson(r), denial(decision)
	switch {
	case denied != nil && page:
		h.site.PlainError(w, r, denied)
		return nil
	case denied != nil:
		return denied
	case !page:
		return refusal(decision)
	}
	w.Header().Set("Location", h.portal+url.QueryEscape(target.URL()))
	switch target.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		w.WriteHeader(http.StatusFound)
	default:
		w.WriteHeader(http.StatusSeeOther)
	}
	return nil
}

func forwardedTarget(r *http.Request) (gate.Target, error) {
	if !httpx.FromTrusted(r) {
		return gate.Target{}, errUntrusted
	}
	method, ok1 := single(r.Header, "X-Forwarded-Method")
	proto, ok2 := single(r.Header, "X-Forwarded-Proto")
	host, ok3 := single(r.Header, "X-Forwarded-Host")
	uri, ok4 := single(r.Header, "X-Forwarded-Uri")
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return gate.Target{}, httpx.Malformed(errHeaders)
	}
	target, err := gate.ParseTarget(method, proto, host, uri)
	if err != nil {
		return target, httpx.Malformed(err)
	}
	return target, nil
}

// authRequest reads X-Original-Method and X-Original-URL. Its proxies cannot
// pass a redirect on, so where to sign in stands in the Location of a 401.
func (h *Handler) authRequest(w http.ResponseWriter, r *http.Request) error {
	target, err := originalTarget(r)
	if err == nil {
		if answered, err := h.byPassword(w, r, target, true); answered {
			return err
		}
	}
	decision, err := h.decide(w, r, target, err)
	switch {
	case err != nil:
		return forNginx(w, err)
	case decision.Outcome == gate.Allow:
		return nil
	case denial(decision) != nil:
		return denial(decision)
	}
	w.Header().Set("Location", h.portal+url.QueryEscape(target.URL()))
	return refusal(decision)
}

func originalTarget(r *http.Request) (gate.Target, error) {
	if !httpx.FromTrusted(r) {
		return gate.Target{}, errUntrusted
	}
	method, ok1 := single(r.Header, "X-Original-Method")
	address, ok2 := single(r.Header, "X-Original-Url")
	if !ok1 || !ok2 {
		return gate.Target{}, httpx.Malformed(errHeaders)
	}
	target, err := gate.ParseURL(method, address)
	if err != nil {
		return target, httpx.Malformed(err)
	}
	return target, nil
}

// decide asks the gate about the session of the request's cookie, and answers
// what it allows. With everything else, and with the error that reading the
// target ended in, the answer is prepared as nobody's.
func (h *Handler) decide(w http.ResponseWriter, r *http.Request, target gate.Target, err error) (gate.Decision, error) {
	var decision gate.Decision
	if err == nil {
		decision, err = h.ask(w, r, target)
	}
	if err == nil && decision.Outcome == gate.Allow {
		allow(w, decision.Identity)
		return decision, nil
	}
	h.anonymous(w)
	return decision, err
}

func (h *Handler) ask(w http.ResponseWriter, r *http.Request, target gate.Target) (gate.Decision, error) {
	if k := shownKey(r.Header); k.shown {
		return h.askKey(w, r, k, target)
	}
	view, verdict, err := h.lookup(r)
	switch {
	case err == nil:
		return h.gate.Decide(r.Context(), view, verdict, target)
	case errors.Is(err, core.ErrNotFound):
		return h.gate.Decide(r.Context(), nil, core.VerdictEnded, target)
	}
	return gate.Decision{}, err
}

func (h *Handler) lookup(r *http.Request) (*core.SessionView, core.Verdict, error) {
	token := h.site.Cookie(r, httpx.CookieSession)
	if token == "" {
		return nil, core.VerdictEnded, core.ErrNotFound
	}
	return h.sessions.LookupShared(r.Context(), token, httpx.ClientAddr(r))
}

// anonymous sets the identity headers empty, so that no answer lacks them.
func (h *Handler) anonymous(w http.ResponseWriter) {
	header := w.Header()
	empty := h.empty[:]
	header["Remote-User"] = empty
	header["Remote-Groups"] = empty
	header["Remote-Name"] = empty
	header["Remote-Email"] = empty
}

// allow answers 200 with who it is. The names are canonical and the values
// stand in one allocation: this runs for every request of every application.
func allow(w http.ResponseWriter, id gate.Identity) {
	values := &[4]string{id.User, id.Groups, id.Name, id.Email}
	header := w.Header()
	header["Remote-User"] = values[0:1:1]
	header["Remote-Groups"] = values[1:2:2]
	header["Remote-Name"] = values[2:3:3]
	header["Remote-Email"] = values[3:4:4]
	w.WriteHeader(http.StatusOK)
}

// denial returns why nothing that the person could do here lets them in; nil
// where something could.
func denial(d gate.Decision) *core.Error {
	switch d.Outcome {
	case gate.Deny:
		return errDenied
	case gate.Elsewhere:
		return errElsewhere
	}
	return nil
}

func refusal(d gate.Decision) error {
	if d.Outcome == gate.StepUp {
		return errStepUp
	}
	return errSignIn
}

// single returns the value of a header that must be there once (FA1). The name
// is canonical.
func single(h http.Header, name string) (string, bool) {
	values := h[name]
	if len(values) != 1 || values[0] == "" {
		return "", false
	}
	return values[0], true
}

// forPerson reports whether a page would be read by a person: not by a script
// of the application, and by something that takes HTML.
func forPerson(r *http.Request) bool {
	if strings.EqualFold(r.Header.Get("X-Requested-With"), "XMLHttpRequest") {
		return false
	}
	for _, accept := range r.Header["Accept"] {
		if strings.Contains(accept, "text/html") {
			return true
		}
	}
	return false
}
