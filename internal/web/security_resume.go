package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
)

// resumeSend mails a code for turning two-factor on again.
func (s *Site) resumeSend(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "kind", "code")
	if err == nil {
		err = s.deps.TwoFactor.SendResumeCode(r.Context(), visitOf(r).view, origin(r))
	}
	form = form.With("kind", string(core.KindEmail))
	return s.resumeDone(w, r, form, err, outcome{to: securityPath + "?done=code-sent"})
}

// resume turns two-factor on again with one code.
func (s *Site) resume(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "kind", "code")
	if err != nil {
		return s.resumeDone(w, r, form, err, outcome{})
	}
	kind := core.FactorKind(form.Value("kind"))
	if kind != core.KindApp && kind != core.KindEmail {
		err = core.InField("kind", core.NewError(core.Invalid, "method.unknown"))
		return s.resumeDone(w, r, form, err, outcome{})
	}
	token, err := s.deps.TwoFactor.Resume(r.Context(), visitOf(r).view, origin(r), kind, form.Value("code"))
	if err == nil {
		s.renewed(w, token)
	}
	return s.resumeDone(w, r, form, err, outcome{to: securityPath + "?done=on-again", kind: kind})
}

// resumeDone is securityDone for the one step of "turn on again", which stays
// open although nothing of it may be stored.
func (s *Site) resumeDone(w http.ResponseWriter, r *http.Request, form Form, err error, o outcome) error {
	o.field, o.back = "code", securityPath+"?step="+stepResume
	r.URL.RawQuery = "step=" + stepResume
	return s.securityDone(w, r, form, err, o)
}
