package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const (
	notYouPath    = "/not-you"         // behind the link of a mail
	notYouOwnPath = "/account/not-you" // for a person who is signed in
)

// NotYouPage is "Wasn't you?" (ux 3.7): what happened, what its button ends, and
// after it the way back in.
type NotYouPage struct {
	Frame
	Masked    string     // whose account
	Happened  string     // text id; empty where a person who is signed in asks
	Event     core.Event // when, by what, from where
	More      string     // text id of what else there is to do; may be empty
	Post      string     // where the button goes
	SettledAt time.Time  // zero: the button was not pressed yet
	Contact   string     // the organization's own words; may be empty
}

// notYouShow is GET /not-you, before and after the button.
func (s *Site) notYouShow(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	a, err := s.deps.Alarms.Alarm(r.Context(), s.edge.Cookie(r, cookieAlarm))
	if err != nil {
		return err
	}
	page := notYouPage(a.Account.User, a.Organization, a.SettledAt)
	page.Post, page.Event = notYouPath, a.Event
	page.Happened, page.More = whatHappened(a.Event.Kind)
	return s.Render(w, r, http.StatusOK, page)
}

func notYouPage(u core.User, o core.Organization, settled time.Time) *NotYouPage {
	page := &NotYouPage{
		Frame: Frame{
			Title: "alarm.title", Card: true, Wide: true, Organization: o.Name, Language: languageOf(u, o), Zone: firstOf(u.TimeZone, o.TimeZone),
		},
		Masked: core.MaskedEmail(u.Email), Contact: o.Ask(), SettledAt: settled,
	}
	if !settled.IsZero() {
		page.Title, page.Step = "alarm.done.title", true
	}
	return page
}

// notYouPress is POST /not-you. Pressing twice is pressing once. A page whose
// link is not the one in the cookie any more presses nothing: it leads to the page
// of that one, which may be of somebody else.
func (s *Site) notYouPress(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	form, err := s.readForm(r, "event")
	if err != nil {
		return err
	}
	token, browser := s.edge.Cookie(r, cookieAlarm), s.edge.Cookie(r, httpx.CookieBrowser)
	a, err := s.deps.Alarms.Alarm(r.Context(), token)
	switch {
	case err != nil:
		return err
	case form.Value("event") != string(a.Event.ID):
		return see(w, r, notYouPath)
	}
	if err := s.deps.Alarms.RaiseAlarm(r.Context(), token, browser, httpx.OriginOf(r)); err != nil {
		return err
	}
	return see(w, r, notYouPath)
}

// notYouOwn is GET /account/not-you.
func (s *Site) notYouOwn(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	page := notYouPage(v.Account.User, v.Organization, time.Time{})
	page.Section, page.Post = "account", notYouOwnPath
	return s.Render(w, r, http.StatusOK, page)
}

// notYouOwnPress is POST /account/not-you. It needs no confirmation: it only
// ends things, this session too.
func (s *Site) notYouOwnPress(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	browser := s.edge.Cookie(r, httpx.CookieBrowser)
	token, err := s.deps.Alarms.RaiseAlarmBySession(r.Context(), visitOf(r).view, browser, httpx.OriginOf(r))
	if err != nil {
		return err
	}
	s.leaveNothing(w)
	s.edge.ClearCookie(w, httpx.CookieDevice)
	if token == "" {
		return see(w, r, "/signin")
	}
	s.edge.SetCookie(w, cookieAlarm, token, s.deps.Clock().Add(linkKept))
	return see(w, r, notYouPath)
}

// whatHappened returns the sentence about an event, and what else to do about it
// once everybody is signed out: an alarm takes no app away, since a mailbox must
// not (law 3).
func whatHappened(kind string) (sentence, more string) {
	switch kind {
	case core.EventSignInCompleted:
		return "alarm.about.sign_in", ""
	case core.EventTwoFactorOn, core.EventAppAdded, core.EventAppActivated:
		return "alarm.about.app_added", "alarm.more.app_added"
	case core.EventTwoFactorOff, core.EventTwoFactorOffNow:
		return "alarm.about.off", "alarm.more.on_again"
	case core.EventAppRemoved:
		return "alarm.about.app_removed", "alarm.more.on_again"
	case core.EventTwoFactorReset:
		return "alarm.about.reset", "alarm.more.on_again"
	case core.EventRecoveryRenewed:
		return "alarm.about.recovery_renewed", "alarm.more.codes"
	case core.EventRecoveryUsed:
		return "alarm.about.recovery_used", "alarm.more.codes"
	case core.EventSecondStepsFailed, core.EventFactorPaused:
		return "alarm.about.codes_wrong", ""
	case core.EventDeviceReplayed:
		return "alarm.about.device", ""
	case core.EventEmailChanged:
		return "alarm.about.email", "alarm.more.email"
	case core.EventNotifyChanged, core.EventNotifyRemoved:
		return "alarm.about.notification", "alarm.more.notification"
	case core.EventPasswordSet, core.EventPasswordChanged, core.EventPasswordReset:
		return "alarm.about.password", ""
	case core.EventNotYou:
		return "alarm.about.not_you", ""
	}
	return "alarm.about.other", ""
}
