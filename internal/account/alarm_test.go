package account_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// noticed is an event that a mail told of, with the token of its link.
func (d *desk) noticed(u core.User) (core.Event, string) {
	d.t.Helper()
	e := core.Event{
		ID: core.NewID(d.now, random), OrganizationID: u.OrganizationID, At: d.now, Kind: core.EventAppAdded, Result: "ok", SubjectID: u.ID,
		Origin: core.Origin{Device: "Chrome on Android", Network: "198.51.100.0/24"},
	}
	d.must(d.store.ImportHistory(d.t.Context(), []core.Event{e}))
	token, err := d.AlarmToken(e.ID)
	d.must(err)
	return e, token
}

func TestAlarmIsRaisedOnce(t *testing.T) {
	d := newDesk(t)
	u := d.person("ana")
	e, token := d.noticed(u)
	a, err := d.Alarm(t.Context(), token)
	d.must(err)
	if a.Event.ID != e.ID || a.Account.User.ID != u.ID || !a.SettledAt.IsZero() {
		t.Errorf("before: %+v", a)
	}
	d.pass(time.Hour)
	o := core.Origin{Device: "Safari on iPhone", Network: "203.0.113.0/24"}
	for range 3 {
		d.must(d.RaiseAlarm(t.Context(), token, "", o))
		d.pass(time.Hour)
	}
	raised := d.events(u, core.EventNotYou)
	if len(raised) != 1 || raised[0].Actor.Kind != "nobody" || raised[0].Detail[core.DetailAbout] != core.EventAppAdded || raised[0].Origin.Device != o.Device {
		t.Fatalf("alarms: %+v", raised)
	}
	a, err = d.Alarm(t.Context(), token)
	d.must(err)
	if !a.SettledAt.Equal(raised[0].At) || a.Account.User.PasswordDue != core.PasswordDistrusted {
		t.Errorf("after: settled at %v, password %q", a.SettledAt, a.Account.User.PasswordDue)
	}
	// What happens later is settled by nothing yet, whatever was pressed before.
	_, later := d.noticed(u)
	d.must(d.RaiseAlarm(t.Context(), later, "", o))
	if n := len(d.events(u, core.EventNotYou)); n != 2 {
		t.Errorf("%d alarms after another mail, want 2", n)
	}
}

func TestAlarmBySession(t *testing.T) {
	d := newDesk(t)
	tab := d.confirmed(d.owner(), core.LevelPassword)
	v := tab.view()
	u := v.Account.User
	token, err := d.RaiseAlarmBySession(t.Context(), v, "", core.Origin{})
	d.must(err)
	a, err := d.Alarm(t.Context(), token)
	d.must(err)
	if a.Event.Kind != core.EventNotYou || a.SettledAt.IsZero() || a.Event.Actor.ID != u.ID {
		t.Errorf("what was done: %+v, settled at %v", a.Event, a.SettledAt)
	}
	if again, err := d.RaiseAlarmBySession(t.Context(), v, "", core.Origin{}); err != nil || again != "" {
		t.Errorf("a session that is over: token %q, %v; want neither", again, err)
	}
	d.must(d.RaiseAlarm(t.Context(), token, "", core.Origin{}))
	if n := len(d.events(u, core.EventNotYou)); n != 1 {
		t.Errorf("%d alarms, want 1", n)
	}
}

func TestAlarmTokens(t *testing.T) {
	d := newDesk(t)
	_, token := d.noticed(d.person("ana"))
	_, other := d.noticed(d.person("ben"))
	orphan, err := d.AlarmToken("no-such-event")
	d.must(err)
	mine, theirs := strings.Split(token, "."), strings.Split(other, ".")
	for name, forged := range map[string]string{
		"nothing": "", "cut": token[:len(token)-1], "longer": token + "A", "another's event": theirs[0] + "." + mine[1] + "." + mine[2],
		"another key": mine[0] + ".k2." + mine[2], "of no event": orphan, "four parts": token + ".", "two parts": mine[0] + "." + mine[2],
		"upper case": strings.ToUpper(token), "a megabyte": strings.Repeat("a.", 1<<19), "NUL": token[:3] + "\x00" + token[3:],
	} {
		if _, err := d.Alarm(t.Context(), forged); core.CodeOf(err) != "alarm.over" || core.KindOf(err) != core.Gone {
			t.Errorf("%s: got %v, want alarm.over", name, err)
		}
		if err := d.RaiseAlarm(t.Context(), forged, "", core.Origin{}); core.CodeOf(err) != "alarm.over" {
			t.Errorf("pressing %s: got %v, want alarm.over", name, err)
		}
	}
	d.pass(core.AlarmLife - time.Second)
	_, err = d.Alarm(t.Context(), token)
	d.must(err)
	d.pass(time.Second)
	if _, err := d.Alarm(t.Context(), token); core.CodeOf(err) != "alarm.over" {
		t.Errorf("after 7 days: %v, want alarm.over", err)
	}
}
