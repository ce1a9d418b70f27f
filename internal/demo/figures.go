package demo

import (
	"time"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/core"
)

// Figures are those of the days before today that nobody was there to count:
// people by their second step, and the mails that took codes to them. Days are
// those of the calendar at UTC, where Northwind is.
func Figures(org core.ID, people []Person, events []core.Event, now time.Time) []core.Figure {
	today := core.DayOf(now, time.UTC)
	mails := map[core.Day]int{}
	for _, e := range events {
		if e.Kind == core.EventCodeSent {
			mails[core.DayOf(e.At, time.UTC)]++
		}
	}
	var all []core.Figure
	for ago := 1; ago < adoption.Days; ago++ {
		day := today - core.Day(ago)
		counted := StepsOn(people, ago)
		for _, step := range core.SecondSteps() {
			all = append(all, core.Figure{OrganizationID: org, Day: day, Name: core.PeopleFigure(step), N: counted[step]})
		}
		all = append(all, core.Figure{OrganizationID: org, Day: day, Name: core.FigureMailSent, N: mails[day]})
	}
	return all
}

// StepsOn counts those who were active at the end of a day by their second step.
func StepsOn(people []Person, ago int) map[core.SecondStep]int {
	counted := map[core.SecondStep]int{}
	for _, p := range people {
		if p.Status == core.Invited || ago > p.Joined || p.Left > 0 && ago <= p.Left {
			continue
		}
		counted[p.stepOn(ago)]++
	}
	return counted
}

// stepOn is how the person's second step stood at the end of a day. An exemption
// was given today.
func (p Person) stepOn(ago int) core.SecondStep {
	switch {
	case p.ExemptFor > 0 && ago == 0:
		return core.SecondStepExempt
	case p.Since == 0 || ago > p.Since, p.Suspended > 0 && ago <= p.Suspended:
		return core.SecondStepOff
	case p.AppWaits:
		return core.SecondStepPending
	case p.Method == core.KindApp:
		return core.SecondStepApp
	}
	return core.SecondStepEmail
}
