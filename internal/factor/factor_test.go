package factor_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/factortest"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

var now = time.Date(2026, 5, 3, 14, 5, 12, 0, time.UTC)

func TestEmailKeepsTheContract(t *testing.T) {
	factortest.Run(t, factortest.Subject{
		New:   func(r *secret.Ring, _ core.Random) factor.Factor { return factor.NewEmail(r) },
		Right: rightEmail,
	})
}

func TestAppKeepsTheContract(t *testing.T) {
	factortest.Run(t, factortest.Subject{
		New:   func(r *secret.Ring, random core.Random) factor.Factor { return factor.NewApp(r, random) },
		Right: rightApp,
	})
}

func TestRecoveryKeepsTheContract(t *testing.T) {
	factortest.Run(t, factortest.Subject{
		New:   func(r *secret.Ring, random core.Random) factor.Factor { return factor.NewRecovery(r, random) },
		Right: rightRecovery,
	})
}

// rightEmail issues a code a minute ago.
func rightEmail(t *testing.T, f factor.Factor, userID core.ID, now time.Time) factor.Verification {
	t.Helper()
	c := core.Challenge{
		ID: "challenge-1", UserID: userID, OwnerID: "attempt-1", Purpose: core.PurposeSignIn,
		Address: string(userID) + "@example.org", KeyID: "k1", Issue: 1, IssuedAt: now.Add(-time.Minute),
	}
	code, err := f.Compose(c)
	if err != nil {
		t.Fatal(err)
	}
	return factor.Verification{Typed: code, Now: now, UserID: userID, Challenge: c}
}

// enrolApp proves an app an hour ago and returns it with its secret.
func enrolApp(t *testing.T, f factor.Factor, userID, id core.ID, now time.Time) (core.Credential, []byte) {
	t.Helper()
	m, err := f.BeginEnrol(userID)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := f.Reveal(userID, m)
	if err != nil {
		t.Fatal(err)
	}
	shared, err := otp.DecodeKey(shown[0])
	if err != nil || len(shared) != otp.SecretBytes {
		t.Fatalf("setup key of %d bytes, %v", len(shared), err)
	}
	then := now.Add(-time.Hour)
	got, err := f.FinishEnrol(userID, m, factor.Proof{Typed: otp.TOTP(shared, then).String(), Now: then})
	if err != nil || len(got) != 1 || got[0].Mark != otp.Step(then) {
		t.Fatalf("enrolled %+v, %v", got, err)
	}
	got[0].ID = id
	return got[0], shared
}

// rightApp types the code of the second of three apps.
func rightApp(t *testing.T, f factor.Factor, userID core.ID, now time.Time) factor.Verification {
	t.Helper()
	v := factor.Verification{Now: now, UserID: userID}
	for _, id := range []core.ID{"app-1", "app-2", "app-3"} {
		c, shared := enrolApp(t, f, userID, id, now)
		v.Credentials = append(v.Credentials, c)
		if id == "app-2" {
			v.Typed = otp.TOTP(shared, now).String()
		}
	}
	return v
}

// rightRecovery types the fourth of ten codes.
func rightRecovery(t *testing.T, f factor.Factor, userID core.ID, now time.Time) factor.Verification {
	t.Helper()
	m, err := f.BeginEnrol(userID)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := f.Reveal(userID, m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := f.FinishEnrol(userID, m, factor.Proof{})
	if err != nil || len(got) != core.RecoveryCodeCount || len(shown) != len(got) {
		t.Fatalf("%d codes shown, %d credentials, %v", len(shown), len(got), err)
	}
	for i := range got {
		got[i].ID = core.ID(shown[i][:4])
	}
	return factor.Verification{Typed: shown[3], Now: now, UserID: userID, Credentials: got}
}

func TestRegistry(t *testing.T) {
	ring := factortest.Ring(t, 1)
	email, app := factor.NewEmail(ring), factor.NewApp(ring, factortest.Random(1))
	r, err := factor.NewRegistry(factor.Spec{Kind: core.KindApp, Factor: app}, factor.Spec{Kind: core.KindEmail, Factor: email})
	if err != nil {
		t.Fatal(err)
	}
	if f, ok := r.Get(core.KindEmail); !ok || f.Kind() != core.KindEmail {
		t.Errorf("email: got %v, %t", f, ok)
	}
	if f, ok := r.Get(core.KindRecovery); ok {
		t.Errorf("recovery: got %v", f)
	}
	if k := r.Kinds(); len(k) != 2 || k[0] != core.KindApp || k[1] != core.KindEmail {
		t.Errorf("kinds: got %v", k)
	}
	for name, specs := range map[string][]factor.Spec{
		"twice":      {{core.KindEmail, email}, {core.KindEmail, email}},
		"wrong kind": {{core.KindEmail, app}},
		"nothing":    {{core.KindEmail, nil}},
	} {
		if _, err := factor.NewRegistry(specs...); err == nil || !strings.Contains(err.Error(), "email") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
