package secret_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// random is crypto/rand as core.Random.
func random(b []byte) { rand.Read(b) }

// master is a master key for tests.
func master() []byte {
	b := make([]byte, secret.MasterBytes)
	for i := range b {
		b[i] = byte(i * 7)
	}
	return b
}

// newRing returns a ring of one active key "k1".
func newRing(t testing.TB) *secret.Ring {
	t.Helper()
	r, err := secret.OpenRing(master(), []secret.WrappedKey{secret.NewWrappedKey(master(), "k1", random)})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var row = secret.Binding{Table: "user", Row: "u1", Field: "password"}

func TestSealOpens(t *testing.T) {
	r := newRing(t)
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		b := secret.Binding{Table: rapid.String().Draw(t, "table"), Row: rapid.String().Draw(t, "row"), Field: rapid.String().Draw(t, "field")}
		sealed, keyID := r.Seal(b, plain)
		if keyID != "k1" || secret.KeyID(sealed) != "k1" || !strings.HasPrefix(sealed, "v1.k1.") {
			t.Fatalf("sealed under %q: %s", keyID, sealed)
		}
		got, err := r.Open(b, sealed)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %x, %v; want %x", got, err, plain)
		}
		if again, _ := r.Seal(b, plain); again == sealed {
			t.Fatal("two seals of one text are equal: the nonce repeats")
		}
	})
}

func TestOpenRefusesOtherBindings(t *testing.T) {
	r := newRing(t)
	sealed, _ := r.Seal(row, []byte("plain"))
	for name, b := range map[string]secret.Binding{
		"another row":   {Table: "user", Row: "u2", Field: "password"},
		"another table": {Table: "users", Row: "u1", Field: "password"},
		"another field": {Table: "user", Row: "u1", Field: "email"},
		"shifted parts": {Table: "use", Row: "ru1", Field: "password"},
		"none":          {},
	} {
		if got, err := r.Open(b, sealed); !errors.Is(err, secret.ErrForged) {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
}

func TestOpenRefusesEveryChange(t *testing.T) {
	r := newRing(t)
	sealed, _ := r.Seal(row, []byte("plain"))
	for i := range len(sealed) {
		for _, c := range []byte("A0.=\n") {
			changed := sealed[:i] + string(c) + sealed[i+1:]
			if changed == sealed {
				continue
			}
			if got, err := r.Open(row, changed); err == nil {
				t.Fatalf("byte %d changed to %q: opened %q", i, c, got)
			}
		}
		if got, err := r.Open(row, sealed[:i]); err == nil {
			t.Fatalf("cut at %d: opened %q", i, got)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	r := newRing(t)
	for name, c := range map[string]struct {
		sealed string
		want   error
	}{
		"empty":           {"", secret.ErrSealed},
		"another version": {"v2.k1.AAAA", secret.ErrSealed},
		"no key id":       {"v1..AAAA", secret.ErrSealed},
		"odd key id":      {"v1.k/1.AAAA", secret.ErrSealed},
		"not base64url":   {"v1.k1.++++", secret.ErrSealed},
		"huge":            {"v1.k1." + strings.Repeat("A", 17<<20), secret.ErrSealed},
		"unknown key":     {"v1.k9.AAAA", secret.ErrKeyID},
		"no box":          {"v1.k1.", secret.ErrForged},
		"short box":       {"v1.k1.AAAA", secret.ErrForged},
	} {
		if _, err := r.Open(row, c.sealed); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

func TestOpenRing(t *testing.T) {
	other := master()
	other[0]++
	good := secret.NewWrappedKey(master(), "k1", random)
	old := secret.NewWrappedKey(master(), "k0", random)
	old.Active = false
	renamed, damaged, cut := good, good, good
	renamed.ID = "k2"
	damaged.Wrapped = good.Wrapped[:len(good.Wrapped)-4] + "AAAA"
	cut.Wrapped = "v1"
	for name, c := range map[string]struct {
		master []byte
		keys   []secret.WrappedKey
		code   string
	}{
		"good":             {master(), []secret.WrappedKey{old, good}, ""},
		"wrong master key": {other, []secret.WrappedKey{good}, "key.wrong"},
		"short master key": {master()[:31], []secret.WrappedKey{good}, "key.length"},
		"no master key":    {nil, []secret.WrappedKey{good}, "key.length"},
		"all zero":         {make([]byte, 32), []secret.WrappedKey{good}, "key.default"},
		"damaged row":      {master(), []secret.WrappedKey{damaged}, "key.damaged"},
		"cut row":          {master(), []secret.WrappedKey{cut}, "key.damaged"},
		"renamed row":      {master(), []secret.WrappedKey{renamed}, "key.damaged"},
		"no active key":    {master(), []secret.WrappedKey{old}, "key.active"},
		"no key":           {master(), nil, "key.active"},
		"two active keys":  {master(), []secret.WrappedKey{good, secret.NewWrappedKey(master(), "k2", random)}, "key.active"},
		"same id twice":    {master(), []secret.WrappedKey{good, {ID: "k1", Wrapped: good.Wrapped}}, "key.active"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := secret.OpenRing(c.master, c.keys)
			switch {
			case c.code == "" && (err != nil || r.ActiveKey() != "k1"):
				t.Fatalf("got %v", err)
			case c.code != "" && core.CodeOf(err) != c.code:
				t.Fatalf("got %v, want %s", err, c.code)
			}
		})
	}
}

// TestRotation: a text of the old key opens while new ones are sealed under the
// new one, and no longer when the old key is gone.
func TestRotation(t *testing.T) {
	k1, k2 := secret.NewWrappedKey(master(), "k1", random), secret.NewWrappedKey(master(), "k2", random)
	before, err := secret.OpenRing(master(), []secret.WrappedKey{k1})
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := before.Seal(row, []byte("plain"))
	k1.Active = false
	during, err := secret.OpenRing(master(), []secret.WrappedKey{k1, k2})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := during.Open(row, sealed); err != nil || string(got) != "plain" {
		t.Fatalf("got %q, %v", got, err)
	}
	if _, keyID := during.Seal(row, nil); keyID != "k2" {
		t.Fatalf("sealed under %q, want k2", keyID)
	}
	after, err := secret.OpenRing(master(), []secret.WrappedKey{k2})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := after.Open(row, sealed); !errors.Is(err, secret.ErrKeyID) {
		t.Fatalf("got %v, want %v", err, secret.ErrKeyID)
	}
}

func TestMAC(t *testing.T) {
	k1, k2 := secret.NewWrappedKey(master(), "k1", random), secret.NewWrappedKey(master(), "k2", random)
	k2.Active = false
	r, err := secret.OpenRing(master(), []secret.WrappedKey{k1, k2})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for name, mac := range map[string]func() ([]byte, error){
		"plain":         func() ([]byte, error) { return r.MAC("k1", "code", "ab", "c") },
		"shifted parts": func() ([]byte, error) { return r.MAC("k1", "code", "a", "bc") },
		"joined parts":  func() ([]byte, error) { return r.MAC("k1", "code", "abc") },
		"more parts":    func() ([]byte, error) { return r.MAC("k1", "code", "ab", "c", "") },
		"purpose":       func() ([]byte, error) { return r.MAC("k1", "other", "ab", "c") },
		"key":           func() ([]byte, error) { return r.MAC("k2", "code", "ab", "c") },
	} {
		first, err := mac()
		again, err2 := mac()
		if err != nil || err2 != nil || len(first) != 32 || !bytes.Equal(first, again) {
			t.Fatalf("%s: %x, %x, %v, %v", name, first, again, err, err2)
		}
		if twin, ok := seen[string(first)]; ok {
			t.Errorf("%s and %s are equal", name, twin)
		}
		seen[string(first)] = name
	}
	if _, err := r.MAC("k9", "code"); !errors.Is(err, secret.ErrKeyID) {
		t.Errorf("got %v, want %v", err, secret.ErrKeyID)
	}
}

func TestDigest(t *testing.T) {
	// SHA-256 of "abc" (FIPS 180-2 B.1) in base64url.
	if got, want := secret.Digest("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0"; got != want {
		t.Fatalf("got %s, want %s", got, want)
	}
}

// TestRingDoesNotPrint: a ring that slips into a log says nothing.
func TestRingDoesNotPrint(t *testing.T) {
	r := newRing(t)
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("ring", "ring", r)
	marshalled, err := json.Marshal(map[string]any{"ring": r})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprintf("%v", r), fmt.Sprintf("%+v", r), fmt.Sprintf("%#v", r), r.String(), log.String(), string(marshalled)} {
		if strings.Contains(shown, "k1") || strings.Contains(shown, "data") {
			t.Errorf("shows %q", shown)
		}
	}
}

// FuzzOpen: no text makes Open panic, and none opens that Seal did not make.
func FuzzOpen(f *testing.F) {
	r := newRing(f)
	sealed, _ := r.Seal(row, []byte("plain"))
	for _, s := range []string{sealed, "", "v1.k1.", "v1.k1.AAAA", "v1.k2.AAAA", "v2.k1.AAAA", "...", "v1.k1.A\nAAA"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		plain, err := r.Open(row, s)
		if err == nil && (s != sealed || string(plain) != "plain") {
			t.Fatalf("%q opened as %q", s, plain)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	r := newRing(b)
	sealed, _ := r.Seal(row, make([]byte, 20))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Open(row, sealed); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMAC(b *testing.B) {
	r := newRing(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.MAC("k1", "recovery-code", "u1", "0123456789abcdef"); err != nil {
			b.Fatal(err)
		}
	}
}
