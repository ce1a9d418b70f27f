package core

import "time"

// StepKind is what a sign-in asks for next.
type StepKind string

// The steps. Order after the password is fixed (ux §12): locked organization,
// second step, then in.
const (
	StepPassword  StepKind = "password"  // start again: nothing usable is open
	StepPaused    StepKind = "paused"    // "Sign-in is paused": the organization is locked
	StepElsewhere StepKind = "elsewhere" // not from this network
	StepChoose    StepKind = "choose"    // choose a method
	StepVerify    StepKind = "verify"    // type the code of Step.Kind
	StepDone      StepKind = "done"      // nothing more is asked
)

// MethodState says whether a method can be used now, and if not, why.
type MethodState string

// The states. A method that cannot be used stands there disabled and says so.
const (
	MethodReady      MethodState = "ready"
	MethodNotSetUp   MethodState = "not_set_up"
	MethodAfterEmail MethodState = "after_email" // waits for the first emailed code
	MethodMailDown   MethodState = "mail_down"
	MethodNoAddress  MethodState = "no_address"
	MethodPaused     MethodState = "paused"      // too many wrong codes in a row
	MethodBlocked    MethodState = "blocked"     // until a reset or an administrator
	MethodNotAllowed MethodState = "not_allowed" // the organization takes apps only
	MethodNotOffered MethodState = "not_offered" // the organization takes no new apps
	MethodAfterReset MethodState = "after_reset" // email, until an app or recovery code was shown (D2)
	MethodHeld       MethodState = "held"        // recovery codes, since a backup was restored (BK2)
	MethodAppAtHand  MethodState = "app_at_hand" // a change is confirmed by the app, or a recovery code (SU1)
)

// Method is one line of "Choose how to verify it's you".
type Method struct {
	Kind  FactorKind
	State MethodState
	Until time.Time // for MethodPaused
}

// Ready reports whether the method can be used.
func (m Method) Ready() bool { return m.State == MethodReady }

// Step is the next thing a sign-in asks for.
type Step struct {
	StepKind
	Methods  []Method   // for StepChoose and StepVerify: Authenticator Code, further kinds, Email
	Selected FactorKind // the method preselected, or being verified; empty: none can be used
	Recovery Method     // the link "Use a recovery code"
}

// Method returns the state of a kind in this step.
func (s Step) Method(k FactorKind) Method {
	if k == KindRecovery {
		return s.Recovery
	}
	for _, m := range s.Methods {
		if m.Kind == k {
			return m
		}
	}
	return Method{Kind: k, State: MethodNotSetUp}
}

// Circumstances are the facts around an attempt that are neither the account's
// nor the organization's.
type Circumstances struct {
	// DeviceTrusted: a live remembered device of this person came along.
	DeviceTrusted bool
	// MailWorks: the last tries to hand over mail did not all fail.
	MailWorks bool
	// Wanted is the least level of the application the person is on the way to;
	// zero where there is none. It asks for a second step that the account
	// alone would not need; a remembered device meets at most level 2.
	Wanted Level
	// Confirming: a risky change is being confirmed, for which an emailed code
	// is enough only where there is nothing better (SU1).
	Confirming bool
	// Elsewhere: the request comes from a network that the organization does not
	// allow.
	Elsewhere bool
	// Kinds are the further kinds of factor that this build has.
	Kinds []KindSpec
	// BrowserKnown: the browser completed a sign-in of this person before.
	// Strangers who type wrong emailed codes do not shut it out (RL4).
	BrowserKnown bool
}

// NextAfterPassword decides what follows a right password, before any attempt
// exists: in, a second step, the page of a locked organization, or that of a
// network that is not allowed.
func NextAfterPassword(acc Account, org Organization, lastMethod FactorKind, c Circumstances, now time.Time) Step {
	if refused := refuses(acc, org, c); refused != "" {
		return Step{StepKind: refused}
	}
	needed := max(Require(acc, org.Policy, now).Level, c.Wanted)
	c.BrowserKnown = c.BrowserKnown || lastMethod != ""
	if needed <= LevelPassword || c.DeviceTrusted && c.Wanted <= LevelEmail {
		return Step{StepKind: StepDone}
	}
	return chooseStep(acc, org.Policy, lastMethod, c, now)
}

// Next decides what an attempt asks for. It is pure: the attempt and the
// account as stored, the organization, and the time go in; nothing else does.
func (a Attempt) Next(acc Account, org Organization, c Circumstances, now time.Time) Step {
	if !a.Open(acc, now) {
		return Step{StepKind: StepPassword}
	}
	if refused := refuses(acc, org, c); refused != "" {
		return Step{StepKind: refused}
	}
	c.Confirming, c.BrowserKnown = a.Purpose == PurposeConfirm, a.BrowserKnown
	step := chooseStep(acc, org.Policy, a.LastMethod, c, now)
	if a.Kind != "" && (step.Method(a.Kind).Ready() || a.Kind == KindEmail && step.Method(KindEmail).State == MethodMailDown) {
		// A code that was mailed before the mail server went down is still good.
		step.StepKind, step.Selected = StepVerify, a.Kind
	}
	return step
}

// refuses returns the page that stands in the way of a right password, before
// any second step; empty: none. Administrators pass a locked organization, to
// unlock it; they do not pass from a network that they have not allowed.
func refuses(acc Account, org Organization, c Circumstances) StepKind {
	switch {
	case org.Locked && acc.User.Type != Administrator:
		return StepPaused
	case c.Elsewhere:
		return StepElsewhere
	}
	return ""
}

// chooseStep lists the methods and preselects one: the one used last in this
// browser, else the app, else email. "Email first" needs no rule of its own
// here: an account without an active app has nothing else to choose.
func chooseStep(acc Account, p Policy, last FactorKind, c Circumstances, now time.Time) Step {
	s := Step{StepKind: StepChoose, Methods: []Method{appMethod(acc, p, now)}}
	for _, k := range c.Kinds {
		if acc.Others[k.Kind] > 0 {
			s.Methods = append(s.Methods, guarded(acc, k.Kind, now))
		}
	}
	s.Methods = append(s.Methods, emailMethod(acc, p, c, now))
	s.Recovery = Method{Kind: KindRecovery, State: MethodNotSetUp}
	switch {
	case acc.RecoveryCodes > 0:
		s.Recovery = guarded(acc, KindRecovery, now)
	case acc.HeldCodes > 0:
		s.Recovery.State = MethodHeld
	}
	if last != "" && last != KindRecovery && s.Method(last).Ready() {
		s.Selected = last
		return s
	}
	for _, m := range s.Methods {
		if m.Ready() {
			s.Selected = m.Kind
			return s
		}
	}
	return s
}

func appMethod(acc Account, p Policy, now time.Time) Method {
	switch {
	case acc.Apps > 0:
		return guarded(acc, KindApp, now)
	case acc.WaitingApps > 0:
		return Method{Kind: KindApp, State: MethodAfterEmail}
	case p.NoNewApps:
		return Method{Kind: KindApp, State: MethodNotOffered}
	}
	return Method{Kind: KindApp, State: MethodNotSetUp}
}

func emailMethod(acc Account, p Policy, c Circumstances, now time.Time) Method {
	switch {
	case acc.User.Email == "":
		return Method{Kind: KindEmail, State: MethodNoAddress}
	case acc.Apps > 0 && (p.AppsOnly && !now.Before(p.AppsOnlyFrom) || Require(acc, p, now).Level >= LevelStrong):
		return Method{Kind: KindEmail, State: MethodNotAllowed}
	case p.StrictReset && !acc.User.ResetAt.IsZero() && (acc.Apps > 0 || acc.RecoveryCodes > 0):
		return Method{Kind: KindEmail, State: MethodAfterReset}
	case acc.Apps > 0 && c.Confirming:
		return Method{Kind: KindEmail, State: MethodAppAtHand}
	case !c.MailWorks:
		return Method{Kind: KindEmail, State: MethodMailDown}
	case c.BrowserKnown:
		return Method{Kind: KindEmail, State: MethodReady}
	}
	return guarded(acc, KindEmail, now)
}

// guarded applies the account's own counter of a kind: each kind has its own,
// so a throttled one never blocks another (No dead ends).
func guarded(acc Account, k FactorKind, now time.Time) Method {
	g := acc.Guards[k]
	switch {
	case g.Blocked:
		return Method{Kind: k, State: MethodBlocked}
	case now.Before(g.PausedUntil):
		return Method{Kind: k, State: MethodPaused, Until: g.PausedUntil}
	}
	return Method{Kind: k, State: MethodReady}
}
