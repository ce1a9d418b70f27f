package mail

import (
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
)

// apiKey tells of an API key: that it was created (E15), that it ends soon (E16),
// that it was deleted (E17).
func (w writer) apiKey() letter {
	e := w.job.Event
	var l letter
	switch w.job.Message.Template {
	case core.MailKeyMade:
		l = w.say("mail.key_made.subject", "mail.key_made.lead")
		l.Lines = []string{w.t("mail.key_made.no_code")}
	case core.MailKeyExpiring:
		days, _ := strconv.Atoi(e.Detail[core.DetailDays])
		l = w.say("mail.key_expiring.subject", "mail.key_expiring.lead")
		l.Lines = []string{w.t("mail.key_expiring.left", "count", days), w.t("mail.key_expiring.next")}
		l.Open, l.NoAlarm, l.Calm = w.base.JoinPath("account", "api-keys").String(), true, w.t("mail.key_expiring.calm")
	default:
		l = w.say("mail.key_deleted.subject", "mail.key_deleted.lead")
		l.Lines = []string{w.t("mail.key_deleted.over")}
	}
	l.Facts = append(l.Facts, fact{w.t("mail.key.name"), e.Target}, fact{w.t("keys.access"), e.Detail[core.DetailAccess]})
	if e.Detail[core.DetailUntil] != "" {
		l.Facts = append(l.Facts, fact{w.t("keys.expires"), w.due()})
	}
	if e.Actor.Kind == "person" && e.Actor.ID != e.SubjectID {
		l.Facts = append(l.Facts, fact{w.t("mail.key.by"), e.Actor.Name})
	}
	return l
}
