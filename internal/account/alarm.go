package account

import (
	"context"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// alarmToken is that of "Wasn't you?". Half of a MAC is enough: the token can only
// end things, and a short link stays whole in a mail (interop §4.6, §4.7).
func alarmToken() secret.LinkToken { return secret.LinkToken{Purpose: "not-you", Bytes: 16} }

// AlarmToken returns the secret part of the "Wasn't you?" link in the mail about
// an event.
func (s *Service) AlarmToken(eventID core.ID) (string, error) {
	return alarmToken().Make(s.Ring, string(eventID))
}

// errAlarmOver is the same for a forged, cut or old link and for a person who
// is gone.
var errAlarmOver = core.NewError(core.Gone, "alarm.over")

// Alarm is what a "Wasn't you?" link is about.
type Alarm struct {
	Event        core.Event
	Account      core.Account
	Organization core.Organization
	SettledAt    time.Time // everything from then was ended at this moment; zero: not yet
}

// Alarm returns what a "Wasn't you?" link is about. Looking changes nothing.
func (s *Service) Alarm(ctx context.Context, token string) (Alarm, error) {
	id, ours := alarmToken().Read(s.Ring, token)
	if !ours {
		return Alarm{}, errAlarmOver
	}
	e, acc, org, err := s.Alarms.NoticedEvent(ctx, core.ID(id))
	switch {
	case errors.Is(err, core.ErrNotFound):
		return Alarm{}, errAlarmOver
	case err != nil:
		return Alarm{}, err
	case !s.Clock().Before(e.At.Add(core.AlarmLife)):
		return Alarm{}, errAlarmOver
	}
	return Alarm{Event: e, Account: acc, Organization: org, SettledAt: acc.User.AlarmSettled(e.At)}, nil
}

// RaiseAlarm is the button behind a "Wasn't you?" link: everything ends that
// leans on the person's password so far, and the password alone opens nothing
// until it is replaced. Only what happened before it is settled by an alarm:
// whoever finds an old mail can sign its owner out once, not every day, and a
// mail about something later works at once.
func (s *Service) RaiseAlarm(ctx context.Context, token, browserToken string, o core.Origin) error {
	a, err := s.Alarm(ctx, token)
	if err != nil || !a.SettledAt.IsZero() {
		return err
	}
	e := s.event(core.EventNotYou, a.Account.User, o, s.Clock())
	e.Actor = core.Actor{Kind: "nobody"} // whoever had the mail
	e.Detail = map[string]string{core.DetailAbout: a.Event.Kind}
	err = s.raise(ctx, a.Account.User, core.Alarm{Since: a.Event.At}, e, browserToken)
	if errors.Is(err, core.ErrUsed) {
		return nil // somebody pressed at the same moment
	}
	return err
}

// RaiseAlarmBySession is the same button for a person who is signed in; the
// session is the proof, and ends with the others. It returns a token that shows
// what was done; none where another press ended the session first.
func (s *Service) RaiseAlarmBySession(ctx context.Context, v core.SessionView, browserToken string, o core.Origin) (string, error) {
	e := s.event(core.EventNotYou, v.Account.User, o, s.Clock())
	e.Origin.Session = v.Session.ID
	err := s.raise(ctx, v.Account.User, core.Alarm{SessionID: v.Session.ID}, e, browserToken)
	switch {
	case errors.Is(err, core.ErrUsed):
		return "", nil
	case err != nil:
		return "", err
	}
	return s.AlarmToken(e.ID)
}

// raise stores an alarm with what it tells.
func (s *Service) raise(ctx context.Context, u core.User, a core.Alarm, e core.Event, browserToken string) error {
	a.OrganizationID, a.UserID, a.At = u.OrganizationID, u.ID, e.At
	if browserToken != "" {
		a.KeepBrowser = secret.Digest(browserToken)
	}
	a.Record = s.record(e, u)
	return s.Alarms.RaiseAlarm(ctx, a)
}
