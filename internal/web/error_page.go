package web

import (
	"bytes"
	"net/http"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ErrorPage is any error that has no page of its own (ux §8): what happened,
// what to do, a way out and the request's id.
type ErrorPage struct {
	Frame
	Text      string // text id
	With      []any
	Wait      time.Duration // how long to wait; zero: not told
	Out       string        // address of the way out
	Act       string        // text id of the way out
	Reference string        // the request's id
	Contact   Contact       // of a person who is signed in
}

var _ httpx.ErrorPages = (*Site)(nil)

// RenderError implements [httpx.ErrorPages]: it writes the page of an error in
// the layout of all pages, with the account menu for a person who is signed in.
func (s *Site) RenderError(w http.ResponseWriter, r *http.Request, status int, e *core.Error) {
	page := s.errorPage(w, r, status, e)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var body bytes.Buffer
	if err := s.templates.execute(&body, page); err != nil {
		// The golden tests render every error page, so this cannot be reached
		// by a fault in a template; say what we can.
		http.Error(w, http.StatusText(status), status)
		return
	}
	tellLanguage(w.Header(), &page.Frame)
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes()) // the browser is gone; there is nobody to tell
}

// errorPage picks the words for a status.
func (s *Site) errorPage(w http.ResponseWriter, r *http.Request, status int, e *core.Error) *ErrorPage {
	page := &ErrorPage{Frame: Frame{Card: true}, Out: "/", Act: "error_page.out", Wait: core.WaitOf(e)}
	page.Title, page.Text = errorWords(status)
	page.Reference = httpx.RequestID(r)
	switch {
	case httpx.FormExpired(e):
		page.Title, page.Text = "error_page.expired.title", "error_page.expired.text"
		page.Out, page.Act = cameFrom(r), "error_page.reload"
	case e.Code == "request.cross_origin":
		page.Title, page.Text = "error_page.cross_origin.title", "error_page.cross_origin.text"
	case e.Code == "request.wrong_host":
		page.Title, page.Text = "error_page.host.title", "error_page.host.text"
		if address, ok := e.Params["Address"].(string); ok {
			page.With, page.Out, page.Act = []any{"Address", address}, address, "error_page.open"
		}
	case e.Code == "alarm.over":
		page.Text, page.Out, page.Act = "error_page.alarm.text", "/signin", "alarm.done.sign_in"
	case e.Code == "help.cancel_over":
		page.Text, page.Out, page.Act = "error_page.reset_cancel.text", "/signin", "alarm.done.sign_in"
	case e.Code == "help.self", e.Code == "people.self":
		page.Text = "error_page.help_self.text"
	case e.Code == "help.above", e.Code == "people.above":
		page.Text = "error_page.help_above.text"
	case e.Code == "address.undo_over":
		page.Text, page.Out, page.Act = "error_page.address_undo.text", "/signin", "alarm.done.sign_in"
	case e.Code == "link.tries":
		page.Text, page.Out, page.Act = "error_page.link.tries", "/password/forgot", "error_page.link.new"
	case e.Code == "link.over":
		page.Text, page.Out, page.Act = "error_page.link.text", "/password/forgot", "error_page.link.new"
	case e.Code == "link.invitation_expired":
		page.Text = "error_page.invitation.text"
		if inviter, _ := e.Params["inviter"].(string); inviter != "" {
			page.Text, page.With = "error_page.invitation.text_whom", []any{"inviter", inviter}
		}
	}
	page.Contact = s.fillError(w, r, &page.Frame)
	return page
}

// errorWords returns title and text ids of a status.
func errorWords(status int) (title, text string) {
	switch status {
	case http.StatusForbidden:
		return "error_page.403.title", "error_page.403.text"
	case http.StatusUnauthorized:
		return "error_page.401.title", "error_page.401.text"
	case http.StatusNotFound:
		return "error_page.404.title", "error_page.404.text"
	case http.StatusMethodNotAllowed:
		return "error_page.405.title", "error_page.405.text"
	case http.StatusConflict:
		return "error_page.409.title", "error_page.409.text"
	case http.StatusGone:
		return "error_page.410.title", "error_page.410.text"
	case http.StatusRequestEntityTooLarge:
		return "error_page.413.title", "error_page.413.text"
	case http.StatusTooManyRequests:
		return "error_page.429.title", "error_page.429.text"
	case http.StatusServiceUnavailable:
		return "error_page.503.title", "error_page.503.text"
	case http.StatusInternalServerError:
		return "error_page.500.title", "error_page.500.text"
	}
	return "error_page.400.title", "error_page.400.text"
}

// cameFrom returns the path of the page that a form stood on. Only the path is
// taken, so nobody else's address is ever shown.
func cameFrom(r *http.Request) string {
	u, err := url.Parse(r.Referer())
	if err != nil {
		return "/"
	}
	return httpx.LocalPath(u.EscapedPath())
}

// fillError fills the frame of an error page. Errors reach us from before the
// guard too, so the session is looked up here; where that is what fails, the
// page is that of a signed-out visitor. It returns whom the visitor may ask.
func (s *Site) fillError(w http.ResponseWriter, r *http.Request, f *Frame) Contact {
	f.Now = s.deps.Clock()
	f.Organization, f.Language, f.Zone = s.deps.Name, s.Language(r), "UTC"
	v, err := s.visit(r, Open)
	if err != nil || !v.signedIn {
		return Contact{}
	}
	f.describe(v.view)
	f.Language = firstOf(f.Language, s.Language(r))
	f.FormToken = s.edge.FormToken(w, r)
	return contactOf(v.view.Organization)
}
