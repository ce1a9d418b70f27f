package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const sessionsPath = "/account/sessions"

// SessionsPage is the tab "Devices & sessions" (ux 3.11).
type SessionsPage struct {
	Frame
	Tab      string // "sessions"
	Sessions []SessionRow
	Others   bool // there are sessions besides this one
	Devices  []DeviceRow
	SignIns  []EventRow
}

// SessionRow is one browser that is signed in.
type SessionRow struct {
	ID         core.ID
	Name       string // "Firefox on Windows"; empty: unknown
	Icon       string // see iconOf
	Network    string
	SignedInAt time.Time
	LastSeenAt time.Time
	How        string // text id of what was shown
	Current    bool
}

// DeviceRow is one remembered device.
type DeviceRow struct {
	ID         core.ID
	Name       string
	Icon       string
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time
	Current    bool // it stood in for the second step of this session
}

// DeviceRenamePage asks for another name for a remembered device.
type DeviceRenamePage struct {
	Frame
	ID core.ID
}

// recentSignIns is how many of the last sign-ins are shown.
const recentSignIns = 20

// signInKinds are the events of "Recent sign-ins": how each try ended.
func signInKinds() []string {
	return []string{
		core.EventSignInCompleted, core.EventPasswordWrong, core.EventCodeWrong, core.EventSignInThrottled,
		core.EventSignInAbandoned, core.EventSignInRefused, core.EventDeviceReplayed,
	}
}

func (s *Site) sessionsShow(w http.ResponseWriter, r *http.Request) error {
	return s.sessionsRender(w, r, http.StatusOK, Form{})
}

func (s *Site) sessionsRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	v := visitOf(r).view
	own, err := s.deps.OwnSessions.Own(r.Context(), v)
	if err != nil {
		return err
	}
	events, _, err := s.deps.Activity.Activity(r.Context(), v, core.EventFilter{Kinds: signInKinds(), Limit: recentSignIns})
	if err != nil {
		return err
	}
	page := &SessionsPage{
		Frame: Frame{Title: "account.sessions.title", Section: "account", Form: form}, Tab: "sessions",
		Others: len(own.Sessions) > 1, SignIns: eventRows(events, v.Account.User.ID),
	}
	for _, one := range own.Sessions {
		page.Sessions = append(page.Sessions, SessionRow{
			ID: one.ID, Name: one.Device, Icon: iconOf(one.Device), Network: one.Network, SignedInAt: one.SignedInAt,
			LastSeenAt: one.LastSeenAt, How: howSignedIn(one), Current: one.ID == v.Session.ID,
		})
	}
	for _, d := range own.Devices {
		page.Devices = append(page.Devices, DeviceRow{
			ID: d.ID, Name: d.Label, Icon: iconOf(d.Label), CreatedAt: d.CreatedAt, ExpiresAt: d.ExpiresAt,
			LastUsedAt: d.LastUsedAt, Current: d.ID == v.Session.DeviceID,
		})
	}
	return s.Render(w, r, status, page)
}

// howSignedIn returns the text of what a session has shown.
func howSignedIn(s core.Session) string {
	has := func(method string) bool { return slices.Contains(s.Methods, method) }
	switch {
	case has(core.MethodRecovery):
		return "account.sessions.how_recovery"
	case has("mfa"):
		return "account.sessions.how_app"
	case has("otp"):
		return "account.sessions.how_email"
	case s.DeviceID != "":
		return "account.sessions.how_device"
	}
	return "account.sessions.how_password"
}

// iconOf chooses the picture beside a device: "phone", "computer" or "unknown".
// It only helps the eye; the name says the same.
func iconOf(name string) string {
	is := func(systems ...string) bool {
		return slices.ContainsFunc(systems, func(system string) bool { return strings.Contains(name, system) })
	}
	switch {
	case is("Android", "iOS", "iPad"):
		return "phone"
	case is("Windows", "macOS", "Linux", "ChromeOS", "Chrome OS"):
		return "computer"
	}
	return "unknown"
}
