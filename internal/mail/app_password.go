package mail

import (
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
)

// programs tells of what lets somebody's programs in.
func (w writer) programs() letter {
	switch w.job.Message.Template {
	case core.MailAppPasswordMade, core.MailAppPasswordGone, core.MailAppPasswordEnds:
		return w.appPassword()
	}
	return w.apiKey()
}

// appPassword tells of an app password: that it was made (E32), that it was deleted
// (E33), that it ends soon (E35).
func (w writer) appPassword() letter {
	e := w.job.Event
	if w.job.Message.Template == core.MailAppPasswordGone {
		l := w.say("mail.app_password_deleted.subject", "mail.app_password_deleted.lead")
		l.Lines = []string{w.t("mail.app_password_deleted.over")}
		l.Facts = []fact{{w.t("mail.app_password.name"), e.Target}}
		return l
	}
	var l letter
	if w.job.Message.Template == core.MailAppPasswordEnds {
		days, _ := strconv.Atoi(e.Detail[core.DetailDays])
		l = w.say("mail.app_password_expiring.subject", "mail.app_password_expiring.lead")
		l.Lines = []string{w.t("mail.app_password_expiring.left", "count", days), w.t("mail.app_password_expiring.next")}
		l.Open, l.NoAlarm, l.Calm = w.base.JoinPath("account", "security", "app-passwords").String(), true, w.t("mail.app_password_expiring.calm")
	} else {
		l = w.say("mail.app_password_made.subject", "mail.app_password_made.lead")
		l.Lines = []string{w.t("mail.app_password_made.no_code")}
	}
	application, network := e.Detail[core.DetailFor], e.Detail[core.DetailNetwork]
	if application == "" {
		application = w.t("mail.app_password.loader")
	}
	if network == "" {
		network = w.t("mail.app_password.anywhere")
	}
	l.Facts = []fact{
		{w.t("mail.app_password.name"), e.Target},
		{w.t("mail.app_password.for"), application},
		{w.t("mail.app_password.from"), network},
		{w.t("keys.expires"), w.due()},
	}
	return l
}
