package help

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Warning is something that happened around an account shortly before somebody
// asked for its two-factor authentication to be reset. Each is innocent by itself
// and typical of a stranger who got hold of the password or the mailbox.
type Warning struct {
	Kind WarningKind
	At   time.Time
}

// WarningKind says what happened.
type WarningKind string

// The kinds.
const (
	WarnPassword WarningKind = "password" // the password was changed or chosen anew
	WarnEmail    WarningKind = "email"    // the sign-in or notification address was changed
	WarnAlarm    WarningKind = "alarm"    // "Wasn't you?" was pressed
	WarnBrowser  WarningKind = "browser"  // a sign-in from a new browser or network
	WarnCodes    WarningKind = "codes"    // wrong codes, or a second step that was not done
	WarnAppUsed  WarningKind = "app"      // the app that is said to be lost was used
)

// How far back warnings look: a stranger who took an account over does not wait
// long, and older things would warn of everybody.
const (
	warnDays    = 14
	warnAppUsed = 24 * time.Hour
)

// sign is a kind of event that warns.
type sign struct {
	event string
	of    WarningKind
	least int // so many of them warn; one mistyped code does not
}

func signs() []sign {
	return []sign{
		{core.EventNotYou, WarnAlarm, 1},
		{core.EventEmailChanged, WarnEmail, 1},
		{core.EventEmailRestored, WarnEmail, 1},
		{core.EventNotifyChanged, WarnEmail, 1},
		{core.EventNotifyRemoved, WarnEmail, 1},
		{core.EventPasswordChanged, WarnPassword, 1},
		{core.EventPasswordReset, WarnPassword, 1},
		{core.EventCodeWrong, WarnCodes, 3},
		{core.EventSecondStepsFailed, WarnCodes, 1},
		{core.EventFactorPaused, WarnCodes, 1},
	}
}

// signIns is how many of the last sign-ins are looked at.
const signIns = 50

// warnings returns the newest of each kind, in the order of their weight. Each
// kind of event is read by itself: however many there are of one, they hide no
// other.
func (s *Service) warnings(ctx context.Context, acc core.Account) ([]Warning, error) {
	newest := map[WarningKind]time.Time{}
	note := func(kind WarningKind, at time.Time) {
		if at.After(newest[kind]) {
			newest[kind] = at
		}
	}
	for _, sign := range signs() {
		events, err := s.lately(ctx, acc.User, sign.event, sign.least)
		if err != nil {
			return nil, err
		}
		if len(events) >= sign.least {
			note(sign.of, events[0].At)
		}
	}
	events, err := s.lately(ctx, acc.User, core.EventSignInCompleted, signIns)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if e.Detail[core.DetailNewBrowser] != "" || e.Detail[core.DetailNewNetwork] != "" {
			note(WarnBrowser, e.At)
		}
	}
	apps, err := s.Store.Credentials(ctx, acc.User.OrganizationID, acc.User.ID, core.KindApp)
	if err != nil {
		return nil, err
	}
	for _, a := range apps {
		if s.Clock().Sub(a.LastUsedAt) < warnAppUsed {
			note(WarnAppUsed, a.LastUsedAt)
		}
	}
	var all []Warning
	for _, kind := range []WarningKind{WarnAlarm, WarnEmail, WarnPassword, WarnAppUsed, WarnCodes, WarnBrowser} {
		if at, ok := newest[kind]; ok {
			all = append(all, Warning{kind, at})
		}
	}
	return all, nil
}

// lately returns up to limit events of a kind, newest first.
func (s *Service) lately(ctx context.Context, u core.User, kind string, limit int) ([]core.Event, error) {
	return s.Store.Events(ctx, u.OrganizationID, core.EventFilter{
		SubjectID: u.ID, Kinds: []string{kind}, From: s.Clock().AddDate(0, 0, -warnDays), Limit: limit,
	})
}
