package account

import (
	"context"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// maxLabel is the longest name of an app, in code points.
const maxLabel = 40

func validLabel(label string) error {
	if utf8.RuneCountInString(label) > maxLabel || !utf8.ValidString(label) || strings.ContainsFunc(label, unicode.IsControl) {
		return core.InField("label", core.NewError(core.Invalid, "app.label"))
	}
	return nil
}

// ownApp finds one of the person's apps; another person's is not found.
func (s *Service) ownApp(ctx context.Context, u core.User, id core.ID) (core.Credential, error) {
	apps, err := s.Store.Credentials(ctx, u.OrganizationID, u.ID, core.KindApp)
	if err != nil {
		return core.Credential{}, err
	}
	for _, a := range apps {
		if a.ID == id {
			return a, nil
		}
	}
	return core.Credential{}, core.ErrNotFound
}

// App returns one of the person's apps.
func (s *Service) App(ctx context.Context, v core.SessionView, id core.ID) (core.Credential, error) {
	return s.ownApp(ctx, v.Account.User, id)
}

func (s *Service) factorChange(u core.User, now time.Time) core.FactorChange {
	return core.FactorChange{OrganizationID: u.OrganizationID, UserID: u.ID, FactorSetVersion: u.FactorSetVersion, At: now}
}

// RenameApp gives an app another name. It changes no right, so it asks for no
// confirmation and ends no session.
func (s *Service) RenameApp(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, label string) error {
	u, now := v.Account.User, s.Clock()
	label = strings.TrimSpace(label)
	if label == "" {
		return core.InField("label", core.NewError(core.Invalid, "app.label_empty"))
	}
	if err := validLabel(label); err != nil {
		return err
	}
	app, err := s.ownApp(ctx, u, id)
	if err != nil {
		return err
	}
	c := s.factorChange(u, now)
	c.RenameID, c.Label = id, label
	e := s.event(core.EventAppRenamed, u, o, now)
	e.Target, e.Detail = app.Label, map[string]string{"to": label}
	c.Record = s.record(e, u)
	return s.Store.ChangeFactors(ctx, c)
}

// RemoveApp removes an app. Two-factor stays on with what is left; the last app
// of an account that must have one is not removed.
func (s *Service) RemoveApp(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) (sessionToken string, err error) {
	u, now := v.Account.User, s.Clock()
	if !v.Session.Confirmed(now) {
		return "", ErrConfirm
	}
	app, err := s.ownApp(ctx, u, id)
	if err != nil {
		return "", err
	}
	without := v.Account
	without.Apps--
	if app.State == core.CredentialActive && without.Apps == 0 && core.Require(without, v.Organization.Policy, now).AppWall {
		return "", core.NewError(core.Conflict, "app.last_required")
	}
	c := s.factorChange(u, now)
	c.RemoveID = id
	e := s.event(core.EventAppRemoved, u, o, now)
	e.Target = app.Label
	return s.moved(ctx, v, c, e, core.LevelNone)
}

// moved stores a change that ends the other sessions and all remembered
// devices, and gives this session a new id.
func (s *Service) moved(ctx context.Context, v core.SessionView, c core.FactorChange, e core.Event, level core.Level) (string, error) {
	session, token := s.raised(v, level, c.At)
	session.ProvedAt = v.Session.ProvedAt // a code without the password proves no more than before
	c.Moves, c.KeepSession, c.Session = true, v.Session.ID, &session
	c.Record = s.record(e, v.Account.User)
	return token, s.Store.ChangeFactors(ctx, c)
}

// TurnOff turns two-factor off: for now (apps and codes are kept, suspended) or
// for good (everything is removed). While the organization requires it, it is
// refused. What is off for now stays so without a second mail; where nothing is
// on, ErrStale.
func (s *Service) TurnOff(ctx context.Context, v core.SessionView, o core.Origin, forNow bool) (sessionToken string, err error) {
	u, now := v.Account.User, s.Clock()
	if v.Organization.Policy.Requires(now) && !v.Account.Exempt(now) {
		return "", core.NewError(core.Forbidden, "turn_off.required")
	}
	if !v.Session.Confirmed(now) {
		return "", ErrConfirm
	}
	switch {
	case u.TwoFactor == core.TwoFactorOff:
		return "", core.ErrStale
	case u.TwoFactor == core.TwoFactorSuspended && forNow:
		return "", nil
	}
	c := s.factorChange(u, now)
	c.TwoFactor = core.TwoFactorSuspended
	e := s.event(core.EventTwoFactorOffNow, u, o, now)
	if !forNow {
		c.TwoFactor, c.RemoveAll, c.ResetGuards = core.TwoFactorOff, true, true
		e.Kind = core.EventTwoFactorOff
	}
	return s.moved(ctx, v, c, e, core.LevelNone)
}

// SendResumeCode mails a code for turning two-factor on again. It asks for no
// confirmation, so the panel it opens serves for nothing else; ErrStale where
// two-factor is not off for now.
func (s *Service) SendResumeCode(ctx context.Context, v core.SessionView, o core.Origin) error {
	if v.Account.User.TwoFactor != core.TwoFactorSuspended {
		return core.ErrStale
	}
	e, err := s.panel(ctx, v)
	if errors.Is(err, errPanelOver) || err == nil && e.Enrolment.Goal != core.GoalResume {
		now, u := s.Clock(), v.Account.User
		n := core.Enrolment{
			ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: v.Session.ID, Goal: core.GoalResume,
			Step: core.EnrolEmail, FactorSetVersion: u.FactorSetVersion, CreatedAt: now, ExpiresAt: now.Add(core.EnrolmentLife),
		}
		if err := s.Store.SaveEnrolment(ctx, n, core.Record{}); err != nil {
			return err
		}
		e, err = s.panel(ctx, v)
	}
	if err != nil {
		return err
	}
	return s.send(ctx, v, o, e, core.PurposeResume)
}

// Resume turns two-factor on again after "off for now" by one code: from a kept
// app, or by email. Nothing is scanned anew.
func (s *Service) Resume(ctx context.Context, v core.SessionView, o core.Origin, kind core.FactorKind, typed string) (sessionToken string, err error) {
	u, now := v.Account.User, s.Clock()
	if u.TwoFactor != core.TwoFactorSuspended {
		return "", core.ErrStale
	}
	if kind != core.KindApp && kind != core.KindEmail {
		return "", core.InField("method", core.NewError(core.Invalid, "method.unknown"))
	}
	var e core.EnrolmentView
	if kind == core.KindEmail {
		if e, err = s.panel(ctx, v); err != nil || e.Enrolment.Goal != core.GoalResume {
			return "", core.InField("code", core.NewError(core.Invalid, "code.expired_unsent"))
		}
	}
	f, err := s.factor(kind)
	if err != nil {
		return "", err
	}
	use, err := s.check(ctx, v, o, e, kind, typed)
	if err != nil {
		return "", fieldError("code", err)
	}
	c := s.factorChange(u, now)
	c.TwoFactor, c.Use, c.ResetGuards = core.TwoFactorOn, &use, true
	event := s.event(core.EventTwoFactorOn, u, o, now)
	event.Detail = map[string]string{"resumed": string(kind)}
	return s.moved(ctx, v, c, event, f.Level())
}

// offerPause is how long "Not now" keeps the offer away (ux 2.8).
const offerPause = 7 * 24 * time.Hour

// AnswerOffer stores "Not now" or "Don't ask again".
func (s *Service) AnswerOffer(ctx context.Context, v core.SessionView, o core.Origin, never bool) error {
	u, now := v.Account.User, s.Clock()
	offer := core.Offer{Times: u.Offer.Times + 1, Next: now.Add(offerPause), Never: never || u.Offer.Never}
	return s.Store.AnswerOffer(ctx, u.OrganizationID, u.ID, offer, s.record(s.event(core.EventOffered, u, o, now), u))
}
