package web

import (
	"encoding/csv"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadfile"
)

// DataLoaderPage lists the packages of an organization, and its latest loads.
type DataLoaderPage struct {
	Frame
	Tab      string
	Packages []LoadPackageRow
	Rows     []LoadRow
}

// LoadRow is a load in the list.
type LoadRow struct {
	core.LoadRun
	State string // text id
	Kind  string // text id of the target
	Way   string // text id of the way in
	Tally LoadCounts
	Bad   bool
}

// LoadCounts are what became of rows.
type LoadCounts struct{ Added, Updated, Unchanged, Rejected, Deactivated, Rows int64 }

func loadCounts(c core.LoadCounts) LoadCounts {
	return LoadCounts{int64(c.Added), int64(c.Updated), int64(c.Unchanged), int64(c.Rejected), int64(c.Deactivated), int64(c.Rows())}
}

// LoadRunPage is a load: how far it is, and what became of it.
type LoadRunPage struct {
	Frame
	LoadRow
	Total      int64
	Leave      string // text id of what comes of leaving the page while it runs
	Why        error  // what ended it before its end
	Kept       bool   // its package is still there
	Kinds      []LoadKind
	Problems   []LoadProblem
	More       bool // rows that are not shown
	HasResults bool // it did something, or tried to
	Running    bool
	MayUndo    bool
	UndoUntil  time.Time
	Undo       *LoadUndone // nil: it was not undone
}

func crumbLoad() Crumb { return Crumb{Text: "loading.title", Link: loadPath} }

// loadCaller is whoever asks, and how far they may go: what a page of theirs starts
// was confirmed.
func loadCaller(r *http.Request) loader.Caller {
	return loader.Caller{View: visitOf(r).view, Origin: origin(r)}
}

// loadTargetText is the text of a target.
func loadTargetText(t core.LoadTarget) string {
	switch t {
	case core.LoadGroups:
		return "loading.target.groups"
	case core.LoadMemberships:
		return "loading.target.memberships"
	}
	return "loading.target.people"
}

// loadStateText is the text of how a load went.
func loadStateText(l core.LoadRun) string {
	switch {
	case l.Undo.State == core.LoadUndoing:
		return "loading.state.undoing"
	case l.Undo.State == core.LoadUndone:
		return "loading.state.undone"
	case l.State == core.LoadRunning:
		return "loading.state.running"
	case l.State == core.LoadStopped:
		return "loading.state.stopped"
	case l.State == core.LoadFailed:
		return "loading.state.failed"
	case l.Counts.Rejected > 0:
		return "loading.state.partly"
	}
	return "loading.state.done"
}

func loadRow(l core.LoadRun) LoadRow {
	return LoadRow{l, loadStateText(l), loadTargetText(l.Order.Target), viaText(l.Via()), loadCounts(l.Counts), l.Counts.Rejected > 0 || l.State == core.LoadFailed}
}

func (s *Site) loadList(w http.ResponseWriter, r *http.Request) error {
	return s.loadListRender(w, r, http.StatusOK, Form{})
}

func (s *Site) loadListRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	runs, err := s.deps.Loads.List(r.Context(), loadCaller(r), core.LoadFilter{Limit: loadLatest})
	if err != nil {
		return err
	}
	page := &DataLoaderPage{Frame: Frame{Title: "loading.title", Section: "load", Form: form}, Tab: "packages", Rows: loadRows(runs)}
	if page.Packages, err = s.loadPackages(r); err != nil {
		return err
	}
	return s.Render(w, r, status, page)
}

// loadShown is how many rows a report shows.
const loadShown = 200

func (s *Site) loadRun(w http.ResponseWriter, r *http.Request) error {
	c, id := loadCaller(r), core.ID(r.PathValue("id"))
	run, err := s.deps.Loads.Get(r.Context(), c, id)
	if err != nil {
		return err
	}
	page := &LoadRunPage{
		Frame:   Frame{Title: "loading.run.title", TitleWith: []any{"name", run.Name}, Section: "load", Trail: crumbs(crumbLoad())},
		LoadRow: loadRow(run), Total: int64(max(run.Total, run.Counts.Rows())),
	}
	page.HasResults = run.Counts.Rows()+run.Counts.Deactivated > 0
	if run.PackageID != "" {
		_, err := s.deps.LoadPackages.Package(r.Context(), c, string(run.PackageID))
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return err
		}
		page.Kept = err == nil
	}
	if run.Reason != "" {
		page.Why = core.NewError(core.Invalid, run.Reason)
	}
	if err := s.loadUndone(r, run, page); err != nil {
		return err
	}
	if !run.State.Over() {
		page.Running = true
		page.Leave = s.loadLeave(c.View.Account.User, run)
		page.follow(loadPath+"/runs/"+string(run.ID), page.Tally.Rows, page.Total)
	}
	if run.Counts.Rejected > 0 {
		if err := s.loadReport(r, run, page); err != nil {
			return err
		}
	}
	return s.Render(w, r, http.StatusOK, page)
}

// loadLeave is the text of what comes of leaving the page of a load that runs. An email
// is promised to whom it comes, and while mail goes out.
func (s *Site) loadLeave(reader core.User, run core.LoadRun) string {
	now := s.deps.Clock()
	mail := s.deps.Mail.State().Condition
	switch {
	case reader.ID != run.By.ID || mail != core.MailWorks && mail != core.MailDegraded:
		return "loading.run.safe"
	case run.TellsDone(now):
		return "loading.run.safe_mail"
	case run.TellsDone(now.Add(core.LoadAway)):
		return "loading.run.safe_soon"
	}
	return "loading.run.safe"
}

func (s *Site) loadStop(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	run, err := s.deps.Loads.Stop(r.Context(), loadCaller(r), core.ID(r.PathValue("id")), core.LoadByPerson)
	if err != nil {
		return err
	}
	return see(w, r, loadPath+"/runs/"+string(run.ID))
}

// loadFailed sends the rows that could not be taken as a file that can be loaded
// again: their columns, and what is wrong behind them.
func (s *Site) loadFailed(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	c := loadCaller(r)
	text := s.printer(r, c.View)
	f := s.sendFile(w, text.T("loading.failed_file")+".csv", "text/csv; charset=utf-8")
	say := func(p core.LoadProblem) string { return text.Error(text.LoadProblem(p)) }
	return f.done(s.deps.Loads.Failed(r.Context(), c, core.ID(r.PathValue("id")), loadfile.FailedRows(f, say)))
}

// loadTemplate sends a file with the names of all columns and no rows.
func (s *Site) loadTemplate(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	target := core.LoadTarget(query.Get("target"))
	if !slices.Contains(core.LoadTargets(), target) {
		return core.ErrNotFound
	}
	text := s.printer(r, visitOf(r).view)
	var names []string
	for _, f := range loader.Fields(target) {
		names = append(names, text.LoadField(f.Name))
	}
	names[0] = byteOrderMark + names[0]
	f := s.sendFile(w, string(target)+".csv", "text/csv; charset=utf-8")
	out := csv.NewWriter(f)
	out.UseCRLF = true // RFC 4180
	return f.done(out.WriteAll([][]string{names}))
}
