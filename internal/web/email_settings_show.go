package web

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mailroom"
)

// Mail looks after the mail settings (package mailroom).
type Mail interface {
	// May reports whether mail is this person's business.
	May(ctx context.Context, v core.SessionView) (bool, error)
	// State returns how mail is doing.
	State() core.MailState
	// Overview returns what the pages show; core.ErrNotFound for whom they are not.
	Overview(ctx context.Context, v core.SessionView) (mailroom.Overview, error)
	// SaveServer stores the server of a slot; core.ErrStale where somebody else
	// saved since.
	SaveServer(ctx context.Context, v core.SessionView, o core.Origin, slot core.MailSlot, version int64, form mailroom.ServerForm) error
	RemoveServer(ctx context.Context, v core.SessionView, o core.Origin, slot core.MailSlot, version int64) error
	SaveSender(ctx context.Context, v core.SessionView, o core.Origin, version int64, sender, replyTo string) error
	// Test sends a mail to the person's own address through the server of a slot.
	Test(ctx context.Context, v core.SessionView, o core.Origin, slot core.MailSlot) (core.MailTrial, error)
}

// EmailSettingsPage is what mail goes through and how it is doing (ux 4.2).
type EmailSettingsPage struct {
	Frame
	Mail    mailroom.Overview
	State   MailLine
	Servers []MailServerRow
	Refused []RefusedRow
	To      string // where a test goes
}

// MailLine is how something is doing, in words.
type MailLine struct {
	Text string // text id
	With []any
	Bad  bool
	Why  *core.Error // nil: nothing to explain
}

// MailServerRow is one of the two places for a server.
type MailServerRow struct {
	mailroom.ServerView
	Name   string // text id
	State  MailLine
	Tested MailLine // empty text: never
}

// RefusedRow is a mail that was not taken.
type RefusedRow struct {
	At     time.Time
	What   string // text id
	Name   string
	Email  string
	Reason *core.Error
}

// emailSettingsShow is GET /admin/system-settings/email.
func (s *Site) emailSettingsShow(w http.ResponseWriter, r *http.Request) error {
	return s.emailSettingsRender(w, r, http.StatusOK, Form{})
}

func (s *Site) emailSettingsRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	v := visitOf(r).view
	o, err := s.deps.Mail.Overview(r.Context(), v)
	if err != nil {
		return err
	}
	zone := firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
	page := &EmailSettingsPage{
		Frame: Frame{Title: "admin.email.title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings()), Form: form, Banners: banners},
		Mail:  o, State: mailLine(o.State, zone), To: v.Account.User.Email,
	}
	for _, server := range o.Servers {
		page.Servers = append(page.Servers, MailServerRow{server, slotName(server.Slot), serverLine(server.Health, zone), testedLine(server.Trial, zone)})
	}
	for _, m := range o.Refused {
		page.Refused = append(page.Refused, RefusedRow{m.At, mailKind(m.Template), m.Name, m.Email, reasonError(m.Reason)})
	}
	return s.Render(w, r, status, page)
}

func slotName(slot core.MailSlot) string {
	if slot == core.MailSecond {
		return "admin.email.second"
	}
	return "admin.email.first"
}

// mailLine says how mail as a whole is doing.
func mailLine(st core.MailState, zone string) MailLine {
	switch st.Condition {
	case core.MailFails:
		return MailLine{"admin.email.fails", []any{"Time", Moment{st.Since, zone}}, true, reasonError(st.Reason)}
	case core.MailDegraded:
		return MailLine{"admin.email.degraded", []any{"Server", st.Server, "Time", Moment{st.Since, zone}}, true, reasonError(st.Reason)}
	case core.MailNoServer:
		return MailLine{Text: "admin.email.none", Bad: true}
	}
	return MailLine{Text: "admin.email.works"}
}

// serverLine says how a server is doing.
func serverLine(h core.MailHealth, zone string) MailLine {
	switch {
	case h.Failing():
		return MailLine{"admin.email.server_fails", []any{"Time", Moment{h.FailingSince, zone}}, true, reasonError(h.Reason)}
	case h.TakenAt.IsZero():
		return MailLine{Text: "admin.email.server_unused"}
	}
	return MailLine{Text: "admin.email.server_works", With: []any{"Time", Moment{h.TakenAt, zone}}}
}

// testedLine says how the last test went.
func testedLine(t core.MailTrial, zone string) MailLine {
	switch {
	case t.At.IsZero():
		return MailLine{}
	case t.Reason != "":
		return MailLine{"admin.email.test_failed", []any{"Time", Moment{t.At, zone}}, true, reasonError(t.Reason)}
	}
	return MailLine{Text: "admin.email.test_taken", With: []any{"Time", Moment{t.At, zone}, "Address", t.To}}
}

// reasonError is the error that was stored as a code with a status.
func reasonError(reason string) *core.Error {
	code, _, _ := strings.Cut(reason, " ")
	if code == "" {
		return nil
	}
	return core.NewError(core.Unavailable, code)
}

// mailKind says what a mail was.
func mailKind(t core.Template) string {
	switch t {
	case core.MailCode:
		return "admin.email.kind_code"
	case core.MailReset:
		return "admin.email.kind_reset"
	case core.MailWelcome:
		return "admin.email.kind_invitation"
	}
	return "admin.email.kind_notice"
}

// versionOf is the version of the settings that a form was shown with.
func versionOf(form Form) int64 {
	n, _ := strconv.ParseInt(form.Value("version"), 10, 64) // 0 is never stored
	return n
}

// changedMeanwhile says that somebody else saved.
func changedMeanwhile() []Banner {
	return []Banner{{Tone: "notice", Text: "admin.organization.changed"}}
}

// crumbEmail is the page Email above one of its own.
func crumbEmail() Crumb { return Crumb{Text: "admin.email.title", Link: mailSettingsPath} }
