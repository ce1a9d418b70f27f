package mail

import (
	"github.com/sallyport/sallyport/internal/core"
)

// administered tells somebody what an administrator did to their account: E20
// where it was deactivated, E29 otherwise. Its reader asks people, not a link:
// whoever administers can do it again.
func (w writer) administered() letter {
	e := w.job.Event
	var l letter
	switch e.Kind {
	case core.EventUserDeactivated:
		l = w.say("mail.deactivated.subject", "mail.deactivated.lead")
		l.Lines = []string{w.t("mail.deactivated.ended")}
	case core.EventUserReactivated:
		l = w.say("mail.reactivated.subject", "mail.reactivated.lead")
	case core.EventPasswordRequired:
		l = w.say("mail.password_due.subject", "mail.password_due.lead")
	case core.EventTwoFactorAsked:
		l = w.say("mail.demanded.subject", "mail.demanded.lead")
		l.Lines = []string{w.t("mail.demanded.next")}
	case core.EventSessionEnded:
		l = w.say("mail.signed_out.subject", "mail.signed_out.lead")
		if e.Detail["devices"] != "" {
			l.Lines = []string{w.t("mail.signed_out.devices")}
		}
	default:
		l = w.say("mail.account_changed.subject", "mail.account_changed.lead")
		l.Lines = w.accountChanges()
	}
	l.Facts = []fact{{w.t("mail.fact.by"), w.actor()}}
	l.Calm, l.Alarm = w.t("mail.administered.calm"), w.t("mail.administered.alarm")
	l.Steps = []string{w.t("mail.administered.ask")}
	l.NoAlarm = true
	return l
}

// accountChanges are the changes that concern how somebody gets in, a line each.
func (w writer) accountChanges() []string {
	d := w.job.Event.Detail
	var lines []string
	if to := d["email_after"]; to != "" {
		lines = append(lines, w.t("mail.account_changed.email", "to", to))
	}
	if to, changed := d["username_after"]; changed {
		line := w.t("mail.account_changed.username", "to", to)
		if to == "" {
			line = w.t("mail.account_changed.no_username")
		}
		lines = append(lines, line)
	}
	switch d["type_after"] {
	case "no-access":
		lines = append(lines, w.t("mail.account_changed.no_access"))
	case "user":
		lines = append(lines, w.t("mail.account_changed.user"))
	case "help-desk":
		lines = append(lines, w.t("mail.account_changed.help_desk"))
	case "administrator":
		lines = append(lines, w.t("mail.account_changed.administrator"))
	}
	return lines
}
