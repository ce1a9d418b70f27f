package passwordclient_test

import (
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// TestWhoMayPause is the table of who may start a pause, and what is written down
// where they may not (AD4).
func TestWhoMayPause(t *testing.T) {
	const quarter = 15 * time.Minute
	tests := []struct {
		name   string
		policy func(*core.Policy)
		user   func(*core.User)
		view   func(*core.SessionView)
		length time.Duration
		reason string
		from   core.Origin
		want   string // code of the error; empty: it starts
		field  string
		noted  bool
	}{
		{name: "a quarter of an hour", length: quarter},
		{name: "an hour, as allowed by default", length: time.Hour},
		{name: "four hours, which are not", length: 4 * time.Hour, want: "pause.not_allowed", noted: true},
		{name: "four hours where they are", length: 4 * time.Hour, policy: func(p *core.Policy) { p.PauseCap = 4 * time.Hour }},
		{name: "a length of one's own", length: 20 * time.Minute, want: "form.invalid", field: "pause.length"},
		{name: "none", want: "form.invalid", field: "pause.length"},
		{name: "a negative one", length: -quarter, want: "form.invalid", field: "pause.length"},
		{name: "no pauses", length: quarter, policy: func(p *core.Policy) { p.PauseCap = 0 }, want: "pause.not_allowed", noted: true},
		{name: "no password clients", length: quarter, policy: func(p *core.Policy) { p.NoPasswordClients = true }, want: "pause.not_allowed", noted: true},
		{name: "not confirmed", length: quarter, view: func(v *core.SessionView) { v.Session.ProvedAt = start.Add(-time.Hour) }, want: "confirm.needed"},
		{name: "two-factor off", length: quarter, user: func(u *core.User) { u.TwoFactor = core.TwoFactorOff }, want: "pause.not_needed", noted: true},
		{name: "from nowhere", length: quarter, from: core.Origin{Device: "x"}, want: "pause.no_network", noted: true},
		{name: "a reason", length: quarter, reason: "  monthly \n load "},
		{name: "a long one", length: quarter, reason: strings.Repeat("é", 201), want: "form.invalid", field: "help.note.long"},
		{name: "a control in it", length: quarter, reason: "a\x00b", want: "form.invalid", field: "help.note.characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, func(o *core.Organization) {
				if tt.policy != nil {
					tt.policy(&o.Policy)
				}
			})
			u := d.person("ana", func(u *core.User) {
				if tt.user != nil {
					tt.user(u)
				}
			})
			v, from := d.view(u), office
			if tt.view != nil {
				tt.view(&v)
			}
			if tt.from.Device != "" {
				from = tt.from
			}
			err := d.StartPause(t.Context(), v, tt.length, tt.reason, from)
			if got := codeOf(err); got != tt.want {
				t.Fatalf("got %q, want %q", got, tt.want)
			}
			if tt.field != "" && !strings.Contains(err.Error(), tt.field) {
				t.Errorf("got %v, want %s", err, tt.field)
			}
			events := d.events(core.EventPauseStarted)
			if wrote := len(events) > 0; wrote != (tt.want == "" || tt.noted) {
				t.Errorf("written down: %v", wrote)
			}
			if tt.noted && (events[0].Result != "refused" || events[0].Detail[core.DetailReason] != tt.want || events[0].SubjectID != u.ID) {
				t.Errorf("written down as %+v", events[0])
			}
			if live := d.view(u).Account.Pause.Live(d.clock()); live != (tt.want == "") {
				t.Errorf("a pause runs: %v", live)
			}
		})
	}
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return core.CodeOf(err)
}

// TestPauseIsTold: the start and the end are written down and mailed, with what
// signed in meanwhile.
func TestPauseIsTold(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	d.must(d.StartPause(t.Context(), d.view(u), time.Hour, "monthly load", office))
	began := d.events(core.EventPauseStarted)
	if len(began) != 1 || began[0].Target != office.Network || began[0].Detail[core.DetailNote] != "monthly load" || began[0].Actor.ID != u.ID {
		t.Fatalf("recorded %+v", began)
	}
	acc := d.view(u).Account
	d.pass(time.Minute)
	d.must(d.store.UsePause(t.Context(), acc.Pause, d.clock(), core.Record{}))
	d.must(d.EndPause(t.Context(), d.view(u), office))
	if got := codeOf(d.EndPause(t.Context(), d.view(u), office)); got != "pause.over" {
		t.Errorf("ending it again: %q", got)
	}
	ended := d.events(core.EventPauseEnded)
	if len(ended) != 1 || ended[0].Detail[core.DetailReason] != "owner" || ended[0].Detail[core.DetailSignIns] != "1" || ended[0].Detail[core.DetailLastUsed] == "" {
		t.Fatalf("recorded %+v", ended)
	}
	d.must(d.ClosePauses(t.Context()))
	if diff := cmp.Diff([]int{1, 1}, []int{d.mails(core.MailPauseStarted), d.mails(core.MailPauseEnded)}); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// TestPauseEndsWhileNoServerRuns: the clock ends a pause; a server that was not
// there writes its end down when it starts, and of several exactly one does.
func TestPauseEndsWhileNoServerRuns(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	d.must(d.StartPause(t.Context(), d.view(u), 15*time.Minute, "", office))
	d.must(d.ClosePauses(t.Context()))
	until := d.view(u).Account.Pause.Until
	from := netip.MustParseAddr(office.Address)
	d.pass(until.Sub(d.now) - time.Second)
	if p := d.view(u).Account.Pause; !p.Covers(from, d.clock()) {
		t.Fatal("it ended before its time")
	}
	d.pass(3 * time.Hour) // stopped
	if p := d.view(u).Account.Pause; p.Covers(from, d.clock()) {
		t.Fatal("it goes on after its time")
	}
	var all sync.WaitGroup
	for range 3 { // started, on three machines
		s := d.other()
		all.Go(func() {
			if err := s.ClosePauses(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	ended := d.events(core.EventPauseEnded)
	if len(ended) != 1 || ended[0].Actor.Kind != "system" || ended[0].Detail["ended"] != until.Format(time.RFC3339) || ended[0].Detail[core.DetailReason] != "time" {
		t.Errorf("recorded %+v", ended)
	}
	if n := d.mails(core.MailPauseEnded); n != 1 {
		t.Errorf("%d mails", n)
	}
}

// TestPauseEndsWithWhatEndsSessions: its end is told of although nobody pressed
// anything.
func TestPauseEndsWithWhatEndsSessions(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	d.must(d.StartPause(t.Context(), d.view(u), time.Hour, "", office))
	d.must(d.store.SignOutEverywhere(t.Context(), core.EverywhereSignOut{OrganizationID: d.org.ID, UserID: u.ID, At: d.clock()}))
	if d.view(u).Account.Pause.ID != "" {
		t.Error("signing out everywhere leaves the pause open")
	}
	for range 2 {
		d.must(d.ClosePauses(t.Context()))
	}
	if n := d.mails(core.MailPauseEnded); n != 1 {
		t.Errorf("%d mails", n)
	}
	if e := d.events(core.EventPauseEnded); len(e) != 1 || e[0].Detail[core.DetailReason] != string(core.EndAdministrator) {
		t.Errorf("recorded %+v", e)
	}
	d.must(d.StartPause(t.Context(), d.view(u), time.Hour, "", office))
}

// TestTwoPausesAtOnce: of starts at the same time exactly one counts.
func TestTwoPausesAtOnce(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	v := d.view(u)
	errs := make([]error, 8)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() { errs[i] = d.StartPause(t.Context(), v, time.Hour, "", office) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		switch codeOf(err) {
		case "":
			won++
		case "pause.runs":
		default:
			t.Error(err)
		}
	}
	if won != 1 || d.mails(core.MailPauseStarted) != 1 {
		t.Errorf("%d started, %d mails", won, d.mails(core.MailPauseStarted))
	}
}
