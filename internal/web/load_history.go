package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
)

const loadHistoryPath = loadPath + "/history"

// loadLatest is how many loads the first tab shows.
const loadLatest = 5

// LoadHistoryPage lists the loads of an organization that a filter is for, newest
// first.
type LoadHistoryPage struct {
	Frame
	Tab      string
	Outcomes []ActivityGroup
	Ways     []ActivityGroup
	Packages []UserOption
	Rows     []LoadRow
	Filtered bool
	Older    string // the next page; empty: this is the last
	Newest   string // the first page; empty: this is it
}

// historyFields are the filters as they stand in an address.
func historyFields() []string { return []string{"state", "who", "package", "from", "to"} }

// historyQuery is the filter of an address, and what it asks for.
type historyQuery struct {
	form     Form
	filter   core.LoadFilter
	packages []UserOption
}

// address is that of a page of the same filter.
func (q historyQuery) address(before core.ID) string {
	values := url.Values{}
	for _, name := range historyFields() {
		if v := q.form.Value(name); v != "" {
			values.Set(name, v)
		}
	}
	if before != "" {
		values.Set("before", string(before))
	}
	if len(values) == 0 {
		return loadHistoryPath
	}
	return loadHistoryPath + "?" + values.Encode()
}

// readHistory reads the filter of an address. A name that is no filter of ours is
// refused: an address that asks for something else would otherwise look answered.
func (s *Site) readHistory(r *http.Request) (historyQuery, error) {
	q := historyQuery{form: Form{order: historyFields()}}
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return q, err
	}
	for name := range r.URL.Query() {
		if !slices.Contains(append(historyFields(), "before"), name) {
			return q, core.NewError(core.Invalid, "request.malformed")
		}
	}
	for _, name := range historyFields() {
		q.form = q.form.With(name, query.Trimmed(name))
	}
	packages, err := s.deps.LoadPackages.Packages(r.Context(), loadCaller(r))
	if err != nil {
		return q, err
	}
	for _, p := range packages {
		q.packages = append(q.packages, UserOption{Value: string(p.ID), Name: p.Name, Chosen: string(p.ID) == q.form.Value("package")})
	}
	fields := map[string]*core.Error{}
	f := &q.filter
	f.Outcome, f.Via, f.PackageID = core.LoadOutcome(q.form.Value("state")), core.LoadVia(q.form.Value("who")), core.ID(q.form.Value("package"))
	f.Before, f.Limit = core.ID(query.Get("before")), loader.ListLimit+1
	if f.Outcome != "" && !slices.Contains(core.LoadOutcomes(), f.Outcome) {
		fields["state"] = core.NewError(core.Invalid, "load.outcome")
	}
	if f.Via != "" && !slices.Contains(core.LoadVias(), f.Via) {
		fields["who"] = core.NewError(core.Invalid, "load.via")
	}
	if f.PackageID != "" && !slices.ContainsFunc(q.packages, func(o UserOption) bool { return o.Chosen }) {
		fields["package"] = core.NewError(core.Invalid, "load.package_gone")
	}
	f.From, f.Until = auditDays(q.form, zoneOf(visitOf(r).view), fields)
	if len(fields) > 0 {
		return q, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return q, nil
}

func (s *Site) loadHistory(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readHistory(r)
	if err != nil {
		failed, ok := q.form.Failed(err, "state")
		if !ok {
			return err
		}
		q.form = failed
		return s.Render(w, r, http.StatusBadRequest, historyPage(q, nil))
	}
	runs, err := s.deps.Loads.List(r.Context(), loadCaller(r), q.filter)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, historyPage(q, runs))
}

func historyPage(q historyQuery, runs []core.LoadRun) *LoadHistoryPage {
	page := &LoadHistoryPage{
		Frame: Frame{Title: "loading.history.title", Section: "load", Form: q.form, Trail: crumbs(crumbLoad())},
		Tab:   "history", Packages: q.packages,
	}
	for _, o := range core.LoadOutcomes() {
		page.Outcomes = append(page.Outcomes, ActivityGroup{string(o), outcomeText(o), string(o) == q.form.Value("state")})
	}
	for _, v := range core.LoadVias() {
		page.Ways = append(page.Ways, ActivityGroup{string(v), viaText(v), string(v) == q.form.Value("who")})
	}
	page.Filtered = slices.ContainsFunc(historyFields(), func(name string) bool { return q.form.Value(name) != "" })
	if len(runs) > loader.ListLimit { // one more than a page has
		runs = runs[:loader.ListLimit]
		page.Older = q.address(runs[len(runs)-1].ID)
	}
	if q.filter.Before != "" {
		page.Newest = q.address("")
	}
	page.Rows = loadRows(runs)
	return page
}

func loadRows(runs []core.LoadRun) []LoadRow {
	rows := make([]LoadRow, len(runs))
	for i, l := range runs {
		rows[i] = loadRow(l)
	}
	return rows
}

// outcomeText is the text of an outcome, as lists show the loads that have it.
func outcomeText(o core.LoadOutcome) string {
	switch o {
	case core.LoadUnderWay:
		return "loading.state.running"
	case core.LoadPartly:
		return "loading.state.partly"
	case core.LoadWentWrong:
		return "loading.state.failed"
	case core.LoadCutShort:
		return "loading.state.stopped"
	case core.LoadTakenBack:
		return "loading.state.undone"
	}
	return "loading.state.done"
}

// viaText is the text of a way in.
func viaText(v core.LoadVia) string {
	switch v {
	case core.LoadViaKey:
		return "loading.via.key"
	case core.LoadViaPassword:
		return "loading.via.password"
	}
	return "loading.via.page"
}
