package secret_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// changedKeys is the keys of a deployment in the middle of a rotation: k1 as it
// was, and k2, which has taken over.
func changedKeys(t testing.TB) (first, second secret.WrappedKey) {
	t.Helper()
	first, second = secret.NewWrappedKey(master(), "k1", random), secret.NewWrappedKey(master(), "k2", random)
	return first, second
}

func TestReplace(t *testing.T) {
	first, second := changedKeys(t)
	r, err := secret.OpenRing(master(), []secret.WrappedKey{first})
	if err != nil {
		t.Fatal(err)
	}
	old, _ := r.Seal(row, []byte("plain"))
	byOld := r.MACs("test", "a")
	first.Active = false
	if err := r.Replace(master(), []secret.WrappedKey{first, second}); err != nil {
		t.Fatal(err)
	}
	if r.ActiveKey() != "k2" || r.OldestKey() != "k1" {
		t.Errorf("active %s, oldest %s", r.ActiveKey(), r.OldestKey())
	}
	for _, sealed := range []string{old, textOf(r.Seal(row, []byte("plain")))} {
		if plain, err := r.Open(row, sealed); err != nil || string(plain) != "plain" {
			t.Errorf("%s: got %q, %v", sealed, plain, err)
		}
	}
	if both := r.MACs("test", "a"); len(both) != 2 || bytes.Equal(both[0], byOld[0]) || !bytes.Equal(both[1], byOld[0]) {
		t.Errorf("the new key's hash is not first, or the old one's is gone: %x", both)
	}
	for name, c := range map[string]struct {
		master []byte
		keys   []secret.WrappedKey
		want   string
	}{
		"no keys":         {master(), nil, "key.active"},
		"none active":     {master(), []secret.WrappedKey{first}, "key.active"},
		"a wrong master":  {bytes.Repeat([]byte{1, 2}, 16), []secret.WrappedKey{second}, "key.wrong"},
		"a short master":  {master()[1:], []secret.WrappedKey{second}, "key.length"},
		"a damaged one":   {master(), []secret.WrappedKey{second, {ID: "k3", Wrapped: "v1.x.y"}}, "key.wrong"},
		"the same id two": {master(), []secret.WrappedKey{second, second}, "key.active"},
	} {
		if err := r.Replace(c.master, c.keys); core.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
		if _, err := r.Open(row, old); err != nil || r.ActiveKey() != "k2" {
			t.Errorf("%s: the refused keys changed the ring: %v", name, err)
		}
	}
}

func textOf(sealed, _ string) string { return sealed }

// TestWhenMissing: a text of a key that the ring does not know makes it look
// for the key once, and an id that can be none does not.
func TestWhenMissing(t *testing.T) {
	first, second := changedKeys(t)
	r, err := secret.OpenRing(master(), []secret.WrappedKey{first})
	if err != nil {
		t.Fatal(err)
	}
	looked := 0
	r.WhenMissing(func() {
		looked++
		if looked > 1 {
			return // as if there were no such key
		}
		old := first
		old.Active = false
		if err := r.Replace(master(), []secret.WrappedKey{old, second}); err != nil {
			t.Error(err)
		}
	})
	elsewhere, err := secret.OpenRing(master(), []secret.WrappedKey{second})
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := elsewhere.Seal(row, []byte("plain"))
	for range 3 {
		if plain, err := r.Open(row, sealed); err != nil || string(plain) != "plain" {
			t.Errorf("got %q, %v", plain, err)
		}
	}
	if looked != 1 {
		t.Errorf("looked %d times, want once", looked)
	}
	for _, id := range []string{"k9", "k/9", ""} {
		if _, err := r.MAC(id, "test"); !errors.Is(err, secret.ErrKeyID) {
			t.Errorf("%q: got %v", id, err)
		}
	}
	if looked != 2 {
		t.Errorf("looked %d times, want twice: an odd id is not looked for", looked)
	}
}

func TestRewrap(t *testing.T) {
	first, _ := changedKeys(t)
	next := bytes.Repeat([]byte{9, 8}, 16)
	r, err := secret.OpenRing(master(), []secret.WrappedKey{first})
	if err != nil {
		t.Fatal(err)
	}
	sealed, _ := r.Seal(row, []byte("plain"))
	moved, err := secret.Rewrap(master(), next, first)
	if err != nil || !moved.Active || moved.ID != "k1" {
		t.Fatalf("got %+v, %v", moved, err)
	}
	if secret.WrappedBy(master(), moved) || !secret.WrappedBy(next, moved) || secret.WrappedBy(next, secret.WrappedKey{Wrapped: "v1"}) {
		t.Error("the wrong master key is said to have wrapped it")
	}
	if err := r.Replace(next, []secret.WrappedKey{moved}); err != nil {
		t.Fatal(err)
	}
	if plain, err := r.Open(row, sealed); err != nil || string(plain) != "plain" {
		t.Errorf("got %q, %v", plain, err)
	}
	if _, err := secret.OpenRing(master(), []secret.WrappedKey{moved}); core.CodeOf(err) != "key.wrong" {
		t.Errorf("the old master key still opens: %v", err)
	}
	for name, c := range map[string]struct {
		from, to []byte
		want     string
	}{
		"a wrong old one": {next, next, "key.wrong"}, "a default new one": {master(), make([]byte, 32), "key.default"},
		"a short new one": {master(), next[1:], "key.length"},
	} {
		if _, err := secret.Rewrap(c.from, c.to, first); core.CodeOf(err) != c.want {
			t.Errorf("%s: got %v, want %s", name, err, c.want)
		}
	}
}
