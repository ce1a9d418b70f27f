package signin

import (
	"context"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// finish is a sign-in or confirmation about to be completed.
type finish struct {
	visitor      Visitor
	account      core.Account
	organization core.Organization
	known        core.Browser
	attempt      *core.Attempt   // nil where no second step was needed
	use          *core.FactorUse // nil likewise
	device       deviceJudgement
	slots        []core.Bucket
	rehash       string
	returnTo     string
	step         core.Step
	confirms     bool // a confirmation without a second step
}

func (f finish) confirmation() bool {
	return f.confirms || f.attempt != nil && f.attempt.Purpose == core.PurposeConfirm
}

func (f finish) browserKnown() bool {
	return f.known.Hash != "" || f.attempt != nil && f.attempt.BrowserKnown
}

func (f finish) lastMethod() core.FactorKind {
	if f.attempt != nil {
		return f.attempt.LastMethod
	}
	return f.known.LastMethod
}

// strangeNetwork: a remembered device, which types no code, signs in from where
// its browser was not seen lately.
func (f finish) strangeNetwork(now time.Time) bool {
	return f.device.use != nil && !f.confirmation() && f.known.Strange(f.visitor.Origin.Network, now)
}

func (f finish) kind() core.FactorKind {
	if f.use == nil {
		return ""
	}
	return f.use.Kind
}

// fullProof reports whether what was shown allows risky changes for a while: the
// best factor the account has (SU1). The password alone is not of somebody who
// has a factor, also while it is off for now; an emailed code is not of
// somebody who has an app.
func (f finish) fullProof() bool {
	switch f.kind() {
	case "":
		return f.account.Apps == 0 && f.account.User.TwoFactor == core.TwoFactorOff
	case core.KindEmail:
		return f.account.Apps == 0
	}
	return true
}

// complete ends the attempt and opens the session in one transaction.
func (s *Service) complete(ctx context.Context, f finish) (Result, error) {
	now, user := s.Clock(), f.account.User
	issued := Issued{Session: core.NewToken(s.Random), EndPending: f.attempt != nil}
	browser := f.visitor.BrowserToken
	if browser == "" {
		browser = core.NewToken(s.Random)
		issued.Browser = browser
	}
	session := s.newSession(f, issued.Session, browser, now)
	c := core.Completion{
		Attempt: f.attempt, Use: f.use, UserID: user.ID, OrganizationID: user.OrganizationID,
		PasswordVersion: user.PasswordVersion, FactorSetVersion: user.FactorSetVersion, Session: session,
		ProvesEmail: f.kind() == core.KindEmail, EndDevices: f.kind() == core.KindRecovery, ResetGuards: f.use != nil,
		Rehash: f.rehash, Slots: f.slots, At: now,
		Browser: core.Browser{
			Hash: secret.Digest(browser), OrganizationID: user.OrganizationID, UserID: user.ID,
			LastMethod: f.kind(), FirstSeenAt: now, LastSeenAt: now,
			Networks: core.Networks(nil).With(f.visitor.Origin.Network, now),
		},
	}
	if k := f.kind(); k == "" || k == core.KindRecovery {
		c.Browser.LastMethod = f.lastMethod() // never preselect a recovery code
	}
	if f.strangeNetwork(now) {
		c.Browser.NetworkTold = now
	}
	if f.confirmation() {
		c.ReplacesSession = f.visitor.Session.Session.ID
	}
	if f.device.use != nil {
		c.DeviceUse, c.Session.DeviceID = f.device.use, f.device.id
		issued.Device, issued.DeviceUntil = f.device.next, f.device.until
	}
	if f.attempt != nil && f.attempt.Remember && f.use != nil && !f.confirmation() && f.kind() != core.KindRecovery {
		d, token := s.newDevice(f.visitor, s.levelOf(f.kind()), f.account, f.organization, now)
		c.NewDevice, c.Session.DeviceID = &d, d.ID
		issued.Device, issued.DeviceUntil = token, d.ExpiresAt
	}
	if f.organization.Policy.SingleSession && !f.confirmation() {
		e := s.event(core.EventSessionEnded, "ok", user, f.visitor.Origin, now)
		e.Origin.Session = session.ID
		e.Detail = map[string]string{core.DetailReason: string(core.EndElsewhere)}
		c.EndsOthers = &e
	}
	c.Record = s.completionRecord(f, c, now)
	if err := s.Store.CompleteSignIn(ctx, c); err != nil {
		if core.CodeOf(err) == core.ErrStale.Code {
			return Result{}, errStartOver
		}
		return Result{}, err
	}
	return s.completed(f, c, issued, now), nil
}

func (s *Service) newSession(f finish, token, browser string, now time.Time) core.Session {
	user, o := f.account.User, f.visitor.Origin
	session := core.Session{
		ID: s.newID(), TokenHash: secret.Digest(token), OrganizationID: user.OrganizationID, UserID: user.ID,
		Level: s.levelOf(f.kind()), SignedInAt: now, ProvedAt: now, Methods: methods(s.levelOf(f.kind())),
		BrowserHash: secret.Digest(browser), Network: o.Network, Device: o.Device, CreatedAt: now, LastSeenAt: now,
	}
	if f.kind() == core.KindRecovery {
		session.Methods = append(session.Methods, core.MethodRecovery)
	}
	if f.device.use != nil || !f.fullProof() {
		session.ProvedAt = time.Time{} // a remembered device is no fresh proof (RD5)
	}
	if f.confirmation() {
		old := f.visitor.Session.Session
		session.SignedInAt, session.DeviceID = old.SignedInAt, old.DeviceID
		session.Level = max(session.Level, old.Level)
		for _, m := range old.Methods {
			if !slices.Contains(session.Methods, m) {
				session.Methods = append(session.Methods, m)
			}
		}
	}
	return session
}

// levelOf is what the password and a factor of this kind show; the password
// alone where there was none.
func (s *Service) levelOf(k core.FactorKind) core.Level {
	if f, ok := s.Factors.Get(k); ok {
		return f.Level()
	}
	return core.LevelPassword
}

// methods says what happened in RFC 8176 words; an emailed code is "otp"
// without "mfa" (OI6).
func methods(l core.Level) []string {
	switch l {
	case core.LevelEmail:
		return []string{"pwd", "otp"}
	case core.LevelStrong:
		return []string{"pwd", "otp", "mfa"}
	}
	return []string{"pwd"}
}

// completionRecord is what the audit log and the person's mailbox learn.
func (s *Service) completionRecord(f finish, c core.Completion, now time.Time) core.Record {
	user, o := f.account.User, f.visitor.Origin
	kind := core.EventSignInCompleted
	if f.confirmation() {
		kind = core.EventConfirmed
	}
	e := s.event(kind, "ok", user, o, now)
	e.Origin.Session = c.Session.ID
	e.Detail = map[string]string{"method": string(f.kind())}
	if f.kind() == "" {
		e.Detail["method"] = "password"
	}
	if c.DeviceUse != nil {
		e.Detail[core.DetailDevice] = "remembered"
	}
	if f.device.foreign {
		e.Detail[core.DetailForeign] = "yes"
	}
	if kind == core.EventSignInCompleted && !user.LastSignInAt.IsZero() && !f.browserKnown() {
		e.Detail[core.DetailNewBrowser] = "yes"
	} else if f.strangeNetwork(now) {
		e.Detail[core.DetailNewNetwork] = "yes"
	}
	r := s.record(e, user)
	note := func(kind, target string) {
		n := s.event(kind, "ok", user, o, now)
		n.Target = target
		r.Join(s.record(n, user))
	}
	if c.NewDevice != nil {
		note(core.EventDeviceRemembered, c.NewDevice.Label)
	}
	if f.kind() == core.KindRecovery {
		note(core.EventRecoveryUsed, "")
		r.Changes = append(r.Changes, s.change(core.ChangeUser, user.ID, now))
	}
	if c.ProvesEmail && f.account.WaitingApps > 0 {
		note(core.EventAppActivated, "")
	}
	if c.ProvesEmail && (f.account.WaitingApps > 0 || user.EmailProvedAt.IsZero()) {
		r.Changes = append(r.Changes, s.change(core.ChangeUser, user.ID, now))
	}
	if c.EndsOthers != nil {
		r.Changes = append(r.Changes, s.change(core.ChangeUser, user.ID, now))
	}
	if c.ReplacesSession != "" {
		r.Changes = append(r.Changes, s.change(core.ChangeSession, c.ReplacesSession, now))
	}
	return r
}

// completed says where the person goes now.
func (s *Service) completed(f finish, c core.Completion, issued Issued, now time.Time) Result {
	view := core.AttemptView{Account: f.account, Organization: f.organization}
	if f.attempt != nil {
		view.Attempt = *f.attempt
	}
	res := Result{
		State: State{AttemptView: view, Step: core.Step{StepKind: core.StepDone}}, Issued: issued,
		ReturnTo: f.returnTo, Session: c.Session, RecoveryLeft: -1,
	}
	if f.kind() == core.KindRecovery {
		res.RecoveryLeft = f.account.RecoveryCodes - 1
	}
	// During the grace before an app is demanded it is offered too, also to those
	// whom only their own box asks, such as administrators (ux 2.8).
	policy := f.organization.Policy
	asked := policy.Requires(now) || now.Before(policy.AppDueFrom(f.account))
	res.Offer = f.kind() == core.KindEmail && !f.confirmation() && asked && !policy.NoNewApps && !core.Require(f.account, policy, now).AppWall &&
		f.account.Apps == 0 && f.account.WaitingApps == 0 && f.account.User.Offer.Due(now)
	return res
}
