package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/people"
)

// UsersPage is Manage Users: a search, filters and a page of people (ux 4.5).
type UsersPage struct {
	Frame
	Filters  []UserFilter
	Columns  []UserColumn
	Rows     []UserRow
	Sort     string // as in the address
	Count    int64
	More     bool // there are more than were counted
	Closest  bool // only those closest to the text are listed
	Total    int64
	Filtered bool
	Add      bool   // whoever looks may add people
	Clear    string // the list without filters
	Earlier  string // addresses; empty: none
	Later    string
	Actions  []UserOption // for many people; empty: whoever looks has none
	Export   string       // the page of files and reports
	Sent     []Field      // the filters and the place in the list, to be sent along
}

// UserFilter is one select of the form.
type UserFilter struct {
	Name    string
	Text    string // text id
	Options []UserOption
}

// UserOption is one choice of a filter.
type UserOption struct {
	Value  string
	Text   string // text id; empty: Name is what it is called
	Name   string
	Chosen bool
}

// UserColumn is a header of the table, which sorts by it.
type UserColumn struct {
	Text string // text id
	Sort string // what pressing it asks for; empty: it does not sort
	Aria string // "ascending", "descending" or "none"
}

// UserRow is one person of the list.
type UserRow struct {
	ID       core.ID
	Name     string
	Email    string
	Type     string // text id
	Step     string // text id
	ResetDue bool
	Paused   bool   // for password clients, at this moment
	Status   string // text id
	Waits    bool   // invited
	Off      bool   // deactivated
	LastSeen time.Time
	May      people.Rights
	Link     bool // a link can be sent
	Password bool // there is one to replace
	Ticked   bool
}

// usersQuery is what an address asks for.
type usersQuery struct {
	filter core.PersonFilter
	sort   string // as it stands in the address; empty: the usual one
	values url.Values
}

// userFilterNames are the filters in the address, in the order of the form.
func userFilterNames() []string { return []string{"two_factor", "type", "status", "seen", "group"} }

// readUsers reads an address. A filter, sort or value that does not exist makes no
// sense (400): no page of ours leads there.
func readUsers(r *http.Request) (usersQuery, error) {
	bad := core.NewError(core.Invalid, "request.malformed")
	q := usersQuery{values: url.Values{}}
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return q, err
	}
	known := append(userFilterNames(), "q", "sort", "after", "before", "done")
	for name := range r.URL.Query() {
		if !slices.Contains(known, name) {
			return q, bad
		}
	}
	return usersQueryOf(query)
}

// usersQueryOf reads the filters of an address, or of a form that was shown with
// them.
func usersQueryOf(query httpx.Form) (usersQuery, error) {
	bad := core.NewError(core.Invalid, "request.malformed")
	q := usersQuery{values: url.Values{}}
	f := &q.filter
	f.Text, f.After, f.Before = query.Trimmed("q"), core.ID(query.Get("after")), core.ID(query.Get("before"))
	f.SecondStep, f.Status, f.Seen = core.SecondStep(query.Get("two_factor")), core.Status(query.Get("status")), core.LastSeen(query.Get("seen"))
	f.GroupID = core.ID(query.Get("group"))
	if f.Waiting = f.Status == statusWaiting; f.Waiting {
		f.Status = core.Active // a state of the moment, of those who can sign in
	}
	if f.Paused = f.SecondStep == stepPaused; f.Paused {
		f.SecondStep = "" // a state of the moment, whatever is in force
	}
	good := (f.SecondStep == "" || slices.Contains(core.SecondSteps(), f.SecondStep)) &&
		(f.Status == "" || slices.Contains(statuses(), f.Status)) && (f.Seen == "" || slices.Contains(core.LastSeens(), f.Seen)) &&
		(f.After == "" || f.Before == "")
	if name := query.Get("type"); name != "" {
		kind, ok := core.UserTypeNamed(name)
		f.Type, good = &kind, good && ok
	}
	q.sort = query.Get("sort")
	by, down := strings.CutPrefix(q.sort, "-")
	f.Sort, f.Descending = core.PersonSort(by), down
	switch {
	case q.sort == "" && f.Seen != "":
		f.Sort, f.Descending = core.SortSeen, true // what was asked about is what is looked for
	case q.sort == "":
		f.Sort = core.SortName
	default:
		good = good && slices.Contains(core.PersonSorts(), f.Sort)
	}
	if !good {
		return q, bad
	}
	for _, name := range append(userFilterNames(), "q", "sort") {
		if v := query.Trimmed(name); v != "" {
			q.values.Set(name, v)
		}
	}
	return q, nil
}

// statusWaiting is the filter of those who wait after wrong passwords.
const statusWaiting = "waiting"

// stepPaused is the filter of those who let password clients in for a while.
const stepPaused = "paused"

func statuses() []core.Status { return []core.Status{core.Active, core.Invited, core.Inactive} }

// address is the list with the same filters, and one more value.
func (q usersQuery) address(name string, value core.ID) string {
	values := url.Values{}
	for k, v := range q.values {
		values[k] = v
	}
	if value != "" {
		values.Set(name, string(value))
	}
	if len(values) == 0 {
		return usersPath
	}
	return usersPath + "?" + values.Encode()
}

// usersShow is GET /admin/users.
func (s *Site) usersShow(w http.ResponseWriter, r *http.Request) error {
	q, err := readUsers(r)
	if err != nil {
		return err
	}
	return s.usersRender(w, r, http.StatusOK, q, Form{order: []string{"action"}})
}

// usersRender shows the list; form is what was typed into the form below it.
func (s *Site) usersRender(w http.ResponseWriter, r *http.Request, status int, q usersQuery, form Form) error {
	v := visitOf(r).view
	groups, err := s.deps.GroupNames.List(r.Context(), v)
	if err != nil {
		return err
	}
	if q.filter.GroupID != "" && !slices.ContainsFunc(groups, func(g core.Group) bool { return g.ID == q.filter.GroupID }) {
		return httpx.NoPage() // it was removed, or is another organization's
	}
	list, err := s.deps.People.Search(r.Context(), v, q.filter)
	if core.KindOf(err) == core.NotFound && q.filter.After+q.filter.Before != "" {
		return see(w, r, q.address("", "")) // whom the page followed is gone
	}
	if err != nil {
		return err
	}
	page := usersPage(q, list, groups)
	page.Section, page.Trail = s.usersSection(r)
	page.Form = form.With("q", q.filter.Text)
	if page.Add = v.Account.User.Type == core.Administrator; page.Add {
		page.Actions, page.Sent, page.Export = bulkOptions(), q.sent(), q.exportLink()
	}
	for _, a := range list.People.People {
		row := userRow(v.Account.User, a, v.Organization.Policy, s.deps.Clock())
		if q.filter.Waiting {
			row.Status = "users.status.waiting"
		}
		row.Ticked = form.Ticked(ticked + string(row.ID))
		page.Rows = append(page.Rows, row)
	}
	return s.Render(w, r, status, page)
}

// usersSection is the part of the menu that pages of people are in, and the pages
// above: the help desk has no Control Panel.
func (s *Site) usersSection(r *http.Request) (string, []Crumb) {
	if visitOf(r).view.Account.User.Type == core.Administrator {
		return "admin", crumbs(crumbAdmin(), crumbSettings())
	}
	return "users", nil
}

func usersPage(q usersQuery, list people.List, groups []core.Group) *UsersPage {
	page := &UsersPage{
		Frame: Frame{Title: "users.title"},
		Sort:  sortText(q.filter), Count: int64(list.Matches), More: list.Uncounted, Closest: list.Closest, Total: int64(list.Total), Filtered: list.Filtered,
		Clear: usersPath, Filters: userFilters(q, groups), Columns: userColumns(q.filter),
	}
	if !list.Filtered {
		page.Count = page.Total
	}
	if shown := list.People.People; len(shown) > 0 {
		if list.Earlier {
			page.Earlier = q.address("before", shown[0].User.ID)
		}
		if list.Later {
			page.Later = q.address("after", shown[len(shown)-1].User.ID)
		}
	}
	return page
}

// sortText is a sort as it stands in the address.
func sortText(f core.PersonFilter) string {
	if f.Descending {
		return "-" + string(f.Sort)
	}
	return string(f.Sort)
}

func userFilters(q usersQuery, groups []core.Group) []UserFilter {
	chosen := func(name string, options ...UserOption) []UserOption {
		for i := range options {
			options[i].Chosen = options[i].Value == q.values.Get(name)
		}
		return options
	}
	all := []UserFilter{
		{"two_factor", "users.filter.two_factor", chosen("two_factor",
			UserOption{Value: "off", Text: "users.step.off"}, UserOption{Value: "email", Text: "users.step.email"}, UserOption{Value: "app", Text: "users.step.app"},
			UserOption{Value: "pending", Text: "users.step.pending"}, UserOption{Value: "exempt", Text: "users.step.exempt"},
			UserOption{Value: stepPaused, Text: "users.step.paused"})},
		{"type", "users.filter.type", chosen("type",
			UserOption{Value: "user", Text: "account.profile.type_ordinary"}, UserOption{Value: "help-desk", Text: "account.profile.type_help_desk"},
			UserOption{Value: "administrator", Text: "account.profile.type_administrator"}, UserOption{Value: "no-access", Text: "account.profile.type_none"})},
		{"status", "users.filter.status", chosen("status",
			UserOption{Value: "active", Text: "users.status.active"}, UserOption{Value: "invited", Text: "users.status.invited"}, UserOption{Value: "inactive", Text: "users.status.inactive"},
			UserOption{Value: statusWaiting, Text: "users.status.waiting"})},
		{"seen", "users.filter.seen", chosen("seen",
			UserOption{Value: "7-days", Text: "users.seen.week"}, UserOption{Value: "30-days", Text: "users.seen.month"},
			UserOption{Value: "over-90-days", Text: "users.seen.long"}, UserOption{Value: "never", Text: "users.seen.never"})},
	}
	if len(groups) > 0 {
		var options []UserOption
		for _, g := range groups {
			options = append(options, UserOption{Value: string(g.ID), Name: g.Name})
		}
		all = append(all, UserFilter{"group", "users.filter.group", chosen("group", options...)})
	}
	return all
}

// userColumns are the headers. Pressing one sorts by it, pressing it again turns
// the order around; the last sign-in begins with the newest.
func userColumns(f core.PersonFilter) []UserColumn {
	column := func(text string, by core.PersonSort, firstDown bool) UserColumn {
		c := UserColumn{Text: text, Sort: string(by), Aria: "none"}
		down := firstDown
		if f.Sort == by {
			c.Aria = "ascending"
			if f.Descending {
				c.Aria = "descending"
			}
			down = !f.Descending
		}
		if down {
			c.Sort = "-" + c.Sort
		}
		return c
	}
	return []UserColumn{
		column("users.column.name", core.SortName, false), column("users.column.email", core.SortEmail, false),
		column("users.column.type", core.SortType, true),
		{Text: "users.column.two_factor"},
		{Text: "users.column.status"},
		column("users.column.seen", core.SortSeen, true),
	}
}

// userRow is a person of the list as whoever looks may see and help them.
func userRow(by core.User, a core.Account, p core.Policy, now time.Time) UserRow {
	u := a.User
	return UserRow{
		ID: u.ID, Name: u.Name(), Email: u.Email, Type: userTypeText(u.Type), Step: stepText(a.SecondStep(p, now)), ResetDue: !a.ResetDue.IsZero(), Paused: a.Pause.Live(now),
		Status: statusText(u.Status), Waits: u.Status == core.Invited, Off: u.Status == core.Inactive, LastSeen: u.LastSignInAt,
		May: people.RightsOf(by, u), Link: u.ResetLink() != "", Password: u.MaySignIn(),
	}
}

func stepText(step core.SecondStep) string {
	switch step {
	case core.SecondStepOff:
		return "users.step.off"
	case core.SecondStepEmail:
		return "users.step.email"
	case core.SecondStepApp:
		return "users.step.app"
	case core.SecondStepExempt:
		return "users.step.exempt"
	}
	return "users.step.pending"
}

func statusText(status core.Status) string {
	switch status {
	case core.Invited:
		return "users.status.invited"
	case core.Inactive:
		return "users.status.inactive"
	}
	return "users.status.active"
}
