package factor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/otp"
)

const broughtKey = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

// TestBring: the app that somebody has already is good for a sign-in, but not
// with a code that the other system could have taken.
func TestBring(t *testing.T) {
	f := newApp(t)
	c, added, err := f.Bring("u1", "otpauth://totp/x?secret="+broughtKey, nil, now)
	if err != nil || !added || c.State != core.CredentialActive || c.Kind != core.KindApp || c.UserID != "u1" || c.KeyID == "" ||
		strings.Contains(c.Sealed, broughtKey) {
		t.Fatalf("got %+v, %t, %v", c, added, err)
	}
	c.ID = "app-1"
	shared, err := otp.DecodeKey(broughtKey)
	if err != nil {
		t.Fatal(err)
	}
	for away := -1; away <= 1; away++ {
		v := factor.Verification{Typed: otp.TOTP(shared, now.Add(time.Duration(away)*otp.Period)).String(), Now: now, UserID: "u1", Credentials: []core.Credential{c}}
		if _, err := f.Check(v); core.CodeOf(err) != "code.used" {
			t.Errorf("%+d steps: got %v, want code.used", away, err)
		}
	}
	later := now.Add(2 * otp.Period)
	v := factor.Verification{Typed: otp.TOTP(shared, later).String(), Now: later, UserID: "u1", Credentials: []core.Credential{c}}
	if use, err := f.Check(v); err != nil || use.Mark != otp.Step(later) {
		t.Errorf("a minute later: got %+v, %v", use, err)
	}
}

// TestBringTwice: loading the same file again, in another spelling too, adds no
// second app of one secret and moves no mark back.
func TestBringTwice(t *testing.T) {
	f := newApp(t)
	first, _, err := f.Bring("u1", broughtKey, nil, now)
	if err != nil {
		t.Fatal(err)
	}
	first.ID, first.Mark, first.Label = "app-1", first.Mark+100, "Phone"
	other, _ := enrolApp(t, f, "u1", "app-2", now)
	theirs, _, err := f.Bring("u2", broughtKey, []core.Credential{first}, now) // a shared key is two people's, each with a mark
	if err != nil || theirs.UserID != "u2" {
		t.Fatalf("somebody else's: %+v, %v", theirs, err)
	}
	again, added, err := f.Bring("u1", strings.ToLower(broughtKey), []core.Credential{other, theirs, first}, now)
	if err != nil || added || again != first {
		t.Errorf("got %+v, %t, %v", again, added, err)
	}
	if _, _, err := f.Bring("u2", broughtKey, []core.Credential{{Kind: core.KindApp, UserID: "u2", Sealed: first.Sealed}}, now); err == nil {
		t.Error("an app that was copied to another person was read")
	}
}

func TestBringRefuses(t *testing.T) {
	f := newApp(t)
	var have []core.Credential
	for _, id := range []core.ID{"1", "2", "3"} {
		c, _ := enrolApp(t, f, "u1", id, now)
		have = append(have, c)
	}
	for text, want := range map[string]string{
		broughtKey: "app.too_many", "GEZDGNBV": "totp.short", "a word!": "totp.malformed",
		"otpauth://totp/x?digits=8&secret=" + broughtKey: "totp.digits",
	} {
		c, added, err := f.Bring("u1", text, slices.Clone(have), now)
		if core.CodeOf(err) != want || added || c.Sealed != "" {
			t.Errorf("%s: got %+v, %v; want %s", text, c, err, want)
		}
	}
}
