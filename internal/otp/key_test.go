package otp_test

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/otp"
)

func TestKeyForms(t *testing.T) {
	const key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	if got := otp.EncodeKey(rfcSecret); got != key {
		t.Fatalf("got %s, want %s", got, key)
	}
	if got, want := otp.Groups(rfcSecret), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	for name, typed := range map[string]string{
		"as shown":   otp.Groups(rfcSecret),
		"lower case": strings.ToLower(key),
		"dashes":     "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
		"pasted":     "\u00a0 " + key + "\r\n",
		"padded":     key + "======",
	} {
		got, err := otp.DecodeKey(typed)
		if err != nil || !bytes.Equal(got, rfcSecret) {
			t.Errorf("%s: got %x, %v", name, got, err)
		}
	}
	for name, typed := range map[string]string{
		"empty":      "",
		"blank":      " - ",
		"digit 1":    "GEZDGNB1",
		"cut":        "GEZDGNBVG",
		"long":       strings.Repeat("A", 600),
		"not ASCII":  "GEZDGNBÜ",
		"inner pad":  "GE==ZDGN",
		"NUL":        "GEZD\x00NBV",
		"not UTF-8":  "GEZD\xffNBV",
		"just a pad": "====",
	} {
		if got, err := otp.DecodeKey(typed); err == nil {
			t.Errorf("%s: got %x, want an error", name, got)
		}
	}
}

func TestKeyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "secret")
		for _, shown := range []string{otp.EncodeKey(secret), otp.Groups(secret)} {
			got, err := otp.DecodeKey(shown)
			if err != nil || !bytes.Equal(got, secret) {
				t.Fatalf("%q: got %x, %v; want %x", shown, got, err, secret)
			}
		}
	})
}

// FuzzDecodeKey: what is taken for a key is one, read the same again.
func FuzzDecodeKey(f *testing.F) {
	for _, s := range []string{"", "GEZD GNBV", "gezd-gnbv", "GEZDGNBVG", "A=======", "=", "\xff", "ſ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		secret, err := otp.DecodeKey(s)
		if err != nil {
			return
		}
		if len(secret) == 0 {
			t.Fatalf("%q gave an empty secret", s)
		}
		again, err := otp.DecodeKey(otp.EncodeKey(secret))
		if err != nil || !bytes.Equal(again, secret) {
			t.Fatalf("%q: %x, then %x, %v", s, secret, again, err)
		}
	})
}
