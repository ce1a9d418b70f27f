package otp_test

import (
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/sallyport/sallyport/internal/otp"
)

func TestURI(t *testing.T) {
	const tail = "&algorithm=SHA1&digits=6&period=30"
	const key = "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
	for name, c := range map[string]struct{ issuer, account, want string }{
		"as designed": {
			"Northwind City Council", "ana.maria+audit@example.org",
			"Northwind%20City%20Council:ana.maria%2Baudit%40example.org" + key + "Northwind%20City%20Council" + tail,
		},
		"trimmed":              {"  Acme ", " a@b.example ", "Acme:a%40b.example" + key + "Acme" + tail},
		"forbidden in issuer":  {"Smith & Co: 100% #1?", "a@b", "Smith%20Co%20100%201:a%40b" + key + "Smith%20Co%20100%201" + tail},
		"forbidden in account": {"Acme", "a&b?c#d%e:f@b", "Acme:a-b-c-d-e-f%40b" + key + "Acme" + tail},
		"letters anywhere":     {"Zürich", "é@b", "Z%C3%BCrich:%C3%A9%40b" + key + "Z%C3%BCrich" + tail},
		"nothing usable":       {"&&&", "  ", "Sallyport:account" + key + "Sallyport" + tail},
		"issuer of 33":         {strings.Repeat("a", 33), "a@b", strings.Repeat("a", 32) + ":a%40b" + key + strings.Repeat("a", 32) + tail},
	} {
		t.Run(name, func(t *testing.T) {
			if got, want := otp.URI(c.issuer, c.account, rfcSecret), "otpauth://totp/"+c.want; got != want {
				t.Fatalf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestAppleURI(t *testing.T) {
	const want = "apple-otpauth://totp/Acme:a%40b?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer="
	for host, domain := range map[string]string{
		"login.example.co.uk":    "example.co.uk",
		"LOGIN.example.org.:443": "example.org",
		"example.org":            "example.org",
		"localhost:8080":         "localhost",
		"192.0.2.7:8443":         "192.0.2.7",
	} {
		got := otp.AppleURI("Acme", "a@b", rfcSecret, host)
		if !strings.HasPrefix(got, want+domain+"&algorithm=") {
			t.Errorf("%s: got %s", host, got)
		}
	}
}

func TestValidIssuer(t *testing.T) {
	for name, want := range map[string]bool{
		"Acme": true, "St. Mary-Hill 2": true, "Zürich": true, strings.Repeat("a", 32): true,
		"": false, " Acme": false, "Acme ": false, "A  B": false, strings.Repeat("a", 33): false,
		"a:b": false, "a&b": false, "a?b": false, "a#b": false, "a%b": false, "a+b": false,
		"a/b": false, "a=b": false, "a\x00b": false, "a\xffb": false, "a\u200db": false,
	} {
		if got := otp.ValidIssuer(name); got != want {
			t.Errorf("%q: got %t, want %t", name, got, want)
		}
	}
}

// entry is what an app shows and computes with.
type entry struct{ issuer, account, secret string }

// query reads parameters the way a strict parser does.
func query(raw string) map[string]string {
	out := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		out[name], _ = url.PathUnescape(value)
	}
	return out
}

// apps are small re-implementations of how apps take the address apart, from
// their published sources and reports (interop §2).
var apps = map[string]func(uri string) entry{
	"net/url": func(uri string) entry {
		u, err := url.Parse(uri)
		if err != nil {
			return entry{}
		}
		issuer, account, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), ":")
		if u.Query().Get("issuer") != issuer {
			return entry{}
		}
		return entry{issuer, account, u.Query().Get("secret")}
	},
	"Google": func(uri string) entry { // path and issuer; a repeated prefix is hidden
		label, q := taken(uri)
		return entry{q["issuer"], strings.TrimPrefix(label, q["issuer"]+":"), q["secret"]}
	},
	"Aegis": func(uri string) entry { // label split only at exactly one colon
		label, q := taken(uri)
		if parts := strings.Split(label, ":"); len(parts) == 2 {
			return entry{parts[0], parts[1], q["secret"]}
		}
		return entry{"", "", ""}
	},
	"Bitwarden": func(uri string) entry { // lower case throughout; ":" or "%3A"
		raw, rest, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(uri), "otpauth://totp/"), "?")
		label, _ := url.PathUnescape(strings.Replace(raw, "%3a", ":", 1))
		_, account, _ := strings.Cut(label, ":")
		q := query(rest)
		return entry{q["issuer"], account, strings.ToUpper(q["secret"])}
	},
	"Ente": func(uri string) entry { // what follows the first colon, up to a second
		label, q := taken(uri)
		if strings.Contains(q["issuer"], "period=") {
			return entry{}
		}
		return entry{q["issuer"], strings.Split(label, ":")[1], q["secret"]}
	},
	"FreeOTP": func(uri string) entry { // the prefix is what it shows
		label, q := taken(uri)
		issuer, account, _ := strings.Cut(label, ":")
		return entry{issuer, account, q["secret"]}
	},
	"2FAS": func(uri string) entry { // decodes the whole address first
		plain, err := url.PathUnescape(uri)
		if err != nil {
			return entry{}
		}
		plain, _, _ = strings.Cut(plain, "#")
		label, rest, _ := strings.Cut(strings.TrimPrefix(plain, "otpauth://totp/"), "?")
		_, account, _ := strings.Cut(label, ":")
		q := query(rest)
		return entry{q["issuer"], account, q["secret"]}
	},
}

func taken(uri string) (label string, q map[string]string) {
	raw, rest, _ := strings.Cut(strings.TrimPrefix(uri, "otpauth://totp/"), "?")
	label, _ = url.PathUnescape(raw)
	return label, query(rest)
}

// TestURIParsesAlike: any name of an organization and any email address give
// every app the same secret, the same issuer and an account that is not empty.
func TestURIParsesAlike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		issuer := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9 .&?#%+/=:-]{1,40}`)).Draw(t, "issuer")
		account := rapid.OneOf(rapid.String(),
			rapid.StringMatching(`[A-Za-z0-9.!#$%&'*+/=?^_{|}~:"-]{1,64}@[a-z0-9-]{1,63}\.example`)).Draw(t, "account")
		secret := rapid.SliceOfN(rapid.Byte(), otp.SecretBytes, otp.SecretBytes).Draw(t, "secret")
		uri := otp.URI(issuer, account, secret)
		if len(uri) > otp.MaxURI {
			t.Fatalf("%d bytes: %s", len(uri), uri)
		}
		want := apps["net/url"](uri)
		if want.account == "" || !otp.ValidIssuer(want.issuer) || want.secret != otp.EncodeKey(secret) {
			t.Fatalf("%s: read as %+v", uri, want)
		}
		for name, parse := range apps {
			got := parse(uri)
			if name == "Bitwarden" {
				// It shows both in lower case; the rest must still agree.
				if got.secret == want.secret && got.account != "" && strings.EqualFold(got.issuer, want.issuer) {
					continue
				}
			}
			if got != want {
				t.Fatalf("%s reads %+v, others %+v, of %s", name, got, want, uri)
			}
		}
	})
}

// FuzzURI: whatever the names, the address is ASCII, short enough, and holds
// what the design says in its order.
func FuzzURI(f *testing.F) {
	f.Add("Northwind City Council", "ana.maria+audit@example.org")
	f.Add("\xff&?#", "%:\x00@")
	f.Add("Acme", "𝔸𝔸𝔸𝔸\xf0\x9d\x94 \xf0 "+strings.Repeat("0", 66)) // cut behind a space
	f.Add(strings.Repeat("漢", 40), strings.Repeat("𝔸", 80))
	f.Fuzz(func(t *testing.T, issuer, account string) {
		uri := otp.URI(issuer, account, rfcSecret)
		if len(uri) > otp.MaxURI || strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > unicode.MaxASCII }) {
			t.Fatalf("%d bytes: %s", len(uri), uri)
		}
		label, q := taken(uri)
		prefix, shown, ok := strings.Cut(label, ":")
		if !ok || prefix != q["issuer"] || !otp.ValidIssuer(prefix) || shown == "" || !utf8.ValidString(shown) {
			t.Fatalf("label %q of %s", label, uri)
		}
		if otp.URI(prefix, shown, rfcSecret) != uri {
			t.Fatalf("not stable: %s", uri)
		}
	})
}
