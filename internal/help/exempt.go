package help

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Request is an exemption as typed.
type Request struct {
	Until  string  // 2030-01-31, the last day of it where the organization is
	Reason string  // required
	Seen   core.ID // the exemption that was on the page; empty: none ran
}

// Exempted is a person or a group with the exemption that runs.
type Exempted struct {
	Account      core.Account     // of a person
	Group        core.ExemptGroup // of a group
	Organization core.Organization
	Running      core.Exemption // zero: none
	First, Last  string         // the days that may be named, as 2030-01-31
}

// exempts reports whether by may exempt u: only administrators, and nobody
// themselves (AD2).
func exempts(by, u core.User) bool { return by.Manages(u) && by.ID != u.ID }

// ExemptPerson returns a person whom the signed-in administrator may exempt.
func (s *Service) ExemptPerson(ctx context.Context, by core.SessionView, userID core.ID) (Exempted, error) {
	acc, org, err := s.whom(ctx, by, userID, exempts)
	if err != nil {
		return Exempted{}, err
	}
	running, err := s.running(ctx, acc.User.OrganizationID, acc.User.ID, "")
	return Exempted{Account: acc, Organization: org, Running: running, First: s.today(org), Last: s.lastDay(org)}, err
}

// ExemptGroup returns a group of the signed-in administrator's organization.
func (s *Service) ExemptGroup(ctx context.Context, by core.SessionView, groupID core.ID) (Exempted, error) {
	g, err := s.group(ctx, by, groupID)
	if err != nil {
		return Exempted{}, err
	}
	running, err := s.running(ctx, g.OrganizationID, "", g.ID)
	return Exempted{Group: g, Organization: by.Organization, Running: running, First: s.today(by.Organization), Last: s.lastDay(by.Organization)}, err
}

func (s *Service) group(ctx context.Context, by core.SessionView, groupID core.ID) (core.ExemptGroup, error) {
	g, err := s.Exemptions.ExemptGroup(ctx, by.Account.User.OrganizationID, groupID)
	switch {
	case errors.Is(err, core.ErrNotFound), err == nil && by.Account.User.Type != core.Administrator:
		return core.ExemptGroup{}, errNoGroup
	}
	return g, err
}

// running returns the exemption that holds now; zero: none.
func (s *Service) running(ctx context.Context, organizationID, userID, groupID core.ID) (core.Exemption, error) {
	x, err := s.open(ctx, organizationID, userID, groupID)
	if err != nil || !x.Live(s.Clock()) {
		return core.Exemption{}, err
	}
	return x, nil
}

// open is running, also where its time is over and that is not written down yet.
func (s *Service) open(ctx context.Context, organizationID, userID, groupID core.ID) (core.Exemption, error) {
	x, err := s.Exemptions.OpenExemption(ctx, organizationID, userID, groupID)
	if errors.Is(err, core.ErrNotFound) {
		return core.Exemption{}, nil
	}
	return x, err
}

// lastDay returns the last day that an exemption may name, where the organization
// is.
func (s *Service) lastDay(org core.Organization) string {
	return s.Clock().In(zone(org)).AddDate(0, 0, core.MaxExemptionDays).Format(time.DateOnly)
}

// today returns the first one.
func (s *Service) today(org core.Organization) string {
	return s.Clock().In(zone(org)).Format(time.DateOnly)
}

// Exempt exempts a person in the place of the exemption that was on the page.
func (s *Service) Exempt(ctx context.Context, by core.SessionView, userID core.ID, r Request, o core.Origin) error {
	acc, org, err := s.whom(ctx, by, userID, exempts)
	if err != nil {
		return s.refused(ctx, by, core.EventExempted, acc.User, o, err)
	}
	err = s.exempt(ctx, exempting{user: acc.User, name: acc.User.Name(), target: acc.User.Email}, org, actorOf(by), r, o)
	return s.refused(ctx, by, core.EventExempted, acc.User, o, err)
}

// ExemptWholeGroup exempts the members of a group, administrators apart.
func (s *Service) ExemptWholeGroup(ctx context.Context, by core.SessionView, groupID core.ID, r Request, o core.Origin) error {
	g, err := s.group(ctx, by, groupID)
	if err != nil {
		return err
	}
	nobody := core.User{OrganizationID: g.OrganizationID}
	err = s.exempt(ctx, exempting{user: nobody, group: g.ID, name: g.Name, target: g.Name}, by.Organization, actorOf(by), r, o)
	return s.refused(ctx, by, core.EventExempted, nobody, o, err)
}

// OperatorExempt exempts a person at the command line.
func (s *Service) OperatorExempt(ctx context.Context, acc core.Account, org core.Organization, by core.Actor, r Request) error {
	x, err := s.open(ctx, org.ID, acc.User.ID, "")
	if err != nil {
		return err
	}
	if x.Live(s.Clock()) {
		r.Seen = x.ID
	}
	return s.exempt(ctx, exempting{user: acc.User, name: acc.User.Name(), target: acc.User.Email}, org, by, r, core.Origin{})
}

// exempting is what is exempted.
type exempting struct {
	user         core.User // of a group: only its organization
	group        core.ID
	name, target string
}

// errChanged is what an administrator gets who has not seen the exemption that
// runs.
var errChanged = core.NewError(core.Conflict, "help.exempt_changed")

func (s *Service) exempt(ctx context.Context, w exempting, org core.Organization, by core.Actor, r Request, o core.Origin) error {
	now := s.Clock()
	r.Reason = noted(r.Reason)
	until, err := s.until(org, r)
	if err != nil {
		return err
	}
	before, err := s.open(ctx, org.ID, w.user.ID, w.group)
	if err != nil {
		return err
	}
	seen := before.ID
	if !before.Live(now) {
		seen = ""
	}
	if seen != r.Seen {
		return errChanged
	}
	x := core.Exemption{
		ID: s.newID(), OrganizationID: org.ID, UserID: w.user.ID, GroupID: w.group, Name: w.name, Reason: r.Reason, By: by, StartedAt: now, Until: until,
	}
	e := s.event(core.EventExempted, w.user, by, o)
	e.Target = w.target
	e.Detail = details(x)
	e.Detail[core.DetailReason] = r.Reason
	if seen != "" {
		e.Detail["until_before"], e.Detail["until_after"] = stamp(before.Until), stamp(until)
	}
	record := core.Record{Events: []core.Event{e}, Changes: s.changes(x, now)}
	if before.ID != "" && seen == "" { // its time is over, and nobody wrote it down yet
		record.Events = append([]core.Event{s.ended(before, core.Actor{Kind: "system"}, core.Origin{})}, record.Events...)
	}
	err = s.Exemptions.Exempt(ctx, core.Exempting{Exemption: x, Replaces: before.ID, Record: record})
	switch {
	case errors.Is(err, core.ErrStale):
		return errChanged
	case errors.Is(err, core.ErrNotFound):
		return errAbove
	}
	return err
}

// until reads the last day of an exemption: its end is the end of that day.
func (s *Service) until(org core.Organization, r Request) (time.Time, error) {
	fields := map[string]*core.Error{}
	place := zone(org)
	day, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(r.Until), place)
	switch {
	case strings.TrimSpace(r.Until) == "":
		fields["until"] = core.NewError(core.Invalid, "help.until.empty")
	case err != nil:
		fields["until"] = core.NewError(core.Invalid, "help.until.date")
	case day.Format(time.DateOnly) < s.today(org):
		fields["until"] = core.NewError(core.Invalid, "help.until.past")
	case day.Format(time.DateOnly) > s.lastDay(org):
		fields["until"] = core.NewError(core.Invalid, "help.until.late").With("days", core.MaxExemptionDays)
	}
	switch e := noteProblem(r.Reason); {
	case e != nil:
		fields["reason"] = e
	case r.Reason == "":
		fields["reason"] = core.NewError(core.Invalid, "help.reason")
	}
	if len(fields) > 0 {
		return time.Time{}, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 23, 59, 59, 0, place).UTC(), nil
}

// zone is where the organization is.
func zone(org core.Organization) *time.Location {
	if z, err := time.LoadLocation(org.TimeZone); err == nil {
		return z
	}
	return time.UTC
}

// details are what every event of an exemption says.
func details(x core.Exemption) map[string]string {
	d := map[string]string{core.DetailUntil: stamp(x.Until)}
	if x.GroupID != "" {
		d[core.DetailGroup] = string(x.GroupID)
	}
	return d
}

// changes tell every replica: about a person, or for a group about everybody.
func (s *Service) changes(x core.Exemption, now time.Time) []core.Change {
	c := core.Change{ID: core.NewID(now, s.Random), At: now, Kind: core.ChangeUser, SubjectID: x.UserID}
	if x.GroupID != "" {
		c.Kind, c.SubjectID = core.ChangeOrganization, x.OrganizationID
	}
	return []core.Change{c}
}
