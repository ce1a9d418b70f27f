package web

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadschedule"
)

// SchedulesPage lists what the Data Loader loads by itself.
type SchedulesPage struct {
	Frame
	Tab      string
	Rows     []ScheduleRow
	Possible bool // the operator named a folder or a database
}

// ScheduleRow is a schedule in the list.
type ScheduleRow struct {
	loadschedule.Listed
	Title    string
	Kind     string // text id
	When     string // text id
	At, Day  string // for When
	Turn     []time.Time
	RunState string // text id; empty: there is none to show
	Runs     bool   // its turn can be made now
	Why      error  // why it failed last; nil: it did not
	Failed   int64
}

// SchedulePage makes or changes a schedule.
type SchedulePage struct {
	Frame
	Action   string
	New      bool
	Packages []UserOption
	Sources  []UserOption
	Weekdays []UserOption
	Days     []UserOption
	Keys     []UserOption
}

// Ready reports whether there is everything that a schedule is made of.
func (p *SchedulePage) Ready() bool {
	return len(p.Packages) > 0 && len(p.Sources) > 0 && len(p.Keys) > 0
}

func scheduleKindText(k core.LoadSourceKind) string {
	switch k {
	case core.LoadFromWatch:
		return "schedule.kind.watch"
	case core.LoadFromQuery:
		return "schedule.kind.query"
	}
	return "schedule.kind.file"
}

func scheduleSourceText(k core.LoadSourceKind) string {
	switch k {
	case core.LoadFromWatch:
		return "schedule.source.watch"
	case core.LoadFromQuery:
		return "schedule.source.query"
	}
	return "schedule.source.file"
}

// weekdays are the names of the days of the week as cron counts them.
func weekdays() []string {
	return []string{
		"schedule.weekday.0", "schedule.weekday.1", "schedule.weekday.2", "schedule.weekday.3", "schedule.weekday.4", "schedule.weekday.5",
		"schedule.weekday.6",
	}
}

func scheduleRow(is loadschedule.Listed) ScheduleRow {
	row := ScheduleRow{Listed: is, Title: is.Source.Title(), Kind: scheduleKindText(is.Source.Kind), Turn: is.Next, Failed: int64(is.Failures)}
	switch w := whenOf(is.Cron); w.every {
	case "":
		row.When = "schedule.when.watch"
	case everyDay:
		row.When, row.At = "schedule.when.day", w.time
	case everyWeek:
		row.When, row.At, row.Day = "schedule.when.week", w.time, w.day
	case everyMonth:
		row.When, row.At, row.Day = "schedule.when.month", w.time, w.day
	default:
		row.When, row.At = "schedule.when.cron", is.Cron
	}
	row.Runs = !is.Stopped && is.Source.Kind != core.LoadFromWatch // what is watched is looked at all the time
	if is.Run.ID != "" {
		row.RunState = loadStateText(is.Run)
	}
	return row
}

func (s *Site) schedulesShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	c := loadCaller(r)
	all, err := s.deps.Schedules.List(r.Context(), c)
	if err != nil {
		return err
	}
	offers, err := s.deps.Schedules.Offers(r.Context(), c)
	if err != nil {
		return err
	}
	page := &SchedulesPage{
		Frame:    Frame{Title: "schedule.title", Section: "load", Trail: crumbs(crumbLoad()), Done: doneText(query.Get("done"))},
		Tab:      "schedules",
		Possible: len(offers.Places) > 0,
	}
	text := s.printer(r, c.View)
	for _, is := range all {
		row := scheduleRow(is)
		if is.Fault.Code != "" {
			row.Why = text.LoadFault(is.Fault)
		}
		if row.When == "schedule.when.week" {
			row.Day = text.T(weekdays()[row.Day[0]-'0'])
		}
		page.Rows = append(page.Rows, row)
	}
	return s.Render(w, r, http.StatusOK, page)
}

func (s *Site) scheduleNewShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	fresh := scheduleForm(core.LoadSchedule{PackageID: core.ID(query.Get("package"))}).Without("source")
	form, kept := s.typed(w, r, fresh)
	return s.scheduleRender(w, r, http.StatusOK, "", form, keptBanner(kept)...)
}

func (s *Site) scheduleNew(w http.ResponseWriter, r *http.Request) error {
	return s.scheduleTake(w, r, "")
}

func (s *Site) scheduleShow(w http.ResponseWriter, r *http.Request) error {
	id := core.ID(r.PathValue("id"))
	is, err := s.deps.Schedules.Get(r.Context(), loadCaller(r), id)
	if err != nil {
		return err
	}
	form, kept := s.typed(w, r, scheduleForm(is))
	return s.scheduleRender(w, r, http.StatusOK, id, form, keptBanner(kept)...)
}

func (s *Site) scheduleSave(w http.ResponseWriter, r *http.Request) error {
	return s.scheduleTake(w, r, core.ID(r.PathValue("id")))
}

// scheduleTake saves what a form says: a new schedule where there is no id.
func (s *Site) scheduleTake(w http.ResponseWriter, r *http.Request, id core.ID) error {
	form, err := s.readForm(r, scheduleFields()...)
	if err == nil && id != "" {
		if _, gone := s.deps.Schedules.Get(r.Context(), loadCaller(r), id); gone != nil {
			return gone
		}
	}
	var is core.LoadSchedule
	if err == nil {
		is, err = scheduleOf(form)
	}
	if err == nil {
		is.ID, is.Zone = id, s.zoneOf(r).String()
		if id == "" {
			is.Version = 1
		}
		_, err = s.deps.Schedules.Save(r.Context(), loadCaller(r), is)
	}
	if err == nil {
		return see(w, r, schedulesPath+"?done=schedule-saved")
	}
	failed, here := scheduleWrong(form, err)
	if !here {
		return err
	}
	return s.scheduleRender(w, r, statusOf(w, err), id, failed)
}

func (s *Site) scheduleRender(w http.ResponseWriter, r *http.Request, status int, id core.ID, form Form, banners ...Banner) error {
	offers, err := s.deps.Schedules.Offers(r.Context(), loadCaller(r))
	if err != nil {
		return err
	}
	page := &SchedulePage{
		Frame:  Frame{Title: "schedule.new", Section: "load", Trail: crumbs(crumbLoad(), Crumb{Text: "schedule.title", Link: schedulesPath}), Form: form, Banners: banners},
		Action: newSchedulePath, New: id == "",
	}
	if id != "" {
		page.Title, page.Action = "schedule.edit", schedulesPath+"/"+string(id)
	}
	for _, p := range offers.Packages {
		page.Packages = append(page.Packages, UserOption{Value: string(p.ID), Name: p.Name, Chosen: form.Value("package") == string(p.ID)})
	}
	text := s.printer(r, visitOf(r).view)
	for _, p := range offers.Places {
		kinds := []core.LoadSourceKind{core.LoadFromFile, core.LoadFromWatch}
		if p.Query {
			kinds = []core.LoadSourceKind{core.LoadFromQuery}
		}
		for _, kind := range kinds {
			value := string(kind) + ":" + p.Name
			page.Sources = append(page.Sources, UserOption{Value: value, Name: text.T(scheduleSourceText(kind), "name", p.Name), Chosen: form.Value("source") == value})
		}
	}
	for _, k := range offers.Keys {
		page.Keys = append(page.Keys, UserOption{Value: string(k.ID), Name: k.Name, Chosen: form.Value("key") == string(k.ID)})
	}
	for _, n := range []int{1, 2, 3, 4, 5, 6, 0} { // as weeks begin where most people read this
		day := strconv.Itoa(n)
		page.Weekdays = append(page.Weekdays, UserOption{Value: day, Text: weekdays()[n], Chosen: form.Value("weekday") == day})
	}
	for n := range lastMonthday {
		day := strconv.Itoa(n + 1)
		page.Days = append(page.Days, UserOption{Value: day, Name: day, Chosen: form.Value("day") == day})
	}
	return s.Render(w, r, status, page)
}

// scheduleDo is a button of the list. Where one cannot go on as it is, its form says
// why: it may be somebody else's.
func (s *Site) scheduleDo(do func(Schedules, context.Context, loader.Caller, core.ID) error, done string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if _, err := s.readForm(r); err != nil {
			return err
		}
		c, id := loadCaller(r), core.ID(r.PathValue("id"))
		err := do(s.deps.Schedules, r.Context(), c, id)
		if err == nil {
			return see(w, r, schedulesPath+"?done="+done)
		}
		is, gone := s.deps.Schedules.Get(r.Context(), c, id)
		failed, here := scheduleWrong(scheduleForm(is), err)
		if gone != nil || !here {
			return err
		}
		return s.scheduleRender(w, r, statusOf(w, err), id, failed)
	}
}
