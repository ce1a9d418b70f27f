package passwordclient

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/secret"
)

// The errors of making an app password.
var (
	errLevel         = core.NewError(core.Forbidden, "app_password.level")
	errNoApplication = core.NewError(core.Invalid, "app_password.application")
	errNowhere       = core.NewError(core.Invalid, "app_password.no_network")
)

// WantedAppPassword is one as it is asked for.
type WantedAppPassword struct {
	Name        string
	Application core.ID // empty: our own loader
	Anywhere    bool    // also from other networks than that of the request
	Life        time.Duration
}

// MadeAppPassword is one with its text, which exists nowhere else and is shown once.
type MadeAppPassword struct {
	AppPassword core.AppPassword
	Text        string // xxxx-xxxx-xxxx-xxxx
}

// String keeps the text out of logs.
func (m MadeAppPassword) String() string { return string(m.AppPassword.ID) }

// GoString does the same for %#v.
func (m MadeAppPassword) GoString() string { return m.String() }

// OldPrograms returns the applications that the signed-in person may have an app
// password for, by name; the zero one is our own loader.
func (s *Service) OldPrograms(ctx context.Context, v core.SessionView) ([]core.Application, error) {
	if v.Organization.Policy.NoPasswordClients {
		return nil, core.ErrClientsOff
	}
	all, err := s.Applications.Applications(ctx, v.Account.User.OrganizationID)
	var out []core.Application
	for _, a := range all {
		if a.Machines && a.Level < core.LevelStrong && a.MayOpen(v.Account.Groups) {
			out = append(out, a)
		}
	}
	if v.Account.User.CanAdminister() {
		out = append(out, core.Application{})
	}
	return out, err
}

// MakeAppPassword makes one for the signed-in person. It needs "Confirm it's you" and a
// second step, as it is asked for none itself (SU2, AK5).
func (s *Service) MakeAppPassword(ctx context.Context, v core.SessionView, o core.Origin, w WantedAppPassword) (MadeAppPassword, error) {
	now, u := s.Clock(), v.Account.User
	switch {
	case !v.Session.Confirmed(now):
		return MadeAppPassword{}, errConfirm
	case v.Session.Level < core.LevelEmail:
		return MadeAppPassword{}, errLevel
	}
	application, err := s.wanted(ctx, v, w.Application)
	if err != nil {
		return MadeAppPassword{}, err
	}
	p := core.AppPassword{
		ID: s.newID(), OrganizationID: u.OrganizationID, UserID: u.ID, ApplicationID: application.ID, Name: identifier.Line(w.Name),
		Network: o.Network, CreatedAt: now, ExpiresAt: now.Add(w.Life),
	}
	switch {
	case w.Anywhere:
		p.Network = ""
	case p.Network == "":
		return MadeAppPassword{}, core.InField("network", errNowhere)
	}
	if err := p.Validate(now); err != nil {
		return MadeAppPassword{}, err
	}
	text := secret.NewPrinted(s.Random)
	p.KeyID = s.Ring.ActiveKey()
	sum, err := s.hash(p, text)
	if err != nil {
		return MadeAppPassword{}, err
	}
	p.SecretHash = base64.RawURLEncoding.EncodeToString(sum)
	e := s.deed(v, o, core.EventAppPasswordMade, p)
	e.Detail = whatFor(p, application)
	err = s.Kept.MakeAppPassword(ctx, core.AppPasswordMaking{
		AppPassword: p, PasswordVersion: u.PasswordVersion, FactorSetVersion: u.FactorSetVersion, Record: s.record(e, u),
	})
	switch {
	case errors.Is(err, core.ErrLimit):
		return MadeAppPassword{}, core.NewError(core.Conflict, "app_password.limit").With("count", core.AppPasswordsPerUser).Because(err)
	case errors.Is(err, core.ErrStale):
		return MadeAppPassword{}, core.NewError(core.Conflict, "app_password.stale").Because(err)
	case err != nil:
		return MadeAppPassword{}, err
	}
	return MadeAppPassword{p, secret.Grouped(text)}, nil
}

// wanted is the application of an id, where the person may have an app password for
// it.
func (s *Service) wanted(ctx context.Context, v core.SessionView, id core.ID) (core.Application, error) {
	all, err := s.OldPrograms(ctx, v)
	if err != nil {
		return core.Application{}, err
	}
	for _, a := range all {
		if a.ID == id {
			return a, nil
		}
	}
	return core.Application{}, core.InField("application", errNoApplication)
}

// AppPasswords returns those of the signed-in person by name, also those that are
// over.
func (s *Service) AppPasswords(ctx context.Context, v core.SessionView) (core.AppPasswords, error) {
	all, err := s.Kept.AppPasswords(ctx, v.Account.User.OrganizationID, v.Account.User.ID)
	for i := range all {
		s.uses.onto(&all[i])
	}
	return all, err
}

// DeleteAppPassword ends one of the signed-in person's at once. It needs "Confirm
// it's you"; no second step, as it only takes away.
func (s *Service) DeleteAppPassword(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	if !v.Session.Confirmed(s.Clock()) {
		return errConfirm
	}
	all, err := s.AppPasswords(ctx, v)
	if err != nil {
		return err
	}
	for _, p := range all {
		if p.ID != id {
			continue
		}
		r := s.record(s.deed(v, o, core.EventAppPasswordGone, p), v.Account.User)
		err := s.Kept.RemoveAppPassword(ctx, core.AppPasswordRemoval{OrganizationID: p.OrganizationID, UserID: p.UserID, ID: id, Record: r})
		if errors.Is(err, core.ErrNotFound) {
			return nil // somebody was faster: it is over, as was asked for
		}
		return err
	}
	return core.ErrNotFound
}

func (s *Service) deed(v core.SessionView, o core.Origin, kind string, p core.AppPassword) core.Event {
	o.Session = v.Session.ID
	e := s.event(kind, v.Account.User, o)
	e.Target = p.Name
	return e
}

// shown returns the app password that a text is, of an account's: also one that is
// over or for another application, since whoever shows it has it and may be told.
// As many are compared as there can be, whether there are any or not, so that the
// time tells nothing (EN2). What cannot be one is compared with none, whoever's it
// is not.
func (s *Service) shown(all core.AppPasswords, userID core.ID, typed string) (*core.AppPassword, error) {
	text, clean := secret.ReadPrinted(typed)
	if !clean || len(text) != secret.PrintedLength {
		return nil, nil
	}
	var found *core.AppPassword
	for i := range max(core.AppPasswordsPerUser, len(all)) {
		p := core.AppPassword{UserID: userID, KeyID: s.Ring.ActiveKey()}
		if i < len(all) {
			p = all[i]
		}
		sum, err := s.hash(p, text)
		if errors.Is(err, secret.ErrKeyID) {
			continue // the data key was removed: nothing that still works hung on it
		}
		if err != nil {
			return nil, err
		}
		want, bad := base64.RawURLEncoding.DecodeString(p.SecretHash)
		if bad == nil && hmac.Equal(sum, want) {
			found = &all[i]
		}
	}
	return found, nil
}

// hash is the keyed hash of a text as this one.
func (s *Service) hash(p core.AppPassword, text string) ([]byte, error) {
	return s.Ring.MAC(p.KeyID, "app-password", string(p.UserID), string(p.ID), text)
}

// admitShown decides about an app password that was shown. No password is hashed
// and no throttle asked: 80 random bits are not guessed, and no guess of anybody
// else shuts them out.
func (s *Service) admitShown(ctx context.Context, found core.ClientLogin, shown core.AppPassword, app core.Application, o core.Origin) (core.SessionView, error) {
	now := s.Clock()
	_, err := s.verdict(found, &shown, app, o, now)
	e := s.event(core.EventClientSignedIn, found.Account.User, o)
	e.Target, e.Detail = app.Name, map[string]string{core.DetailAppPass: shown.Name}
	outcome := "ok"
	if err != nil {
		outcome = core.CodeOf(err)
		e.Result, e.Detail[core.DetailReason] = "refused", outcome
	}
	if w := (what{outcome, o.Network, app.ID}); s.heard.news(shown.ID, w, now) {
		if noted := s.People.Note(ctx, core.Record{Events: []core.Event{e}}); noted != nil {
			s.heard.unsaid(shown.ID, w) // the next request is written down, or refused too
			return core.SessionView{}, noted
		}
	}
	if err != nil {
		return core.SessionView{}, err
	}
	s.uses.add(core.AppPasswordUse{ID: shown.ID, At: now, From: o.Address})
	return core.SessionView{Account: found.Account, Organization: found.Organization}, nil
}
