package factor_test

import (
	"errors"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/factortest"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

func newApp(t testing.TB) *factor.App {
	return factor.NewApp(factortest.Ring(t, 1), factortest.Random(1))
}

// TestAppWindow is the "accept -1, 0, +1, refuse the rest".
func TestAppWindow(t *testing.T) {
	f := newApp(t)
	c, shared := enrolApp(t, f, "u1", "app-1", now)
	for away, want := range map[int]string{-2: "code.wrong", -1: "", 0: "", 1: "", 2: "code.wrong"} {
		typed := otp.TOTP(shared, now.Add(time.Duration(away)*otp.Period)).String()
		use, err := f.Check(factor.Verification{Typed: typed, Now: now, UserID: "u1", Credentials: []core.Credential{c}})
		if want != "" && core.CodeOf(err) != want || want == "" && (err != nil || use.Mark != otp.Step(now)+int64(away)) {
			t.Errorf("%+d steps: got %+v, %v; want %q", away, use, err, want)
		}
	}
}

// TestAppUsedIsNotWrong: after the present code was used, it and the one
// before it are "used", the next one is good.
func TestAppUsedIsNotWrong(t *testing.T) {
	f := newApp(t)
	c, shared := enrolApp(t, f, "u1", "app-1", now)
	c.Mark = otp.Step(now)
	for away, want := range map[int]string{-1: "code.used", 0: "code.used", 1: "", 2: "code.wrong"} {
		typed := otp.TOTP(shared, now.Add(time.Duration(away)*otp.Period)).String()
		_, err := f.Check(factor.Verification{Typed: typed, Now: now, UserID: "u1", Credentials: []core.Credential{c}})
		if want != "" && core.CodeOf(err) != want || want == "" && err != nil {
			t.Errorf("%+d steps: got %v; want %q", away, err, want)
		}
	}
}

// TestAppProofIsUsed (TO3): the code that proved an app cannot sign in.
func TestAppProofIsUsed(t *testing.T) {
	f := newApp(t)
	c, shared := enrolApp(t, f, "u1", "app-1", now.Add(time.Hour)) // proved now
	v := factor.Verification{Typed: otp.TOTP(shared, now).String(), Now: now, UserID: "u1", Credentials: []core.Credential{c}}
	if _, err := f.Check(v); core.CodeOf(err) != "code.used" {
		t.Fatalf("got %v", err)
	}
}

func TestAppEnrolmentClock(t *testing.T) {
	f := newApp(t)
	m, err := f.BeginEnrol("u1")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := f.Reveal("u1", m)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := otp.DecodeKey(shown[0])
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		off  time.Duration
		code string
	}{
		"right":      {0, ""},
		"30 s slow":  {-30 * time.Second, ""},
		"3 min slow": {-3 * time.Minute, "code.clock"},
		"7 min fast": {7 * time.Minute, "code.clock"},
		"11 min off": {11 * time.Minute, "code.wrong"},
	} {
		_, err := f.FinishEnrol("u1", m, factor.Proof{Typed: otp.TOTP(shared, now.Add(c.off)).String(), Now: now})
		if c.code == "" && err != nil || c.code != "" && core.CodeOf(err) != c.code {
			t.Errorf("%s: got %v, want %q", name, err, c.code)
		}
		var e *core.Error
		if c.code == "code.clock" && (!errors.As(err, &e) || e.Params["offset"] != c.off) {
			t.Errorf("%s: got %+v", name, e)
		}
	}
}

// TestAppDamagedSecretIsOurFault: it is not a wrong code, and no try is spent.
func TestAppDamagedSecretIsOurFault(t *testing.T) {
	f := newApp(t)
	v := rightApp(t, f, "u1", now)
	v.Credentials[0].Sealed += "A"
	_, err := f.Check(v)
	if core.KindOf(err) != core.Internal || !errors.Is(err, secret.ErrSealed) && !errors.Is(err, secret.ErrForged) {
		t.Fatalf("got %v", err)
	}
}

// BenchmarkAppCheck is a wrong code against three apps.
func BenchmarkAppCheck(b *testing.B) {
	f := newApp(b)
	v := factor.Verification{Typed: "000001", Now: now, UserID: "u1"}
	for range core.MaxApps {
		m, err := f.BeginEnrol("u1")
		if err != nil {
			b.Fatal(err)
		}
		v.Credentials = append(v.Credentials, core.Credential{UserID: "u1", Kind: core.KindApp, Sealed: m.Sealed, KeyID: m.KeyID})
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Check(v); core.CodeOf(err) != "code.wrong" {
			b.Fatal(err)
		}
	}
}
