package web

import (
	"net/http"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/httpx"
)

// cookieTyped holds what was typed into a form that arrived after its session
// was over, until the same person has signed in again (ux §1.10). It is sealed
// for that person.
const cookieTyped = "sp_typed"

// typedKept is how long it waits.
const typedKept = 15 * time.Minute

// typedFields returns what is kept of the form at a pattern. Passwords, codes
// and answers that open or end something never are; nor is what belongs to a
// set-up panel, which ends with its session.
func typedFields(pattern string) []string {
	switch pattern {
	case "POST " + securityPath:
		return []string{"two_factor"}
	case "POST " + turnOffPath:
		return []string{"how"}
	case "POST " + securityPath + "/apps/{id}/rename":
		return []string{"label"}
	}
	return nil
}

// keepTyped keeps the form of a session that is over. It must carry that
// session's own form token: then the person who had the session typed it.
func (s *Site) keepTyped(w http.ResponseWriter, r *http.Request, v visit) {
	names := typedFields(r.Pattern)
	if r.Method != http.MethodPost || len(names) == 0 || v.view.Session.ID == "" {
		return
	}
	httpx.BindSession(r, v.view.Session.ID)
	form, err := s.readForm(r, names...)
	if err != nil {
		return
	}
	values := url.Values{}
	for _, name := range names {
		if form.Ticked(name) {
			values.Set(name, form.Value(name))
		}
	}
	if len(values) > 0 {
		kept := url.URL{Path: r.URL.Path, RawQuery: values.Encode()}
		s.edge.SetSealed(w, cookieTyped, v.view.Account.User.ID, kept.String(), s.deps.Clock().Add(typedKept))
	}
}

// typed puts what was kept for this page into its form, once, and reports
// whether there was anything.
func (s *Site) typed(w http.ResponseWriter, r *http.Request, form Form) (Form, bool) {
	text, ok := s.edge.Sealed(r, cookieTyped, visitOf(r).view.Account.User.ID)
	if !ok {
		return form, false
	}
	kept, err := url.Parse(text)
	if err != nil || kept.Path != r.URL.Path {
		return form, false
	}
	s.edge.ClearCookie(w, cookieTyped)
	for name, values := range kept.Query() {
		form = form.With(name, values[0])
	}
	return form, true
}

// keptBanner says that a form holds what was typed before.
func keptBanner(kept bool) []Banner {
	if !kept {
		return nil
	}
	return []Banner{{Tone: "notice", Text: "layout.banner.typed"}}
}
