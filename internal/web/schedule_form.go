package web

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// scheduleFields are the fields of a schedule's form.
func scheduleFields() []string {
	return []string{"package", "source", "file", "query", "every", "time", "weekday", "day", "cron", "key", "version"}
}

// The choices of when a schedule has its turn; all but everyCron are stored as cron
// too, and found again in it.
const (
	everyDay   = "day"
	everyWeek  = "week"
	everyMonth = "month"
	everyCron  = "cron"
)

// lastMonthday is the last day of a month that can be chosen: every month has it.
const lastMonthday = 28

var errScheduleTime = core.NewError(core.Invalid, "schedule.time")

// scheduleForm puts a schedule into the form.
func scheduleForm(is core.LoadSchedule) Form {
	f := Form{order: scheduleFields()}.With("package", string(is.PackageID)).With("file", is.Source.Name).With("query", is.Source.Query).
		With("key", string(is.KeyID)).With("version", strconv.Itoa(is.Version)).With("source", string(is.Source.Kind)+":"+is.Source.Place).
		With("every", everyDay).With("time", "06:00").With("weekday", "1").With("day", "1")
	w := whenOf(is.Cron)
	if w.every == "" {
		return f
	}
	f = f.With("every", w.every)
	if w.every == everyCron {
		return f.With("cron", is.Cron)
	}
	f = f.With("time", w.time)
	switch w.every {
	case everyWeek:
		f = f.With("weekday", w.day)
	case everyMonth:
		f = f.With("day", w.day)
	}
	return f
}

// when is what five fields of cron mean, where the page has a choice for it.
type when struct{ every, time, day string }

func whenOf(cron string) when {
	if cron == "" {
		return when{}
	}
	f := strings.Fields(cron)
	other := when{every: everyCron}
	if len(f) != 5 || f[3] != "*" {
		return other
	}
	minute, err := strconv.Atoi(f[0])
	hour, also := strconv.Atoi(f[1])
	if err != nil || also != nil {
		return other
	}
	at := fmt.Sprintf("%02d:%02d", hour, minute)
	switch day, week := f[2], f[4]; {
	case day == "*" && week == "*":
		return when{everyDay, at, ""}
	case day == "*" && len(week) == 1 && week >= "0" && week <= "6":
		return when{everyWeek, at, week}
	case week == "*":
		if n, err := strconv.Atoi(day); err == nil && n >= 1 && n <= lastMonthday {
			return when{everyMonth, at, day}
		}
	}
	return other
}

// scheduleOf is the schedule that a form says. Only its time is looked at here; the rest
// is for [loadschedule.Service.Save] to refuse.
func scheduleOf(f Form) (is core.LoadSchedule, err error) {
	kind, place, _ := strings.Cut(f.Value("source"), ":")
	is = core.LoadSchedule{
		PackageID: core.ID(f.Value("package")), KeyID: core.ID(f.Value("key")),
		Source: core.LoadSource{Kind: core.LoadSourceKind(kind), Place: place},
	}
	is.Version, _ = strconv.Atoi(f.Value("version")) // a number that is none is refused as stale
	if is.Source.Kind == core.LoadFromQuery {
		is.Source.Query = f.Value("query")
	} else {
		is.Source.Name = strings.TrimSpace(f.Value("file"))
	}
	if is.Source.Kind == core.LoadFromWatch {
		return is, nil
	}
	is.Cron = strings.Join(strings.Fields(f.Value("cron")), " ")
	if f.Value("every") == everyCron {
		return is, nil
	}
	at, err := time.Parse("15:04", strings.TrimSpace(f.Value("time")))
	if err != nil {
		return is, core.InField("time", errScheduleTime)
	}
	is.Cron = fmt.Sprintf("%d %d * * *", at.Minute(), at.Hour())
	switch f.Value("every") {
	case everyWeek:
		is.Cron = fmt.Sprintf("%d %d * * %s", at.Minute(), at.Hour(), f.Value("weekday"))
	case everyMonth:
		is.Cron = fmt.Sprintf("%d %d %s * *", at.Minute(), at.Hour(), f.Value("day"))
	}
	return is, nil
}

// scheduleWrong gives what is wrong to the fields of the form.
func scheduleWrong(form Form, err error) (Form, bool) {
	var e *core.Error
	if !errors.As(err, &e) || len(e.Fields) == 0 {
		return form.Failed(err, "package")
	}
	to := map[string]string{"kind": "source", "place": "source"}
	if form.Value("every") != everyCron {
		to["cron"] = "time"
	}
	moved := map[string]*core.Error{}
	for name, wrong := range e.Fields {
		moved[firstOf(to[name], name)] = wrong
	}
	return form.Failed(&core.Error{Kind: e.Kind, Code: e.Code, Fields: moved}, "package")
}
