package web_test

import (
	"context"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mailroom"
)

// fakeMail answers for package mailroom; nil where mail is the operator's.
type fakeMail struct {
	overview *mailroom.Overview
	calls    []string
	fail     error
}

func (f *fakeMail) May(context.Context, core.SessionView) (bool, error) {
	return f.overview != nil, nil
}

// State is that of the overview; without one mail goes out.
func (f *fakeMail) State() core.MailState {
	if f.overview == nil {
		return core.MailState{Condition: core.MailWorks}
	}
	return f.overview.State
}

func (f *fakeMail) Overview(context.Context, core.SessionView) (mailroom.Overview, error) {
	if f.overview == nil {
		return mailroom.Overview{}, core.ErrNotFound
	}
	return *f.overview, nil
}

func (f *fakeMail) SaveServer(_ context.Context, _ core.SessionView, _ core.Origin, slot core.MailSlot, version int64, form mailroom.ServerForm) error {
	f.calls = append(f.calls, fmt.Sprintf("save %s %d %+v", slot, version, form))
	return f.fail
}

func (f *fakeMail) RemoveServer(_ context.Context, _ core.SessionView, _ core.Origin, slot core.MailSlot, version int64) error {
	f.calls = append(f.calls, fmt.Sprintf("remove %s %d", slot, version))
	return f.fail
}

func (f *fakeMail) SaveSender(_ context.Context, _ core.SessionView, _ core.Origin, version int64, sender, replyTo string) error {
	f.calls = append(f.calls, fmt.Sprintf("sender %d %s %s", version, sender, replyTo))
	return f.fail
}

func (f *fakeMail) Test(_ context.Context, v core.SessionView, _ core.Origin, slot core.MailSlot) (core.MailTrial, error) {
	f.calls = append(f.calls, fmt.Sprintf("test %s to %s", slot, v.Account.User.Email))
	return core.MailTrial{}, f.fail
}

// twoServers is a deployment whose first server fails and whose second, which
// the configuration names, takes over.
func twoServers() *mailroom.Overview {
	since := noon.Add(-20 * time.Minute)
	first := core.MailHealth{
		Server: "smtp.example.com:587", TakenAt: noon.Add(-time.Hour), FailedAt: noon, FailingSince: since, Strikes: 3, Reason: "mail.login 535",
		Fault: true, Failed: 4,
	}
	second := core.MailHealth{Server: "spare.example.com:465", TakenAt: noon.Add(-time.Minute), Taken: 9, Refused: 1}
	return &mailroom.Overview{
		Version: 7, Default: "no-reply@id.example.com", Sender: "post@example.com",
		State: core.MailState{Condition: core.MailDegraded, Since: since, Server: first.Server, Reason: first.Reason, Servers: []core.MailHealth{first, second}},
		Servers: []mailroom.ServerView{
			{
				Slot: core.MailFirst, Set: true, Host: "smtp.example.com", Port: 587, User: "mailer", HasPassword: true, Health: first,
				Trial: core.MailTrial{
					Server: first.Server, At: noon.Add(-10 * time.Minute), ByID: "ana", To: "ana@example.com", Reason: "mail.login 535",
					Steps: "connect\tconnect to smtp.example.com:587\nhello\t> EHLO id.example.com\nhello\t< 250 AUTH PLAIN <b>\nlogin\t> <SMTP auth data redacted>\nlogin\t< 535 5.7.8 no",
				},
			},
			{Slot: core.MailSecond, Set: true, Fixed: true, Host: "spare.example.com", Port: 465, Implicit: true, Health: second},
		},
		Refused: []core.MailRefusal{
			{At: noon.Add(-5 * time.Minute), Template: core.MailCode, Delivery: core.DeliveryRefused, Reason: "mail.refused 550", UserID: "bea", Name: "Bea Roy", Email: "bea@example.com"},
		},
	}
}

// noServers is a deployment without any.
func noServers() *mailroom.Overview {
	return &mailroom.Overview{
		Version: 1, Default: "no-reply@id.example.com", State: core.MailState{Condition: core.MailNoServer},
		Servers: []mailroom.ServerView{{Slot: core.MailFirst}, {Slot: core.MailSecond}},
	}
}
