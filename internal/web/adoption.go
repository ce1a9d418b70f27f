package web

import (
	"context"
	"net/url"
	"time"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/chart"
	"github.com/sallyport/sallyport/internal/core"
)

// Adoption shows how two-factor authentication spreads (package adoption).
type Adoption interface {
	Picture(ctx context.Context, v core.SessionView) (adoption.Picture, error)
}

// Chart is one picture on the Control Panel: bars a day, told apart by pattern
// and by the list beside them, never by colour alone; the numbers stand in a
// table too.
type Chart struct {
	ID      string // of its parts on the page
	Title   string // text id
	Note    string // text id: what is counted
	Drawing chart.Drawing
	Series  []ChartSeries
	From    time.Time // noon of the first day
	Until   time.Time // noon of the last day
	Rows    []ChartRow
	Empty   bool // nothing was counted on any of the days
}

// ChartSeries is one kind of thing that a chart counts.
type ChartSeries struct {
	Name    string // text id
	Pattern int    // 1 to 5
	Path    string
	Last    int // the newest value, or the sum where it is of days
	Link    string
}

// ChartRow is one day in the table of a chart, newest first.
type ChartRow struct {
	Day    time.Time
	Values []int
}

// chartSize is the plot in units of the drawing; the template leaves room for
// the labels around it.
func chartSize() chart.Size { return chart.Size{Width: 430, Height: 150} }

// figureLine is what a chart needs of one series.
type figureLine struct {
	figure core.FigureName
	name   string
	link   string
	total  bool // tell the sum of all days, not the newest
}

// adoptionCharts are the four pictures of the Control Panel, each figure with the
// list behind it. ours says that the mail server is these administrators' own.
func adoptionCharts(p adoption.Picture, zone *time.Location, ours bool) []Chart {
	events := func(kind string) string {
		return "/admin/audit?" + url.Values{"kind": {kind}, "from": {p.From.Text()}, "to": {p.Until.Text()}}.Encode()
	}
	people := func(s core.SecondStep, name string) figureLine {
		return figureLine{figure: core.PeopleFigure(s), name: name, link: "/admin/users?status=active&two_factor=" + url.QueryEscape(string(s))}
	}
	signIns := func(figure core.FigureName, name string) figureLine {
		return figureLine{figure: figure, name: name, total: true, link: events(core.EventSignInCompleted)}
	}
	refused := events(core.EventCodeSent)
	if ours {
		refused = mailSettingsPath
	}
	return []Chart{
		newChart("people", "adoption.people.title", "adoption.people.note", p, zone, []figureLine{
			people(core.SecondStepApp, "adoption.people.app"), people(core.SecondStepEmail, "adoption.people.email"),
			people(core.SecondStepPending, "adoption.people.pending"), people(core.SecondStepExempt, "adoption.people.exempt"),
			people(core.SecondStepOff, "adoption.people.off"),
		}),
		newChart("signins", "adoption.signins.title", "adoption.signins.note", p, zone, []figureLine{
			signIns(core.FigureSignInApp, "adoption.signins.app"), signIns(core.FigureSignInEmail, "adoption.signins.email"),
			signIns(core.FigureSignInRecovery, "adoption.signins.recovery"), signIns(core.FigureSignInDevice, "adoption.signins.device"),
			signIns(core.FigureSignInPassword, "adoption.signins.password"),
		}),
		newChart("codes", "adoption.codes.title", "adoption.codes.note", p, zone, []figureLine{
			{figure: core.FigureCodesWrong, name: "adoption.codes.wrong", total: true, link: events(core.EventCodeWrong)},
		}),
		newChart("mail", "adoption.mail.title", "adoption.mail.note", p, zone, []figureLine{
			{figure: core.FigureMailSent, name: "adoption.mail.sent", total: true, link: events(core.EventCodeSent)},
			{figure: core.FigureMailRefused, name: "adoption.mail.refused", total: true, link: refused},
		}),
	}
}

func newChart(id, title, note string, p adoption.Picture, zone *time.Location, lines []figureLine) Chart {
	c := Chart{
		ID: id, Title: title, Note: note, Empty: true,
		From: noonOf(p.From, zone), Until: noonOf(p.Until, zone),
	}
	var stacked [][]int
	for i, line := range lines {
		values := p.Of[line.figure]
		if values == nil {
			values = make([]int, adoption.Days)
		}
		stacked = append(stacked, values)
		told := p.Last(line.figure)
		if line.total {
			told = 0
			for _, n := range values {
				told += n
			}
		}
		c.Series = append(c.Series, ChartSeries{Name: line.name, Pattern: i + 1, Last: told, Link: line.link})
	}
	c.Drawing = chart.Stack(chartSize(), stacked)
	for i := range c.Series {
		c.Series[i].Path = c.Drawing.Paths[i]
		c.Empty = c.Empty && c.Series[i].Path == ""
	}
	for day := adoption.Days - 1; day >= 0; day-- {
		row := ChartRow{Day: noonOf(p.From+core.Day(day), zone)}
		for _, values := range stacked {
			row.Values = append(row.Values, values[day])
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// noonOf is a moment that is on the day wherever clocks were changed on it.
func noonOf(d core.Day, zone *time.Location) time.Time { return d.Begins(zone).Add(12 * time.Hour) }
