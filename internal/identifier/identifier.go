package identifier

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/secure/precis"

	"github.com/sallyport/sallyport/internal/core"
)

// MaxEmail is the longest address in bytes (RFC 5321 §4.5.3.1.3 less the angle
// brackets).
const MaxEmail = 254

// Email normalises, validates and returns an address as stored (local part as
// typed, domain as a lower-case A-label) and its key for comparing. The error
// has code "user.email".
func Email(typed string) (stored, key string, err error) {
	bad := core.NewError(core.Invalid, "user.email")
	s := strings.TrimSpace(typed)
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > MaxEmail {
		return "", "", bad
	}
	local := s[:at]
	if len(local) > 64 || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return "", "", bad
	}
	for i := range len(local) {
		if !atext(local[i]) {
			return "", "", bad
		}
	}
	domain, err := idna.Registration.ToASCII(strings.ToLower(strings.TrimSuffix(s[at+1:], ".")))
	if err != nil || len(domain) > 253 || !hostname(domain) {
		return "", "", bad
	}
	stored = local + "@" + domain
	if len(stored) > MaxEmail {
		return "", "", bad
	}
	return stored, strings.ToLower(stored), nil
}

// atext is RFC 5322 §3.2.3 atext and the dot: no quoted local parts, which
// mail systems treat differently and smuggling has used.
func atext(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0
}

func hostname(domain string) bool {
	if domain == "localhost" {
		return true
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, l := range labels {
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' {
			return false
		}
		for i := range len(l) {
			c := l[i]
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
				return false
			}
		}
	}
	return true
}

// Username normalises and validates a typed username (EN4): 1 to 64 code
// points, RFC 8265 UsernameCaseMapped, one script, no "@". The error has code
// "user.username".
func Username(typed string) (stored, key string, err error) {
	bad := core.NewError(core.Invalid, "user.username")
	s := strings.TrimSpace(typed)
	if n := utf8.RuneCountInString(s); n < 1 || n > 64 || len(s) > 256 || strings.Contains(s, "@") {
		return "", "", bad
	}
	key, err = precis.UsernameCaseMapped.String(s)
	if err != nil || !oneScript(key) {
		return "", "", bad
	}
	stored, err = precis.UsernameCasePreserved.String(s)
	if err != nil {
		return "", "", bad
	}
	return stored, key, nil
}

// oneScript reports whether all letters come from one writing system, so that
// a Cyrillic а cannot stand for a Latin a. Japanese and Korean mix scripts by
// nature and count as one with Han.
func oneScript(s string) bool {
	script := ""
	for _, r := range s {
		name := scriptOf(r)
		if name == "" {
			continue
		}
		if script != "" && script != name {
			return false
		}
		script = name
	}
	return true
}

func scriptOf(r rune) string {
	if r < utf8.RuneSelf {
		if unicode.IsLetter(r) {
			return "Latin"
		}
		return ""
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			switch name {
			case "Common", "Inherited":
				return ""
			case "Hiragana", "Katakana", "Hangul", "Bopomofo", "Han":
				return "EastAsian"
			}
			return name
		}
	}
	return "Unknown"
}

// LoginKey returns the key that sign-in looks up for what was typed, an email
// address or a username; ok is false where no account can have it, which a
// caller treats like any unknown name.
func LoginKey(typed string) (key string, ok bool) {
	if strings.Contains(typed, "@") {
		_, key, err := Email(typed)
		return key, err == nil
	}
	_, key, err := Username(typed)
	return key, err == nil
}
