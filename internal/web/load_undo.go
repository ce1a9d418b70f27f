package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loadundo"
)

// LoadUndoPage says what undoing a load would do.
type LoadUndoPage struct {
	Frame
	ID      core.ID
	Counts  LoadUndoCounts
	Brought int64
	Rows    int64 // how many were looked at
	More    bool  // the load has more than those
	Kept    []LoadStay
	Some    bool // something would be done
}

// LoadUndone is the undo of a load, on the load's page.
type LoadUndone struct {
	State     string // text id
	Why       error  // what halted it
	By        string
	StartedAt time.Time
	EndedAt   time.Time // zero: it is under way
	Counts    LoadUndoCounts
	Kept      []LoadStay
	More      bool // who stays and is not named
}

// LoadUndoCounts are what becomes of people and groups.
type LoadUndoCounts struct{ Deactivated, Returned, Restored, Removed, Kept int64 }

// LoadStay is somebody or something that stays.
type LoadStay struct {
	Row  int
	Name string
	Link string // of a person; empty: none
	Why  error
}

func loadUndoCounts(c core.LoadUndoCounts) LoadUndoCounts {
	return LoadUndoCounts{int64(c.Deactivated), int64(c.Returned), int64(c.Restored), int64(c.Removed), int64(c.Kept)}
}

func loadStays(run core.LoadRun, list []loadundo.Kept) []LoadStay {
	out := make([]LoadStay, len(list))
	for i, k := range list {
		out[i] = LoadStay{Row: k.Row, Name: k.Name, Why: core.NewError(core.Conflict, k.Why)}
		if run.Order.Target != core.LoadGroups {
			out[i].Link = usersPath + "/" + string(k.ID)
		}
	}
	return out
}

func loadRunLink(id core.ID) string { return loadPath + "/runs/" + string(id) }

// loadUndone says on the page of a load how its undo is, and whether it can be undone.
func (s *Site) loadUndone(r *http.Request, run core.LoadRun, page *LoadRunPage) error {
	u := run.Undo
	page.MayUndo = page.HasResults && run.MayUndo(s.deps.Clock()) == nil
	page.UndoUntil = run.EndedAt.Add(core.LoadUndoLife)
	if u.State == core.LoadNotUndone {
		return nil
	}
	kept, err := s.deps.LoadUndo.Kept(r.Context(), visitOf(r).view, run.ID, loadShown)
	if err != nil {
		return err
	}
	page.Undo = &LoadUndone{
		State: "loading.undo.state_done", By: u.By.Name, StartedAt: u.StartedAt, EndedAt: u.EndedAt, Counts: loadUndoCounts(u.Counts),
		Kept: loadStays(run, kept), More: u.Counts.Kept > len(kept),
	}
	switch u.State {
	case core.LoadUndoing:
		page.Undo.State = "loading.undo.state_undoing"
		page.follow(loadRunLink(run.ID), int64(run.Next-min(u.Below, run.Next)), int64(run.Next))
	case core.LoadUndoHalted:
		page.Undo.State, page.Undo.Why = "loading.undo.state_halted", core.NewError(core.Conflict, u.Reason)
	}
	return nil
}

func (s *Site) loadUndoShow(w http.ResponseWriter, r *http.Request) error {
	return s.loadUndoRender(w, r, http.StatusOK, Form{})
}

func (s *Site) loadUndoRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	id := core.ID(r.PathValue("id"))
	p, err := s.deps.LoadUndo.Preview(r.Context(), visitOf(r).view, id)
	if core.KindOf(err) == core.Conflict { // the page of the load says how it is
		return see(w, r, loadRunLink(p.Run.ID))
	}
	if err != nil {
		return err
	}
	page := &LoadUndoPage{
		Frame: Frame{
			Title: "loading.undo.title", TitleWith: []any{"name", p.Run.Name}, Section: "load", Form: form,
			Trail: crumbs(crumbLoad(), Crumb{Name: p.Run.Name, Link: loadRunLink(p.Run.ID)}),
		},
		ID: p.Run.ID, Counts: loadUndoCounts(p.Counts), Brought: int64(p.Brought), Rows: int64(p.Rows), More: p.More, Kept: loadStays(p.Run, p.Kept),
	}
	c := p.Counts
	page.Some = p.More || c.Deactivated+c.Returned+c.Restored+c.Removed > 0
	return s.Render(w, r, status, page)
}

func (s *Site) loadUndo(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	id := core.ID(r.PathValue("id"))
	if err == nil {
		err = s.deps.LoadUndo.Begin(r.Context(), visitOf(r).view, origin(r), id)
	}
	if err == nil {
		return see(w, r, loadRunLink(id))
	}
	failed, here := form.Failed(err, "undo")
	if !here {
		return err
	}
	return s.loadUndoRender(w, r, statusOf(w, err), failed)
}
