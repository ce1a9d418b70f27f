package help_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/help"
)

// TestWhoMayReset is the table of who may reset whom, with what is written down
// where they may not (RC6, AD2).
func TestWhoMayReset(t *testing.T) {
	d := newDesk(t)
	elsewhere := d.organization("Other")
	ana, abe := d.person(d.org, "ana", core.Administrator), d.person(d.org, "abe", core.Administrator)
	hal, hue := d.person(d.org, "hal", core.HelpDesk), d.person(d.org, "hue", core.HelpDesk)
	uma, eve := d.person(d.org, "uma", core.Ordinary), d.person(elsewhere, "eve", core.Ordinary)
	tests := []struct {
		name      string
		by, whom  core.User
		want      string // code of the error
		writeDown bool
	}{
		{"an administrator a person", ana, uma, "", false},
		{"an administrator another", ana, abe, "", false},
		{"an administrator herself", ana, ana, "help.self", true},
		{"the help desk a person", hal, uma, "", false},
		{"the help desk a colleague", hal, hue, "help.above", true},
		{"the help desk an administrator", hal, ana, "help.above", true},
		{"the help desk itself", hal, hal, "help.self", true},
		{"a person another", uma, hal, "help.above", true},
		{"an administrator somebody elsewhere", ana, eve, "help.nobody", false},
		{"an administrator nobody", ana, core.User{ID: "none"}, "help.nobody", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before, looked := len(d.events(d.org, core.EventTwoFactorReset)), d.view(tt.by)
			_, err := d.Person(t.Context(), looked, tt.whom.ID)
			if got := codeOf(err, ""); got != tt.want {
				t.Errorf("looking: got %q, want %q", got, tt.want)
			}
			if n := len(d.events(d.org, core.EventTwoFactorReset)); n != before {
				t.Error("looking wrote something down")
			}
			_, err = d.Reset(t.Context(), looked, tt.whom.ID, phoned, core.Origin{Network: "192.0.2.0/24"})
			if got := codeOf(err, ""); got != tt.want {
				t.Errorf("resetting: got %q, want %q", got, tt.want)
			}
			events := d.events(d.org, core.EventTwoFactorReset)
			if wrote := len(events) > before; wrote != (tt.want == "" || tt.writeDown) {
				t.Errorf("written down: %v", wrote)
			}
			if tt.writeDown && (events[0].Result != "refused" || events[0].SubjectID != tt.whom.ID || events[0].Actor.ID != tt.by.ID) {
				t.Errorf("written down as %+v", events[0])
			}
		})
	}
	if acc := d.account(ana); acc.Apps != 1 || acc.RecoveryCodes != 1 {
		t.Errorf("refused tries took %+v", acc)
	}
}

// TestReset: everything but the password goes at once, how it was checked is
// written down, and the person and every other administrator hear of it.
func TestReset(t *testing.T) {
	d := newDesk(t)
	ana, abe, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "abe", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	d.person(d.organization("Other"), "eve", core.Administrator)
	due, err := d.Reset(t.Context(), d.view(ana), uma.ID, phoned, core.Origin{Network: "192.0.2.0/24"})
	d.must(err)
	acc := d.account(uma)
	if !due.IsZero() || acc.Apps+acc.RecoveryCodes != 0 || acc.User.TwoFactor != core.TwoFactorOn || acc.User.PasswordSealed != uma.PasswordSealed || acc.User.FactorSetVersion != 2 {
		t.Errorf("due %v, account %+v", due, acc)
	}
	e := d.events(d.org, core.EventTwoFactorReset)
	want := map[string]string{"how": "phone", "note": "called back on the number we know"}
	if len(e) != 1 || e[0].Actor.ID != ana.ID || e[0].Target != uma.Email || e[0].Origin.Network != "192.0.2.0/24" {
		t.Fatalf("recorded %+v", e)
	}
	if diff := cmp.Diff(want, e[0].Detail); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[core.ID]int{uma.ID: 1, abe.ID: 1}, d.mails(core.EventTwoFactorReset)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestResetChecks: without how it was checked nothing happens.
func TestResetChecks(t *testing.T) {
	d := newDesk(t)
	ana, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	tests := []struct {
		name  string
		check help.Check
		field string
		want  string
	}{
		{"nothing chosen", help.Check{Note: "x"}, "how", "help.how"},
		{"a way that is none", help.Check{How: "email"}, "how", "help.how"},
		{"another way without saying which", help.Check{How: core.CheckedOther, Note: " \n "}, "note", "help.note.other"},
		{"a note of 501", help.Check{How: core.CheckedByPhone, Note: strings.Repeat("é", 501)}, "note", "help.note.long"},
		{"a control in it", help.Check{How: core.CheckedByPhone, Note: "a\x00b"}, "note", "help.note.characters"},
		{"broken UTF-8", help.Check{How: core.CheckedByPhone, Note: "a\xffb"}, "note", "help.note.characters"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := d.Reset(t.Context(), d.view(ana), uma.ID, tt.check, core.Origin{}); codeOf(err, tt.field) != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if acc := d.account(uma); acc.Apps != 1 {
		t.Errorf("account %+v", acc)
	}
	_, err := d.Reset(t.Context(), d.view(ana), uma.ID, help.Check{How: core.CheckedOther, Note: strings.Repeat("é", 500)}, core.Origin{})
	d.must(err)
}

// TestResetWaits: where the organization set a time nothing changes until it has
// come; then it is carried out once, also where no server ran meanwhile.
func TestResetWaits(t *testing.T) {
	d := newDesk(t, waits)
	ana, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	due, err := d.Reset(t.Context(), d.view(ana), uma.ID, phoned, core.Origin{})
	d.must(err)
	if !due.Truncate(time.Second).Equal(start.Add(24 * time.Hour)) {
		t.Errorf("due %v", due)
	}
	if _, err := d.Reset(t.Context(), d.view(ana), uma.ID, phoned, core.Origin{}); codeOf(err, "") != "help.reset_waiting" {
		t.Errorf("asked again: %v", err)
	}
	p, err := d.Person(t.Context(), d.view(ana), uma.ID)
	d.must(err)
	own, err := d.OwnReset(t.Context(), d.view(uma))
	d.must(err)
	if !p.Waiting.Waits() || own.ID != p.Waiting.ID || d.account(uma).Apps != 1 {
		t.Errorf("waiting: %+v and %+v", p.Waiting, own)
	}
	if e := d.events(d.org, core.EventResetWaits); len(e) != 1 || e[0].Detail["until"] != "2026-11-24T09:00:00Z" || e[0].Detail["how"] != "phone" || e[0].ID != p.Waiting.ID {
		t.Errorf("recorded %+v", e)
	}
	d.pass(24*time.Hour - time.Second)
	d.must(d.CarryOut(t.Context()))
	if acc := d.account(uma); acc.Apps != 1 {
		t.Error("carried out before its time")
	}
	d.pass(100 * time.Hour) // nobody was there to do it
	var done sync.WaitGroup
	for range 4 {
		s := d.other()
		done.Go(func() {
			if err := s.CarryOut(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	done.Wait()
	acc, e := d.account(uma), d.events(d.org, core.EventTwoFactorReset)
	if acc.Apps+acc.RecoveryCodes != 0 || len(e) != 1 || e[0].Actor.ID != ana.ID || e[0].Detail["asked"] != "2026-11-23T09:00:00Z" {
		t.Errorf("carried out: %+v, %+v", acc, e)
	}
	if n := d.mails(core.EventTwoFactorReset)[uma.ID]; n != 1 {
		t.Errorf("%d mails", n)
	}
	if own, err := d.OwnReset(t.Context(), d.view(uma)); err != nil || own.Waits() {
		t.Errorf("still waiting: %+v, %v", own, err)
	}
}

// TestCancelling: by the link, by the person, by another who helps; a reset that
// is over says so, and a replayed link does nothing.
func TestCancelling(t *testing.T) {
	d := newDesk(t, waits)
	ana, abe, hal := d.person(d.org, "ana", core.Administrator), d.person(d.org, "abe", core.Administrator), d.person(d.org, "hal", core.HelpDesk)
	uma, ben := d.person(d.org, "uma", core.Ordinary), d.person(d.org, "ben", core.Ordinary)
	ask := func(u core.User) core.FactorReset {
		t.Helper()
		_, err := d.Reset(t.Context(), d.view(ana), u.ID, phoned, core.Origin{})
		d.must(err)
		r, err := d.OwnReset(t.Context(), d.view(u))
		d.must(err)
		return r
	}
	first := ask(uma)
	token, err := d.CancelToken(first.ID)
	d.must(err)
	v, err := d.Link(t.Context(), token)
	d.must(err)
	if v.Account.User.ID != uma.ID || !v.Reset.Waits() || len(d.events(d.org, core.EventResetStopped)) != 0 {
		t.Fatalf("looking: %+v", v.Reset)
	}
	d.must(d.CancelByLink(t.Context(), token, core.Origin{Network: "192.0.2.0/24"}))
	d.must(d.CancelByLink(t.Context(), token, core.Origin{})) // pressed twice
	if v, err = d.Link(t.Context(), token); err != nil || v.Reset.Outcome != core.ResetCancelled {
		t.Errorf("after it: %+v, %v", v.Reset, err)
	}
	second := ask(uma)
	d.must(d.CancelByLink(t.Context(), token, core.Origin{})) // an old link
	if r, _ := d.OwnReset(t.Context(), d.view(uma)); r.ID != second.ID {
		t.Error("the old link cancelled the new reset")
	}
	other := ask(ben)
	for name, err := range map[string]error{
		"another person's":    d.CancelOwnReset(t.Context(), d.view(ben), second.ID, core.Origin{}),
		"with the other's id": d.CancelReset(t.Context(), d.view(abe), uma.ID, other.ID, core.Origin{}),
	} {
		if codeOf(err, "") != "help.reset_settled" {
			t.Errorf("%s: %v", name, err)
		}
	}
	d.must(d.CancelOwnReset(t.Context(), d.view(uma), second.ID, core.Origin{}))
	d.must(d.CancelReset(t.Context(), d.view(hal), ben.ID, other.ID, core.Origin{}))
	if err := d.CancelReset(t.Context(), d.view(abe), ben.ID, other.ID, core.Origin{}); codeOf(err, "") != "help.reset_settled" {
		t.Errorf("cancelled twice: %v", err)
	}
	if err := d.CancelReset(t.Context(), d.view(hal), abe.ID, other.ID, core.Origin{}); codeOf(err, "") != "help.above" {
		t.Errorf("above one's rights: %v", err)
	}
	d.pass(48 * time.Hour)
	d.must(d.CarryOut(t.Context()))
	if n := d.account(uma).Apps + d.account(ben).Apps; n != 2 {
		t.Errorf("%d apps are left of 2", n)
	}
	for _, bad := range []string{"", "x", token + "x", strings.Replace(token, string(first.ID), string(second.ID), 1), strings.Repeat("a.b.c", 1000)} {
		if _, err := d.Link(t.Context(), bad); codeOf(err, "") != "help.cancel_over" {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// TestHelperOutOfOffice: a reset that waits dies with the right of who asked.
func TestHelperOutOfOffice(t *testing.T) {
	d := newDesk(t, waits)
	ana, hal, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "hal", core.HelpDesk), d.person(d.org, "uma", core.Ordinary)
	_, err := d.Reset(t.Context(), d.view(hal), uma.ID, phoned, core.Origin{})
	d.must(err)
	_, err = d.raw.ExecContext(t.Context(), "UPDATE person SET user_type = 1 WHERE id = '"+string(hal.ID)+"'")
	d.must(err)
	d.pass(25 * time.Hour)
	d.must(d.CarryOut(t.Context()))
	d.must(d.CarryOut(t.Context()))
	e := d.events(d.org, core.EventResetStopped)
	if len(e) != 1 || e[0].Actor.Kind != "system" || d.account(uma).Apps != 1 {
		t.Errorf("recorded %+v", e)
	}
	if told := d.mails(core.EventResetStopped); told[uma.ID] != 1 || told[ana.ID] != 1 {
		t.Errorf("told %v", told)
	}
}

// TestOperatorReset: the command line helps everybody at once, also the only
// administrator, and whatever waits is overtaken.
func TestOperatorReset(t *testing.T) {
	d := newDesk(t, waits)
	ana, uma := d.person(d.org, "ana", core.Administrator), d.person(d.org, "uma", core.Ordinary)
	_, err := d.Reset(t.Context(), d.view(ana), uma.ID, phoned, core.Origin{})
	d.must(err)
	operator := core.Actor{Kind: "operator", Name: "root"}
	for _, u := range []core.User{uma, ana} {
		d.must(d.OperatorReset(t.Context(), d.account(u), operator, "", "phone lost", false))
		if acc := d.account(u); acc.Apps != 0 || acc.User.TwoFactor != core.TwoFactorOn {
			t.Errorf("account %+v", acc)
		}
	}
	d.must(d.OperatorReset(t.Context(), d.account(ana), operator, core.CheckedInPerson, "no mail either", true))
	if acc := d.account(ana); acc.User.TwoFactor != core.TwoFactorOff {
		t.Errorf("account %+v", acc)
	}
	e := d.events(d.org, core.EventTwoFactorReset)
	if len(e) != 3 || e[2].Detail["reason"] != "phone lost" || e[0].Detail["how"] != "person" {
		t.Errorf("recorded %+v", e)
	}
	d.pass(48 * time.Hour)
	d.must(d.CarryOut(t.Context()))
	if n := len(d.events(d.org, core.EventTwoFactorReset)); n != 3 {
		t.Errorf("%d resets, want 3", n)
	}
}

// TestWarnings: what speaks for caution, the gravest first, and old or common
// things do not.
func TestWarnings(t *testing.T) {
	d := newDesk(t)
	ana, uma, ben := d.person(d.org, "ana", core.Administrator), d.person(d.org, "uma", core.Ordinary), d.person(d.org, "ben", core.Ordinary)
	note := func(u core.User, kind string, ago time.Duration, detail map[string]string) {
		e := core.Event{
			ID: core.NewID(d.now, random), OrganizationID: d.org.ID, At: d.now.Add(-ago), Kind: kind, Result: "ok",
			Actor: core.Actor{Kind: "person", ID: u.ID}, SubjectID: u.ID, Detail: detail,
		}
		d.must(d.store.Note(t.Context(), core.Record{Events: []core.Event{e}}))
	}
	warned := func(u core.User) (kinds []help.WarningKind) {
		t.Helper()
		p, err := d.Person(t.Context(), d.view(ana), u.ID)
		d.must(err)
		for _, w := range p.Warnings {
			kinds = append(kinds, w.Kind)
		}
		return kinds
	}
	day := 24 * time.Hour
	for range 150 { // noise hides nothing
		note(uma, core.EventSignInCompleted, time.Minute, nil)
		note(ben, core.EventCodeWrong, time.Minute, nil)
	}
	note(uma, core.EventPasswordChanged, 15*day, nil)
	note(uma, core.EventCodeWrong, day, nil)
	note(uma, core.EventCodeWrong, day, nil)
	if got := warned(uma); got != nil {
		t.Errorf("warned of %v, want nothing", got)
	}
	note(ben, core.EventSignInCompleted, 13*day, map[string]string{core.DetailNewBrowser: "yes"})
	note(ben, core.EventPasswordReset, 13*day, nil)
	note(ben, core.EventEmailChanged, 13*day, nil)
	note(ben, core.EventNotYou, 13*day, nil)
	_, err := d.raw.ExecContext(t.Context(), "UPDATE credential SET last_used_at = "+micros(d.now.Add(-time.Hour))+" WHERE kind = 'app' AND user_id = '"+string(ben.ID)+"'")
	d.must(err)
	want := []help.WarningKind{help.WarnAlarm, help.WarnEmail, help.WarnPassword, help.WarnAppUsed, help.WarnCodes, help.WarnBrowser}
	if diff := cmp.Diff(want, warned(ben)); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
}
