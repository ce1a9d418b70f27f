package web

import (
	"context"
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/words"
)

// The addresses of "What will happen".
const (
	whatHappensPath   = orgSecurityPath + "/what-will-happen"
	rehearsalPath     = adminPath + "/rehearsal"
	rehearsalFilePath = rehearsalPath + "/file"
)

// How many people a list of those who are stuck shows: on the tab, and a page.
const (
	stuckOnTab  = 20
	stuckOnPage = 50
	stuckPages  = 100_000
)

// fieldTell is the box "Tell everybody by email".
const fieldTell = "tell_everybody"

// Rehearsals tells what settings come to before they are saved (package
// organization).
type Rehearsals interface {
	// Rehearse runs the decision of a sign-in for everybody.
	Rehearse(ctx context.Context, a organization.Asking) (organization.Rehearsal, error)
	// EachStuck tells each of everybody who could not sign in.
	EachStuck(ctx context.Context, a organization.Asking, each func(organization.Stuck) error) error
}

// Foretold is "What will happen": what the settings as typed come to.
type Foretold struct {
	organization.Rehearsal
	Required bool // the settings ask everybody
	Rows     []StuckRow
	More     string // address of the whole list; empty: this is it
}

// StuckRow is a person who could not sign in, why, and where that is mended.
type StuckRow struct {
	organization.Stuck
	Reasons []string  // text ids
	Later   time.Time // from when on; zero: as soon as the settings are in force
	Mend    string    // address of what helps; empty: nothing on a page does
	Act     string    // text id of that link
}

// RehearsalPage is the whole list of people who could not sign in, before
// anything is saved.
type RehearsalPage struct {
	Frame
	Rows    []StuckRow
	Total   int
	From    int // the places of the first and the last row shown
	To      int
	Before  string
	Next    string
	File    string
	Reasons []ReasonCount
}

// ReasonCount is how many people have the same first reason.
type ReasonCount struct {
	Text   string
	People int
}

// rehearsed are the settings that decide who gets in.
func rehearsed() []string {
	return []string{"require_two_factor", "require_from", "method_email", "method_app", "apps_only_from", "administrators_app_from", "strict_reset"}
}

// whatHappens is the button "See what will happen": the tab comes back with
// everything that was typed, nothing is saved, and the section says what a save
// would come to. A script takes the section alone.
func (s *Site) whatHappens(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readSettings(r, organization.Security, fieldTell)
	v := visitOf(r).view
	would := v.Organization
	if err == nil {
		would, err = s.deps.Organizations.Preview(v.Organization, typedSettings(organization.Security, form).Now)
	}
	if err != nil {
		failed, here := form.Failed(err, settingNames(organization.Security)[0])
		if !here {
			return err
		}
		return s.organizationRender(w, r, statusOf(w, err), organization.Security, v.Organization, failed)
	}
	report, err := s.deps.Rehearsals.Rehearse(r.Context(), organization.Asking{Is: v.Organization, Proposed: would, You: v.Account.User.ID, Limit: stuckOnTab})
	if err != nil {
		return err
	}
	told := &Foretold{Rehearsal: report, Required: would.Policy.RequireTwoFactor, Rows: stuckRows(report.List, report, v.Account.User.ID)}
	if report.Stuck+report.Later > len(told.Rows) {
		told.More = rehearsalPath + "?" + rehearsalQuery(would).Encode()
	}
	page := s.organizationTab(organization.Security, v.Organization, form)
	if tab, isTab := page.(*OrganizationSecurityPage); isTab {
		tab.Foretold = told
	}
	return s.Render(w, r, http.StatusOK, page)
}

// rehearsalQuery carries the settings of a rehearsal, which are no secrets.
func rehearsalQuery(would core.Organization) url.Values {
	q := url.Values{}
	for _, setting := range organization.Settings() {
		for _, name := range rehearsed() {
			if setting.Name == name {
				q.Set(name, setting.Text(would))
			}
		}
	}
	return q
}

// rehearsalAsked reads the settings of a rehearsal from the address.
func (s *Site) rehearsalAsked(r *http.Request) (organization.Asking, httpx.Form, error) {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return organization.Asking{}, query, err
	}
	v := visitOf(r).view
	typed := map[string]string{}
	for _, name := range rehearsed() {
		if query.Has(name) {
			typed[name] = query.Trimmed(name)
		}
	}
	would, err := s.deps.Organizations.Preview(v.Organization, typed)
	if err != nil {
		err = core.NewError(core.Invalid, "request.malformed").Because(err)
	}
	return organization.Asking{Is: v.Organization, Proposed: would, You: v.Account.User.ID}, query, err
}

// rehearsalShow is the whole list, a page at a time.
func (s *Site) rehearsalShow(w http.ResponseWriter, r *http.Request) error {
	asking, query, err := s.rehearsalAsked(r)
	if err != nil {
		return err
	}
	number := 1
	if text := query.Trimmed("page"); text != "" {
		if number, err = strconv.Atoi(text); err != nil || number < 1 || number > stuckPages {
			return core.NewError(core.Invalid, "request.malformed")
		}
	}
	asking.Skip, asking.Limit = (number-1)*stuckOnPage, stuckOnPage
	report, err := s.deps.Rehearsals.Rehearse(r.Context(), asking)
	if err != nil {
		return err
	}
	settings := rehearsalQuery(asking.Proposed)
	at := func(n int) string {
		settings.Set("page", strconv.Itoa(n))
		return rehearsalPath + "?" + settings.Encode()
	}
	page := &RehearsalPage{
		Frame: Frame{Title: "rehearsal.list.title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings(), crumbSetup(), crumbSecurity())},
		Rows:  stuckRows(report.List, report, asking.You), Total: report.Stuck + report.Later, From: asking.Skip + 1,
		File: rehearsalFilePath + "?" + rehearsalQuery(asking.Proposed).Encode(),
	}
	page.To = asking.Skip + len(page.Rows)
	for _, reason := range report.Reasons {
		page.Reasons = append(page.Reasons, ReasonCount{hindranceText(reason.Hindrance), reason.People})
	}
	if number > 1 {
		page.Before = at(number - 1)
	}
	if asking.Skip+len(page.Rows) < page.Total {
		page.Next = at(number + 1)
	}
	return s.Render(w, r, http.StatusOK, page)
}

func crumbSecurity() Crumb { return Crumb{Text: "admin.organization.title", Link: orgSecurityPath} }

// rehearsalFile is the whole list as CSV, sent while it is read.
func (s *Site) rehearsalFile(w http.ResponseWriter, r *http.Request) error {
	asking, _, err := s.rehearsalAsked(r)
	if err != nil {
		return err
	}
	v := visitOf(r).view
	text, zone := s.printer(r, v), locationOf(zoneOf(v))
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+text.T("rehearsal.file.name")+`"`)
	out := csv.NewWriter(w)
	out.UseCRLF = true // RFC 4180
	_ = out.Write([]string{
		byteOrderMark + text.T("rehearsal.file.person"), text.T("rehearsal.file.username"), text.T("rehearsal.file.email"), text.T("rehearsal.file.why"),
		text.T("rehearsal.file.from"), text.T("rehearsal.file.until"), text.T("rehearsal.file.already"),
	}) // Error, below, tells of it
	err = s.deps.Rehearsals.EachStuck(r.Context(), asking, func(p organization.Stuck) error {
		_ = out.Write(stuckCells(text, p, zone)) // as above
		return out.Error()
	})
	if out.Flush(); err != nil || out.Error() != nil {
		panic(http.ErrAbortHandler) // cut off, so that half a file does not look whole
	}
	return nil
}

func stuckCells(p words.Printer, s organization.Stuck, zone *time.Location) []string {
	var why []string
	for _, h := range s.Hindrances {
		why = append(why, p.T(hindranceText(h)))
	}
	already := ""
	if s.Already {
		already = p.T("rehearsal.file.yes")
	}
	when := func(t time.Time) string {
		if t.IsZero() {
			return ""
		}
		return t.In(zone).Format(time.RFC3339)
	}
	cells := []string{s.User.Name(), s.User.Login(), s.User.Email, strings.Join(why, " "), when(s.From), when(s.Until), already}
	for i, c := range cells {
		cells[i] = core.Cell(c)
	}
	return cells
}

func stuckRows(list []organization.Stuck, report organization.Rehearsal, you core.ID) []StuckRow {
	var rows []StuckRow
	for _, p := range list {
		row := StuckRow{Stuck: p}
		if p.From.After(report.Start) {
			row.Later = p.From
		}
		for _, h := range p.Hindrances {
			row.Reasons = append(row.Reasons, hindranceText(h))
		}
		row.Mend, row.Act = mendOf(p, you)
		rows = append(rows, row)
	}
	return rows
}

// mendOf is where the first hindrance of a person is mended. Nobody resets or
// exempts themselves (AD2).
func mendOf(p organization.Stuck, you core.ID) (link, act string) {
	person := usersPath + "/" + string(p.User.ID)
	switch p.Hindrances[0] {
	case core.HindranceLocked:
		return generalPath, "rehearsal.mend.unlock"
	case core.HindranceMailDown:
		return mailSettingsPath, "rehearsal.mend.email"
	}
	if p.User.ID == you {
		return "", ""
	}
	switch p.Hindrances[0] {
	case core.HindranceNoAddress, core.HindranceRefused:
		return person + "/profile", "rehearsal.mend.address"
	case core.HindranceEmailPaused:
		return person + "/exempt", "rehearsal.mend.exempt"
	}
	return person + "/reset-two-factor", "rehearsal.mend.reset"
}

// hindranceText is the sentence of a hindrance.
func hindranceText(h core.Hindrance) string {
	switch h {
	case core.HindranceLocked:
		return "rehearsal.reason.locked"
	case core.HindranceAppPaused:
		return "rehearsal.reason.app_paused"
	case core.HindranceAppBlocked:
		return "rehearsal.reason.app_blocked"
	case core.HindranceFactorPaused:
		return "rehearsal.reason.factor_paused"
	case core.HindranceFactorBlocked:
		return "rehearsal.reason.factor_blocked"
	case core.HindranceNoAddress:
		return "rehearsal.reason.no_address"
	case core.HindranceRefused:
		return "rehearsal.reason.address_refused"
	case core.HindranceMailDown:
		return "rehearsal.reason.mail_down"
	case core.HindranceEmailPaused:
		return "rehearsal.reason.email_paused"
	case core.HindranceAfterReset:
		return "rehearsal.reason.after_reset"
	case core.HindranceRecoveryPaused:
		return "rehearsal.reason.recovery_paused"
	case core.HindranceRecoveryHeld:
		return "rehearsal.reason.recovery_held"
	}
	return "rehearsal.reason.not_allowed"
}

// requiredDone is the green banner after the requirement was switched on: how
// many people it asks, by the settings as they are stored now.
func (s *Site) requiredDone(r *http.Request) ([]any, error) {
	v := visitOf(r).view
	if r.URL.Query().Get("done") != "required" || !v.Organization.Policy.RequireTwoFactor {
		return nil, nil
	}
	report, err := s.deps.Rehearsals.Rehearse(r.Context(), organization.Asking{Is: v.Organization, Proposed: v.Organization})
	return []any{"count", report.Asked}, err
}

// ownAppBanner offers an app to the administrator who has just required a second
// step of everybody and has none (ux 4.4).
func ownAppBanner(a core.Account) []Banner {
	if a.Apps > 0 {
		return nil
	}
	return []Banner{{Tone: "notice", Text: "rehearsal.own_app", Link: securityPath, Act: "rehearsal.own_link"}}
}
