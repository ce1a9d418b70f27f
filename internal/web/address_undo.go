package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const undoPath = "/address/undo"

// AddressUndoPage is behind the link in the mail to an address that was changed:
// what its button does, and after it the way back in (SU4).
type AddressUndoPage struct {
	Frame
	Change    core.ID // which one the button takes back
	Old, New  string  // masked
	ChangedAt time.Time
	Until     time.Time
	Settled   bool   // it was taken back
	Contact   string // the organization's own words; may be empty
}

// undoShow is GET /address/undo, before and after the button.
func (s *Site) undoShow(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	undo, err := s.deps.EmailUndos.Undo(r.Context(), s.edge.Cookie(r, cookieUndo))
	if err != nil {
		return err
	}
	u, org := undo.Account.User, undo.Organization
	page := &AddressUndoPage{
		Frame: Frame{
			Title: "address_undo.title", Card: true, Wide: true, Organization: org.Name, Zone: firstOf(u.TimeZone, org.TimeZone),
			Language: languageOf(u, org),
		},
		Change: undo.Change.ID, Old: core.MaskedEmail(undo.Change.OldAddress), New: core.MaskedEmail(undo.Change.NewAddress),
		ChangedAt: undo.Change.DoneAt, Until: undo.Change.UndoUntil, Settled: undo.Done, Contact: org.Ask(),
	}
	if page.Settled {
		page.Title, page.Step = "address_undo.done.title", true
	}
	return s.Render(w, r, http.StatusOK, page)
}

// undoPress is POST /address/undo. Pressing twice is pressing once. The browser
// that pressed is signed out too: its session may be the one that began it. A page
// whose link is not the one in the cookie any more takes nothing back: it leads to
// the page of that one.
func (s *Site) undoPress(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	form, err := s.readForm(r, "change")
	if err != nil {
		return err
	}
	token, browser := s.edge.Cookie(r, cookieUndo), s.edge.Cookie(r, httpx.CookieBrowser)
	undo, err := s.deps.EmailUndos.Undo(r.Context(), token)
	switch {
	case err != nil:
		return err
	case form.Value("change") != string(undo.Change.ID):
		return see(w, r, undoPath)
	}
	if err := s.deps.EmailUndos.TakeBack(r.Context(), token, browser, httpx.OriginOf(r)); err != nil {
		return err
	}
	return see(w, r, undoPath)
}
