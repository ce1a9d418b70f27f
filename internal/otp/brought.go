package otp

import (
	"bytes"
	"encoding/hex"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// The lengths of a shared secret that is brought along. RFC 4226 (R6) asks for
// 128 bits and recommends 160, but Google's own early secrets had 80, so people
// have apps of those.
const (
	minBrought = 10
	maxBrought = 64
)

// maxAddress bounds the otpauth addresses that are read.
const maxAddress = 2048

// ReadSecret reads the shared secret of an app that somebody brings along from
// another system: base32 as people paste it, hex, or an otpauth address. Its
// errors are Invalid, and never hold the text: totp.malformed; totp.short and
// totp.long; totp.counter, totp.algorithm, totp.digits and totp.period for an app
// that shows other codes than ours (TO1).
func ReadSecret(text string) ([]byte, error) {
	text = strings.TrimSpace(text)
	if scheme, _, ok := strings.Cut(text, ":"); ok && strings.EqualFold(scheme, "otpauth") {
		return addressSecret(text)
	}
	if secret, ok := hexSecret(text); ok {
		return measured(secret)
	}
	return keySecret(text)
}

// addressSecret reads otpauth://totp/label?secret=…
func addressSecret(text string) ([]byte, error) {
	if len(text) > maxAddress {
		return nil, errMalformed
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, errMalformed // the parser's error holds the text
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil || len(values["secret"]) != 1 {
		return nil, errMalformed
	}
	switch {
	case strings.EqualFold(u.Host, "hotp"), values.Has("counter"):
		return nil, core.NewError(core.Invalid, "totp.counter")
	case !strings.EqualFold(u.Host, "totp"):
		return nil, errMalformed
	case !only(values, "algorithm", "SHA1", "SHA-1", "HMACSHA1"):
		return nil, core.NewError(core.Invalid, "totp.algorithm")
	case !only(values, "digits", "6"), !only(values, "encoder"):
		return nil, core.NewError(core.Invalid, "totp.digits")
	case !only(values, "period", "30"):
		return nil, core.NewError(core.Invalid, "totp.period")
	}
	return keySecret(values.Get("secret"))
}

// only reports whether every value of a parameter is among those: left out, it is
// what the app takes for granted.
func only(values url.Values, name string, allowed ...string) bool {
	for _, v := range values[name] {
		ok := false
		for _, a := range allowed {
			ok = ok || strings.EqualFold(v, a)
		}
		if !ok {
			return false
		}
	}
	return true
}

// hexSecret reads hex where the text cannot well be base32: it has a digit that
// base32 lacks, or so many characters that base32 would have used more than the
// twelve which both have.
func hexSecret(text string) ([]byte, bool) {
	if len(text) > 2*maxKey || len(text) < 32 && !strings.ContainsAny(text, "0189") {
		return nil, false
	}
	secret, err := hex.DecodeString(text)
	return secret, err == nil && len(secret) > 0
}

func keySecret(key string) ([]byte, error) {
	secret, err := DecodeKey(key)
	if err != nil {
		return nil, errMalformed
	}
	return measured(secret)
}

// measured refuses a secret that can be guessed, or is longer than any app's.
func measured(secret []byte) ([]byte, error) {
	switch {
	case len(secret) < minBrought, bytes.Count(secret, secret[:1]) == len(secret):
		return nil, core.NewError(core.Invalid, "totp.short").With("bits", minBrought*8)
	case len(secret) > maxBrought:
		return nil, core.NewError(core.Invalid, "totp.long").With("bits", maxBrought*8)
	}
	return secret, nil
}

// errMalformed has no cause: that of a parser would hold the secret.
var errMalformed = core.NewError(core.Invalid, "totp.malformed")
