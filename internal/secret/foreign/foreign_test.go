package foreign_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret/foreign"
)

// published are hashes that specifications and manuals print, with what made
// them: nothing here was computed by us.
func published() []struct{ from, password, kind, text string } {
	return []struct{ from, password, kind, text string }{
		{"argon2 test.c", "password", "argon2id", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"},
		{"argon2 test.c", "password", "argon2i", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA"},
		{"crypt_blowfish wrapper.c", "U*U", "bcrypt", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
		{"SHA-crypt.txt", "Hello world!", "sha256crypt", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"},
		{"SHA-crypt.txt", "Hello world!", "sha256crypt", "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA"},
		{"SHA-crypt.txt", "Hello world!", "sha512crypt", "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
		{"SHA-crypt.txt", "Hello world!", "sha512crypt", "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v."},
		{"passlib tests", "password", "pbkdf2-sha256", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ"},
		{"passlib manual", "password", "scrypt", "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E"},
		{"phpass test.php", "test12345", "phpass", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
		{"phpBB", "test12345", "phpass", "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"},
		{"libxcrypt", "pleaseletmein", "yescrypt", "$y$jC5$LdJMENpBABJJ3hIHjB1B$/Uv2qX/rQT7Wi5WU8lxWhTMG8T3LeAp7bEuF0wnkv30"},
	}
}

func TestPublishedHashes(t *testing.T) {
	for _, c := range published() {
		h, err := foreign.Parse(" " + c.text + "\r\n")
		if err != nil {
			t.Errorf("%s: %s: %v", c.from, c.text, err)
			continue
		}
		if !h.Matches([]byte(c.password)) || h.Matches([]byte(c.password+"x")) || h.Matches(nil) || h.Kind() != c.kind || h.Text() != c.text {
			t.Errorf("%s: %s as %s: the right password, and it alone, should match", c.from, c.text, h.Kind())
		}
	}
}

// TestRefused: with a code that has a sentence, and without a word of the text.
func TestRefused(t *testing.T) {
	b, h32, h64 := strings.Repeat("a", 53), strings.Repeat("A", 43), strings.Repeat("A", 86)
	zeros := func(n int) string { return strings.Repeat("00", n) }
	for text, want := range map[string]string{
		"":                                      "hash.unknown",
		"correct horse":                         "hash.unknown",
		"correcthorse":                          "hash.unknown",
		"ab01FAX.bQRSU":                         "hash.unknown", // DES: nothing tells it from a word
		"{NTLM}x":                               "hash.unknown",
		"{":                                     "hash.unknown",
		"$6$salt$\u00e9" + h64:                  "hash.unknown",
		strings.Repeat("a", 1<<20):              "hash.unknown",
		"$6$" + strings.Repeat("a", 1<<20):      "hash.unknown",
		"!":                                     "hash.locked",
		"*":                                     "hash.locked",
		"!$6$salt$" + h64:                       "hash.locked",
		"$1$salt$qJH7.N4xYta3aEG/dfqo/0":        "hash.weak",
		"$apr1$TqI9WECO$LHZB2DqRlk9nObiB6vJG9.": "hash.weak",
		"{CRYPT}ab01FAX.bQRSU":                  "hash.weak",
		"{crypt}$1$salt$qJH7.N4xYta3aEG/dfqo/0": "hash.weak",
		"{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=":     "hash.weak",
		"{MD5}X03MO1qnZdYdgyfeuILPmQ==":         "hash.weak",
		"_J9..rasmBYk8r9AiWNc":                  "hash.weak",
		"$2x$05$" + b:                           "hash.weak",
		"md5$salt$c0ffee":                       "hash.weak",
		"$2b$5$" + b:                            "hash.malformed",
		"$2b$03$" + b:                           "hash.malformed",
		"$2b$+5$" + b:                           "hash.malformed",
		"$2b$05$" + b + "a":                     "hash.malformed",
		"$2b$05$" + b[1:] + "=":                 "hash.malformed",
		"$2b$15$" + b:                           "hash.costly",
		"$2b$99$" + b:                           "hash.costly",
		"$2b$31$":                               "hash.malformed",
		"bcrypt_sha256$$2b$15$" + b:             "hash.costly",
		"bcrypt_sha256$x":                       "hash.malformed",
		"$wp$2y$15$" + b:                        "hash.costly",
		"$6$rounds=999$s$" + h64:                "hash.malformed",
		"$6$rounds=05000$s$" + h64:              "hash.malformed",
		"$6$rounds=$s$" + h64:                   "hash.malformed",
		"$6$rounds=1000001$s$" + h64:            "hash.costly",
		"$6$rounds=99999999999999999999999$s$" + h64: "hash.costly",
		"$6$$" + h64:                                             "hash.malformed",
		"$6$12345678901234567$" + h64:                            "hash.malformed",
		"$6$s$" + h64[1:]:                                        "hash.malformed",
		"$5$s$" + h64:                                            "hash.malformed",
		"$y$jET$abcd$" + h32:                                     "hash.costly",
		"$y$jFT$abcd$" + h32:                                     "hash.costly",
		"$y$jzz$abcd$" + h32:                                     "hash.costly",
		"$y$j.T$abcd$" + h32:                                     "hash.malformed",
		"$y$k9T$abcd$" + h32:                                     "hash.malformed",
		"$y$j9T$abc!$" + h32:                                     "hash.malformed",
		"$y$j9T$$" + h32:                                         "hash.malformed",
		"$scrypt$ln=14,r=8,p=1$$" + h32:                          "hash.malformed",
		"$y$j9T$" + h32:                                          "hash.malformed",
		"$7$CU..../....x$y":                                      "hash.malformed",
		"$7$CU..../....$" + h32:                                  "hash.malformed", // no salt
		"$7$zU..../....abcd$" + h32:                              "hash.costly",
		"$7$Czzzzz/....abcd$" + h32:                              "hash.costly",
		"$7$C/....zzzzzabcd$" + h32:                              "hash.costly",
		"$7$C...../....abcd$" + h32:                              "hash.malformed",
		"$7$.U..../....abcd$" + h32:                              "hash.malformed",
		"{BLF-CRYPT}abcdefghijklm":                               "hash.unknown",
		"{ARGON2}{CRYPT}$6$s$" + h64:                             "hash.unknown",
		"{CRYPT}{CRYPT}$6$s$" + h64:                              "hash.weak",
		"$argon2d$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$" + h32:       "hash.unknown",
		"$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$" + h32:      "hash.malformed",
		"$argon2id$v=19$m=262145,t=2,p=1$c29tZXNhbHQ$" + h32:     "hash.costly",
		"$argon2id$v=19$m=4295032832,t=2,p=1$c29tZXNhbHQ$" + h32: "hash.costly",
		"$argon2id$v=19$m=65536,t=11,p=1$c29tZXNhbHQ$" + h32:     "hash.costly",
		"$argon2id$v=19$m=65536,t=1,p=257$c29tZXNhbHQ$" + h32:    "hash.costly",
		"$argon2id$v=19$m=64,t=1,p=16$c29tZXNhbHQ$" + h32:        "hash.malformed",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$" + h32:      "hash.malformed",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$MDEy":        "hash.malformed",
		"$argon2id$v=19$m=65536,t=2,p=1$MDEy$" + h32:             "hash.malformed",
		"$argon2id$v=19$m=65536,t=2,p=1$" + strings.Repeat("A", 100) + "$" + h32: "hash.malformed",
		"argon2argon2$argon2id$":                "hash.unknown",
		"$scrypt$ln=19,r=8,p=1$c2E$" + h32:      "hash.costly",
		"$scrypt$ln=18,r=8,p=2$c2E$" + h32:      "hash.costly",
		"$scrypt$ln=1,r=1000000,p=1$c2E$" + h32: "hash.costly",
		"$scrypt$ln=1,r=1,p=1000000$c2E$" + h32: "hash.costly",
		"$scrypt$ln=64,r=8,p=1$c2E$" + h32:      "hash.costly",
		"$scrypt$ln=99999999999999999999,r=99999999999999999999,p=99999999999999999999$c2E$" + h32: "hash.costly",
		"$scrypt$ln=0,r=8,p=1$c2E$" + h32:                   "hash.malformed",
		"scrypt$16385$salt$8$1$" + h32 + "=":                "hash.malformed",
		"scrypt$99999999999999999999$salt$8$1$" + h32 + "=": "hash.costly",
		"scrypt$16384$salt$8$1$" + h32:                      "hash.malformed",
		"scrypt:32768:8:1$salt$" + zeros(65):                "hash.malformed",
		"scrypt:32768:8$salt$" + zeros(64):                  "hash.malformed",
		"scrypt:1048576:8:1$salt$" + zeros(64):              "hash.costly",
		"pbkdf2:sha256:2000001$salt$" + zeros(32):           "hash.costly",
		"pbkdf2:sha256$salt$" + zeros(32):                   "hash.unknown", // no rounds said
		"pbkdf2:md5:1000$salt$" + zeros(16):                 "hash.unknown",
		"pbkdf2:sha256:1000$salt$00":                        "hash.malformed",
		"pbkdf2_sha256$2000001$salt$" + h32 + "=":           "hash.costly",
		"pbkdf2_sha256$1000$$" + h32 + "=":                  "hash.malformed",
		"pbkdf2_sha256$-1$salt$" + h32 + "=":                "hash.malformed",
		"$pbkdf2-sha256$2000001$c2E$" + h32:                 "hash.costly",
		"$pbkdf2-sha1$1000001$c2E$" + h32:                   "hash.costly", // two blocks
		"$pbkdf2-sha256$i=1000,l=33$c2E$" + h32:             "hash.malformed",
		"$pbkdf2-sha256$1000$c2E$":                          "hash.malformed",
		"{SSHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=":                "hash.malformed", // no salt
		"{SSHA}" + strings.Repeat("A", 400):                 "hash.malformed",
		"$P$M" + b[:30]:                                     "hash.costly",
		"$P$4" + b[:30]:                                     "hash.malformed",
		"$P$B" + b[:29]:                                     "hash.malformed",
	} {
		_, err := foreign.Parse(text)
		if core.CodeOf(err) != want {
			t.Errorf("%.60q: got %v, want %s", text, err, want)
		}
		if said := fmt.Sprintf("%v %+v", err, err); len(text) > 8 && strings.Contains(said, text[8:]) {
			t.Errorf("%.60q is told: %.200s", text, said)
		}
		var e *core.Error
		if errors.As(err, &e) && (want == "hash.costly" || want == "hash.weak" || want == "hash.malformed") && e.Params["kind"] == nil {
			t.Errorf("%.60q: no kind in %v", text, e)
		}
	}
}

// TestEdges: the least of what is taken is computed, also of no password at all,
// and is wrong.
func TestEdges(t *testing.T) {
	tag := strings.Repeat("A", 43)
	for _, text := range []string{
		"$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + tag, "$argon2i$v=19$m=128,t=1,p=16$c29tZXNhbHQ$" + tag[:22],
		"$scrypt$ln=1,r=1,p=1$c2E$" + tag, "$scrypt$ln=1,r=32,p=32$c2E$" + tag, "$7$/A..../....a$" + tag,
		"$pbkdf2-sha1$1$c2E$" + tag, "$pbkdf2-sha512$1$c2E$" + tag, "pbkdf2_sha256$1$s$" + tag + "=",
		"$y$j7.$a/$" + tag, "$5$rounds=1000$s$" + tag, "$6$rounds=1000$s$" + tag + tag, "$P$5" + tag[:30], "$2b$04$" + strings.Repeat(".", 53),
		"{SSHA}AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		h, err := foreign.Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for _, typed := range []string{"", "x", strings.Repeat("\u20ac", 170)} {
			if h.Matches([]byte(typed)) {
				t.Errorf("%s: matches %q", text, typed)
			}
		}
	}
}

// TestBcryptEnds: bcrypt looks at 72 bytes; the hash says what it did not see.
func TestBcryptEnds(t *testing.T) {
	// From the tests of crypt_blowfish.
	h, err := foreign.Parse("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui")
	if err != nil {
		t.Fatal(err)
	}
	long := []byte("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored")
	if !h.Matches(long) || h.Whole(long) || !h.Matches(long[:72]) || !h.Whole(long[:72]) || h.Matches(long[:71]) {
		t.Error("bcrypt does not end at 72 bytes")
	}
}

// TestNeverPrinted: a hash in a log would be one to guess at.
func TestNeverPrinted(t *testing.T) {
	h, err := foreign.Parse("$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5")
	if err != nil {
		t.Fatal(err)
	}
	if said := fmt.Sprintf("%v %+v %#v %s", h, h, h, h.LogValue()); strings.Contains(said, "saltstring") {
		t.Error(said)
	}
	if (foreign.Hash{}).Matches(nil) {
		t.Error("no hash at all is right")
	}
}

// FuzzParse: what is taken is taken again from its own text, and nothing panics
// or is told.
func FuzzParse(f *testing.F) {
	for _, c := range published() {
		f.Add(c.text)
	}
	for _, s := range []string{
		"{CRYPT}$2y$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW", "bcrypt_sha256$$2b$12$x", "$wp$2y$10$", "{ssha}AAAA",
		"pbkdf2_sha256$260000$gPm2drSMBti3hIp0WHRk7v$AXTTNjNULtYjZY9eolwvBhBxK9kYoq1HFwFZW4Of3bc=", "scrypt$16384$s$8$5$AAAA",
		"pbkdf2:sha256:1000$s$00", "scrypt:32768:8:1$s$00", "argon2$argon2id$v=19$m=8,t=1,p=1$", "{", "!",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h, err := foreign.Parse(text)
		if err != nil {
			if code := core.CodeOf(err); !strings.HasPrefix(code, "hash.") {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		again, err := foreign.Parse(h.Text())
		if err != nil || again.Kind() != h.Kind() || again.Text() != h.Text() || h.Kind() == "" {
			t.Fatalf("%q: read as %q, then %q, %v", text, h.Text(), again.Text(), err)
		}
	})
}
