package secret

import (
	"crypto/hmac"
	"strings"
)

// LinkToken is the secret part of a kind of link in a mail that is derived when
// the mail is sent and stored nowhere (law 6): "id.key.mac". The id says what the
// link is about; the key's id lets it outlive a rotation.
type LinkToken struct {
	// Purpose keeps the tokens of this kind apart from every other MAC of a ring.
	Purpose string
	// Bytes is how much of the MAC a token carries, 16 to 32.
	Bytes int
}

// maxLinkID bounds the id in a token: that of a core.ID, in bytes.
const maxLinkID = 26

// Make returns the token about an id, under the key that seals now.
func (l LinkToken) Make(r *Ring, id string) (string, error) {
	key := r.ActiveKey()
	sum, err := l.sum(r, key, id)
	if err != nil {
		return "", err
	}
	return id + "." + key + "." + sum, nil
}

// Read returns what a token is about, and whether the ring made it.
func (l LinkToken) Read(r *Ring, token string) (id string, ours bool) {
	parts := strings.Split(token, ".")
	if len(token) > maxLinkID+maxKeyID+text.EncodedLen(l.Bytes)+2 || len(parts) != 3 {
		return "", false
	}
	sum, err := l.sum(r, parts[1], parts[0])
	return parts[0], err == nil && hmac.Equal([]byte(sum), []byte(parts[2]))
}

func (l LinkToken) sum(r *Ring, keyID, id string) (string, error) {
	sum, err := r.MAC(keyID, l.Purpose, id)
	if err != nil {
		return "", err
	}
	return text.EncodeToString(sum[:l.Bytes]), nil
}
