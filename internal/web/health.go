package web

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/core"
)

// Health knows how the deployment does.
type Health interface {
	// Health returns it, and false where it is not for administrators to see:
	// there are several organizations.
	Health(ctx context.Context) (core.Health, bool, error)
}

// HealthLine is one line of the strip on the Control Panel.
type HealthLine struct {
	Name  string // text id
	Text  string // text id of how it is
	With  []any
	Bad   bool   // it stands in "Things to fix" too
	Plain bool   // neither good nor bad
	Fix   string // text id of what to do
	Link  string // where to do it; empty: on the server
}

// healthLines puts the deployment's health into words.
func healthLines(h core.Health, now time.Time, zone string) []HealthLine {
	backup := HealthLine{Name: "admin.health.backup", Text: "admin.health.backup_at", With: []any{"Time", Moment{h.BackedUpAt, zone}}, Fix: "admin.health.backup_fix"}
	switch {
	case h.BackedUpAt.IsZero():
		backup.Text, backup.With, backup.Bad = "admin.health.backup_none", nil, true
	case now.Sub(h.BackedUpAt) > core.BackupOld:
		backup.Bad = true
	}
	clock := HealthLine{Name: "admin.health.clock", Text: "admin.health.clock_right", Fix: "admin.health.clock_fix"}
	if h.Apart.Abs() > core.ClockFar {
		clock.Text, clock.With, clock.Bad = "admin.health.clock_apart", []any{"time", h.Apart.Abs().Round(time.Second)}, true
	}
	lines := []HealthLine{mailHealthLine(h, zone), backup, clock}
	if h.DiskKnown {
		lines = append(lines, HealthLine{
			Name: "admin.health.disk", Text: "admin.health.disk_free", With: []any{"count", int(h.DiskFree >> 30)},
			Bad: h.DiskFree < core.DiskLow, Fix: "admin.health.disk_fix",
		})
	}
	return lines
}

// coverageLine is how far two-factor authentication has come, by the figures of
// the last hour; false where nobody was counted yet.
func coverageLine(p adoption.Picture) (HealthLine, bool) {
	on, all := 0, 0
	for _, step := range core.SecondSteps() {
		n := p.Last(core.PeopleFigure(step))
		if all += n; step == core.SecondStepApp || step == core.SecondStepEmail {
			on += n
		}
	}
	return HealthLine{Name: "admin.health.coverage", Text: "admin.health.coverage_of", With: []any{"on", on, "count", all}, Plain: true}, all > 0
}

// mailHealthLine is that of email (ux 4.1).
func mailHealthLine(h core.Health, zone string) HealthLine {
	now := mailLine(h.Mail, zone)
	line := HealthLine{Name: "admin.email.title", Text: now.Text, With: now.With, Bad: now.Bad, Fix: "admin.email.see_why", Link: mailSettingsPath}
	switch {
	case h.Mail.Condition == core.MailNoServer:
		line.Fix = "admin.email.add"
	case !now.Bad && !h.MailTestedAt.IsZero():
		line.Text, line.With = "admin.email.tested", []any{"Time", Moment{h.MailTestedAt, zone}}
	}
	return line
}
