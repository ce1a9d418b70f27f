package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const activityPath = "/account/activity"

// ActivityPage is "My activity": what happened around the person's own account,
// newest first (ux 3.12).
type ActivityPage struct {
	Frame
	Groups   []ActivityGroup
	Events   []EventRow
	Filtered bool   // something was left out by choice
	Export   string // the same rows as a file; empty: there are none
	Older    string // the next page; empty: this is the last
	Newest   string // the first page; empty: this is it
}

// ActivityGroup is one choice of the filter.
type ActivityGroup struct {
	Value  string
	Text   string // text id
	Chosen bool
}

// activityQuery is the filter as it stands in an address, and what it asks for.
type activityQuery struct {
	form   Form
	filter core.EventFilter
}

// address returns the address of the same filter at a path; after, where set,
// is the place that a page begins at.
func (q activityQuery) address(path string, after core.EventMark) string {
	return filterAddress(path, q.form, []string{"kind", "from", "to"}, after)
}

// filterAddress is the address of a filter at a path: the named fields that hold
// anything, and the place that a page begins at, where that is set.
func filterAddress(path string, form Form, names []string, after core.EventMark) string {
	values := url.Values{}
	for _, name := range names {
		if v := form.Value(name); v != "" {
			values.Set(name, v)
		}
	}
	if !after.At.IsZero() {
		values.Set("after", markText(after))
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// readActivity reads the filter of an address. A day is one of the person's own
// zone. What is wrong with it is an error by field; an address that no page of
// ours makes is one without fields.
func readActivity(r *http.Request) (activityQuery, error) {
	q := activityQuery{form: Form{order: []string{"kind", "from", "to"}}}
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return q, err
	}
	fields := map[string]*core.Error{}
	for _, name := range q.form.order {
		q.form = q.form.With(name, query.Trimmed(name))
	}
	if group := q.form.Value("kind"); group != "" {
		if q.filter.Kinds = kindsOf(group); len(q.filter.Kinds) == 0 {
			fields["kind"] = core.NewError(core.Invalid, "activity.kind")
		}
	}
	day := func(name string, after int) time.Time {
		at, ok := dayIn(q.form.Value(name), zoneOf(visitOf(r).view))
		if !ok {
			fields[name] = core.NewError(core.Invalid, "activity.date")
		}
		if at.IsZero() {
			return at
		}
		return at.AddDate(0, 0, after)
	}
	q.filter.From, q.filter.Until = day("from", 0), day("to", 1)
	if from, until := q.filter.From, q.filter.Until; len(fields) == 0 && !from.IsZero() && !until.IsZero() && !from.Before(until) {
		fields["to"] = core.NewError(core.Invalid, "activity.order")
	}
	if len(fields) > 0 {
		return q, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	if after := query.Get("after"); after != "" {
		mark, ok := readMark(after)
		if !ok {
			return q, core.NewError(core.Invalid, "request.malformed")
		}
		q.filter.After = mark
	}
	return q, nil
}

// dayIn returns the first moment of a day such as 2026-11-23 in a zone; the zero
// time for an empty text.
func dayIn(text, zone string) (time.Time, bool) {
	if text == "" {
		return time.Time{}, true
	}
	at, err := time.ParseInLocation(time.DateOnly, text, locationOf(zone))
	return at, err == nil && at.Year() >= 1970
}

// locationOf returns a zone by its name, UTC for one that is not known.
func locationOf(zone string) *time.Location {
	location, err := time.LoadLocation(zone)
	if err != nil {
		return time.UTC
	}
	return location
}

// markText writes the place of an event into an address, as microseconds since
// 1970 and its id.
func markText(m core.EventMark) string {
	return strconv.FormatInt(m.At.UnixMicro(), 10) + "." + string(m.ID)
}

func readMark(text string) (core.EventMark, bool) {
	at, id, ok := strings.Cut(text, ".")
	micros, err := strconv.ParseInt(at, 10, 64)
	strange := func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' }
	if !ok || err != nil || micros <= 0 || id == "" || len(text) > 80 || strings.ContainsFunc(id, strange) {
		return core.EventMark{}, false
	}
	return core.EventMark{At: time.UnixMicro(micros).UTC(), ID: core.ID(id)}, true
}

func (s *Site) activityShow(w http.ResponseWriter, r *http.Request) error {
	q, err := readActivity(r)
	if err != nil {
		return s.activityFailed(w, r, q, err)
	}
	v := visitOf(r).view
	events, more, err := s.deps.Activity.Activity(r.Context(), v, q.filter)
	if err != nil {
		return err
	}
	page := activityPage(q)
	page.Events = eventRows(events, v.Account.User.ID)
	if len(events) > 0 {
		page.Export = q.address(activityPath+".csv", core.EventMark{})
	}
	if more {
		page.Older = q.address(activityPath, markOf(events))
	}
	if !q.filter.After.At.IsZero() {
		page.Newest = q.address(activityPath, core.EventMark{})
	}
	return s.Render(w, r, http.StatusOK, page)
}

// markOf is the place of the last of some events.
func markOf(events []core.Event) core.EventMark {
	last := events[len(events)-1]
	return core.EventMark{At: last.At, ID: last.ID}
}

// activityFailed shows what is wrong with a filter. The address asks for
// something that cannot be, so the answer is 400, with the way to mend it.
func (s *Site) activityFailed(w http.ResponseWriter, r *http.Request, q activityQuery, err error) error {
	failed, ok := q.form.Failed(err, "kind")
	if !ok {
		return err
	}
	q.form = failed
	return s.Render(w, r, http.StatusBadRequest, activityPage(q))
}

func activityPage(q activityQuery) *ActivityPage {
	page := &ActivityPage{Frame: Frame{Title: "activity.title", Section: "account", Form: q.form}}
	for _, group := range activityGroups() {
		page.Groups = append(page.Groups, ActivityGroup{group, groupText(group), group == q.form.Value("kind")})
	}
	page.Filtered = slices.ContainsFunc(q.form.order, func(name string) bool { return q.form.Value(name) != "" })
	return page
}

func groupText(group string) string {
	switch group {
	case "sign-ins":
		return "activity.group.sign_ins"
	case "devices":
		return "activity.group.devices"
	case "two-factor":
		return "activity.group.two_factor"
	case "password":
		return "activity.group.password"
	}
	return "activity.group.account"
}
