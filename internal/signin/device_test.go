package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// remembered is a person whose browser is remembered, with the values of its
// cookie so far, oldest first.
func remembered(d *desk, uses int) (*human, *browser, []string) {
	d.t.Helper()
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	b.byApp(h, true)
	values := []string{b.visitor.DeviceToken}
	for range uses {
		b.to(h, core.StepDone)
		values = append(values, b.visitor.DeviceToken)
	}
	return h, b, values
}

// TestDeviceValues: what a presented value is worth (RD3, RD4). The newest and
// the one before it are good, an older one ends the device, and anything else
// is as if none had come.
func TestDeviceValues(t *testing.T) {
	tests := []struct {
		name  string
		value func(d *desk, values []string) string
		want  core.StepKind
		ended bool
	}{
		{"the newest", func(_ *desk, v []string) string { return v[3] }, core.StepDone, false},
		{"the one before it", func(_ *desk, v []string) string { return v[2] }, core.StepDone, false},
		{"an older one", func(_ *desk, v []string) string { return v[1] }, core.StepChoose, true},
		{"the very first", func(_ *desk, v []string) string { return v[0] }, core.StepChoose, true},
		{"a forged value", func(_ *desk, v []string) string { return v[3][:len(v[3])-4] + "AAAA" }, core.StepChoose, false},
		{"an old value called the newest", func(_ *desk, v []string) string { return strings.Replace(v[0], ".1.", ".4.", 1) }, core.StepChoose, false},
		{"a value to come", func(_ *desk, v []string) string { return strings.Replace(v[3], ".4.", ".5.", 1) }, core.StepChoose, false},
		{"number nought", func(_ *desk, v []string) string { return strings.Replace(v[0], ".1.", ".0.", 1) }, core.StepChoose, false},
		{"no number", func(_ *desk, v []string) string { return strings.Replace(v[0], ".1.", ".x.", 1) }, core.StepChoose, false},
		{"two parts", func(_ *desk, v []string) string { return v[3][:strings.LastIndex(v[3], ".")] }, core.StepChoose, false},
		{"too long", func(_ *desk, v []string) string { return v[3] + strings.Repeat("A", 200) }, core.StepChoose, false},
		{"an unknown device", func(d *desk, v []string) string {
			return string(core.NewID(d.now, random)) + v[3][strings.IndexByte(v[3], '.'):]
		}, core.StepChoose, false},
		{"nothing", func(*desk, []string) string { return "" }, core.StepChoose, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			h, owner, values := remembered(d, 3)
			b := d.browser()
			b.visitor.DeviceToken = tt.value(d, values)
			r := b.to(h, tt.want)
			if r.Issued.EndDevice != tt.ended {
				t.Errorf("its cookie ended: %v, want %v", r.Issued.EndDevice, tt.ended)
			}
			if got := count(d.notices(h), core.MailDeviceEnded); (got == 1) != tt.ended {
				t.Errorf("%d mails of an ended device", got)
			}
			after := core.StepDone
			if tt.ended {
				after = core.StepChoose // for the owner too: nobody knows which of the two is
			}
			if tt.want != core.StepDone {
				owner.to(h, after)
			}
		})
	}
}

// TestDeviceRotates: each use hands out a new value, whose end stays where it
// was; the value before is answered with the same newest one.
func TestDeviceRotates(t *testing.T) {
	d := newDesk(t)
	h, b, values := remembered(d, 0)
	until := d.now.Add(-otpPeriod).AddDate(0, 0, 30)
	lost := b.again() // an answer that never arrived
	d.pass(24 * time.Hour)
	r := b.to(h, core.StepDone)
	if r.Issued.Device == "" || r.Issued.Device == values[0] || !r.Issued.DeviceUntil.Equal(until) {
		t.Errorf("handed out %q until %v, want a new value until %v", r.Issued.Device, r.Issued.DeviceUntil, until)
	}
	if again := lost.to(h, core.StepDone); again.Issued.Device != r.Issued.Device {
		t.Errorf("the value before is answered with %q, want the newest %q", again.Issued.Device, r.Issued.Device)
	}
	s := b.view()
	if s.Session.Level != core.LevelPassword || !s.DeviceLive || s.Verdict(d.now) != core.VerdictOpen {
		t.Errorf("session of level %d with a live device %v: %s", s.Session.Level, s.DeviceLive, s.Verdict(d.now))
	}
	if s.Session.Confirmed(d.now) {
		t.Error("a remembered device counts as a fresh proof")
	}
}

// TestDeviceNoLongerGood: what happened since ends what a device is worth.
func TestDeviceNoLongerGood(t *testing.T) {
	for name, change := range map[string]func(*desk, *human, *browser){
		"password set":    func(d *desk, h *human, _ *browser) { d.newPassword(h) },
		"factors changed": func(d *desk, h *human, _ *browser) { d.moveFactors(h) },
		"its days are over": func(d *desk, _ *human, b *browser) {
			d.pass(30*24*time.Hour - otpPeriod)
		},
		"the organization remembers none": func(d *desk, _ *human, _ *browser) {
			d.set(func(o *core.Organization) { o.Policy.RememberDays = 0 })
		},
		"recovery code used": func(d *desk, h *human, _ *browser) {
			other := d.browser()
			other.to(h, core.StepChoose)
			other.finish(core.KindRecovery, h.codes[0])
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			h, b, _ := remembered(d, 1)
			change(d, h, b)
			if r := b.to(h, core.StepChoose); r.Issued.EndDevice {
				t.Error("taken for a copied one")
			}
		})
	}
	t.Run("a second before its days are over", func(t *testing.T) {
		d := newDesk(t)
		h, b, _ := remembered(d, 1)
		d.pass(30*24*time.Hour - otpPeriod - time.Second)
		b.to(h, core.StepDone)
	})
}

// TestDeviceOfSomebodyElse: it opens nothing for another account, and lives on
// for its own (RD3).
func TestDeviceOfSomebodyElse(t *testing.T) {
	d := newDesk(t)
	h, b, _ := remembered(d, 1)
	bo := d.withApp("bo", core.CredentialActive)
	if r := b.again().to(bo, core.StepChoose); r.Issued.EndDevice {
		t.Error("another person's sign-in ends the device")
	}
	if all := d.events(bo, core.EventPasswordRight); len(all) != 1 || all[0].Detail[core.DetailForeign] == "" {
		t.Errorf("the log does not say that the device was another person's: %v", all)
	}
	b.to(h, core.StepDone)
	if all := d.events(h, core.EventPasswordRight); len(all) == 0 || all[len(all)-1].Detail[core.DetailForeign] != "" {
		t.Errorf("the log says that a person's own device was another's: %v", all)
	}
	if n := len(d.notices(h)) - count(d.notices(h), core.MailNewBrowser); n != 0 {
		t.Errorf("%d notices, want none", n)
	}
}

// TestDeviceAndWantedLevel: a device stands for level 2 and never for 3 (RD5).
func TestDeviceAndWantedLevel(t *testing.T) {
	d := newDesk(t)
	h, b, _ := remembered(d, 0)
	for wanted, want := range map[core.Level]core.StepKind{
		core.LevelNone: core.StepDone, core.LevelEmail: core.StepDone, core.LevelStrong: core.StepChoose,
	} {
		b.visitor.Wanted = wanted
		b.to(h, want)
	}
}

// TestRememberOnlyWhenAsked: the tick counts only beside a right second step,
// and not where the organization remembers none (RD1).
func TestRememberOnlyWhenAsked(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	b := d.browser()
	if r := b.byApp(h, false); r.Issued.Device != "" {
		t.Error("remembered without the tick")
	}
	b.to(h, core.StepChoose)
	if r, err := b.submitRemember(core.KindApp, "000000", true); err == nil || r.Issued.Device != "" {
		t.Errorf("a wrong code: %v with device %q", err, r.Issued.Device)
	}
	if r, err := b.submitRemember(core.KindApp, d.code(h), true); err != nil || r.Issued.Device == "" {
		t.Errorf("a right code with the tick: %v without a device", err)
	}
	if e := d.events(h, core.EventDeviceRemembered); len(e) != 1 || e[0].Target != "Firefox on Linux" {
		t.Errorf("recorded %+v, want one Firefox on Linux", e)
	}
	d.set(func(o *core.Organization) { o.Policy.RememberDays = 0 })
	if r := d.browser().byEmail(h); r.Issued.Device != "" {
		t.Error("remembered by an organization that remembers none")
	}
	d.pass(otpPeriod)
	if r := d.browser().byApp(h, true); r.Issued.Device != "" {
		t.Error("remembered by an organization that remembers none")
	}
}

// TestTenDevices: an eleventh ends the oldest (RD7).
func TestTenDevices(t *testing.T) {
	d := newDesk(t)
	h := d.withApp("ana", core.CredentialActive)
	var all []*browser
	for range core.DevicesPerUser + 1 {
		b := d.browser()
		b.byApp(h, true)
		all = append(all, b)
	}
	for i, b := range all {
		want := core.StepDone
		if i == 0 {
			want = core.StepChoose
		}
		b.to(h, want)
	}
}
