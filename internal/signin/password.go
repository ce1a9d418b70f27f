package signin

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
	"github.com/sallyport/sallyport/internal/secret"
)

// The longest login and password looked at; longer ones are refused before any
// work is done for them (PW2).
const (
	maxLoginBytes    = 320
	maxPasswordBytes = 512
)

// checkTyped refuses what cannot be a login and a password, by field. It says
// nothing about accounts: it looks only at what was typed.
func checkTyped(login, password string) error {
	fields := map[string]*core.Error{}
	switch {
	case login == "":
		fields["login"] = core.NewError(core.Invalid, "signin.login.empty")
	case len(login) > maxLoginBytes:
		fields["login"] = core.NewError(core.Invalid, "signin.login.long")
	}
	switch {
	case password == "":
		fields["password"] = core.NewError(core.Invalid, "signin.password.empty")
	case len(password) > maxPasswordBytes || utf8.RuneCountInString(password) > 128:
		fields["password"] = core.NewError(core.Invalid, "password.long")
	}
	if len(fields) > 0 {
		return &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// SubmitPassword checks a login and a password. Unknown, disabled and wrong
// look alike, in words and in work done (EN1, EN2). A right one leads into a
// session, or to a second step whose attempt is Issued.Pending.
func (s *Service) SubmitPassword(ctx context.Context, v Visitor, login, password string) (Result, error) {
	if err := checkTyped(login, password); err != nil {
		return Result{}, err
	}
	deviceID, _, _ := splitDeviceToken(v.DeviceToken)
	key, ok := identifier.LoginKey(login)
	var found core.LoginView
	if ok {
		var err error
		found, err = s.Store.FindLogin(ctx, key, digestOrEmpty(v.BrowserToken), deviceID)
		if err != nil && !errors.Is(err, core.ErrNotFound) {
			return Result{}, err
		}
	} else {
		key = login
	}
	user := found.Account.User
	ticket, err := s.checkPassword(ctx, v, user, found.Browser.Hash, key, password)
	if err != nil {
		return Result{}, err
	}
	return s.passwordRight(ctx, entry{visitor: v, found: found, purpose: core.PurposeSignIn}, ticket, password)
}

// entry is a right password on its way: whose, and what for.
type entry struct {
	visitor Visitor
	found   core.LoginView
	purpose core.Purpose
	device  deviceJudgement
	step    core.Step
}

// passwordTicket is a right password: the slots it frees and whether its hash
// should be renewed.
type passwordTicket struct {
	core.Ticket
	outdated bool
}

// checkPassword takes a throttle slot, checks, and settles a wrong answer. The
// slots of a right one are settled with what follows it. An empty key means the
// name that the person is known by.
func (s *Service) checkPassword(ctx context.Context, v Visitor, user core.User, browserHash, key, password string) (passwordTicket, error) {
	if key == "" {
		key, _ = identifier.LoginKey(user.Login())
	}
	k := core.Knocker{UserID: user.ID, Login: key, Address: v.Origin.Address, Network: v.Origin.Network, BrowserHash: browserHash}
	ticket, err := s.Throttle.Begin(ctx, k)
	if err != nil {
		return passwordTicket{}, err
	}
	right, outdated, err := s.verify(ctx, v.Origin.Network, user, password)
	if err != nil {
		if settled := s.Throttle.Settle(ctx, ticket, core.OutcomeFreed, core.Record{}); settled != nil {
			return passwordTicket{}, settled
		}
		var typed *core.Error
		if errors.As(err, &typed) && typed.Kind == core.Invalid {
			return passwordTicket{}, core.InField("password", typed)
		}
		return passwordTicket{}, err
	}
	if !right || !user.MaySignIn() {
		e := s.event(core.EventPasswordWrong, "refused", user, v.Origin, s.Clock())
		if user.ID == "" {
			e.Actor = core.Actor{Kind: "nobody"} // the typed name is not kept: people type passwords there
		}
		if err := s.Throttle.Settle(ctx, ticket, core.OutcomeWrong, core.Record{Events: []core.Event{e}}); err != nil {
			return passwordTicket{}, err
		}
		if ticket.Attacked {
			if err := s.Resets.ResetAttacked(ctx, user, k, v.Origin); err != nil {
				return passwordTicket{}, err
			}
		}
		return passwordTicket{}, errWrong
	}
	return passwordTicket{ticket, outdated}, nil
}

// verify checks a password in one of the network's places at the hashing gate.
func (s *Service) verify(ctx context.Context, network string, user core.User, password string) (right, outdated bool, err error) {
	leave, err := s.Throttle.Enter(ctx, network)
	if err != nil {
		return false, false, err
	}
	defer leave()
	return s.Passwords.Verify(ctx, user.ID, user.PasswordSealed, password)
}

// passwordRight goes on after a right password of a sign-in.
func (s *Service) passwordRight(ctx context.Context, in entry, t passwordTicket, password string) (Result, error) {
	now, v, found := s.Clock(), in.visitor, in.found
	c, err := s.circumstances(ctx, v.Origin, found.Organization, now)
	if err != nil {
		return Result{}, err
	}
	if in.device, err = s.judgeDevice(v, found, now); err != nil {
		return Result{}, err
	}
	c.DeviceTrusted, c.Wanted = in.device.use != nil, v.Wanted
	in.step = core.NextAfterPassword(found.Account, found.Organization, found.Browser.LastMethod, c, now)
	switch in.step.StepKind {
	case core.StepPaused:
		return s.refuse(ctx, in, t, "organization_locked", now)
	case core.StepElsewhere:
		return s.refuse(ctx, in, t, "network", now)
	}
	rehash := s.rehash(ctx, found.Account.User, t, password)
	if in.step.StepKind == core.StepDone {
		return s.complete(ctx, finish{
			visitor: v, account: found.Account, organization: found.Organization, known: found.Browser,
			device: in.device, slots: t.Clears, rehash: rehash, returnTo: v.ReturnTo, step: in.step,
		})
	}
	return s.openAttempt(ctx, in, t, rehash)
}

// rehash renews an outdated hash (PW9). Where that fails the old one stays
// good, so the sign-in goes on and the next one tries again.
func (s *Service) rehash(ctx context.Context, u core.User, t passwordTicket, password string) string {
	if !t.outdated {
		return ""
	}
	sealed, err := s.Passwords.Hash(ctx, u.ID, password)
	if err != nil {
		return ""
	}
	return sealed
}

// refuse turns a right password away, for a reason of the organization's.
func (s *Service) refuse(ctx context.Context, in entry, t passwordTicket, reason string, now time.Time) (Result, error) {
	e := s.event(core.EventSignInRefused, "refused", in.found.Account.User, in.visitor.Origin, now)
	e.Detail = map[string]string{"reason": reason}
	err := s.Throttle.Settle(ctx, t.Ticket, core.OutcomeRight, core.Record{Events: []core.Event{e}})
	view := core.AttemptView{Account: in.found.Account, Organization: in.found.Organization}
	return Result{State: State{AttemptView: view, Step: in.step}, RecoveryLeft: -1}, err
}

// openAttempt stores the half-done sign-in and gives its cookie.
func (s *Service) openAttempt(ctx context.Context, in entry, t passwordTicket, rehash string) (Result, error) {
	now, v, user := s.Clock(), in.visitor, in.found.Account.User
	issued := Issued{Pending: core.NewToken(s.Random), EndDevice: in.device.replayed}
	browser := v.BrowserToken
	if browser == "" {
		browser = core.NewToken(s.Random)
		issued.Browser = browser
	}
	a := core.Attempt{
		ID: s.newID(), TokenHash: secret.Digest(issued.Pending), OrganizationID: user.OrganizationID, UserID: user.ID,
		Purpose: in.purpose, PasswordVersion: user.PasswordVersion, FactorSetVersion: user.FactorSetVersion,
		BrowserHash: secret.Digest(browser), BrowserKnown: in.found.Browser.Hash != "", LastMethod: in.found.Browser.LastMethod, ReturnTo: v.ReturnTo,
		Network: v.Origin.Network, Device: v.Origin.Device, CreatedAt: now, ActiveAt: now, Version: 1,
	}
	if in.purpose == core.PurposeConfirm {
		a.SessionID = v.Session.Session.ID
	}
	e := s.event(core.EventPasswordRight, "ok", user, v.Origin, now)
	if in.device.foreign {
		e.Detail = map[string]string{core.DetailForeign: "yes"}
	}
	opening := core.AttemptOpening{Attempt: a, Rehash: rehash, Slots: t.Clears, Record: s.record(e, user)}
	if in.device.replayed {
		opening.EndDevice, opening.DeviceEnded = in.device.id, s.record(s.deviceReplayed(in, now), user)
		opening.DeviceEnded.Changes = append(opening.DeviceEnded.Changes, s.change(core.ChangeUser, user.ID, now))
	}
	warn := s.event(core.EventSecondStepsFailed, "refused", user, v.Origin, now)
	opening.Warnings, opening.WarningEvent = s.Post.Notices(warn, user), &warn
	err := s.Store.OpenAttempt(ctx, opening)
	if errors.Is(err, core.ErrStale) {
		return Result{}, errStartOver // the password or a factor changed meanwhile
	}
	if err != nil {
		return Result{}, err
	}
	view := core.AttemptView{Attempt: a, Account: in.found.Account, Organization: in.found.Organization}
	return Result{State: State{AttemptView: view, Step: in.step}, Issued: issued, ReturnTo: v.ReturnTo, RecoveryLeft: -1}, nil
}

func digestOrEmpty(token string) string {
	if token == "" {
		return ""
	}
	return secret.Digest(token)
}
