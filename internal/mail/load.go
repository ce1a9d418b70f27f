package mail

import (
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
)

// loadFailed is E18: a load that somebody started and need not have waited for ended
// before its end. It says why, what is loaded, and leads to the report.
func (w writer) loadFailed() letter {
	e := w.job.Event
	l := letter{Subject: w.t("mail.load_failed.subject", "name", e.Target), Lead: w.t("mail.load_failed.lead", "name", e.Target)}
	l.Lines = []string{w.p.Error(core.NewError(core.Invalid, e.Detail[core.DetailReason]))}
	for _, count := range []struct{ name, text string }{
		{"added", "mail.load_failed.added"},
		{"updated", "mail.load_failed.updated"},
		{"unchanged", "mail.load_failed.unchanged"},
		{"rejected", "mail.load_failed.rejected"},
	} {
		n, err := strconv.ParseInt(e.Detail[count.name], 10, 64)
		if err != nil {
			continue // it ended where nobody counted
		}
		l.Facts = append(l.Facts, fact{w.t(count.text), w.p.Number(n)})
	}
	l.Calm, l.Alarm = w.t("mail.load_failed.calm"), w.t("mail.load_failed.alarm")
	l.Steps = []string{w.t("mail.load_failed.open"), w.t("mail.load_failed.mend"), w.t("mail.load_failed.again")}
	l.Link = w.base.JoinPath("data-loader", "runs", e.Detail["load"]).String()
	l.NoAlarm = true
	return l
}
