package help

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Check is how it was checked who asks for help (RC6).
type Check struct {
	How  core.IdentityCheck
	Note string
}

// Validate returns what is missing, by field.
func (c Check) Validate() error {
	fields := map[string]*core.Error{}
	if !slices.Contains(core.IdentityChecks(), c.How) {
		fields["how"] = core.NewError(core.Invalid, "help.how")
	}
	if e := noteProblem(c.Note); e != nil {
		fields["note"] = e
	} else if c.How == core.CheckedOther && c.Note == "" {
		fields["note"] = core.NewError(core.Invalid, "help.note.other")
	}
	if len(fields) > 0 {
		return &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// Person is somebody to help, with what speaks for caution.
type Person struct {
	Account      core.Account
	Organization core.Organization
	Warnings     []Warning
	Waiting      core.FactorReset // zero: no reset waits
}

// Person returns somebody whom the signed-in person may reset. Looking changes
// nothing. Forbidden for oneself and for people above one's own rights.
func (s *Service) Person(ctx context.Context, by core.SessionView, userID core.ID) (Person, error) {
	acc, org, err := s.whom(ctx, by, userID, core.User.Helps)
	if err != nil {
		return Person{}, err
	}
	p := Person{Account: acc, Organization: org}
	if p.Warnings, err = s.warnings(ctx, acc); err != nil {
		return Person{}, err
	}
	p.Waiting, err = s.waiting(ctx, acc.User)
	return p, err
}

func (s *Service) waiting(ctx context.Context, u core.User) (core.FactorReset, error) {
	r, err := s.Resets.WaitingReset(ctx, u.OrganizationID, u.ID)
	if errors.Is(err, core.ErrNotFound) {
		return core.FactorReset{}, nil
	}
	return r, err
}

// Reset removes somebody's apps, recovery codes, remembered devices, sessions and
// half-done sign-ins in one transaction, or asks for that where the organization
// lets it wait; then the time is returned at which it will be carried out. The
// person and all other administrators are told (E14, E27).
func (s *Service) Reset(ctx context.Context, by core.SessionView, userID core.ID, c Check, o core.Origin) (time.Time, error) {
	acc, org, err := s.whom(ctx, by, userID, core.User.Helps)
	if err != nil {
		return time.Time{}, s.refused(ctx, by, core.EventTwoFactorReset, acc.User, o, err)
	}
	c.Note = noted(c.Note)
	if err := c.Validate(); err != nil {
		return time.Time{}, err
	}
	if org.Policy.ResetWait > 0 {
		due, err := s.ask(ctx, actorOf(by), acc.User, org, c, o)
		return due, s.refused(ctx, by, core.EventResetWaits, acc.User, o, err)
	}
	e := s.event(core.EventTwoFactorReset, acc.User, actorOf(by), o)
	e.Detail = c.detail()
	err = s.Resets.ResetTwoFactor(ctx, core.TwoFactorReset{
		OrganizationID: acc.User.OrganizationID, UserID: userID, HelperID: by.Account.User.ID, At: e.At, Record: s.record(e, acc.User),
	})
	if errors.Is(err, core.ErrNotFound) { // a right was lost a moment ago
		err = s.refused(ctx, by, core.EventTwoFactorReset, acc.User, o, errAbove)
	}
	return time.Time{}, err
}

func (c Check) detail() map[string]string {
	d := map[string]string{core.DetailHow: string(c.How)}
	if c.Note != "" {
		d[core.DetailNote] = c.Note
	}
	return d
}

// errWaiting is what a second request gets.
var errWaiting = core.NewError(core.Conflict, "help.reset_waiting")

// ask stores a reset that waits. Its event has its id: the mail about it carries
// the link that cancels it.
func (s *Service) ask(ctx context.Context, by core.Actor, u core.User, org core.Organization, c Check, o core.Origin) (time.Time, error) {
	e := s.event(core.EventResetWaits, u, by, o)
	r := core.FactorReset{
		ID: e.ID, OrganizationID: u.OrganizationID, UserID: u.ID, By: by, How: c.How, Note: c.Note,
		AskedAt: e.At, DueAt: e.At.Add(org.Policy.ResetWait),
	}
	e.Detail = c.detail()
	e.Detail[core.DetailUntil] = stamp(r.DueAt)
	err := s.Resets.AskReset(ctx, core.FactorResetAsk{Reset: r, Record: s.record(e, u)})
	switch {
	case errors.Is(err, core.ErrTaken):
		return time.Time{}, errWaiting
	case errors.Is(err, core.ErrNotFound):
		return time.Time{}, errAbove
	}
	return r.DueAt, err
}

// OperatorReset is the reset at the command line: at once, whoever it is, also for
// the only administrator. passwordAlone lets the next sign-in pass without a code,
// for somebody whose mail does not work.
func (s *Service) OperatorReset(ctx context.Context, acc core.Account, by core.Actor, how core.IdentityCheck, reason string, passwordAlone bool) error {
	u := acc.User
	e := s.event(core.EventTwoFactorReset, u, by, core.Origin{})
	e.Detail = map[string]string{core.DetailReason: noted(reason)}
	if how != "" {
		e.Detail[core.DetailHow] = string(how)
	}
	return s.Resets.ResetTwoFactor(ctx, core.TwoFactorReset{
		OrganizationID: u.OrganizationID, UserID: u.ID, PasswordAlone: passwordAlone, At: e.At, Record: s.record(e, u),
	})
}

// CancelReset cancels somebody's reset that waits, by anybody who may help them.
func (s *Service) CancelReset(ctx context.Context, by core.SessionView, userID, resetID core.ID, o core.Origin) error {
	acc, _, err := s.whom(ctx, by, userID, core.User.Helps)
	if err != nil {
		return s.refused(ctx, by, core.EventResetStopped, acc.User, o, err)
	}
	err = s.cancel(ctx, acc.User, resetID, by.Account.User.ID, actorOf(by), o)
	return s.refused(ctx, by, core.EventResetStopped, acc.User, o, err)
}

// CancelOwnReset cancels a reset of one's own account.
func (s *Service) CancelOwnReset(ctx context.Context, v core.SessionView, resetID core.ID, o core.Origin) error {
	o.Session = v.Session.ID
	return s.cancel(ctx, v.Account.User, resetID, "", actorOf(v), o)
}

// errSettled is a reset that was carried out or cancelled meanwhile.
var errSettled = core.NewError(core.Conflict, "help.reset_settled")

func (s *Service) cancel(ctx context.Context, u core.User, resetID, helper core.ID, by core.Actor, o core.Origin) error {
	e := s.event(core.EventResetStopped, u, by, o)
	err := s.Resets.EndReset(ctx, core.FactorResetEnd{
		OrganizationID: u.OrganizationID, UserID: u.ID, ResetID: resetID, HelperID: helper, Outcome: core.ResetCancelled,
		At: e.At, Record: s.record(e, u),
	})
	switch {
	case errors.Is(err, core.ErrUsed):
		return errSettled
	case errors.Is(err, core.ErrNotFound) && helper != "":
		return errAbove
	}
	return err
}

// OwnReset returns a reset of one's own account that waits; zero: none.
func (s *Service) OwnReset(ctx context.Context, v core.SessionView) (core.FactorReset, error) {
	return s.waiting(ctx, v.Account.User)
}
