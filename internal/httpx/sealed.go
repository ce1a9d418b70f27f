package httpx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// sealedLimit is how many bytes a sealed cookie may hold, so that it stays
// within what [Site.Cookie] reads.
const sealedLimit = 700

// newSealer makes the cipher of sealed cookies from the key of the form tokens.
func newSealer(tokenKey []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, tokenKey, nil, "sealed cookie", 32)
	if err != nil {
		return nil, fmt.Errorf("key of sealed cookies: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("cipher of sealed cookies: %w", err)
	}
	return cipher.NewGCM(block)
}

// SetSealed keeps a text for one person in a cookie that nobody can read: on a
// browser that several people use, the next one cannot open it. It reports
// false, and sets nothing, where the text is too long. Secrets do not belong in
// it: it is good as often as it is sent.
func (s *Site) SetSealed(w http.ResponseWriter, name string, owner core.ID, text string, until time.Time) bool {
	if len(text) > sealedLimit || owner == "" {
		return false
	}
	nonce := make([]byte, s.sealer.NonceSize())
	s.config.Random(nonce)
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(text)), uint64(until.Unix()))
	sealed := s.sealer.Seal(nonce, nonce, append(plain, text...), sealedFor(name, owner))
	s.SetCookie(w, name, base64.RawURLEncoding.EncodeToString(sealed), until)
	return true
}

// Sealed returns what [Site.SetSealed] kept under a name for a person; false
// where there is nothing, or it is somebody else's, or its time is over.
func (s *Site) Sealed(r *http.Request, name string, owner core.ID) (string, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(s.Cookie(r, name))
	size := s.sealer.NonceSize()
	if err != nil || len(sealed) < size || owner == "" {
		return "", false
	}
	plain, err := s.sealer.Open(nil, sealed[:size], sealed[size:], sealedFor(name, owner))
	if err != nil || len(plain) < 8 || s.Now().Unix() >= int64(binary.BigEndian.Uint64(plain)) {
		return "", false
	}
	return string(plain[8:]), true
}

// sealedFor ties a cookie to its name and person: neither contains the
// separator.
func sealedFor(name string, owner core.ID) []byte { return []byte(name + "\x00" + string(owner)) }
