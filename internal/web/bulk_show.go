package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/bulk"
	"github.com/sallyport/sallyport/internal/core"
)

// BulkReviewPage is an action before it is started: what it needs to know, then
// who is affected, and who is skipped and why.
type BulkReviewPage struct {
	Frame
	bulkJob
	Groups  []core.Group // to choose from
	First   []core.BulkItem
	More    int // how many are not named
	Reasons []BulkReason
	Wait    time.Duration // how long a reset waits; 0: not at all
}

// BulkProgressPage is an action that was started: how far it is, or what became
// of it.
type BulkProgressPage struct {
	Frame
	bulkJob
	State     string // text id
	StoppedBy string
	Lost      bool // stopped by nobody
	StartedAt time.Time
	EndedAt   time.Time
	Broken    []core.BulkItem // who failed
	Reasons   []BulkReason
}

// BulkListPage lists the actions of the last days.
type BulkListPage struct {
	Frame
	Rows []BulkRow
}

// bulkJob is what every page of a job says.
type bulkJob struct {
	ID      core.ID
	Action  core.BulkAction
	Name    string // text id of the action
	Will    string // text id of what it does
	Type    string // text id of the user type; empty: it is about none
	Group   string // name
	By      string
	Own     bool
	Takes   bool
	Asking  bool
	Open    bool
	Counts  BulkCounts
	Settled int64
	Total   int64
}

// BulkCounts are how many people have which outcome.
type BulkCounts struct{ Waiting, Done, Skipped, Failed int64 }

func bulkCounts(c core.BulkCounts) BulkCounts {
	return BulkCounts{int64(c.Waiting), int64(c.Done), int64(c.Skipped), int64(c.Failed)}
}

// BulkReason is a reason with the first who are skipped for it.
type BulkReason struct {
	Text  string // text id
	Count int64
	First []core.BulkItem
	More  int
}

// BulkRow is one job of the list.
type BulkRow struct {
	core.BulkJob
	Name   string // text id
	State  string // text id
	Counts BulkCounts
	Link   string
}

func bulkJobOf(v bulk.View) bulkJob {
	j := bulkJob{
		ID: v.ID, Action: v.Order.Action, Name: bulkActionText(v.Order.Action), Will: bulkWillText(v.Order.Action), Group: v.Order.GroupName,
		By: v.By.Name, Own: v.Own, Takes: v.Order.Action.Takes(), Asking: v.State == core.BulkAsking, Open: v.State.Open(),
		Counts: bulkCounts(v.Counts), Settled: int64(v.Counts.Settled()), Total: int64(v.Counts.Total()),
	}
	if v.Order.Action == core.BulkType && !j.Asking {
		j.Type = userTypeText(v.Order.Type)
		j.Takes = v.Order.Type == core.NoAccess
	}
	return j
}

func bulkReasons(v bulk.View) []BulkReason {
	var all []BulkReason
	for _, r := range v.Reasons {
		all = append(all, BulkReason{Text: bulkReasonText(r.Reason), Count: int64(r.People), First: r.First, More: r.People - len(r.First)})
	}
	return all
}

func bulkTrail() []Crumb {
	return crumbs(crumbAdmin(), crumbSettings(), Crumb{Text: "users.title", Link: usersPath})
}

func crumbBulk() Crumb { return Crumb{Text: "bulk.list.title", Link: bulkPath} }

// bulkPage is the address of a job.
func bulkPage(id core.ID, page string) string { return bulkPath + "/" + string(id) + "/" + page }

func (s *Site) bulkReviewShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, Form{order: []string{"how", "note"}})
	return s.bulkReviewRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) bulkReviewRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	v := visitOf(r).view
	job, err := s.deps.Bulk.Get(r.Context(), v, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if job.State == core.BulkRunning || job.State.Over() {
		return see(w, r, bulkPage(job.ID, "progress"))
	}
	page := &BulkReviewPage{
		Frame:   Frame{Title: "bulk.review.title", Section: "admin", Trail: bulkTrail(), Form: form, Banners: banners},
		bulkJob: bulkJobOf(job), First: job.First, More: job.Counts.Waiting - len(job.First), Reasons: bulkReasons(job),
	}
	page.TitleWith = []any{"action", s.printer(r, v).T(page.Name)}
	if page.Action == core.BulkReset {
		page.Wait = v.Organization.Policy.ResetWait
	}
	if page.Asking && page.Action != core.BulkType {
		if page.Groups, err = s.deps.GroupNames.List(r.Context(), v); err != nil {
			return err
		}
	}
	if page.Open {
		page.Refresh = &Refresh{Seconds: 1, To: bulkPage(job.ID, "review")}
	}
	return s.Render(w, r, status, page)
}

func (s *Site) bulkProgressShow(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	job, err := s.deps.Bulk.Get(r.Context(), v, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	if job.State != core.BulkRunning && !job.State.Over() {
		return see(w, r, bulkPage(job.ID, "review"))
	}
	page := &BulkProgressPage{
		Frame:   Frame{Title: "bulk.progress.title", Section: "admin", Trail: append(bulkTrail(), crumbBulk())},
		bulkJob: bulkJobOf(job), State: bulkStateText(job.BulkJob), StoppedBy: job.StoppedBy, Lost: job.State == core.BulkStopped && job.StoppedBy == "",
		StartedAt: job.StartedAt, EndedAt: job.EndedAt, Broken: job.First, Reasons: bulkReasons(job),
	}
	page.TitleWith = []any{"action", s.printer(r, v).T(page.Name)}
	if page.Open {
		page.follow(bulkPage(job.ID, "progress"), page.Settled, page.Total)
	}
	return s.Render(w, r, http.StatusOK, page)
}

func (s *Site) bulkList(w http.ResponseWriter, r *http.Request) error {
	jobs, err := s.deps.Bulk.List(r.Context(), visitOf(r).view)
	if err != nil {
		return err
	}
	page := &BulkListPage{Frame: Frame{Title: "bulk.list.title", Section: "admin", Trail: bulkTrail()}}
	for _, j := range jobs {
		page.Rows = append(page.Rows, BulkRow{j, bulkActionText(j.Order.Action), bulkStateText(j), bulkCounts(j.Counts), bulkPage(j.ID, "progress")})
	}
	return s.Render(w, r, http.StatusOK, page)
}
