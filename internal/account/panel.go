package account

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// Panel is the set-up panel as it stands, with what its step shows.
type Panel struct {
	core.EnrolmentView
	Secret      string // step app: 32 base32 characters
	URI         string // step app: what the QR code holds
	AppleURI    string
	Issuer      string   // the name shown in the app
	AccountText string   // the account shown in the app
	Codes       []string // step codes: the new recovery codes
	SendWait    time.Duration
	Steps       int // how many steps this panel has: 3, or 1
}

// errPanelOver says that the panel's fifteen minutes are over or that it was
// finished elsewhere; nothing was changed.
var errPanelOver = core.NewError(core.Gone, "panel.over")

// errNoNewApps says that the organization takes no more authenticator apps.
var errNoNewApps = core.NewError(core.Conflict, "app.not_offered")

// Panel returns the open panel of the session; ErrNotFound where there is none.
func (s *Service) Panel(ctx context.Context, v core.SessionView) (Panel, error) {
	e, err := s.panel(ctx, v)
	if err != nil {
		if errors.Is(err, errPanelOver) {
			return Panel{}, core.ErrNotFound
		}
		return Panel{}, err
	}
	now, user := s.Clock(), v.Account.User
	p := Panel{EnrolmentView: e, SendWait: e.Challenge.SendWait(now), Steps: 3, Issuer: v.Organization.Issuer(), AccountText: user.Email}
	if e.Enrolment.Goal != core.GoalTurnOn {
		p.Steps = 1
	}
	if e.Enrolment.DisplayName != "" {
		p.Issuer = e.Enrolment.DisplayName
	}
	switch e.Enrolment.Step {
	case core.EnrolApp:
		err = s.showSecret(&p, user)
	case core.EnrolCodes:
		f, ferr := s.factor(core.KindRecovery)
		if ferr != nil {
			return Panel{}, ferr
		}
		p.Codes, err = f.Reveal(user.ID, material(e.Enrolment.CodesSealed))
	}
	return p, err
}

func (s *Service) showSecret(p *Panel, user core.User) error {
	f, err := s.factor(core.KindApp)
	if err != nil {
		return err
	}
	shown, err := f.Reveal(user.ID, material(p.Enrolment.SecretSealed))
	if err != nil {
		return err
	}
	p.Secret = shown[0]
	raw, err := otp.DecodeKey(p.Secret)
	if err != nil {
		return err
	}
	p.URI = otp.URI(p.Issuer, p.AccountText, raw)
	p.AppleURI = otp.AppleURI(p.Issuer, p.AccountText, raw, s.Host)
	return nil
}

// panel loads the session's open enrolment.
func (s *Service) panel(ctx context.Context, v core.SessionView) (core.EnrolmentView, error) {
	u := v.Account.User
	e, err := s.Store.EnrolmentOf(ctx, u.OrganizationID, u.ID, v.Session.ID)
	if errors.Is(err, core.ErrNotFound) {
		return e, errPanelOver
	}
	if err != nil {
		return e, err
	}
	if !e.Enrolment.Open(u, s.Clock()) || v.Organization.Policy.NoNewApps && setsUpApp(e.Enrolment) {
		return e, errPanelOver
	}
	return e, nil
}

// setsUpApp reports whether an app would come out of the panel as it stands.
func setsUpApp(n core.Enrolment) bool { return n.Step == core.EnrolApp || n.AppProved }

// at loads the panel and insists on its step, so that none can be skipped. The
// panel of "turn on again" was begun without a confirmation and has no steps
// but its own.
func (s *Service) at(ctx context.Context, v core.SessionView, step core.EnrolmentStep) (core.EnrolmentView, error) {
	e, err := s.panel(ctx, v)
	if err != nil {
		return e, err
	}
	if e.Enrolment.Step != step || e.Enrolment.Goal == core.GoalResume {
		return e, core.ErrStale
	}
	return e, nil
}

// Begin opens the panel. Turning on starts with an emailed code unless the
// mailbox proved itself within ten minutes; adding an app or new recovery codes
// starts at its own step. ErrConfirm where the last full proof is too old, or
// was the password alone; ErrStale where there is no factor yet to add to.
func (s *Service) Begin(ctx context.Context, v core.SessionView, o core.Origin, goal core.EnrolmentGoal) error {
	now, u := s.Clock(), v.Account.User
	if !v.Session.Confirmed(now) {
		return ErrConfirm
	}
	if goal != core.GoalTurnOn && v.Session.Level < core.LevelEmail {
		// Never by the password alone (TO7). Confirming asks for a second factor
		// wherever there is one or must be; elsewhere turning on comes first.
		if v.Account.Apps > 0 || core.Require(v.Account, v.Organization.Policy, now).Level > core.LevelPassword {
			return ErrConfirm
		}
		return core.ErrStale
	}
	switch {
	case goal == core.GoalAddApp && v.Organization.Policy.NoNewApps:
		return errNoNewApps
	case goal != core.GoalNewCodes && v.Account.Apps+v.Account.WaitingApps >= core.MaxApps:
		return core.NewError(core.Conflict, "app.too_many").With("count", core.MaxApps)
	}
	e := core.Enrolment{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: v.Session.ID, Goal: goal,
		FactorSetVersion: u.FactorSetVersion, CreatedAt: now, ExpiresAt: now.Add(core.EnrolmentLife),
	}
	// An emailed code in this session within ten minutes (it is confirmed)
	// proved the mailbox; one in another session proved it for that one. An app
	// or recovery code proved the person, which is as good for going on, but says
	// nothing about the mailbox (TO7).
	if v.Session.Level == core.LevelEmail {
		e.EmailProvedAt = now
	}
	proved := !e.EmailProvedAt.IsZero()
	switch {
	case goal == core.GoalNewCodes:
		return s.toCodes(ctx, e)
	case goal == core.GoalAddApp, proved, v.Session.Level >= core.LevelStrong && !v.Organization.Policy.NoNewApps:
		return s.afterEmail(ctx, v, e)
	}
	e.Step = core.EnrolEmail
	if err := s.Store.SaveEnrolment(ctx, e, core.Record{}); err != nil {
		return err
	}
	if u.Email == "" {
		return nil // the step says that an administrator must add an address
	}
	if err := s.SendAgain(ctx, v, o); err != nil && core.KindOf(err) != core.RateLimited {
		return err
	}
	return nil
}

// afterEmail moves the panel on from the proved mailbox: to the app, or past it
// where the organization takes none.
func (s *Service) afterEmail(ctx context.Context, v core.SessionView, e core.Enrolment) error {
	if v.Organization.Policy.NoNewApps {
		e.EmailOnly = true
		return s.toCodes(ctx, e)
	}
	return s.toApp(ctx, e)
}

// toApp moves the panel to "Scan the QR code" with a fresh secret, or the one
// it has.
func (s *Service) toApp(ctx context.Context, e core.Enrolment) error {
	e.Step = core.EnrolApp
	if e.SecretSealed == "" {
		f, err := s.factor(core.KindApp)
		if err != nil {
			return err
		}
		m, err := f.BeginEnrol(e.UserID)
		if err != nil {
			return err
		}
		e.SecretSealed = m.Sealed
	}
	return s.Store.SaveEnrolment(ctx, e, core.Record{})
}

// toCodes moves the panel to "Save your recovery codes".
func (s *Service) toCodes(ctx context.Context, e core.Enrolment) error {
	e.Step = core.EnrolCodes
	if e.CodesSealed == "" {
		f, err := s.factor(core.KindRecovery)
		if err != nil {
			return err
		}
		m, err := f.BeginEnrol(e.UserID)
		if err != nil {
			return err
		}
		e.CodesSealed = m.Sealed
	}
	return s.Store.SaveEnrolment(ctx, e, core.Record{})
}

// DeferEmail is "Do this at my next sign-in instead": the app will wait for
// that sign-in's emailed code (TO7).
func (s *Service) DeferEmail(ctx context.Context, v core.SessionView, _ core.Origin) error {
	e, err := s.at(ctx, v, core.EnrolEmail)
	if err != nil {
		return err
	}
	if v.Organization.Policy.NoNewApps {
		return errNoNewApps // without an app nothing could wait for that sign-in
	}
	e.Enrolment.EmailDeferred = true
	return s.toApp(ctx, e.Enrolment)
}

// ChooseEmailOnly is "Email only for now": no app, recovery codes all the same.
// It needs the mailbox proved in this panel.
func (s *Service) ChooseEmailOnly(ctx context.Context, v core.SessionView, _ core.Origin) error {
	e, err := s.at(ctx, v, core.EnrolApp)
	if err != nil {
		return err
	}
	if e.Enrolment.Goal != core.GoalTurnOn || e.Enrolment.EmailProvedAt.IsZero() {
		return core.InField("method", core.NewError(core.Invalid, "panel.email_unproved"))
	}
	e.Enrolment.EmailOnly = true
	return s.toCodes(ctx, e.Enrolment)
}

// ShowAs changes the name shown in the app.
func (s *Service) ShowAs(ctx context.Context, v core.SessionView, _ core.Origin, name string) error {
	e, err := s.at(ctx, v, core.EnrolApp)
	if err != nil {
		return err
	}
	if name != "" && !core.ValidIssuer(name) {
		return core.InField("display_name", core.NewError(core.Invalid, "organization.app_name"))
	}
	e.Enrolment.DisplayName = name
	return s.Store.SaveEnrolment(ctx, e.Enrolment, core.Record{})
}

// Back returns to the step before, keeping its answers.
func (s *Service) Back(ctx context.Context, v core.SessionView, _ core.Origin) error {
	e, err := s.panel(ctx, v)
	if err != nil {
		return err
	}
	n := e.Enrolment
	switch {
	case n.Step == core.EnrolCodes && n.Goal == core.GoalTurnOn && !v.Organization.Policy.NoNewApps:
		n.Step, n.EmailOnly, n.AppProved = core.EnrolApp, false, false
	case n.Step == core.EnrolApp && n.Goal == core.GoalTurnOn && n.EmailProvedAt.IsZero():
		n.Step, n.EmailDeferred = core.EnrolEmail, false
	default:
		return nil
	}
	return s.Store.SaveEnrolment(ctx, n, core.Record{})
}

// Cancel leaves the panel; two-factor stays as it was.
func (s *Service) Cancel(ctx context.Context, v core.SessionView, _ core.Origin) error {
	e, err := s.panel(ctx, v)
	if errors.Is(err, errPanelOver) {
		return nil
	}
	if err != nil {
		return err
	}
	e.Enrolment.EndedAt = s.Clock()
	return s.Store.SaveEnrolment(ctx, e.Enrolment, core.Record{})
}
