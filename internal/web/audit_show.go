package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const auditPath = adminPath + "/audit"

// verifyLimit is how long a verification may take in a page: the answer must
// still reach the browser.
const verifyLimit = 25 * time.Second

// AuditPage is the organization's log, newest first (ux 6).
type AuditPage struct {
	Frame
	Groups   []ActivityGroup
	Results  []ActivityGroup
	Rows     []AuditRow
	Person   string // the name of the person that is filtered for
	Filtered bool
	Short    bool   // only a part of the log was looked at for this page
	Older    string // the next page; empty: this is the last
	Newest   string // the first page; empty: this is it
	Export   string // the page that asks for the form of the file
	Checked  *AuditCheck
}

// AuditRow is one event for an administrator: what it says in words, and
// everything it holds.
type AuditRow struct {
	At        time.Time
	Text      string // text id
	Kind      string
	Who       string // a name; empty: nobody who is known
	WhoLink   string // the log of that person
	System    string // text id of who did it, where that is no person
	About     string // the name of whom it is about, where that is somebody else
	AboutLink string // the log of that person
	Address   string
	Device    string
	Target    string
	Result    string // text id
	Failed    bool
	Facts     []AuditFact
}

// AuditFact is one more thing that an event holds: a value, or what was and what is.
type AuditFact struct {
	Name          string // text id; or
	Key           string // the name of a detail as it is stored
	Value         string
	Before, After string
	Changed       bool
}

// AuditCheck is what the last verification found.
type AuditCheck struct {
	At, From time.Time
	Err      *core.Error // nil: unbroken
}

// auditFields are the filters as they stand in an address.
func auditFields() []string { return []string{"person", "kind", "result", "from", "to", "q"} }

// auditQuery is the filter of an address, and what it asks for.
type auditQuery struct {
	form   Form
	filter core.AuditFilter
	person string
}

// address returns the address of the same filter at a path.
func (q auditQuery) address(path string, after core.EventMark) string {
	return filterAddress(path, q.form, auditFields(), after)
}

// readAudit reads the filter of an address. Days are in the zone of the one who
// looks. A name that is no filter of ours is refused: an address that asks for
// something else would otherwise look answered.
func (s *Site) readAudit(r *http.Request) (auditQuery, error) {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return auditQuery{form: Form{order: auditFields()}}, err
	}
	for name := range r.URL.Query() {
		if !slices.Contains(append(auditFields(), "after", "done"), name) {
			return auditQuery{}, core.NewError(core.Invalid, "request.malformed")
		}
	}
	q, err := s.auditFilter(r, query.Trimmed)
	if after := query.Get("after"); after != "" && err == nil {
		mark, ok := readMark(after)
		if !ok {
			return q, core.NewError(core.Invalid, "request.malformed")
		}
		q.filter.After = mark
	}
	return q, err
}

// auditFilter reads the fields of the filter.
func (s *Site) auditFilter(r *http.Request, value func(string) string) (auditQuery, error) {
	q := auditQuery{form: Form{order: auditFields()}}
	fields := map[string]*core.Error{}
	for _, name := range auditFields() {
		q.form = q.form.With(name, value(name))
	}
	v := visitOf(r).view
	if name := q.form.Value("kind"); name != "" {
		if q.filter.Kinds = core.KindsNamed(name); len(q.filter.Kinds) == 0 {
			fields["kind"] = core.NewError(core.Invalid, "activity.kind")
		}
	}
	if q.filter.Result = q.form.Value("result"); q.filter.Result != "" && !slices.Contains(auditResults(), q.filter.Result) {
		fields["result"] = core.NewError(core.Invalid, "admin.audit.result")
	}
	if q.filter.Text = q.form.Value("q"); len(q.filter.Text) > 200 {
		fields["q"] = core.NewError(core.Invalid, "form.too_long")
	}
	q.filter.From, q.filter.Until = auditDays(q.form, zoneOf(v), fields)
	if typed := q.form.Value("person"); typed != "" {
		p, err := s.deps.Audit.Person(r.Context(), v.Organization.ID, typed)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return q, err
		}
		if err != nil {
			fields["person"] = core.NewError(core.Invalid, "admin.audit.person")
		}
		q.filter.PersonID, q.person = p.ID, p.Name
	}
	if len(fields) > 0 {
		return q, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return q, nil
}

func auditDays(form Form, zone string, fields map[string]*core.Error) (from, until time.Time) {
	from, known := dayIn(form.Value("from"), zone)
	if !known {
		fields["from"] = core.NewError(core.Invalid, "activity.date")
	}
	if until, known = dayIn(form.Value("to"), zone); !known {
		fields["to"] = core.NewError(core.Invalid, "activity.date")
	}
	if !until.IsZero() {
		until = until.AddDate(0, 0, 1)
	}
	if known && !from.IsZero() && !until.IsZero() && !from.Before(until) {
		fields["to"] = core.NewError(core.Invalid, "activity.order")
	}
	return from, until
}

func auditResults() []string { return []string{"ok", "refused", "failed"} }

func (s *Site) auditShow(w http.ResponseWriter, r *http.Request) error {
	q, err := s.readAudit(r)
	if err != nil {
		failed, ok := q.form.Failed(err, "q")
		if !ok {
			return err
		}
		q.form = failed
		return s.Render(w, r, http.StatusBadRequest, auditPage(q))
	}
	organizationID := visitOf(r).view.Organization.ID
	found, err := s.deps.Audit.Page(r.Context(), organizationID, q.filter)
	if err != nil {
		return err
	}
	page := auditPage(q)
	page.Rows, page.Short = auditRows(found), found.Short
	if !found.Next.At.IsZero() {
		page.Older = q.address(auditPath, found.Next)
	}
	if !q.filter.After.At.IsZero() {
		page.Newest = q.address(auditPath, core.EventMark{})
	}
	last, err := s.deps.Audit.Page(r.Context(), organizationID, core.AuditFilter{Kinds: []string{core.EventAuditVerified}, Limit: 1})
	if err != nil {
		return err
	}
	page.Checked = checked(last.Events)
	return s.Render(w, r, http.StatusOK, page)
}

func auditPage(q auditQuery) *AuditPage {
	page := &AuditPage{
		Frame:  Frame{Title: "admin.audit.title", Section: "admin", Form: q.form, Trail: crumbs(crumbAdmin(), crumbSettings())},
		Person: q.person, Export: q.address(auditPath+"/export", core.EventMark{}),
	}
	kind := q.form.Value("kind")
	for _, g := range core.EventGroups() {
		page.Groups = append(page.Groups, ActivityGroup{string(g), auditGroupText(g), string(g) == kind})
	}
	for _, result := range auditResults() {
		page.Results = append(page.Results, ActivityGroup{result, resultText(result), result == q.form.Value("result")})
	}
	page.Filtered = slices.ContainsFunc(q.form.order, func(name string) bool { return q.form.Value(name) != "" })
	return page
}

func auditGroupText(g core.EventGroup) string {
	switch g {
	case core.GroupSignIn:
		return "activity.group.sign_ins"
	case core.GroupTwoFactor:
		return "activity.group.two_factor"
	case core.GroupPassword:
		return "activity.group.password"
	case core.GroupSetting:
		return "admin.audit.group_setting"
	case core.GroupKey:
		return "admin.audit.group_key"
	case core.GroupLoader:
		return "admin.audit.group_loader"
	case core.GroupLog:
		return "admin.audit.title"
	}
	return "admin.audit.group_user"
}

func resultText(result string) string {
	switch result {
	case "", "ok":
		return "admin.audit.result_ok"
	case "refused":
		return "admin.audit.result_refused"
	}
	return "admin.audit.result_failed"
}

// auditRows puts events into words for administrators, with all they hold.
func auditRows(found core.AuditPage) []AuditRow {
	sentence := sentences()
	rows := make([]AuditRow, len(found.Events))
	for i, e := range found.Events {
		row := AuditRow{
			At: e.At, Text: forOthers(sentence(e)), Kind: e.Kind, Target: e.Target, Result: resultText(e.Result),
			Failed: e.Result != "" && e.Result != "ok", Address: e.Origin.Address, Device: e.Origin.Device, Facts: auditFacts(e),
		}
		switch e.Actor.Kind {
		case "person":
			row.Who = firstOf(e.Actor.Name, string(e.Actor.ID))
			row.WhoLink = logOf(e.Actor.ID)
		case "operator":
			row.System = "admin.audit.who_operator"
		case "system":
			row.System = "admin.audit.who_system"
		default:
			row.System = "admin.audit.who_nobody"
		}
		if p, known := found.People[e.SubjectID]; known && e.SubjectID != e.Actor.ID {
			row.About, row.AboutLink = p.Name, logOf(p.ID)
		}
		rows[i] = row
	}
	return rows
}

// logOf is the address of what the log holds about a person.
func logOf(id core.ID) string {
	return auditPath + "?" + url.Values{"person": {string(id)}}.Encode()
}

// auditFacts are an event's details, a change as what was and what is, and what
// else the row holds.
func auditFacts(e core.Event) []AuditFact {
	var all []AuditFact
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		name, isAfter := strings.CutSuffix(key, "_after")
		if _, paired := e.Detail[name+"_before"]; isAfter && paired {
			continue // told with what was before
		}
		name, isBefore := strings.CutSuffix(key, "_before")
		after, paired := e.Detail[name+"_after"]
		if isBefore && paired {
			all = append(all, AuditFact{Key: name, Before: e.Detail[key], After: after, Changed: true})
			continue
		}
		all = append(all, AuditFact{Key: key, Value: e.Detail[key]})
	}
	o := e.Origin
	for _, f := range []AuditFact{
		{Name: "admin.audit.network", Value: o.Network},
		{Name: "admin.audit.user_agent", Value: o.UserAgent},
		{Name: "admin.audit.about", Value: string(e.SubjectID)},
		{Name: "admin.audit.session", Value: string(o.Session)},
		{Name: "admin.audit.request", Value: o.RequestID},
		{Name: "admin.audit.replica", Value: o.Replica},
		{Name: "admin.audit.event", Value: string(e.ID)},
	} {
		if f.Value != "" {
			all = append(all, f)
		}
	}
	return all
}

// checked reads the last verification out of the log.
func checked(events []core.Event) *AuditCheck {
	if len(events) == 0 {
		return nil
	}
	e := events[0]
	c := &AuditCheck{At: e.At}
	c.From, _ = time.Parse(time.RFC3339, e.Detail["from"]) // zero where nothing was sealed
	if code := e.Detail["fault"]; code != "" {
		c.Err = core.NewError(core.Conflict, code).With("row", e.Detail["row"]).With("seal", e.Detail["seal"]).With("key", "")
	}
	return c
}

// auditVerify is "Verify log". What it finds is in the log, and so on the page.
func (s *Site) auditVerify(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(r.Context(), verifyLimit)
	defer stop()
	_, err := s.deps.Audit.Verify(ctx, auditBy(r), visitOf(r).view.Organization.ID, nil)
	if err != nil && ctx.Err() != nil && r.Context().Err() == nil {
		return core.NewError(core.Conflict, "audit.long").Because(err)
	}
	if err != nil {
		return err
	}
	return see(w, r, auditPath+"#check")
}

func auditBy(r *http.Request) audit.By {
	u := visitOf(r).view.Account.User
	return audit.By{Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, Origin: origin(r)}
}
