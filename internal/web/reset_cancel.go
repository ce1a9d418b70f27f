package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ResetCancelPage cancels a reset that waits: behind the link of a mail, and for a
// person who is signed in. After the button, or where it is too late, it says how
// things are.
type ResetCancelPage struct {
	Frame
	Masked  string // whose account
	Reset   core.FactorReset
	Settled string // text id of what became of it; empty: it waits
	Post    string // where the button goes
	Contact string // the organization's own words; may be empty
	Own     bool   // the person is signed in
}

// cancelShow is GET /reset/cancel, before and after the button.
func (s *Site) cancelShow(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	v, err := s.deps.ResetStops.Link(r.Context(), s.edge.Cookie(r, cookieCancel))
	if err != nil {
		return err
	}
	u, org := v.Account.User, v.Organization
	page := resetCancelPage(v.Reset, u, org)
	page.Card, page.Wide, page.Organization = true, true, org.Name
	page.Zone, page.Language, page.Post = firstOf(u.TimeZone, org.TimeZone), firstOf(u.Language, org.Language), cancelPath
	return s.Render(w, r, http.StatusOK, page)
}

func resetCancelPage(reset core.FactorReset, u core.User, org core.Organization) *ResetCancelPage {
	page := &ResetCancelPage{
		Frame: Frame{Title: "reset_cancel.title"}, Masked: core.MaskedEmail(u.Email), Reset: reset, Contact: org.Ask(),
	}
	switch reset.Outcome {
	case core.ResetWaiting:
	case core.ResetDone, core.ResetOvertaken:
		page.Title, page.Settled, page.Step = "reset_cancel.done.title", "reset_cancel.done.text", true
	default:
		page.Title, page.Settled, page.Step = "reset_cancel.cancelled.title", "reset_cancel.cancelled.text", true
	}
	return page
}

// cancelPress is POST /reset/cancel. Pressing twice is pressing once. A page whose
// link is not the one in the cookie any more cancels nothing: it leads to the page
// of that one, which may be of somebody else.
func (s *Site) cancelPress(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	form, err := s.readForm(r, "reset")
	if err != nil {
		return err
	}
	token := s.edge.Cookie(r, cookieCancel)
	v, err := s.deps.ResetStops.Link(r.Context(), token)
	switch {
	case err != nil:
		return err
	case form.Value("reset") != string(v.Reset.ID):
		return see(w, r, cancelPath)
	}
	if err := s.deps.ResetStops.CancelByLink(r.Context(), token, httpx.OriginOf(r)); err != nil {
		return err
	}
	return see(w, r, cancelPath)
}

// cancelOwnShow is GET /account/security/reset.
func (s *Site) cancelOwnShow(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	reset, err := s.deps.ResetStops.OwnReset(r.Context(), v)
	switch {
	case err != nil:
		return err
	case !reset.Waits():
		return see(w, r, securityPath)
	}
	page := resetCancelPage(reset, v.Account.User, v.Organization)
	page.Section, page.Post, page.Own = "account", cancelOwnPath, true
	return s.Render(w, r, http.StatusOK, page)
}

// cancelOwnPress is POST /account/security/reset. It needs no confirmation: it
// leaves everything as it is.
func (s *Site) cancelOwnPress(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "reset")
	if err != nil {
		return err
	}
	done := "own-reset-cancelled"
	err = s.deps.ResetStops.CancelOwnReset(r.Context(), visitOf(r).view, core.ID(form.Value("reset")), httpx.OriginOf(r))
	if core.KindOf(err) == core.Conflict && err != nil {
		done, err = "reset-settled", nil
	}
	if err != nil {
		return err
	}
	return see(w, r, securityPath+"?done="+done)
}

// resetBanner says on every page that a reset of one's own account waits.
func resetBanner(v core.SessionView, now time.Time, zone string) []Banner {
	due := v.Account.ResetDue
	if due.IsZero() || !now.Before(due) {
		return nil
	}
	return []Banner{{
		Tone: "danger", Text: "reset_cancel.banner", With: []any{"Time", Moment{due, zone}}, Link: cancelOwnPath, Act: "reset_cancel.banner_act",
	}}
}
