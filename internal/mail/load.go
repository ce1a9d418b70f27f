package mail

import (
	"encoding/json"
	"strconv"

	"github.com/sallyport/sallyport/internal/core"
)

// loadFailed is E18: a load that somebody started and need not have waited for ended
// before its end. It says why, what is loaded, and leads to the report.
func (w writer) loadFailed() letter {
	e := w.job.Event
	if e.Kind != core.EventLoadEnded {
		return w.scheduleFailed()
	}
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

// scheduleFailed is E18 of a schedule: it failed, or did so as often as it may and is
// stopped. It says which, why, and where it is mended.
func (w writer) scheduleFailed() letter {
	e := w.job.Event
	fault := core.LoadFault{Code: e.Detail[core.DetailReason]}
	if with := e.Detail[core.DetailReasonWith]; with != "" {
		if err := json.Unmarshal([]byte(with), &fault.Params); err != nil {
			fault.Code, fault.Params = "internal", nil // never: it was written by us
		}
	}
	l := letter{Subject: w.t("mail.schedule_failed.subject", "name", e.Target), Lead: w.t("mail.schedule_failed.lead", "name", e.Target)}
	l.Calm = w.t("mail.schedule_failed.calm")
	l.Steps = []string{w.t("mail.schedule_failed.open"), w.t("mail.load_failed.mend")}
	if e.Kind == core.EventScheduleStopped {
		l.Subject = w.t("mail.schedule_stopped.subject", "name", e.Target)
		l.Lead = w.t("mail.schedule_stopped.lead", "name", e.Target, "count", core.LoadScheduleFailures)
		l.Calm = w.t("mail.schedule_stopped.calm")
		l.Steps = append(l.Steps, w.t("mail.schedule_stopped.resume"))
	}
	l.Lines = []string{w.p.Error(w.p.LoadFault(fault))}
	l.Alarm = w.t("mail.load_failed.alarm")
	l.Link = w.base.JoinPath("data-loader", "schedules").String()
	l.NoAlarm = true
	return l
}
