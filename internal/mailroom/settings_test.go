package mailroom_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
	"github.com/sallyport/sallyport/internal/mailroom"
)

func local(port string) mailroom.ServerForm {
	return mailroom.ServerForm{Host: "127.0.0.1", Port: port, Security: "starttls", User: "mailer", Password: "s3cret"}
}

// TestConfigurationWins: server by server, and for the senders; what is fixed
// cannot be changed in pages.
func TestConfigurationWins(t *testing.T) {
	w := newWorld(t)
	none := w.replica(mailroom.Configured{})
	w.must(none.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 1, local("587")))
	w.must(none.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailSecond, 2, local("465")))
	w.must(none.SaveSender(t.Context(), w.ana, core.Origin{}, 3, "mail@example.com", "help@example.com"))
	operators := mail.Server{Host: "ops.example.com", Port: 2500}
	tests := map[string]struct {
		conf   mailroom.Configured
		want   []string
		sender string
		fixed  []bool
	}{
		"nothing configured":    {mailroom.Configured{}, []string{"127.0.0.1:587", "127.0.0.1:465"}, "mail@example.com", []bool{false, false}},
		"the first configured":  {mailroom.Configured{Servers: map[core.MailSlot]mail.Server{core.MailFirst: operators}}, []string{"ops.example.com:2500", "127.0.0.1:465"}, "mail@example.com", []bool{true, false}},
		"the second configured": {mailroom.Configured{Servers: map[core.MailSlot]mail.Server{core.MailSecond: operators}}, []string{"127.0.0.1:587", "ops.example.com:2500"}, "mail@example.com", []bool{false, true}},
		"the sender configured": {mailroom.Configured{Sender: "ops@example.com"}, []string{"127.0.0.1:587", "127.0.0.1:465"}, "ops@example.com", []bool{false, false}},
		"development":           {mailroom.Configured{Mailbox: true, Servers: map[core.MailSlot]mail.Server{core.MailFirst: operators}}, []string{"ops.example.com:2500"}, "", []bool{true, true}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			s := w.replica(tt.conf)
			if diff := cmp.Diff(tt.want, s.Servers()); diff != "" {
				t.Errorf("servers (-want +got):\n%s", diff)
			}
			o, err := s.Overview(t.Context(), w.ana)
			w.must(err)
			if o.Sender != tt.sender {
				t.Errorf("sender %q, want %q", o.Sender, tt.sender)
			}
			for i, v := range o.Servers {
				if v.Fixed != tt.fixed[i] {
					t.Errorf("%s: fixed %v, want %v", v.Slot, v.Fixed, tt.fixed[i])
				}
				if !v.Fixed {
					continue
				}
				for what, err := range map[string]error{
					"save":   s.SaveServer(t.Context(), w.ana, core.Origin{}, v.Slot, o.Version, local("25")),
					"remove": s.RemoveServer(t.Context(), w.ana, core.Origin{}, v.Slot, o.Version),
				} {
					if core.CodeOf(err) != "mail.fixed" {
						t.Errorf("%s of a fixed server: %v", what, err)
					}
				}
			}
			if strings.Contains(fmt.Sprintf("%+v", o), "s3cret") {
				t.Error("the overview holds a password")
			}
		})
	}
}

// TestRightLostMeanwhile: who was put out of office a moment ago saves nothing and
// reads no server's answers, whatever is still known of their session.
func TestRightLostMeanwhile(t *testing.T) {
	w := newWorld(t)
	w.open("127.0.0.1:587", "s3cret")
	s := w.replica(mailroom.Configured{})
	w.must(s.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 1, local("587")))
	w.must(w.store.SetStatus(t.Context(), core.StatusChange{
		OrganizationID: w.org.ID, UserID: w.ana.Account.User.ID, From: core.Active, To: core.Inactive, At: w.now(),
	}))
	_, test := s.Test(t.Context(), w.ana, core.Origin{}, core.MailFirst)
	for what, err := range map[string]error{
		"test": test, "server": s.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailSecond, 2, local("465")),
		"remove": s.RemoveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 2),
		"sender": s.SaveSender(t.Context(), w.ana, core.Origin{}, 2, "a@example.com", ""),
	} {
		if core.CodeOf(err) != core.ErrNotAdministrator.Code {
			t.Errorf("%s: %v", what, err)
		}
	}
	if m := w.stored(); m.Version != 2 {
		t.Errorf("something was stored: %+v", m)
	}
}

// TestWhoMay: administrators, while there is one organization; for anybody else
// there is no such page.
func TestWhoMay(t *testing.T) {
	w := newWorld(t)
	s := w.replica(mailroom.Configured{})
	calls := func(v core.SessionView) map[string]error {
		_, view := s.Overview(t.Context(), v)
		_, test := s.Test(t.Context(), v, core.Origin{}, core.MailFirst)
		return map[string]error{
			"overview": view, "test": test,
			"server": s.SaveServer(t.Context(), v, core.Origin{}, core.MailFirst, 1, local("587")),
			"remove": s.RemoveServer(t.Context(), v, core.Origin{}, core.MailFirst, 1),
			"sender": s.SaveSender(t.Context(), v, core.Origin{}, 1, "a@example.com", ""),
		}
	}
	person, helper := w.ana, w.ana
	person.Account.User.Type, helper.Account.User.Type = core.Ordinary, core.HelpDesk
	stranger := w.ana
	stranger.Account.User.OrganizationID = "elsewhere"
	for name, v := range map[string]core.SessionView{"a person": person, "the help desk": helper, "another organization": stranger} {
		for what, err := range calls(v) {
			if core.CodeOf(err) != core.ErrNotFound.Code {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	w.organization("Second")
	for what, err := range calls(w.ana) {
		if core.CodeOf(err) != core.ErrNotFound.Code {
			t.Errorf("with two organizations, %s: %v", what, err)
		}
	}
	if m := w.stored(); m.Version != 1 || len(w.events(core.EventMailChanged)) > 0 {
		t.Errorf("something was stored: %+v", m)
	}
}

func TestServersRefused(t *testing.T) {
	w := newWorld(t)
	s := w.replica(mailroom.Configured{})
	tests := map[string]struct {
		change func(*mailroom.ServerForm)
		want   map[string]string
	}{
		"nothing":            {func(f *mailroom.ServerForm) { *f = mailroom.ServerForm{} }, map[string]string{"host": "mail.server_host", "port": "mail.server_port", "security": "mail.server_security"}},
		"an address":         {func(f *mailroom.ServerForm) { f.Host = "smtp://mail.example.com" }, map[string]string{"host": "mail.server_host"}},
		"a path":             {func(f *mailroom.ServerForm) { f.Host = "mail.example.com/x" }, map[string]string{"host": "mail.server_host"}},
		"a user in the host": {func(f *mailroom.ServerForm) { f.Host = "u@mail.example.com" }, map[string]string{"host": "mail.server_host"}},
		"two lines":          {func(f *mailroom.ServerForm) { f.Host = "mail.example.com\nx" }, map[string]string{"host": "mail.server_host"}},
		"a megabyte":         {func(f *mailroom.ServerForm) { f.Host = strings.Repeat("a", 1<<20) }, map[string]string{"host": "mail.server_host"}},
		"nowhere":            {func(f *mailroom.ServerForm) { f.Host = "0.0.0.0" }, map[string]string{"host": "mail.server_host"}},
		"a cloud's secrets":  {func(f *mailroom.ServerForm) { f.Host = "169.254.169.254" }, map[string]string{"host": "mail.server_host"}},
		"the same, mapped":   {func(f *mailroom.ServerForm) { f.Host = "::ffff:169.254.169.254" }, map[string]string{"host": "mail.server_host"}},
		"a database's port":  {func(f *mailroom.ServerForm) { f.Port = "5432" }, map[string]string{"port": "mail.server_port"}},
		"no number":          {func(f *mailroom.ServerForm) { f.Port = "smtp" }, map[string]string{"port": "mail.server_port"}},
		"no TLS":             {func(f *mailroom.ServerForm) { f.Security = "none" }, map[string]string{"security": "mail.server_security"}},
		"a user alone":       {func(f *mailroom.ServerForm) { f.Password = "" }, map[string]string{"password": "mail.server_password_missing"}},
		"a password alone":   {func(f *mailroom.ServerForm) { f.User = "" }, map[string]string{"user": "mail.server_user_missing"}},
		"a NUL in it":        {func(f *mailroom.ServerForm) { f.Password = "a\x00b" }, map[string]string{"password": "mail.server_password"}},
		"a line in the user": {func(f *mailroom.ServerForm) { f.User = "a\r\nAUTH" }, map[string]string{"user": "mail.server_user"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			f := local("587")
			tt.change(&f)
			err := s.SaveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, 1, f)
			if diff := cmp.Diff(tt.want, fields(err)); diff != "" {
				t.Errorf("%v: fields (-want +got):\n%s", err, diff)
			}
		})
	}
	for slot, want := range map[core.MailSlot]string{"third": core.ErrNotFound.Code, core.MailFirst: core.ErrStale.Code} {
		if err := s.SaveServer(t.Context(), w.ana, core.Origin{}, slot, 7, local("587")); core.CodeOf(err) != want {
			t.Errorf("slot %s: %v, want %s", slot, err, want)
		}
	}
	for sender, want := range map[string]map[string]string{
		"ana": {"sender": "mail.sender_address"}, "a@example.com, b@example.com": {"sender": "mail.sender_address"},
		"a@example.com\r\nBcc: x@example.com": {"sender": "mail.sender_address"},
	} {
		err := s.SaveSender(t.Context(), w.ana, core.Origin{}, 1, sender, "")
		if diff := cmp.Diff(want, fields(err)); diff != "" {
			t.Errorf("%q: fields (-want +got):\n%s", sender, diff)
		}
	}
	if m := w.stored(); m.Version != 1 {
		t.Errorf("something was stored: %+v", m)
	}
}

// TestThePasswordStaysHere: it is stored sealed, kept only for the very server
// and user it was typed for, and the audit log knows only that it changed.
func TestThePasswordStaysHere(t *testing.T) {
	w := newWorld(t)
	s := w.replica(mailroom.Configured{})
	save := func(change func(*mailroom.ServerForm)) error {
		f := local("587")
		f.Password = ""
		change(&f)
		return s.SaveServer(t.Context(), w.ana, core.Origin{Network: "203.0.113.0/24"}, core.MailFirst, w.stored().Version, f)
	}
	w.must(save(func(f *mailroom.ServerForm) { f.Password = "s3cret" }))
	sealed := w.stored().Servers[0].PasswordSealed
	if sealed == "" || strings.Contains(sealed, "s3cret") {
		t.Fatalf("stored as %q", sealed)
	}
	w.must(save(func(*mailroom.ServerForm) {}))
	if got := w.stored().Servers[0].PasswordSealed; got != sealed {
		t.Error("an empty password did not keep the stored one")
	}
	for name, change := range map[string]func(*mailroom.ServerForm){
		"another host": func(f *mailroom.ServerForm) { f.Host = "thief.example.com" },
		"another port": func(f *mailroom.ServerForm) { f.Port = "25" },
		"another user": func(f *mailroom.ServerForm) { f.User = "root" },
		"other TLS":    func(f *mailroom.ServerForm) { f.Security = "tls" },
	} {
		if diff := cmp.Diff(map[string]string{"password": "mail.server_password_again"}, fields(save(change))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	w.pass(time.Second)
	w.must(save(func(f *mailroom.ServerForm) { f.Host, f.User = "Mail.Example.COM.", "" }))
	w.pass(time.Second)
	w.must(s.RemoveServer(t.Context(), w.ana, core.Origin{}, core.MailFirst, w.stored().Version))
	want := []map[string]string{
		{"slot": "first", "host_before": "mail.example.com", "host_after": "", "port_before": "587", "port_after": "", "security_before": "starttls", "security_after": ""},
		{"slot": "first", "host_before": "127.0.0.1", "host_after": "mail.example.com", "user_before": "mailer", "user_after": ""},
	}
	events := w.events(core.EventMailChanged)
	for i := range want {
		if diff := cmp.Diff(want[i], events[i].Detail); diff != "" {
			t.Errorf("event %d (-want +got):\n%s", i, diff)
		}
	}
	i := slices.IndexFunc(events, func(e core.Event) bool { return e.Detail["host_after"] == "127.0.0.1" })
	first := events[i]
	if first.Detail["password_after"] != "changed" || first.Actor.Name != "Ana Diaz" || first.Origin.Network != "203.0.113.0/24" {
		t.Errorf("the first event is %+v", first)
	}
	if strings.Contains(fmt.Sprintf("%+v", events), "s3cret") {
		t.Error("the audit log holds a password")
	}
}
