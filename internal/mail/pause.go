package mail

import (
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// clientPause tells of a pause for password clients: that it began (E10), and that
// it ended and what signed in by it (E11).
func (w writer) clientPause() letter {
	e := w.job.Event
	var l letter
	if w.job.Message.Template == core.MailPauseStarted {
		l = w.say("mail.pause.subject", "mail.pause.lead")
		l.Lines = []string{w.t("mail.pause.web")}
		l.Facts = []fact{{w.t("mail.pause.until"), w.due()}}
		if note := e.Detail[core.DetailNote]; note != "" {
			l.Facts = append(l.Facts, fact{w.t("mail.pause.why"), note})
		}
		return l
	}
	l = w.say("mail.pause_ended.subject", "mail.pause_ended.lead.account")
	switch core.PauseEnd(e.Detail[core.DetailReason]) {
	case core.PauseOver:
		l.Lead = w.t("mail.pause_ended.lead.time")
	case core.PauseEnded:
		l.Lead = w.t("mail.pause_ended.lead.owner")
	}
	n, _ := strconv.Atoi(e.Detail[core.DetailSignIns])
	l.Lines = []string{w.t("mail.pause_ended.none")}
	if n > 0 {
		l.Lines = []string{w.t("mail.pause_ended.sign_ins", "count", n)}
	}
	if last, err := time.Parse(time.RFC3339, e.Detail[core.DetailLastUsed]); err == nil {
		l.Facts = append(l.Facts, fact{w.t("mail.pause_ended.last"), w.p.TimeAndZone(last, w.zone)})
	}
	if e.Origin.Network == "" { // it ended by itself: where it was for stands in no origin
		l.Facts = append(l.Facts, fact{w.t("mail.fact.network"), e.Target})
	}
	return l
}
