package secret_test

import (
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/secret"
)

const aboutID = "01k7p3m9q2x4c6v8b0n1a5s7d9"

var endings = secret.LinkToken{Purpose: "ending", Bytes: 16}

func TestLinkToken(t *testing.T) {
	r := newRing(t)
	token, err := endings.Make(r, aboutID)
	if err != nil {
		t.Fatal(err)
	}
	if id, ours := endings.Read(r, token); id != aboutID || !ours {
		t.Errorf("%q is about %q, ours: %v", token, id, ours)
	}
	full, err := secret.LinkToken{Purpose: "ending", Bytes: 32}.Make(r, aboutID)
	if err != nil {
		t.Fatal(err)
	}
	part := strings.Split(token, ".")
	for name, forged := range map[string]string{
		"nothing": "", "cut": token[:len(token)-1], "longer": token + "A", "the whole MAC": full,
		"no id": "." + part[1] + "." + part[2], "no key": part[0] + ".." + part[2], "no MAC": part[0] + "." + part[1] + ".",
		"another key": part[0] + ".k2." + part[2], "another id": strings.ToUpper(part[0]) + "." + part[1] + "." + part[2],
		"four parts": token + ".", "two parts": part[0] + "." + part[2], "padded": token + "=", "a megabyte": strings.Repeat("a.", 1<<19),
	} {
		if _, ours := endings.Read(r, forged); ours {
			t.Errorf("%s: %.80q is taken for ours", name, forged)
		}
	}
	if _, ours := (secret.LinkToken{Purpose: "giving back", Bytes: 16}).Read(r, token); ours {
		t.Error("a token for one purpose serves another")
	}
}

// TestLinkTokenOutlivesRotation: what was mailed under the key of before is ours
// as long as that key is kept.
func TestLinkTokenOutlivesRotation(t *testing.T) {
	first, second := changedKeys(t)
	before, err := secret.OpenRing(master(), []secret.WrappedKey{first})
	if err != nil {
		t.Fatal(err)
	}
	token, err := endings.Make(before, aboutID)
	if err != nil {
		t.Fatal(err)
	}
	first.Active = false
	after, err := secret.OpenRing(master(), []secret.WrappedKey{first, second})
	if err != nil {
		t.Fatal(err)
	}
	if _, ours := endings.Read(after, token); !ours {
		t.Error("a token of before the rotation is not ours any more")
	}
	alone, err := secret.OpenRing(master(), []secret.WrappedKey{second})
	if err != nil {
		t.Fatal(err)
	}
	if _, ours := endings.Read(alone, token); ours {
		t.Error("a token is ours whose key is gone")
	}
}

// FuzzLinkToken: whatever is not a token of ours to the letter is none.
func FuzzLinkToken(f *testing.F) {
	r := newRing(f)
	good, err := endings.Make(r, aboutID)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "..", "a.k1.b", strings.ToUpper(good), good[1:], good + "=", "\x00.\xff.é"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		if _, ours := endings.Read(r, token); ours && token != good {
			t.Errorf("%q is taken for ours", token)
		}
	})
}
