package apikey

import (
	"encoding/base32"
	"encoding/binary"
	"hash/crc32"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// The forms of the two texts. A scanner for leaked secrets finds
// sps_[a-z2-7]{59} and knows by the check at its end, without asking anybody,
// that it is not just a text that looks so.
const (
	AccessPrefix = "spk_"
	SecretPrefix = "sps_"

	accessBytes  = 10 // 16 letters and digits
	accessLength = len(AccessPrefix) + 16
	bodyLength   = 52 // of 256 bits
	checkLength  = 7  // of 32 bits
	secretLength = len(SecretPrefix) + bodyLength + checkLength
)

var encoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

func newAccess(random core.Random) string {
	var b [accessBytes]byte
	random(b[:])
	return AccessPrefix + encoding.EncodeToString(b[:])
}

func newSecret(random core.Random) string {
	var b [core.TokenBytes]byte
	random(b[:])
	text := SecretPrefix + encoding.EncodeToString(b[:])
	return text + check(text)
}

// check returns the end of a secret whose beginning is text.
func check(text string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(text)))
	return encoding.EncodeToString(sum[:])
}

// wellFormed reports whether two texts can be a key at all. Nobody needs to be
// asked about others.
func wellFormed(access, secret string) bool {
	if len(access) != accessLength || len(secret) != secretLength ||
		!strings.HasPrefix(access, AccessPrefix) || !strings.HasPrefix(secret, SecretPrefix) {
		return false
	}
	at := len(secret) - checkLength
	return secret[at:] == check(secret[:at]) && letters(access[len(AccessPrefix):])
}

func letters(s string) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= '2' && c <= '7') {
			return false
		}
	}
	return true
}
