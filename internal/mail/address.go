package mail

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
)

// addressCode is E5: the code that proves a new address. It may be a stranger's,
// who did nothing and has nothing to do.
func (w writer) addressCode(l *letter) {
	c := w.job.Challenge
	l.Subject = w.t("mail.code.address.subject", "reference", c.Reference)
	purpose := w.t("mail.code.address.purpose")
	if c.Purpose == core.PurposeNotify {
		purpose = w.t("mail.code.notify.purpose")
	}
	l.Lines = append(l.Lines, purpose)
	l.Closing = []string{w.asked(), w.t("mail.code.address.not_you"), w.t("mail.code.never_share")}
}

// address is a notice about one of the person's addresses.
func (w writer) address() (letter, error) {
	switch w.job.Message.Template {
	case core.MailEmailChanged:
		return w.emailChanged()
	case core.MailEmailBack:
		return w.emailBack(), nil
	}
	return w.notification(), nil
}

// emailChanged is E6: to the address before with the way back, to the new one
// and to the others that it is so.
func (w writer) emailChanged() (letter, error) {
	e, u := w.job.Event, w.job.User
	to := core.MaskedEmail(e.Target)
	l := letter{Subject: w.t("mail.email_changed.subject"), Lead: w.t("mail.email_changed.lead", "to", to)}
	held := u.CodeAddress(w.now)
	switch w.job.Message.Recipient {
	case core.ToReplaced:
		if held == e.Detail[core.DetailReplaced] {
			l.Lines = []string{w.t("mail.email_changed.held_here", "until", w.p.TimeAndZone(u.PreviousEmailUntil, w.zone))}
		}
		if w.tokens != nil {
			return w.wayBack(l)
		}
	case core.ToLogin:
		l.Lead = w.t("mail.email_changed.lead.new")
		if held != u.Email {
			l.Lines = []string{w.t("mail.email_changed.held", "address", core.MaskedEmail(held), "until", w.p.TimeAndZone(u.PreviousEmailUntil, w.zone))}
		}
	}
	return l, nil
}

// wayBack is what the address before reads: one link that gives the account back.
func (w writer) wayBack(l letter) (letter, error) {
	token, err := w.tokens.UndoToken(w.job.Event.ID)
	if err != nil {
		return letter{}, fmt.Errorf("make the link: %w", err)
	}
	l.Calm, l.Alarm = w.t("mail.calm"), w.t("mail.alarm")
	l.Steps = []string{
		w.t("mail.email_changed.step.back", "until", w.p.TimeAndZone(w.job.Event.At.Add(core.AddressUndoLife), w.zone)),
		w.t("mail.step.new_password"),
	}
	l.Link = w.base.JoinPath("address", "undo", token).String()
	return l, nil
}

// emailBack is E24: the change was taken back.
func (w writer) emailBack() letter {
	l := letter{Subject: w.t("mail.email_back.subject"), Lead: w.t("mail.email_back.lead", "to", core.MaskedEmail(w.job.Event.Target))}
	if w.job.Message.Recipient == core.ToLogin {
		l.Lead = w.t("mail.email_back.lead.here")
	}
	l.Lines = []string{w.t("mail.email_back.ended")}
	l.Alarm = w.t("mail.email_back.alarm")
	if w.job.Message.Recipient == core.ToReplaced { // whoever reads it gets no code any more
		l.Lead, l.Calm, l.NoAlarm = w.t("mail.email_back.lead.gone"), w.t("mail.email_back.calm.gone"), true
		l.Steps = []string{w.t("mail.email_back.tell")}
		return l
	}
	l.Calm = w.t("mail.email_back.calm")
	l.Steps = []string{w.t("mail.alarm_raised.sign_in"), w.t("mail.email_back.tell")}
	l.Link = w.base.JoinPath("signin").String()
	return l
}

// notification is E25: where security notices also go.
func (w writer) notification() letter {
	e := w.job.Event
	masked := core.MaskedEmail(e.Target)
	l := letter{Subject: w.t("mail.notification.subject")}
	switch {
	case w.job.Message.Recipient == core.ToReplaced:
		l.Lead = w.t("mail.notification.lead.gone")
	case e.Kind == core.EventNotifyRemoved:
		l.Lead = w.t("mail.notification.lead.removed", "address", masked)
	case w.job.Message.Recipient == core.ToNotification:
		l.Lead = w.t("mail.notification.lead.here")
	default:
		l.Lead = w.t("mail.notification.lead", "address", masked)
	}
	if e.Kind == core.EventNotifyChanged && w.job.Message.Recipient != core.ToReplaced {
		l.Lines = []string{w.t("mail.notification.codes")}
	}
	return l
}
