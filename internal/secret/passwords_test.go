package secret_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// cheap makes tests quick; no deployment starts with it.
var cheap = secret.Params{MemoryKiB: 64, Time: 1, Parallelism: 1}

func newPasswords(t testing.TB) *secret.Passwords {
	t.Helper()
	return secret.NewPasswords(newRing(t), cheap, 2, random)
}

func TestHashVerifies(t *testing.T) {
	p := newPasswords(t)
	sealed, err := p.Hash(t.Context(), "u1", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		password string
		want     bool
	}{
		"right":          {"correct horse battery", true},
		"other space":    {"correct\u00a0horse battery", true}, // RFC 8265 §4.2.2
		"other case":     {"Correct horse battery", false},
		"trailing space": {"correct horse battery ", false},
		"empty":          {"", false},
	} {
		right, outdated, err := p.Verify(t.Context(), "u1", sealed, c.password)
		if err != nil || right != c.want || outdated {
			t.Errorf("%s: got %t, outdated %t, %v", name, right, outdated, err)
		}
	}
	if again, err := p.Hash(t.Context(), "u1", "correct horse battery"); err != nil || again == sealed {
		t.Errorf("two hashes of one password are equal, or %v", err)
	}
}

// TestComposedAndDecomposedAreOne: the same letters from two keyboards (PW4).
func TestComposedAndDecomposedAreOne(t *testing.T) {
	p := newPasswords(t)
	sealed, err := p.Hash(t.Context(), "u1", "cafe\u0301 au lait \uac00")
	if err != nil {
		t.Fatal(err)
	}
	right, _, err := p.Verify(t.Context(), "u1", sealed, "caf\u00e9 au lait \u1100\u1161")
	if err != nil || !right {
		t.Fatalf("got %t, %v", right, err)
	}
}

func TestVerifyIsBoundToThePerson(t *testing.T) {
	p := newPasswords(t)
	sealed, err := p.Hash(t.Context(), "u1", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	right, _, err := p.Verify(t.Context(), "u2", sealed, "correct horse battery")
	if right || !errors.Is(err, secret.ErrForged) {
		t.Fatalf("got %t, %v; want %v", right, err, secret.ErrForged)
	}
}

// TestVerifyWithoutPassword: no text is right for an account without one.
func TestVerifyWithoutPassword(t *testing.T) {
	p := newPasswords(t)
	for _, typed := range []string{"", "\x20", "correct horse battery"} {
		right, outdated, err := p.Verify(t.Context(), "u1", "", typed)
		if right || outdated || err != nil {
			t.Errorf("%q: got %t, %t, %v", typed, right, outdated, err)
		}
	}
}

// TestVerifyCostsTheSameWithoutPassword counts time, roughly: skipping the hash
// would be a hundred times faster.
func TestVerifyCostsTheSameWithoutPassword(t *testing.T) {
	p := secret.NewPasswords(newRing(t), secret.Params{MemoryKiB: 16 << 10, Time: 1, Parallelism: 1}, 1, random)
	sealed, err := p.Hash(t.Context(), "u1", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	fastest := func(sealed string) time.Duration {
		least := time.Hour
		for range 5 {
			start := time.Now()
			if _, _, err := p.Verify(t.Context(), "u1", sealed, "wrong"); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(start))
		}
		return least
	}
	with, without := fastest(sealed), fastest("")
	if without < with/3 || with < without/3 {
		t.Fatalf("with a password %s, without %s", with, without)
	}
}

// TestVerifyOfCheaperHashCostsMore: a hash from before the cost was raised is no
// faster than none at all (EN2). Roughly: without the work on top it would be
// thirty times faster.
func TestVerifyOfCheaperHashCostsMore(t *testing.T) {
	r := newRing(t)
	sealed, err := secret.NewPasswords(r, secret.Params{MemoryKiB: 1 << 10, Time: 1, Parallelism: 1}, 1, random).Hash(t.Context(), "u1", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	p := secret.NewPasswords(r, secret.Params{MemoryKiB: 16 << 10, Time: 2, Parallelism: 1}, 1, random)
	fastest := func(sealed string) time.Duration {
		least := time.Hour
		for range 5 {
			start := time.Now()
			if _, _, err := p.Verify(t.Context(), "u1", sealed, "wrong"); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(start))
		}
		return least
	}
	if with, without := fastest(sealed), fastest(""); with < without/3 {
		t.Fatalf("with an outdated hash %s, without one %s", with, without)
	}
}

func TestVerifySaysOutdated(t *testing.T) {
	k1, k2 := secret.NewWrappedKey(master(), "k1", random), secret.NewWrappedKey(master(), "k2", random)
	ring := func(keys ...secret.WrappedKey) *secret.Ring {
		r, err := secret.OpenRing(master(), keys)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	sealed, err := secret.NewPasswords(ring(k1), cheap, 1, random).Hash(t.Context(), "u1", "correct horse battery")
	if err != nil {
		t.Fatal(err)
	}
	old := k1
	old.Active = false
	dearer := cheap
	dearer.Time = 2
	for name, p := range map[string]*secret.Passwords{
		"new parameters": secret.NewPasswords(ring(k1), dearer, 1, random),
		"new key":        secret.NewPasswords(ring(old, k2), cheap, 1, random),
	} {
		right, outdated, err := p.Verify(t.Context(), "u1", sealed, "correct horse battery")
		if err != nil || !right || !outdated {
			t.Errorf("%s: got %t, outdated %t, %v", name, right, outdated, err)
		}
		if right, outdated, _ := p.Verify(t.Context(), "u1", sealed, "wrong"); right || outdated {
			t.Errorf("%s: a wrong password gave %t, outdated %t", name, right, outdated)
		}
	}
}

// TestTypedTextIsJudgedBeforeHashing (PW2): the answer does not depend on the
// account, and a caller at a closed gate still gets it.
func TestTypedTextIsJudgedBeforeHashing(t *testing.T) {
	p := newPasswords(t)
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct{ typed, code string }{
		"129 letters":   {strings.Repeat("a", 129), "password.long"},
		"a megabyte":    {strings.Repeat("a", 1<<20), "password.long"},
		"NUL":           {"correct\x00horse", "password.control"},
		"tab":           {"correct\thorse", "password.control"},
		"C1 control":    {"correct\u0085horse", "password.control"},
		"broken UTF-8":  {"correct\xffhorse", "password.control"},
		"128 are right": {strings.Repeat("𝔸", 128), "internal"}, // only the context's error
	} {
		if _, _, err := p.Verify(cancelled, "u1", "", c.typed); core.CodeOf(err) != c.code {
			t.Errorf("verify %s: got %v, want %s", name, err, c.code)
		}
		if _, err := p.Hash(cancelled, "u1", c.typed); core.CodeOf(err) != c.code {
			t.Errorf("hash %s: got %v, want %s", name, err, c.code)
		}
	}
}

// BenchmarkVerify is a verification at the default cost.
func BenchmarkVerify(b *testing.B) {
	p := secret.NewPasswords(newRing(b), secret.Params{}, 2, random)
	sealed, err := p.Hash(b.Context(), "u1", "correct horse battery")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if right, _, err := p.Verify(b.Context(), "u1", sealed, "correct horse battery"); err != nil || !right {
			b.Fatal(right, err)
		}
	}
}

// BenchmarkRawArgon2 is the floor of BenchmarkVerify.
func BenchmarkRawArgon2(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		argon2.IDKey([]byte("correct horse battery"), make([]byte, 16), 1, 64<<10, 1, 32)
	}
}
