package account

import (
	"context"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// Save finishes the panel: two-factor goes on (or the new codes count) with
// everything the panel gathered, in one transaction. Every other session and
// every remembered device of the person ends; the returned value replaces this
// session's cookie. saved says that the person ticked "I have saved these codes".
func (s *Service) Save(ctx context.Context, v core.SessionView, o core.Origin, saved bool) (sessionToken string, err error) {
	e, err := s.at(ctx, v, core.EnrolCodes)
	if err != nil {
		return "", err
	}
	if !saved {
		return "", core.InField("saved", core.NewError(core.Invalid, "panel.not_saved"))
	}
	if !v.Session.Confirmed(s.Clock().Add(-core.EnrolmentLife)) {
		return "", ErrConfirm // the panel was begun confirmed; it may last its own fifteen minutes longer
	}
	n, now, u := e.Enrolment, s.Clock(), v.Account.User
	credentials, err := s.codes(n, u.ID, now)
	if err != nil {
		return "", err
	}
	kind := core.EventRecoveryRenewed
	if n.Goal == core.GoalTurnOn {
		kind = core.EventTwoFactorOn
		if n.AppProved {
			credentials = append(credentials, s.app(n, u.ID, now))
		}
	}
	session, token := s.raised(v, panelLevel(n), now)
	event := s.event(kind, u, o, now)
	event.Detail = map[string]string{"app": strconv.FormatBool(n.AppProved), "deferred": strconv.FormatBool(n.EmailDeferred)}
	err = s.Store.CompleteEnrolment(ctx, core.EnrolmentCompletion{
		Enrolment: n, TurnOn: n.Goal == core.GoalTurnOn,
		ProvesEmail: !n.EmailProvedAt.IsZero(), Credentials: credentials, ReplaceCodes: true, Session: session, At: now,
		Record: s.record(event, u),
	})
	return token, err
}

// codes turns the shown recovery codes into credentials.
func (s *Service) codes(n core.Enrolment, userID core.ID, now time.Time) ([]core.Credential, error) {
	f, err := s.factor(core.KindRecovery)
	if err != nil {
		return nil, err
	}
	made, err := f.FinishEnrol(userID, material(n.CodesSealed), factor.Proof{Now: now})
	if err != nil {
		return nil, err
	}
	for i := range made {
		s.own(&made[i], n, now)
		made[i].State = panelState(n)
	}
	return made, nil
}

// app is the credential of the app that the panel proved. It waits for the
// mailbox where that was put off (TO7).
func (s *Service) app(n core.Enrolment, userID core.ID, now time.Time) core.Credential {
	c := core.Credential{
		UserID: userID, Kind: core.KindApp, State: panelState(n), Label: n.Label,
		Sealed: n.SecretSealed, KeyID: secret.KeyID(n.SecretSealed), Mark: n.AppMark,
	}
	s.own(&c, n, now)
	return c
}

func (s *Service) own(c *core.Credential, n core.Enrolment, now time.Time) {
	c.ID, c.OrganizationID, c.UserID, c.CreatedAt = s.newID(), n.OrganizationID, n.UserID, now
}

// panelState says whether what the panel made counts at once. Where the mailbox
// proof was put off, neither the app nor the recovery codes do: else the
// password alone would have made a second factor (TO7).
func panelState(n core.Enrolment) core.CredentialState {
	if n.EmailDeferred {
		return core.CredentialWaiting
	}
	return core.CredentialActive
}

// material is sealed enrolment state with the key that it names itself.
func material(sealed string) factor.Material {
	return factor.Material{Sealed: sealed, KeyID: secret.KeyID(sealed)}
}

func panelLevel(n core.Enrolment) core.Level {
	switch {
	case n.Goal != core.GoalTurnOn || n.EmailProvedAt.IsZero():
		return core.LevelNone
	case n.AppProved:
		return core.LevelStrong
	}
	return core.LevelEmail
}

// finishAddApp stores one more app of an account that has two-factor on.
func (s *Service) finishAddApp(ctx context.Context, v core.SessionView, o core.Origin, n core.Enrolment, made core.Credential, label string) (string, error) {
	now, u := s.Clock(), v.Account.User
	n.Label = label
	app := s.app(n, u.ID, now)
	app.Mark = made.Mark
	session, token := s.raised(v, core.LevelStrong, now)
	event := s.event(core.EventAppAdded, u, o, now)
	event.Target = app.Label
	err := s.Store.CompleteEnrolment(ctx, core.EnrolmentCompletion{
		Enrolment: n, Credentials: []core.Credential{app},
		Session: session, At: now, Record: s.record(event, u),
	})
	return token, err
}
