package passwordclient

import (
	"context"
	"errors"
	"net/netip"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// The longest login and password looked at (PW2).
const (
	maxLoginBytes    = 320
	maxPasswordBytes = 512
)

// Authenticate checks the name and password, or app password, that a program shows to
// an application, and returns in whose right it acts: for this request alone, with no
// session and at no level, so it cannot serve a page that asks for either. Unknown,
// disabled and wrong look alike, in words and in work done (EN1, EN2).
func (s *Service) Authenticate(ctx context.Context, login, password string, app core.Application, o core.Origin) (core.SessionView, error) {
	if login == "" || len(login) > maxLoginBytes || password == "" || len(password) > maxPasswordBytes || utf8.RuneCountInString(password) > 128 {
		return core.SessionView{}, core.ErrClientWrong
	}
	key, ok := identifier.LoginKey(login)
	var found core.ClientLogin
	if ok {
		var err error
		found, err = s.Logins.FindClient(ctx, key)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return core.SessionView{}, err
		}
	} else {
		key = login
	}
	u := found.Account.User
	shown, err := s.shown(found.AppPasswords, u.ID, password)
	switch {
	case err != nil:
		return core.SessionView{}, err
	case shown != nil:
		return s.admitShown(ctx, found, *shown, app, o)
	}
	seen := s.seen.digest(u, o.Network, app.ID, password)
	if u.ID == "" || !s.seen.known(seen, s.Clock()) {
		if err := s.check(ctx, u, key, password, app, o); err != nil {
			return core.SessionView{}, err
		}
		s.seen.right(seen, s.Clock())
	}
	return s.admit(ctx, found, app, o, seen)
}

// check checks the password in a throttle slot. A right one frees it; an error, or
// a full gate, gives it back.
func (s *Service) check(ctx context.Context, u core.User, key, password string, app core.Application, o core.Origin) error {
	k := core.Knocker{UserID: u.ID, Login: key, Address: o.Address, Network: o.Network}
	ticket, err := s.Throttle.Begin(ctx, k)
	if err != nil {
		return err
	}
	right, outdated, err := s.verify(ctx, o.Network, u, password)
	if err != nil {
		if settled := s.Throttle.Settle(ctx, ticket, core.OutcomeFreed, core.Record{}); settled != nil {
			return settled
		}
		if core.KindOf(err) == core.Invalid { // no password can be so
			return core.ErrClientWrong
		}
		return err
	}
	if right && u.MaySignIn() {
		if outdated {
			s.renew(ctx, u, password)
		}
		return s.Throttle.Settle(ctx, ticket, core.OutcomeRight, core.Record{})
	}
	e := s.event(core.EventPasswordWrong, u, o)
	e.Result, e.Detail = "refused", map[string]string{core.DetailClient: app.Name}
	if u.ID == "" {
		e.Actor = core.Actor{Kind: "nobody"} // the typed name is not kept: people type passwords there
	}
	if err := s.Throttle.Settle(ctx, ticket, core.OutcomeWrong, core.Record{Events: []core.Event{e}}); err != nil {
		return err
	}
	if ticket.Attacked {
		if err := s.Resets.ResetAttacked(ctx, u, k, o); err != nil {
			return err
		}
	}
	return core.ErrClientWrong
}

func (s *Service) verify(ctx context.Context, network string, u core.User, password string) (right, outdated bool, err error) {
	leave, err := s.Throttle.Enter(ctx, network)
	if err != nil {
		return false, false, err
	}
	defer leave()
	return s.Passwords.Verify(ctx, u.ID, u.PasswordSealed, password)
}

// renew stores an outdated hash, or that of another system, anew (PW9, UP4): an
// account that only programs use has no other sign-in at which that happens. Where
// it fails the old one stays good and the next time tries again.
func (s *Service) renew(ctx context.Context, u core.User, password string) {
	sealed, err := s.Passwords.Hash(ctx, u.ID, password)
	if err == nil {
		err = s.Renewals.RenewPassword(ctx, u.OrganizationID, u.ID, u.PasswordVersion, sealed)
	}
	if err != nil && !errors.Is(err, core.ErrStale) {
		s.Logger.WarnContext(ctx, "renew a password hash", "user", u.ID, "err", err)
	}
}

// admit decides about a right password, and writes down what came of it: once for
// each time that it is checked, and whenever that changes meanwhile.
func (s *Service) admit(ctx context.Context, found core.ClientLogin, app core.Application, o core.Origin, seen digest) (core.SessionView, error) {
	now, acc := s.Clock(), found.Account
	byPause, err := s.verdict(found, nil, app, o, now)
	e := s.event(core.EventClientSignedIn, acc.User, o)
	e.Target, e.Detail = app.Name, map[string]string{}
	outcome := "ok"
	switch {
	case err != nil:
		outcome = core.CodeOf(err)
		e.Result, e.Detail[core.DetailReason] = "refused", outcome
	case byPause:
		outcome = "pause"
		e.Detail[core.DetailPause] = "yes"
	}
	if s.seen.news(seen, outcome) {
		if noted := s.note(ctx, acc, core.Record{Events: []core.Event{e}}, byPause && err == nil); noted != nil {
			s.seen.unsaid(seen) // the next request is written down, or refused too
			return core.SessionView{}, noted
		}
	}
	if err != nil {
		return core.SessionView{}, err
	}
	return core.SessionView{Account: acc, Organization: found.Organization}, nil
}

// note writes down what came of a right password, and counts it where a pause let it in.
func (s *Service) note(ctx context.Context, acc core.Account, r core.Record, paused bool) error {
	if !paused {
		return s.People.Note(ctx, r)
	}
	err := s.Logins.UsePause(ctx, acc.Pause, s.Clock(), r)
	if errors.Is(err, core.ErrUsed) {
		return core.ErrTwoFactorRequired // it ended this moment
	}
	return err
}

// verdict decides about what a program has shown: an app password, or the right
// password of the account.
func (s *Service) verdict(found core.ClientLogin, shown *core.AppPassword, app core.Application, o core.Origin, now time.Time) (byPause bool, err error) {
	allowed, bad := core.ParseNetworks(found.Organization.Policy.AllowedNetworks)
	if bad != nil {
		return false, core.NewError(core.Internal, "internal").Because(bad) // it was read when it was saved
	}
	from, _ := netip.ParseAddr(o.Address) // the zero address is in no network
	client := core.PasswordClient{
		Account: found.Account, Organization: found.Organization, AppPasswords: found.AppPasswords, Shown: shown, Application: app.ID,
		Level: app.Level, Allowed: allowed, From: from,
	}
	byPause, err = client.Verdict(now)
	if err == nil && app.ID != "" && (app.OrganizationID != found.Organization.ID || !app.MayOpen(found.Account.Groups)) {
		return false, core.ErrClientNotMember
	}
	return byPause, err
}

func (s *Service) event(kind string, u core.User, o core.Origin) core.Event {
	now := s.Clock()
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: actorOf(u), SubjectID: u.ID, Origin: o,
	}
}
