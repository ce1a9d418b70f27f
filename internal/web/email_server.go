package web

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/mailroom"
)

// EmailServerPage changes one mail server.
type EmailServerPage struct {
	Frame
	Server  mailroom.ServerView
	Version string
}

// EmailSenderPage changes whom mail comes from.
type EmailSenderPage struct {
	Frame
	Mail    mailroom.Overview
	Version string
}

// EmailTestPage is the last test of a server, step by step.
type EmailTestPage struct {
	Frame
	Server mailroom.ServerView
	Tested MailLine
	Parts  []TestPart
	To     string
}

// TestPart is one part of the conversation with its lines.
type TestPart struct {
	Name  string // text id
	Lines []string
	Bad   bool // it ended here
}

// serverFields are those of a server's form.
func serverFields() []string {
	return []string{"host", "port", "security", "user", "password", "version"}
}

// serverOf returns the server that an address names.
func (s *Site) serverOf(r *http.Request) (mailroom.Overview, mailroom.ServerView, error) {
	o, err := s.deps.Mail.Overview(r.Context(), visitOf(r).view)
	if err != nil {
		return o, mailroom.ServerView{}, err
	}
	for _, server := range o.Servers {
		if string(server.Slot) == r.PathValue("name") {
			return o, server, nil
		}
	}
	return o, mailroom.ServerView{}, httpx.NoPage()
}

// emailServerShow is GET /admin/system-settings/email/servers/{name}.
func (s *Site) emailServerShow(w http.ResponseWriter, r *http.Request) error {
	o, server, err := s.serverOf(r)
	if err != nil {
		return err
	}
	if server.Fixed {
		return httpx.NoPage() // the configuration says it
	}
	form := Form{order: serverFields()}.With("port", "587").With("security", "starttls")
	if server.Set {
		form = form.With("host", server.Host).With("port", strconv.Itoa(server.Port)).With("user", server.User)
		if server.Implicit {
			form = form.With("security", "tls")
		}
	}
	form, kept := s.typed(w, r, form)
	return s.emailServerRender(w, r, http.StatusOK, server, o.Version, form, keptBanner(kept)...)
}

func (s *Site) emailServerRender(w http.ResponseWriter, r *http.Request, status int, server mailroom.ServerView, version int64, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &EmailServerPage{
		Frame: Frame{
			Title: slotName(server.Slot), Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings(), crumbEmail()),
			Form: form.Without("password"), Banners: banners,
		},
		Server: server, Version: strconv.FormatInt(version, 10),
	})
}

// emailServerSave is POST /admin/system-settings/email/servers/{name}.
func (s *Site) emailServerSave(w http.ResponseWriter, r *http.Request) error {
	o, server, err := s.serverOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, serverFields()...)
	if err == nil {
		err = s.deps.Mail.SaveServer(r.Context(), visitOf(r).view, origin(r), server.Slot, versionOf(form), mailroom.ServerForm{
			Host: form.Value("host"), Port: form.Value("port"), Security: form.Value("security"), User: form.Value("user"), Password: form.Value("password"),
		})
	}
	if err == nil {
		return see(w, r, mailSettingsPath+"?done=email-saved")
	}
	if errors.Is(err, core.ErrStale) {
		return s.emailServerRender(w, r, http.StatusConflict, server, o.Version, form, changedMeanwhile()...)
	}
	failed, here := form.Failed(err, "host")
	if !here {
		return err
	}
	return s.emailServerRender(w, r, statusOf(w, err), server, o.Version, failed)
}

// emailServerRemove is POST /admin/system-settings/email/servers/{name}/remove.
func (s *Site) emailServerRemove(w http.ResponseWriter, r *http.Request) error {
	_, server, err := s.serverOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, "version")
	if err == nil {
		err = s.deps.Mail.RemoveServer(r.Context(), visitOf(r).view, origin(r), server.Slot, versionOf(form))
	}
	if errors.Is(err, core.ErrStale) {
		return s.emailSettingsRender(w, r, http.StatusConflict, Form{}, changedMeanwhile()...)
	}
	if err != nil {
		return err
	}
	return see(w, r, mailSettingsPath+"?done=email-removed")
}

// emailTestSend is POST /admin/system-settings/email/servers/{name}/test: a mail
// to the person's own address, never to another.
func (s *Site) emailTestSend(w http.ResponseWriter, r *http.Request) error {
	_, server, err := s.serverOf(r)
	if err != nil {
		return err
	}
	form, err := s.readForm(r)
	if err == nil {
		_, err = s.deps.Mail.Test(r.Context(), visitOf(r).view, origin(r), server.Slot)
	}
	if err == nil {
		return see(w, r, mailServersPath+"/"+string(server.Slot)+"/test")
	}
	failed, here := form.Failed(err, "test-"+string(server.Slot))
	if !here {
		return err
	}
	return s.emailSettingsRender(w, r, statusOf(w, err), failed)
}

// emailTestShow is GET /admin/system-settings/email/servers/{name}/test.
func (s *Site) emailTestShow(w http.ResponseWriter, r *http.Request) error {
	_, server, err := s.serverOf(r)
	if err != nil {
		return err
	}
	if server.Trial.At.IsZero() {
		return httpx.NoPage()
	}
	v := visitOf(r).view
	page := &EmailTestPage{
		Frame: Frame{
			Title: "admin.email.test_title", TitleWith: []any{"Server", server.Address()}, Section: "admin",
			Trail: crumbs(crumbAdmin(), crumbSettings(), crumbEmail()),
		},
		Server: server, Tested: testedLine(server.Trial, firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)), To: v.Account.User.Email,
	}
	for _, step := range mailroom.StepsOf(server.Trial) {
		name := partName(string(step.Part))
		if n := len(page.Parts); n == 0 || page.Parts[n-1].Name != name {
			page.Parts = append(page.Parts, TestPart{Name: name})
		}
		part := &page.Parts[len(page.Parts)-1]
		part.Lines = append(part.Lines, step.Line)
	}
	if n := len(page.Parts); n > 0 {
		page.Parts[n-1].Bad = server.Trial.Reason != ""
	}
	return s.Render(w, r, http.StatusOK, page)
}

// partName names a part of the conversation.
func partName(part string) string {
	switch part {
	case "connect":
		return "admin.email.part_connect"
	case "tls":
		return "admin.email.part_tls"
	case "login":
		return "admin.email.part_login"
	case "sender":
		return "admin.email.part_sender"
	case "recipient":
		return "admin.email.part_recipient"
	case "text":
		return "admin.email.part_text"
	case "answer":
		return "admin.email.part_answer"
	}
	return "admin.email.part_hello"
}

// senderFields are those of the sender's form.
func senderFields() []string { return []string{"sender", "reply_to", "version"} }

// emailSenderShow is GET /admin/system-settings/email/sender.
func (s *Site) emailSenderShow(w http.ResponseWriter, r *http.Request) error {
	o, err := s.deps.Mail.Overview(r.Context(), visitOf(r).view)
	if err != nil {
		return err
	}
	if o.SenderFixed && o.ReplyToFixed {
		return httpx.NoPage()
	}
	form, kept := s.typed(w, r, Form{order: senderFields()}.With("sender", o.Sender).With("reply_to", o.ReplyTo))
	return s.emailSenderRender(w, r, http.StatusOK, o, form, keptBanner(kept)...)
}

func (s *Site) emailSenderRender(w http.ResponseWriter, r *http.Request, status int, o mailroom.Overview, form Form, banners ...Banner) error {
	return s.Render(w, r, status, &EmailSenderPage{
		Frame: Frame{
			Title: "admin.email.sender_title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings(), crumbEmail()),
			Form: form, Banners: banners,
		},
		Mail: o, Version: strconv.FormatInt(o.Version, 10),
	})
}

// emailSenderSave is POST /admin/system-settings/email/sender.
func (s *Site) emailSenderSave(w http.ResponseWriter, r *http.Request) error {
	v := visitOf(r).view
	o, err := s.deps.Mail.Overview(r.Context(), v)
	if err != nil {
		return err
	}
	form, err := s.readForm(r, senderFields()...)
	if err == nil {
		err = s.deps.Mail.SaveSender(r.Context(), v, origin(r), versionOf(form), form.Value("sender"), form.Value("reply_to"))
	}
	if err == nil {
		return see(w, r, mailSettingsPath+"?done=email-saved")
	}
	if errors.Is(err, core.ErrStale) {
		return s.emailSenderRender(w, r, http.StatusConflict, o, form, changedMeanwhile()...)
	}
	failed, here := form.Failed(err, "sender")
	if !here {
		return err
	}
	return s.emailSenderRender(w, r, statusOf(w, err), o, failed)
}
