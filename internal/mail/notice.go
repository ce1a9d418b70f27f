package mail

import (
	"fmt"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// notice is any mail that tells of an event: what, when, by what, from where,
// "If this was you, do nothing", and what to do if not.
func (w writer) notice() (letter, error) {
	l, err := w.story()
	if err != nil {
		return letter{}, err
	}
	l.Facts = append(l.Facts, w.origin()...)
	if l.Calm == "" {
		l.Calm, l.Alarm = w.t("mail.calm"), w.t("mail.alarm")
	}
	if l.Link == "" && !l.NoAlarm {
		if err := w.alarm(&l); err != nil {
			return letter{}, err
		}
	}
	l.Closing = []string{w.helpLine()}
	return l, nil
}

// alarm puts the link "Wasn't you?" under the steps, and what it does before
// them. Where the event is gone, the account's own pages are all there is.
func (w writer) alarm(l *letter) error {
	first := w.t("mail.step.tell")
	l.Link = w.base.JoinPath("account", "security").String()
	if w.job.Event.ID != "" && w.tokens != nil {
		token, err := w.tokens.AlarmToken(w.job.Event.ID)
		if err != nil {
			return fmt.Errorf("make the link: %w", err)
		}
		first = w.t("mail.step.not_you")
		l.Link = w.base.JoinPath("not-you", token).String()
	}
	if len(l.Steps) == 0 {
		l.Steps = []string{w.t("mail.step.check")}
	}
	second := w.t("mail.step.new_password")
	if w.job.Message.Template == core.MailPassword {
		second = w.t("mail.step.forgot") // whoever changed it knows it, and the owner does not
	}
	l.Steps = append([]string{first, second}, l.Steps...)
	return nil
}

// origin is when something happened, by what and from where; not from where of
// what somebody else did, who helps.
func (w writer) origin() []fact {
	e := w.job.Event
	all := []fact{{w.t("mail.fact.when"), w.p.TimeAndZone(e.At, w.zone)}}
	if e.Actor.Kind == "person" && e.Actor.ID != e.SubjectID {
		return all
	}
	if e.Origin.Device != "" {
		all = append(all, fact{w.t("mail.fact.device"), w.p.Device(e.Origin.Device)})
	}
	if e.Origin.Network != "" {
		all = append(all, fact{w.t("mail.fact.network"), e.Origin.Network})
	}
	return all
}

// helpLine names whom to ask.
func (w writer) helpLine() string {
	help := strings.Join(strings.Fields(w.job.Organization.Ask()), " ")
	switch {
	case help != "":
		return w.t("mail.help", "help", help)
	case w.job.User.Type == core.Administrator:
		return w.t("mail.help.operator")
	}
	return w.t("mail.help.administrator")
}

// story is what happened.
func (w writer) story() (letter, error) {
	e := w.job.Event
	switch w.job.Message.Template {
	case core.MailNewBrowser:
		l := w.say("mail.new_browser.subject", "mail.new_browser.lead")
		if e.Detail[core.DetailNewNetwork] != "" {
			l.Lead = w.t("mail.new_browser.lead.network")
		}
		return l, nil
	case core.MailPassword:
		l := w.say("mail.password.subject", "mail.password.lead")
		l.Lines = []string{w.t("mail.password.ended")}
		if e.Kind == core.EventPasswordReset {
			l.Lead, l.Lines = w.t("mail.password.lead.reset"), []string{w.t("mail.password.ended.reset")}
		}
		return l, nil
	case core.MailEmailChanged, core.MailEmailBack, core.MailNotification:
		return w.address()
	case core.MailTwoFactorOn:
		return w.turnedOn(), nil
	case core.MailTwoFactorOff:
		return w.turnedOff(), nil
	case core.MailRecoveryRenewed:
		l := w.say("mail.recovery_renewed.subject", "mail.recovery_renewed.lead")
		l.Lines = []string{w.t("mail.recovery_renewed.next")}
		return l, nil
	case core.MailRecoveryUsed:
		l := w.say("mail.recovery_used.subject", "mail.recovery_used.lead")
		l.Lines = []string{w.t("mail.recovery_used.left", "count", w.job.RecoveryLeft)}
		return l, nil
	case core.MailCodeWrong:
		l := w.say("mail.code_wrong.subject", "mail.code_wrong.lead")
		l.Lines = []string{w.t("mail.code_wrong.closed")}
		return l, nil
	case core.MailDeactivated, core.MailAdministered:
		return w.administered(), nil
	case core.MailFactorReset, core.MailResetWaits, core.MailResetStopped:
		return w.helped()
	case core.MailPauseStarted, core.MailPauseEnded:
		return w.clientPause(), nil
	case core.MailKeyMade, core.MailKeyExpiring, core.MailKeyDeleted, core.MailAppPasswordMade, core.MailAppPasswordGone, core.MailAppPasswordEnds:
		return w.programs(), nil
	case core.MailDeviceEnded:
		return w.deviceEnded(), nil
	case core.MailFactorPaused:
		return w.paused(), nil
	case core.MailAlarmRaised:
		return w.alarmRaised(), nil
	case core.MailBulkReset:
		return w.bulkReset(), nil
	case core.MailLoadFailed:
		return w.loadFailed(), nil
	case core.MailLoadDone:
		return w.loadDone(), nil
	}
	return letter{}, fmt.Errorf("mail: no text for template %q", w.job.Message.Template)
}

// say is a letter with a subject and a first line.
func (w writer) say(subject, lead string) letter {
	return letter{Subject: w.t(subject), Lead: w.t(lead)}
}

// deviceEnded is E21.
func (w writer) deviceEnded() letter {
	l := w.say("mail.device_ended.subject", "mail.device_ended.lead")
	l.Lines = []string{w.t("mail.device_ended.next")}
	if name := w.job.Event.Target; name != "" {
		l.Facts = append(l.Facts, fact{w.t("mail.fact.remembered"), name})
	}
	l.Calm, l.Alarm = w.t("mail.device_ended.calm"), w.t("mail.alarm")
	return l
}

// alarmRaised is E23. Its link leads back in; one that ends everything once more
// would end nothing.
func (w writer) alarmRaised() letter {
	l := w.say("mail.alarm_raised.subject", "mail.alarm_raised.lead")
	l.Lines = []string{w.t("mail.alarm_raised.next")}
	l.Calm, l.Alarm = w.t("mail.alarm_raised.calm"), w.t("mail.alarm_raised.alarm")
	l.Steps = []string{w.t("mail.alarm_raised.sign_in"), w.t("mail.step.check")}
	l.Link = w.base.JoinPath("signin").String()
	return l
}

// turnedOn is E7.
func (w writer) turnedOn() letter {
	var l letter
	switch w.job.Event.Kind {
	case core.EventAppAdded:
		l = w.say("mail.app_added.subject", "mail.app_added.lead")
	case core.EventAppActivated:
		l = w.say("mail.app_activated.subject", "mail.app_activated.lead")
	default:
		l = w.say("mail.on.subject", "mail.on.lead")
		l.Lines = []string{w.t("mail.on.next")}
	}
	return w.withApp(l)
}

// turnedOff is E8.
func (w writer) turnedOff() letter {
	var l letter
	switch w.job.Event.Kind {
	case core.EventAppRemoved:
		l = w.say("mail.app_removed.subject", "mail.app_removed.lead")
	case core.EventTwoFactorOffNow:
		l = w.say("mail.off_now.subject", "mail.off_now.lead")
		l.Steps = []string{w.t("mail.step.on_again")}
	default:
		l = w.say("mail.off.subject", "mail.off.lead")
		l.Steps = []string{w.t("mail.step.on_again")}
	}
	return w.withApp(l)
}

// withApp adds the name the person gave the app.
func (w writer) withApp(l letter) letter {
	if w.job.Event.Target != "" {
		l.Facts = append(l.Facts, fact{w.t("mail.fact.app"), w.job.Event.Target})
	}
	return l
}

// paused is E22: which way is closed, until when, and that another is open.
func (w writer) paused() letter {
	lead := "mail.paused.lead.app"
	switch core.FactorKind(w.job.Event.Detail[core.DetailMethod]) {
	case core.KindEmail:
		lead = "mail.paused.lead.email"
	case core.KindRecovery:
		lead = "mail.paused.lead.recovery"
	}
	l := w.say("mail.paused.subject", lead)
	next := w.t("mail.paused.wait")
	if w.job.Event.Detail[core.DetailBlocked] != "" {
		next = w.t("mail.paused.blocked")
	}
	l.Lines = []string{next}
	return l
}
