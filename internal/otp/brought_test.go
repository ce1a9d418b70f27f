package otp_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

func TestReadSecret(t *testing.T) {
	const key, rfcHex = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "3132333435363738393031323334353637383930"
	for _, text := range []string{
		key, " " + strings.ToLower(key) + "\r\n", "gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "GEZD-GNBV-GY3T-QOJQ-GEZD-GNBV-GY3T-QOJQ",
		rfcHex, " " + rfcHex + " ",
		"otpauth://totp/Acme:ana@example.com?secret=" + key + "&issuer=Acme",
		"otpauth://totp/Acme%3Aana%40example.com?issuer=Acme&secret=" + strings.ToLower(key) + "&algorithm=SHA1&digits=6&period=30",
		"OTPAUTH://TOTP/x?secret=" + key + "&algorithm=sha1",
		"otpauth://totp/?secret=" + key,
		otp.URI("Acme", "ana@example.com", rfcSecret),
	} {
		if got, err := otp.ReadSecret(text); err != nil || !bytes.Equal(got, rfcSecret) {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"MFRGGZDFMZTWQ2LK":           "abcdefghij", // 80 bits
		"MFRGGZDFMZTWQ2LKNM======":   "abcdefghijk",
		"6162636465666768696a":       "abcdefghij",
		"6162636465666768696A6B6C":   "abcdefghijkl",
		"8090a0b0c0d0e0f0ffee":       "\x80\x90\xa0\xb0\xc0\xd0\xe0\xf0\xff\xee",
		"GEZDGNBVGY3TQOJQGEZDGNBV":   "123456789012345",  // as many as hex, and no digit that says which
		"MFRGGZDFMZTWQ2LKNNWG23TPOB": "abcdefghijklmnop", // 26 letters that somebody drew: two bits too many
	} {
		if got, err := otp.ReadSecret(text); err != nil || string(got) != want {
			t.Errorf("%q: got %q, %v; want %q", text, got, err, want)
		}
	}
}

// TestReadSecretRefuses: with a code that has a sentence, and without a word of
// the text.
func TestReadSecretRefuses(t *testing.T) {
	const key = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
	for text, want := range map[string]string{
		"":                       "totp.malformed",
		"=":                      "totp.malformed",
		"no key, but a word!":    "totp.malformed",
		key + "1":                "totp.malformed",
		key[:30]:                 "totp.malformed", // cut
		"GEZDGNBV":               "totp.short",
		"616263646566676869":     "totp.short", // 72 bits
		strings.Repeat("A", 32):  "totp.short",
		strings.Repeat("AB", 16): "totp.short",
		strings.Repeat("0", 40):  "totp.short",
		strings.Repeat(key, 4):   "totp.long",
		strings.Repeat("61", 32) + "62" + strings.Repeat("61", 32):            "totp.long",
		strings.Repeat("A", 1<<20):                                            "totp.malformed",
		strings.Repeat("61", 1<<20):                                           "totp.malformed",
		"otpauth://totp/x":                                                    "totp.malformed",
		"otpauth://totp/x?secret=":                                            "totp.malformed",
		"otpauth://totp/x?secret=%zz":                                         "totp.malformed",
		"otpauth://%zz/?secret=" + key:                                        "totp.malformed",
		"otpauth:" + key:                                                      "totp.malformed",
		"otpauth://other/x?secret=" + key:                                     "totp.malformed",
		"otpauth://totp/x?secret=" + key + "&secret=" + key:                   "totp.malformed",
		"otpauth://totp/x?secret=" + key + "&a=" + strings.Repeat("b", 1<<20): "totp.malformed",
		"otpauth://totp/x?secret=GEZDGNBV":                                    "totp.short",
		"otpauth://hotp/x?secret=" + key + "&counter=1":                       "totp.counter",
		"otpauth://totp/x?secret=" + key + "&counter=1":                       "totp.counter",
		"otpauth://totp/x?secret=" + key + "&algorithm=SHA256":                "totp.algorithm",
		"otpauth://totp/x?secret=" + key + "&algorithm=SHA1&algorithm=SHA256": "totp.algorithm",
		"otpauth://totp/x?secret=" + key + "&digits=8":                        "totp.digits",
		"otpauth://totp/x?secret=" + key + "&digits=":                         "totp.digits",
		"otpauth://totp/x?secret=" + key + "&encoder=steam":                   "totp.digits",
		"otpauth://totp/x?secret=" + key + "&period=60":                       "totp.period",
		"otpauth-migration://offline?data=CjEKCkhlbGxvId6tvu8":                "totp.malformed",
	} {
		got, err := otp.ReadSecret(text)
		if core.CodeOf(err) != want || got != nil {
			t.Errorf("%.70q: got %q, %v, want %s", text, got, err, want)
		}
		if said := fmt.Sprintf("%v %+v", err, err); len(text) > 7 && strings.Contains(said, text[len(text)-8:]) {
			t.Errorf("%.70q is told: %.200s", text, said)
		}
	}
}

// TestReadSecretAgreesWithOathtool: a key that oathtool reads as base32 or as hex
// shows the same codes.
func TestReadSecretAgreesWithOathtool(t *testing.T) {
	if _, err := exec.LookPath("oathtool"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("oathtool is missing (Debian package oathtool)")
		}
		t.Skip("not run: needs oathtool (Debian package oathtool)")
	}
	at := time.Unix(1_800_000_000, 0)
	for _, c := range []struct{ flag, key string }{
		{"-b", "MFRGGZDFMZTWQ2LK"},
		{"-b", "gr6d 5br7 25s6 vnck v4vl hlao re"},
		{"-b", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"},
		{"-b", "NBSWY3DPEHPK3PXPNBSWY3DPEHPK3PXP7Q======"},
		{"", "00112233445566778899aabbccddeeff00112233"},
		{"", "3132333435363738393031323334353637383930"},
		{"", "abcdefabcdefabcdefabcdefabcdef234567abcd"},
	} {
		secret, err := otp.ReadSecret(c.key)
		if err != nil {
			t.Errorf("%s: %v", c.key, err)
			continue
		}
		args := []string{"--totp", "-N", at.UTC().Format("2006-01-02 15:04:05 UTC"), c.key}
		if c.flag != "" {
			args = append(args, c.flag)
		}
		out, err := exec.Command("oathtool", args...).Output()
		if want := strings.TrimSpace(string(out)); err != nil || otp.TOTP(secret, at).String() != want {
			t.Errorf("%s: got %s, oathtool %s, %v", c.key, otp.TOTP(secret, at), want, err)
		}
	}
}

// FuzzReadSecret: what is taken is a secret of a length that is allowed, and its
// own key is read as the same.
func FuzzReadSecret(f *testing.F) {
	for _, s := range []string{
		"GEZDGNBVGY3TQOJQ", "3132333435363738393031323334353637383930", "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=6", "otpauth:", "=",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		secret, err := otp.ReadSecret(text)
		if err != nil {
			if !strings.HasPrefix(core.CodeOf(err), "totp.") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if len(secret) < 10 || len(secret) > 64 {
			t.Fatalf("%q: %d bytes", text, len(secret))
		}
		if again, err := otp.ReadSecret("otpauth://totp/x?secret=" + otp.EncodeKey(secret)); err != nil || !bytes.Equal(again, secret) {
			t.Fatalf("%q: %x read again as %x, %v", text, secret, again, err)
		}
	})
}
