package mail

import (
	"encoding/json"
	"strconv"
	"time"

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
	l.Facts = w.loadCounts()
	l.Calm, l.Alarm = w.t("mail.load_failed.calm"), w.t("mail.load_failed.alarm")
	l.Steps = []string{w.t("mail.load_failed.open"), w.t("mail.load_failed.mend"), w.t("mail.load_failed.again")}
	l.Link = w.loadReport()
	l.NoAlarm = true
	return l
}

// loadDone is E34: a load that somebody started, and that took longer than people sit
// and watch, is done. It says what became of the rows, and leads to the report.
func (w writer) loadDone() letter {
	e := w.job.Event
	l := letter{Subject: w.t("mail.load_done.subject", "name", e.Target), Lead: w.t("mail.load_done.lead", "name", e.Target)}
	l.Calm = w.t("mail.load_done.calm")
	if n, err := strconv.Atoi(e.Detail["rejected"]); err == nil && n > 0 {
		l.Lines = []string{w.t("mail.load_done.rejected", "count", n)}
		l.Calm = w.t("mail.load_done.mend")
	}
	l.Open, l.NoAlarm = w.loadReport(), true
	l.Facts = append(w.loadCounts(), fact{w.t("mail.load_done.by"), e.Actor.Name})
	if at, err := time.Parse(time.RFC3339, e.Detail[core.DetailStarted]); err == nil {
		l.Facts = append(l.Facts, fact{w.t("mail.load_done.started"), w.p.TimeAndZone(at, w.zone)})
	}
	return l
}

// loadReport is the address of the page of a load.
func (w writer) loadReport() string {
	return w.base.JoinPath("data-loader", "runs", w.job.Event.Detail["load"]).String()
}

// loadCounts is what became of the rows of a load, where that was counted, and of
// people whom the file does not name, where any were deactivated.
func (w writer) loadCounts() []fact {
	var all []fact
	for _, count := range []struct{ name, text string }{
		{"added", "mail.load_failed.added"},
		{"updated", "mail.load_failed.updated"},
		{"unchanged", "mail.load_failed.unchanged"},
		{"rejected", "mail.load_failed.rejected"},
		{"deactivated", "mail.load_failed.deactivated"},
	} {
		n, err := strconv.ParseInt(w.job.Event.Detail[count.name], 10, 64)
		if err != nil || n == 0 && count.name == "deactivated" {
			continue // it ended where nobody counted, or as most do
		}
		all = append(all, fact{w.t(count.text), w.p.Number(n)})
	}
	return all
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
