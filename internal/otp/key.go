package otp

import (
	"encoding/base32"
	"errors"
	"strings"
	"unicode"

	"github.com/sallyport/sallyport/internal/core"
)

// ErrKey says that a text is not a setup key.
var ErrKey = errors.New("otp: not a base32 setup key")

// keyEncoding is the upper-case base32 without padding that apps read: padding
// breaks Google's on iOS (interop §1).
var keyEncoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// maxKey bounds what DecodeKey looks at; real keys have 16 to 128 characters.
const maxKey = 512

// NewSecret returns 160 random bits (TO1).
func NewSecret(random core.Random) []byte {
	secret := make([]byte, SecretBytes)
	random(secret)
	return secret
}

// EncodeKey returns the setup key of a secret: base32, upper case, no padding.
func EncodeKey(secret []byte) string { return keyEncoding.EncodeToString(secret) }

// DecodeKey reads a setup key as people paste it: any case, in groups with
// spaces or dashes, padded or not. It returns ErrKey for anything else, the
// empty key included.
func DecodeKey(key string) ([]byte, error) {
	if len(key) > maxKey {
		return nil, ErrKey
	}
	plain := strings.Map(func(r rune) rune {
		switch {
		case r == '-', unicode.IsSpace(r):
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, key)
	plain = strings.TrimRight(plain, "=")
	secret, err := keyEncoding.DecodeString(plain)
	// A left-over character that fills no byte is a key that was cut.
	if err != nil || len(secret) == 0 || len(plain) != keyEncoding.EncodedLen(len(secret)) {
		return nil, ErrKey
	}
	return secret, nil
}

// Groups returns the setup key in groups of four, for reading and typing:
// "GEZD GNBV GY3T …".
func Groups(secret []byte) string {
	key := EncodeKey(secret)
	var b strings.Builder
	for i := 0; i < len(key); i += 4 {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(key[i:min(i+4, len(key))])
	}
	return b.String()
}
