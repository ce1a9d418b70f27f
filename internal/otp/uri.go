package otp

import (
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// The limits of the address (interop §1 and §3).
const (
	// MaxURI, in bytes, is under the design's cap of 300: it is what a QR code
	// of 65 modules, the design's largest, holds in byte mode with correction M.
	MaxURI     = 287
	maxIssuer  = 32 // characters
	maxAccount = 64 // characters
	// keptAccount and keptIssuer are what is left before the other one is
	// shortened too: enough to tell two entries of an app apart.
	keptAccount = 16
	keptIssuer  = 8
)

// fallbackIssuer stands where an issuer has no allowed character at all: Aegis
// and others need a name.
const fallbackIssuer = "Sallyport"

// ValidIssuer reports whether a name can stand in an authenticator app as it
// is: 1 to 32 letters, digits, spaces, hyphens and full stops, without a space
// at either end. Others break at least one app (interop §1); the settings page
// refuses them.
func ValidIssuer(name string) bool { return name != "" && cleanIssuer(name) == name }

// URI returns the otpauth address that every app reads (interop §1): the same
// issuer in the label and as a parameter, the secret first, everything written
// out, spaces as %20. It is at most MaxURI bytes long: the account is shortened
// first, then the issuer. Characters that break an app are replaced; see
// [ValidIssuer] for refusing them earlier.
func URI(issuer, account string, secret []byte) string {
	return address("otpauth", issuer, account, secret, "")
}

// AppleURI returns the address behind "Add to Apple Passwords": the same, with
// the registrable domain of the server's host as issuer, by which Apple finds
// the saved sign-in. It does not belong in a QR code.
func AppleURI(issuer, account string, secret []byte, host string) string {
	return address("apple-otpauth", issuer, account, secret, registrable(host))
}

// address builds the text; domain, where set, replaces the issuer parameter.
func address(scheme, issuer, account string, secret []byte, domain string) string {
	name, who := []rune(cleanIssuer(issuer)), []rune(cleanAccount(account))
	for {
		shown, person := strings.TrimSpace(string(name)), strings.TrimSpace(string(who))
		parameter := shown
		if domain != "" {
			parameter = domain
		}
		uri := scheme + "://totp/" + escape(shown) + ":" + escape(person) +
			"?secret=" + EncodeKey(secret) + "&issuer=" + escape(parameter) +
			"&algorithm=SHA1&digits=6&period=30"
		switch {
		case len(uri) <= MaxURI:
			return uri
		case len(who) > keptAccount:
			who = who[:len(who)-1]
		case len(name) > keptIssuer:
			name = name[:len(name)-1]
		case len(who) > 1:
			who = who[:len(who)-1]
		case len(name) > 1:
			name = name[:len(name)-1]
		default: // a longer secret or domain than this package makes
			return uri
		}
	}
}

// cleanIssuer keeps letters, marks, digits, hyphens and full stops, makes one
// space of everything between them, and cuts at 32 characters.
func cleanIssuer(name string) string {
	kept := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.In(r, unicode.L, unicode.M, unicode.Nd) && r != '-' && r != '.' {
			return ' '
		}
		return r
	}, name)
	kept = cut(strings.Join(strings.Fields(kept), " "), maxIssuer)
	if kept = strings.TrimSpace(kept); kept == "" {
		return fallbackIssuer
	}
	return kept
}

// cleanAccount replaces what breaks an app by a hyphen, and cuts at 64
// characters. The colon would separate once more, the others end the label for
// apps that decode the whole address before they take it apart.
func cleanAccount(account string) string {
	kept := strings.Map(func(r rune) rune {
		if strings.ContainsRune("&?#%:", r) || unicode.IsControl(r) || r == utf8.RuneError {
			return '-'
		}
		return r
	}, strings.TrimSpace(account))
	if kept == "" {
		return "account"
	}
	return strings.TrimSpace(cut(kept, maxAccount))
}

func cut(s string, characters int) string {
	n := 0
	for i := range s {
		if n == characters {
			return s[:i]
		}
		n++
	}
	return s
}

// escape percent-encodes every byte but the unreserved ones (RFC 3986 §2.3).
// url.Values and url.PathEscape leave "+", "@", ":", "&" or "=" standing where
// apps trip over them.
func escape(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '-', c == '.', c == '_', c == '~':
			b.WriteByte(c)
		default:
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// registrable returns the registrable domain of a host, or the host itself
// where it has none (an address, localhost, a name inside a house).
func registrable(host string) string {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	if net.ParseIP(strings.Trim(host, "[]")) != nil {
		return host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return domain
	}
	return host
}
