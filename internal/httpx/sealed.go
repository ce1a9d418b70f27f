package httpx

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// sealedLimit is how many bytes a sealed cookie may hold, so that it stays
// within what [Site.Cookie] reads.
const sealedLimit = 2800

// sealer makes the cipher of sealed cookies from a key of the form tokens. The
// lengths are fixed, for which there is no error.
func sealer(tokenKey []byte) cipher.AEAD {
	key, err := hkdf.Key(sha256.New, tokenKey, nil, "sealed cookie", 32)
	if err != nil {
		panic("httpx: hkdf: " + err.Error())
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("httpx: aes: " + err.Error())
	}
	box, err := cipher.NewGCM(block)
	if err != nil {
		panic("httpx: gcm: " + err.Error())
	}
	return box
}

// SetSealed keeps a text for one person in a cookie that nobody can read: on a
// browser that several people use, the next one cannot open it. It reports
// false, and sets nothing, where the text is too long. Secrets do not belong in
// it: it is good as often as it is sent.
func (s *Site) SetSealed(w http.ResponseWriter, name string, owner core.ID, text string, until time.Time) bool {
	if len(text) > sealedLimit || owner == "" {
		return false
	}
	box := sealer(s.config.TokenKeys()[0])
	nonce := make([]byte, box.NonceSize())
	s.config.Random(nonce)
	plain := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(text)), uint64(until.Unix()))
	sealed := box.Seal(nonce, nonce, append(plain, text...), sealedFor(name, owner))
	s.SetCookie(w, name, base64.RawURLEncoding.EncodeToString(sealed), until)
	return true
}

// Sealed returns what [Site.SetSealed] kept under a name for a person; false
// where there is nothing, or it is somebody else's, or its time is over.
func (s *Site) Sealed(r *http.Request, name string, owner core.ID) (string, bool) {
	sealed, err := base64.RawURLEncoding.DecodeString(s.Cookie(r, name))
	if err != nil || owner == "" {
		return "", false
	}
	for _, key := range s.config.TokenKeys() {
		box := sealer(key)
		if len(sealed) < box.NonceSize() {
			return "", false
		}
		plain, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], sealedFor(name, owner))
		if err == nil && len(plain) >= 8 && s.Now().Unix() < int64(binary.BigEndian.Uint64(plain)) {
			return string(plain[8:]), true
		}
	}
	return "", false
}

// sealedFor ties a cookie to its name and person: neither contains the
// separator.
func sealedFor(name string, owner core.ID) []byte { return []byte(name + "\x00" + string(owner)) }
