package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// HomePage is the first page after signing in (ux 3.1).
type HomePage struct {
	Frame
	Applications []HomeApplication
	Administers  bool   // there is nobody to ask for applications but the operator
	TwoFactor    string // text id of the state of two-factor
	Protected    bool   // a second step is asked for
	TurnOn       string // text id of the button to the Security tab; empty: a plain link
	ShowCodes    bool
	CodesLeft    int
	CodesFew     bool
	Last         *LastSignIn // nil: this is the first
}

// LastSignIn is the last sign-in besides the one the person is in now: only
// that tells them of somebody else's.
type LastSignIn struct {
	At      time.Time
	From    string // "Firefox on Windows"
	Network string
	Later   bool // it came after this session's
}

// HomeApplication is one application the person may open.
type HomeApplication struct {
	Name  string
	URL   string
	Note  string // text id of what it asks for besides this session; may be empty
	SetUp bool   // what it asks for is not set up
}

// fewCodes is the number of recovery codes from which new ones are offered (ux
// 3.9).
const fewCodes = 3

func (s *Site) homeShow(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	applications, err := s.deps.Applications.Applications(r.Context(), v.Account.User.OrganizationID)
	if err != nil {
		return err
	}
	now := s.deps.Clock()
	page := &HomePage{
		Frame:     Frame{Title: "account.home.title", Section: "home"},
		CodesLeft: v.Account.RecoveryCodes, Administers: v.Account.User.Type == core.Administrator,
	}
	if page.Last, err = s.lastSignIn(r, v); err != nil {
		return err
	}
	page.TwoFactor, page.TurnOn = homeTwoFactor(v, now)
	page.Protected = core.Require(v.Account, v.Organization.Policy, now).Level > core.LevelPassword
	page.ShowCodes = page.Protected && (v.Account.Apps > 0 || v.Account.RecoveryCodes > 0)
	page.CodesFew = page.ShowCodes && v.Account.RecoveryCodes <= fewCodes
	for _, a := range applications {
		if a.MayOpen(v.Account.Groups) {
			page.Applications = append(page.Applications, homeApplication(a, v))
		}
	}
	return s.Render(w, r, http.StatusOK, page)
}

// lastSignIn returns the newest completed sign-in of the person but this
// session's own; nil where there is none.
func (s *Site) lastSignIn(r *http.Request, v core.SessionView) (*LastSignIn, error) {
	events, _, err := s.deps.Activity.Activity(r.Context(), v, core.EventFilter{Kinds: []string{core.EventSignInCompleted}, Limit: 2})
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		if !e.At.Equal(v.Session.SignedInAt) {
			return &LastSignIn{At: e.At, From: e.Origin.Device, Network: e.Origin.Network, Later: e.At.After(v.Session.SignedInAt)}, nil
		}
	}
	return nil, nil
}

// homeTwoFactor returns the text of the person's state and that of the button
// to change it.
func homeTwoFactor(v core.SessionView, now time.Time) (text, button string) {
	policy := v.Organization.Policy
	if core.Require(v.Account, policy, now).Level <= core.LevelPassword {
		if v.Account.User.TwoFactor == core.TwoFactorSuspended {
			return "account.home.two_factor_suspended", "account.home.turn_on_again"
		}
		return "account.home.two_factor_off", "account.home.turn_on"
	}
	switch {
	case v.Account.Apps > 0 && policy.AppsOnly && !now.Before(policy.AppsOnlyFrom):
		return "account.home.two_factor_app_only", ""
	case v.Account.Apps > 0:
		return "account.home.two_factor_app", ""
	case v.Account.WaitingApps > 0:
		return "account.home.two_factor_waiting", ""
	}
	return "account.home.two_factor_email", ""
}

// homeApplication says what an application asks for besides this session: a
// remembered device stands for level 2, never for level 3 (law 2).
func homeApplication(a core.Application, v core.SessionView) HomeApplication {
	h := HomeApplication{Name: a.Name, URL: a.URL}
	level := v.Session.Level
	if v.Session.DeviceID != "" && v.DeviceLive {
		level = max(level, core.LevelEmail)
	}
	switch {
	case level >= a.Level:
	case a.Level < core.LevelStrong:
		h.Note = "account.home.application_email"
	case v.Account.Apps == 0 && v.Account.RecoveryCodes == 0 && v.Organization.Policy.NoNewApps:
		h.Note = "account.home.application_strong_none"
	case v.Account.Apps == 0 && v.Account.RecoveryCodes == 0:
		h.Note, h.SetUp = "account.home.application_strong_setup", true
	default:
		h.Note = "account.home.application_strong"
	}
	return h
}
