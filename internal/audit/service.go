package audit

import (
	"context"
	"io"
	"slices"
	"strconv"
	"sync"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Service is what pages and commands ask of the log.
type Service struct {
	Deps
	checking sync.Mutex // one verification for a page at a time
}

// NewService returns a service.
func NewService(d Deps) *Service { return &Service{Deps: d} }

// By says who asks, for the log itself.
type By struct {
	Actor  core.Actor
	Origin core.Origin
}

// Page returns a page of an organization's log, newest first, with the people it
// is about.
func (s *Service) Page(ctx context.Context, organizationID core.ID, f core.AuditFilter) (core.AuditPage, error) {
	page, err := s.Log.AuditPage(ctx, organizationID, f)
	if err != nil {
		return page, err
	}
	var about []core.ID
	for _, e := range page.Events {
		if e.SubjectID != "" && !slices.Contains(about, e.SubjectID) {
			about = append(about, e.SubjectID)
		}
	}
	page.People, err = s.People.AuditPeople(ctx, organizationID, about)
	return page, err
}

// Person returns whom a filter names, by id or by what they sign in with.
func (s *Service) Person(ctx context.Context, organizationID core.ID, typed string) (core.AuditPerson, error) {
	login, _ := identifier.LoginKey(typed) // what is none is nobody's
	return s.People.AuditPerson(ctx, organizationID, core.ID(typed), login)
}

// Format is a form of an exported file.
type Format string

// The forms.
const (
	CSV  Format = "csv"
	JSON Format = "jsonl"
)

// Export writes a file. That somebody took it is in the log before its first
// byte goes out.
func (s *Service) Export(ctx context.Context, by By, what Export, form Format, to io.Writer) (int, error) {
	detail := filterText(what.Filter)
	detail["format"] = string(form)
	if err := s.note(ctx, what.OrganizationID, by, core.EventAuditExported, "ok", what.Name, detail); err != nil {
		return 0, err
	}
	x := Exporter{s.Deps}
	if form == CSV {
		return x.CSV(ctx, to, what)
	}
	return x.JSON(ctx, to, what)
}

// Verify checks an organization's log and notes what was found. Where another
// verification of this process is on its way it is refused with audit.busy.
func (s *Service) Verify(ctx context.Context, by By, organizationID core.ID, points []Checkpoint) (Report, error) {
	if !s.checking.TryLock() {
		return Report{}, core.NewError(core.Conflict, "audit.busy")
	}
	defer s.checking.Unlock()
	report, err := Verifier{s.Deps}.Verify(ctx, organizationID, points)
	if err != nil {
		return report, err
	}
	result, detail := "ok", map[string]string{"rows": strconv.Itoa(report.Rows), "seals": strconv.Itoa(report.Seals)}
	if !report.From.IsZero() {
		detail["from"], detail["until"] = report.From.UTC().Format(timeForm), report.Until.UTC().Format(timeForm)
	}
	if f := report.Fault; f != nil {
		result, detail["fault"] = "failed", f.Code
		for _, name := range []string{"row", "seal"} {
			switch v := f.Params[name].(type) {
			case core.ID:
				detail[name] = string(v)
			case int64:
				detail[name] = strconv.FormatInt(v, 10)
			}
		}
	}
	return report, s.note(ctx, organizationID, by, core.EventAuditVerified, result, "", detail)
}

func (s *Service) note(ctx context.Context, organizationID core.ID, by By, kind, result, target string, detail map[string]string) error {
	now := s.Clock()
	return s.Recorder.Note(ctx, core.Record{Warrant: by.Actor.Warrant(organizationID, core.Administrator), Events: []core.Event{{
		ID: core.NewID(now, s.Random), OrganizationID: organizationID, At: now, Kind: kind, Result: result,
		Actor: by.Actor, Origin: by.Origin, Target: target, Detail: detail,
	}}})
}
