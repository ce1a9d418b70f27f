package mail

import (
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// helped tells of a reset of two-factor authentication: that it was done (E14),
// that it waits (E27), that it was cancelled (E28). The person hears of it, and
// everybody else who administers the organization.
func (w writer) helped() (letter, error) {
	e := w.job.Event
	if e.SubjectID != "" && e.SubjectID != w.job.User.ID {
		return w.helpedOther(), nil
	}
	switch w.job.Message.Template {
	case core.MailResetWaits:
		return w.resetWaits()
	case core.MailResetStopped:
		return w.resetStopped(), nil
	}
	l := w.say("mail.reset.subject", "mail.reset.lead.administrator")
	switch {
	case e.Actor.Kind == "operator":
		l.Lead = w.t("mail.reset.lead.operator")
	case e.Actor.Name != "":
		l.Lead = w.t("mail.reset.lead.by", "name", e.Actor.Name)
	}
	l.Lines = []string{w.t("mail.reset.next")}
	l.Facts = w.checked()
	l.Calm, l.Alarm = w.t("mail.reset.calm"), w.t("mail.reset.alarm")
	l.Steps = []string{w.t("mail.step.on_again")}
	return l, nil
}

// resetWaits is E27. Its link only cancels: it signs nobody out.
func (w writer) resetWaits() (letter, error) {
	e := w.job.Event
	l := w.say("mail.reset_waits.subject", "mail.reset_waits.lead")
	if e.Actor.Name != "" {
		l.Lead = w.t("mail.reset_waits.lead.by", "name", e.Actor.Name)
	}
	l.Lines = []string{w.t("mail.reset_waits.when", "due", w.due()), w.t("mail.reset_waits.next")}
	l.Facts = w.checked()
	l.Calm, l.Alarm = w.t("mail.reset.calm"), w.t("mail.reset.alarm")
	l.Steps = []string{w.t("mail.reset_waits.cancel"), w.t("mail.reset_waits.tell")}
	l.NoAlarm = true
	if w.tokens == nil || e.ID == "" { // the event is gone, and the reset with it
		return l, nil
	}
	token, err := w.tokens.CancelToken(e.ID)
	if err != nil {
		return letter{}, fmt.Errorf("make the link: %w", err)
	}
	l.Link = w.base.JoinPath("reset", "cancel", token).String()
	return l, nil
}

// resetStopped is E28.
func (w writer) resetStopped() letter {
	l := w.say("mail.reset_stopped.subject", "mail.reset_stopped.lead")
	if w.job.Event.Actor.Kind == "system" {
		l.Lead = w.t("mail.reset_stopped.lead.system")
	}
	l.Lines = []string{w.t("mail.reset_stopped.next")}
	l.Calm, l.Alarm = w.t("mail.reset_stopped.again"), w.t("mail.reset_stopped.alarm")
	l.Steps = []string{w.t("mail.reset_waits.tell"), w.t("mail.step.new_password")}
	l.NoAlarm = true
	return l
}

// helpedOther is what another administrator reads. The link leads to the page of
// the person; that of the person's own mail would end their sessions.
func (w writer) helpedOther() letter {
	e := w.job.Event
	who := firstOf(e.Target, string(e.SubjectID))
	var l letter
	switch w.job.Message.Template {
	case core.MailResetWaits:
		l = w.say("mail.reset_waits.other.subject", "mail.reset_waits.other.lead")
		l.Lines = []string{w.t("mail.reset_waits.when", "due", w.due())}
	case core.MailResetStopped:
		l = w.say("mail.reset_stopped.other.subject", "mail.reset_stopped.other.lead")
	default:
		l = w.say("mail.reset.other.subject", "mail.reset.other.lead")
		l.Lines = []string{w.t("mail.reset.other.next")}
	}
	l.Facts = append([]fact{{w.t("mail.fact.person"), who}, {w.t("mail.fact.by"), w.actor()}}, w.checked()...)
	l.Calm, l.Alarm = w.t("mail.reset.other.calm"), w.t("mail.reset.other.alarm")
	l.Steps = []string{w.t("mail.reset.other.look"), w.t("mail.reset.other.ask")}
	l.Link = w.base.JoinPath("admin", "users", string(e.SubjectID), "reset-two-factor").String()
	l.NoAlarm = true
	return l
}

// actor names who did it.
func (w writer) actor() string {
	a := w.job.Event.Actor
	switch {
	case a.Kind == "operator":
		return w.t("mail.by.operator")
	case a.Kind == "system":
		return w.t("mail.by.system")
	case a.Name == "":
		return w.t("mail.by.mail")
	}
	return a.Name
}

// checked says how it was checked who asked. What was noted beside it is for the
// audit log alone: it may say what only the person knows.
func (w writer) checked() []fact {
	var how string
	switch core.IdentityCheck(w.job.Event.Detail[core.DetailHow]) {
	case core.CheckedByPhone:
		how = w.t("mail.checked.phone")
	case core.CheckedInPerson:
		how = w.t("mail.checked.person")
	case core.CheckedByVideo:
		how = w.t("mail.checked.video")
	case core.CheckedOther:
		how = w.t("mail.checked.other")
	default:
		return nil
	}
	return []fact{{w.t("mail.fact.checked"), how}}
}

// due is when a reset that waits will be carried out.
func (w writer) due() string {
	at, err := time.Parse(time.RFC3339, w.job.Event.Detail[core.DetailUntil])
	if err != nil {
		return "–"
	}
	return w.p.TimeAndZone(at, w.zone)
}
