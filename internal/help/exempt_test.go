package help_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
)

func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

var noPhone = help.Request{Until: "2026-12-01", Reason: "has no phone yet"}

// required asks everybody of an organization for a second step.
func required(o *core.Organization) {
	o.Policy.RequireTwoFactor, o.Policy.RequireFrom = true, start.Add(-time.Hour)
}

// TestWhoMayExempt: administrators, and nobody themselves (AD2).
func TestWhoMayExempt(t *testing.T) {
	d := newDesk(t)
	elsewhere := d.organization("Other")
	ana, abe, hal := d.person(d.org, "ana", core.Administrator), d.person(d.org, "abe", core.Administrator), d.person(d.org, "hal", core.HelpDesk)
	uma, eve := d.person(d.org, "uma", core.Ordinary, "Finance"), d.person(elsewhere, "eve", core.Ordinary)
	tests := []struct {
		name     string
		by, whom core.User
		want     string
	}{
		{"an administrator a person", ana, uma, ""},
		{"an administrator another", ana, abe, ""},
		{"an administrator herself", ana, ana, "help.self"},
		{"the help desk a person", hal, uma, "help.above"},
		{"a person herself", uma, uma, "help.self"},
		{"somebody elsewhere", ana, eve, "help.nobody"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := len(d.events(d.org, core.EventExempted))
			_, err := d.ExemptPerson(t.Context(), d.view(tt.by), tt.whom.ID)
			if got := codeOf(err, ""); got != tt.want {
				t.Errorf("looking: got %q, want %q", got, tt.want)
			}
			if got := codeOf(d.Exempt(t.Context(), d.view(tt.by), tt.whom.ID, noPhone, core.Origin{}), ""); got != tt.want {
				t.Errorf("exempting: got %q, want %q", got, tt.want)
			}
			e := d.events(d.org, core.EventExempted)
			if wrote := len(e) > before; wrote != (tt.want != "help.nobody") || wrote && e[0].Result == "ok" != (tt.want == "") {
				t.Errorf("written down: %+v", e)
			}
		})
	}
	group := d.group("Finance")
	if err := d.ExemptWholeGroup(t.Context(), d.view(hal), group, noPhone, core.Origin{}); codeOf(err, "") != "help.no_group" {
		t.Errorf("the help desk a group: %v", err)
	}
	if err := d.ExemptWholeGroup(t.Context(), d.view(d.person(elsewhere, "zoe", core.Administrator)), group, noPhone, core.Origin{}); codeOf(err, "") != "help.no_group" {
		t.Errorf("a group elsewhere: %v", err)
	}
}

// group returns the id of a group.
func (d *desk) group(name string) core.ID {
	d.t.Helper()
	var id core.ID
	d.must(d.raw.QueryRowContext(d.t.Context(), "SELECT id FROM person_group WHERE name = '"+name+"'").Scan(&id))
	return id
}

// TestExemptRefused: every bad field is named, all at once.
func TestExemptRefused(t *testing.T) {
	d := newDesk(t)
	ana, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	tests := []struct {
		name, until, reason, field, want string
	}{
		{"no date", "", "x", "until", "help.until.empty"},
		{"no date in it", "soon", "x", "until", "help.until.date"},
		{"a day that is none", "2026-02-30", "x", "until", "help.until.date"},
		{"yesterday", "2026-11-22", "x", "until", "help.until.past"},
		{"in 91 days", "2027-02-22", "x", "until", "help.until.late"},
		{"in the year 9999", "9999-12-31", "x", "until", "help.until.late"},
		{"no reason", "2026-12-01", "  ", "reason", "help.reason"},
		{"a long reason", "2026-12-01", strings.Repeat("é", 501), "reason", "help.note.long"},
		{"a control in it", "2026-12-01", "a\x1bb", "reason", "help.note.characters"},
		{"neither: the date", "", "", "until", "help.until.empty"},
		{"neither: the reason", "", "", "reason", "help.reason"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := d.Exempt(t.Context(), d.view(ana), uma.ID, help.Request{Until: tt.until, Reason: tt.reason}, core.Origin{})
			if got := codeOf(err, tt.field); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if x, err := d.ExemptPerson(t.Context(), d.view(ana), uma.ID); err != nil || x.First != "2026-11-23" || x.Last != "2027-02-21" {
		t.Errorf("from %s to %s, %v", x.First, x.Last, err)
	}
	d.must(d.Exempt(t.Context(), d.view(ana), uma.ID, help.Request{Until: "2027-02-21", Reason: "x"}, core.Origin{}))
	if got := d.account(uma).ExemptUntil(); !got.Equal(time.Date(2027, 2, 21, 22, 59, 59, 0, time.UTC)) {
		t.Errorf("exempt until %v, want the end of that day in Madrid", got)
	}
}

// TestExemptionEndsByTheClock: what decides is a comparison with the clock; the
// end is written down later, once, with its true time, whoever was down.
func TestExemptionEndsByTheClock(t *testing.T) {
	d := newDesk(t, required)
	ana, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	_, err := d.raw.ExecContext(t.Context(), "UPDATE person SET two_factor = 'off'")
	d.must(err)
	level := func() core.Level {
		v := d.view(uma)
		return core.Require(v.Account, v.Organization.Policy, d.now).Level
	}
	d.must(d.Exempt(t.Context(), d.view(ana), uma.ID, help.Request{Until: "2026-11-25", Reason: "no phone yet"}, core.Origin{}))
	until := time.Date(2026, 11, 25, 22, 59, 59, 0, time.UTC)
	for at, want := range map[time.Time]core.Level{start: core.LevelPassword, until.Add(-time.Second): core.LevelPassword, until: core.LevelEmail} {
		if d.now = at; level() != want {
			t.Errorf("at %v: level %d, want %d", at, level(), want)
		}
	}
	d.now = until.Add(72 * time.Hour)
	if level() != core.LevelEmail || len(d.events(d.org, core.EventExemptionEnded)) != 0 {
		t.Error("the end hangs on somebody writing it down")
	}
	d.must(d.CloseExemptions(t.Context()))
	d.must(d.CloseExemptions(t.Context()))
	e := d.events(d.org, core.EventExemptionEnded)
	if len(e) != 1 {
		t.Fatalf("%d ends", len(e))
	}
	want := map[string]string{"until": "2026-11-25T22:59:59Z", "started": "2026-11-23T09:00:00Z", "ended": "2026-11-25T22:59:59Z", "reason": "no phone yet"}
	if diff := cmp.Diff(want, e[0].Detail); diff != "" || e[0].SubjectID != uma.ID || e[0].Actor.Kind != "system" || e[0].Target != uma.Email {
		t.Errorf("recorded %+v (-want +got):\n%s", e[0], diff)
	}
}

// TestExemptAgain: a second exemption names what it replaces; an administrator who
// has not seen the first is told, and one that is over is ended on the way.
func TestExemptAgain(t *testing.T) {
	d := newDesk(t)
	ana, abe, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "abe", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	d.must(d.Exempt(t.Context(), d.view(ana), uma.ID, noPhone, core.Origin{}))
	if err := d.Exempt(t.Context(), d.view(abe), uma.ID, help.Request{Until: "2027-01-01", Reason: "longer"}, core.Origin{}); codeOf(err, "") != "help.exempt_changed" {
		t.Errorf("over one not seen: %v", err)
	}
	x, err := d.ExemptPerson(t.Context(), d.view(abe), uma.ID)
	d.must(err)
	if x.Running.Reason != noPhone.Reason || x.Running.By.ID != ana.ID {
		t.Errorf("shown %+v", x.Running)
	}
	d.must(d.Exempt(t.Context(), d.view(abe), uma.ID, help.Request{Until: "2026-11-24", Reason: "shorter", Seen: x.Running.ID}, core.Origin{}))
	e := d.events(d.org, core.EventExempted)
	if len(e) != 2 || e[0].Detail["until_before"] != "2026-12-01T22:59:59Z" || e[0].Detail["until_after"] != "2026-11-24T22:59:59Z" || e[0].Detail["reason"] != "shorter" {
		t.Errorf("recorded %+v", e)
	}
	d.pass(72 * time.Hour)
	if x, err = d.ExemptPerson(t.Context(), d.view(ana), uma.ID); err != nil || x.Running.ID != "" {
		t.Errorf("over: %+v, %v", x.Running, err)
	}
	d.must(d.Exempt(t.Context(), d.view(ana), uma.ID, noPhone, core.Origin{}))
	if e := d.events(d.org, core.EventExemptionEnded); len(e) != 1 || e[0].Detail["ended"] != "2026-11-24T22:59:59Z" {
		t.Errorf("ends %+v", e)
	}
	d.must(d.CloseExemptions(t.Context()))
	if n := len(d.events(d.org, core.EventExemptionEnded)); n != 1 {
		t.Errorf("%d ends", n)
	}
}

// TestEndExemption: ended early it stops at once, and only the one on the page.
func TestEndExemption(t *testing.T) {
	d := newDesk(t)
	ana, hal, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "hal", core.HelpDesk), d.person(d.org, "uma", core.Ordinary)
	d.must(d.Exempt(t.Context(), d.view(ana), uma.ID, noPhone, core.Origin{}))
	x, err := d.ExemptPerson(t.Context(), d.view(ana), uma.ID)
	d.must(err)
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"another one":   {d.EndExemption(t.Context(), d.view(ana), uma.ID, "other", core.Origin{}), "help.exempt_changed"},
		"the help desk": {d.EndExemption(t.Context(), d.view(hal), uma.ID, x.Running.ID, core.Origin{}), "help.above"},
	} {
		if codeOf(tt.err, "") != tt.want {
			t.Errorf("%s: %v, want %s", name, tt.err, tt.want)
		}
	}
	d.pass(time.Hour)
	d.must(d.EndExemption(t.Context(), d.view(ana), uma.ID, x.Running.ID, core.Origin{}))
	if acc := d.account(uma); acc.Exempt(d.now) {
		t.Error("still exempt")
	}
	if err := d.EndExemption(t.Context(), d.view(ana), uma.ID, x.Running.ID, core.Origin{}); codeOf(err, "") != "help.not_exempt" {
		t.Errorf("twice: %v", err)
	}
	e := d.events(d.org, core.EventExemptionEnded)
	if len(e) != 2 || e[0].Detail["ended"] != "2026-11-23T10:00:00Z" || e[0].Actor.ID != ana.ID || e[1].Result != "refused" {
		t.Errorf("recorded %+v", e)
	}
}

// TestExemptGroup: members are exempt while they are members, administrators
// among them are not, and the list names groups and people.
func TestExemptGroup(t *testing.T) {
	d := newDesk(t, required)
	ana := d.person(d.org, "ana", core.Administrator, "Finance")
	uma, ben := d.person(d.org, "uma", core.Ordinary, "Finance"), d.person(d.org, "ben", core.Ordinary)
	group := d.group("Finance")
	d.must(d.ExemptWholeGroup(t.Context(), d.view(ana), group, noPhone, core.Origin{}))
	d.must(d.Exempt(t.Context(), d.view(ana), ben.ID, help.Request{Until: "2026-11-30", Reason: "on leave"}, core.Origin{}))
	if !d.account(uma).Exempt(d.now) || d.account(ana).Exempt(d.now) {
		t.Error("a member is exempt, an administrator among them is not")
	}
	list, err := d.List(t.Context(), d.view(ana), core.Exemption{}, 10)
	d.must(err)
	if len(list) != 2 || list[0].Name != "ben Tester" || list[0].Email != ben.Email || list[1].Name != "Finance" || list[1].GroupID != group || list[1].Reason != noPhone.Reason {
		t.Errorf("listed %+v", list)
	}
	x, err := d.ExemptGroup(t.Context(), d.view(ana), group)
	d.must(err)
	if x.Group.Members != 2 || x.Running.ID == "" {
		t.Errorf("shown %+v", x)
	}
	d.must(d.EndGroupExemption(t.Context(), d.view(ana), group, x.Running.ID, core.Origin{}))
	if d.account(uma).Exempt(d.now) {
		t.Error("still exempt")
	}
	if e := d.events(d.org, core.EventExemptionEnded); len(e) != 1 || e[0].Target != "Finance" || e[0].Detail["group"] != string(group) {
		t.Errorf("recorded %+v", e)
	}
}

// TestOperatorExempt: the command line exempts and ends, whoever it is.
func TestOperatorExempt(t *testing.T) {
	d := newDesk(t)
	ana := d.person(d.org, "ana", core.Administrator)
	operator := core.Actor{Kind: "operator", Name: "root"}
	for _, until := range []string{"2026-12-01", "2026-12-05"} {
		d.must(d.OperatorExempt(t.Context(), d.account(ana), d.org, operator, help.Request{Until: until, Reason: "no phone"}))
	}
	if got := d.account(ana).ExemptUntil().Format(time.DateOnly); got != "2026-12-05" {
		t.Errorf("exempt until %s", got)
	}
	d.must(d.OperatorEndExemption(t.Context(), d.account(ana), operator))
	if err := d.OperatorEndExemption(t.Context(), d.account(ana), operator); codeOf(err, "") != "help.not_exempt" {
		t.Errorf("twice: %v", err)
	}
}
