package factor_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/factor/factortest"
	"github.com/sallyport/sallyport/internal/secret"
)

func newRecovery(t testing.TB) *factor.Recovery {
	return factor.NewRecovery(factortest.Ring(t, 1), factortest.Random(1))
}

func TestRecoveryCodesLookAsDesigned(t *testing.T) {
	f := newRecovery(t)
	m, err := f.BeginEnrol("u1")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := f.Reveal("u1", m)
	if err != nil {
		t.Fatal(err)
	}
	form := regexp.MustCompile(`^([0-9abcdefghjkmnpqrstvwxyz]{4}-){3}[0-9abcdefghjkmnpqrstvwxyz]{4}$`)
	seen := map[string]bool{}
	for _, code := range shown {
		if !form.MatchString(code) || seen[code] {
			t.Errorf("code %s, seen before: %t", code, seen[code])
		}
		seen[code] = true
	}
	credentials, err := f.FinishEnrol("u1", m, factor.Proof{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range credentials {
		if c.Sealed != "" || len(c.LookupKey) != 43 { // base64url of 32 bytes
			t.Errorf("credential %+v", c)
		}
		for _, code := range shown {
			if strings.Contains(c.LookupKey, strings.ReplaceAll(code, "-", "")) {
				t.Error("a row shows its code")
			}
		}
	}
}

// TestRecoveryReadsLookalikes: what people copy from paper.
func TestRecoveryReadsLookalikes(t *testing.T) {
	f := newRecovery(t)
	v := rightRecovery(t, f, "u1", now)
	right := v.Typed
	for name, typed := range map[string]string{
		"letters for digits": strings.NewReplacer("1", "l", "0", "O").Replace(right),
		"capital I":          strings.ReplaceAll(right, "1", "I"),
		"other dashes":       strings.ReplaceAll(right, "-", "—"),
		"minus signs":        strings.ReplaceAll(right, "-", "−"),
		"no dashes":          strings.ReplaceAll(right, "-", ""),
	} {
		v.Typed = typed
		if _, err := f.Check(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	v.Typed = "u" + right[1:]
	if _, err := f.Check(v); core.CodeOf(err) != "code.letters" {
		t.Errorf("a letter that no code has: got %v", err)
	}
}

// TestRecoveryAcrossKeys: codes made before a rotation and after it work side
// by side.
func TestRecoveryAcrossKeys(t *testing.T) {
	random := factortest.Random(5)
	master := make([]byte, secret.MasterBytes)
	random(master)
	k1, k2 := secret.NewWrappedKey(master, "k1", random), secret.NewWrappedKey(master, "k2", random)
	open := func(keys ...secret.WrappedKey) *factor.Recovery {
		ring, err := secret.OpenRing(master, keys)
		if err != nil {
			t.Fatal(err)
		}
		return factor.NewRecovery(ring, random)
	}
	old := rightRecovery(t, open(k1), "u1", now)
	k1.Active = false
	rotated := open(k1, k2)
	fresh := rightRecovery(t, rotated, "u1", now)
	both := append(append([]core.Credential(nil), old.Credentials...), fresh.Credentials...)
	for name, v := range map[string]factor.Verification{"old": old, "new": fresh} {
		want := core.ID(v.Typed[:4])
		v.Credentials = both
		if use, err := rotated.Check(v); err != nil || use.CredentialID != want {
			t.Errorf("%s key: got %+v, %v", name, use, err)
		}
	}
}

// FuzzTyped: whatever is typed, no factor panics, and each answers with one of
// the codes of the contract.
func FuzzTyped(f *testing.F) {
	for _, s := range []string{"", "482913", " 482-913 ", "４８２９１３", "7hk2-x9pq-dm4t-w3ra", "7HK2 X9PQ DM4T W3RA", "oOiIlL", "\xff", "\u200e\u2066", "٤٨٢٩١٣"} {
		f.Add(s)
	}
	ring := factortest.Ring(f, 1)
	factors := []factor.Factor{
		factor.NewEmail(ring), factor.NewApp(ring, factortest.Random(1)), factor.NewRecovery(ring, factortest.Random(1)),
	}
	known := map[string]bool{"code.empty": true, "code.short": true, "code.long": true, "code.letters": true, "code.wrong": true}
	challenge := core.Challenge{ID: "c", UserID: "u1", Issue: 1, KeyID: "k1", IssuedAt: now}
	f.Fuzz(func(t *testing.T, typed string) {
		for _, way := range factors {
			use, err := way.Check(factor.Verification{Typed: typed, Now: now, UserID: "u1", Challenge: challenge})
			if err == nil && use == (core.FactorUse{Kind: core.KindEmail, ChallengeID: "c"}) {
				continue // the fuzzer found the emailed code
			}
			if !known[core.CodeOf(err)] || use != (core.FactorUse{}) {
				t.Fatalf("%s, %+q: got %+v, %v", way.Kind(), typed, use, err)
			}
		}
	})
}

func BenchmarkRecoveryCheck(b *testing.B) {
	f := newRecovery(b)
	m, err := f.BeginEnrol("u1")
	if err != nil {
		b.Fatal(err)
	}
	credentials, err := f.FinishEnrol("u1", m, factor.Proof{})
	if err != nil {
		b.Fatal(err)
	}
	v := factor.Verification{Typed: "0000-0000-0000-0000", Now: now, UserID: "u1", Credentials: credentials}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := f.Check(v); core.CodeOf(err) != "code.wrong" {
			b.Fatal(err)
		}
	}
}
