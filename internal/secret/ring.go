package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/sallyport/sallyport/internal/core"
)

// MasterBytes is the length of the master key: 256 bits (KY2).
const MasterBytes = 32

// version starts every sealed text, so that its form can change.
const version = "v1"

// maxSealed bounds the texts that Open looks at: a part of a file that is loaded, and a
// row of it that could not be taken, are the longest.
const maxSealed = 16 << 20

// maxKeyID bounds the ids of data keys.
const maxKeyID = 64

// The errors of opening. They mean a damaged row, a row copied to another
// place, or a key that is gone: never something a person typed.
var (
	ErrSealed = errors.New("secret: not a sealed text")
	ErrKeyID  = errors.New("secret: unknown data key")
	ErrForged = errors.New("secret: sealed text was changed or belongs to another row")
)

// text is how bytes become text in the database.
var text = base64.RawURLEncoding

// WrappedKey is a data key as the database holds it: sealed under the master
// key, with a check value that tells a wrong master key from a damaged row.
type WrappedKey struct {
	ID      string
	Wrapped string
	Active  bool // the one that seals; the others only open
}

// Ring seals and opens with the data keys of a deployment. It may be used by
// many goroutines, also while Replace gives it other keys.
type Ring struct {
	set    atomic.Pointer[keySet]
	missed atomic.Pointer[func()]
}

// keySet is the keys of one moment; it never changes.
type keySet struct {
	keys   map[string]ringKey
	order  []string // as they were given: oldest first
	active string
}

type ringKey struct {
	data []byte // the root of the subkeys
	seal cipher.AEAD
}

// OpenRing unwraps the data keys. A master key that is not the one that wrapped
// them gives an error with code key.wrong; one of the wrong length key.length;
// one of equal bytes (a template left as it was) key.default; a row that is
// broken key.damaged; no active key or more than one key.active.
func OpenRing(master []byte, keys []WrappedKey) (*Ring, error) {
	r := new(Ring)
	if err := r.Replace(master, keys); err != nil {
		return nil, err
	}
	return r, nil
}

// Replace gives the ring the keys that the database holds now, oldest first.
// Its errors are those of OpenRing; then the ring is as it was.
func (r *Ring) Replace(master []byte, keys []WrappedKey) error {
	if err := checkMaster(master); err != nil {
		return err
	}
	s := &keySet{keys: map[string]ringKey{}}
	for _, k := range keys {
		if err := s.add(master, k); err != nil {
			return err
		}
	}
	if s.active == "" {
		return core.NewError(core.Internal, "key.active")
	}
	r.set.Store(s)
	return nil
}

// WhenMissing names what reads the keys again, by Replace, when a text names a
// key that this ring does not know: another process may have begun to use a new
// one. Then the ring looks once more.
func (r *Ring) WhenMissing(read func()) { r.missed.Store(&read) }

// key returns a key by its id.
func (r *Ring) key(id string) (ringKey, bool) {
	k, ok := r.set.Load().keys[id]
	if read := r.missed.Load(); !ok && read != nil && validKeyID(id) {
		(*read)()
		k, ok = r.set.Load().keys[id]
	}
	return k, ok
}

func (s *keySet) add(master []byte, k WrappedKey) error {
	data, err := unwrap(master, k)
	if err != nil {
		return err
	}
	if _, twice := s.keys[k.ID]; twice || k.Active && s.active != "" {
		return core.NewError(core.Internal, "key.active")
	}
	s.keys[k.ID] = ringKey{data: data, seal: aead(subkey(data, "seal"))}
	s.order = append(s.order, k.ID)
	if k.Active {
		s.active = k.ID
	}
	return nil
}

func checkMaster(master []byte) error {
	if len(master) != MasterBytes {
		return core.NewError(core.Internal, "key.length")
	}
	for _, b := range master {
		if b != master[0] {
			return nil
		}
	}
	return core.NewError(core.Internal, "key.default")
}

// NewWrappedKey makes a data key and wraps it; the caller stores it and says
// whether it is active. id is letters, digits, "-" and "_", at most 64.
func NewWrappedKey(master []byte, id string, random core.Random) WrappedKey {
	var data [MasterBytes]byte
	random(data[:])
	return WrappedKey{ID: id, Wrapped: wrap(master, id, data[:]), Active: true}
}

// Rewrap wraps a data key under another master key; the data key itself, and
// all that it sealed, stays. Its errors are those of OpenRing.
func Rewrap(master, next []byte, k WrappedKey) (WrappedKey, error) {
	if err := checkMaster(next); err != nil {
		return WrappedKey{}, err
	}
	data, err := unwrap(master, k)
	if err != nil {
		return WrappedKey{}, err
	}
	k.Wrapped = wrap(next, k.ID, data)
	return k, nil
}

// WrappedBy reports whether a key is one that master wrapped, without opening it.
func WrappedBy(master []byte, k WrappedKey) bool {
	parts := strings.Split(k.Wrapped, ".")
	return len(parts) == 3 && hmac.Equal([]byte(parts[1]), []byte(checkValue(master)))
}

func wrap(master []byte, id string, data []byte) string {
	box := aead(subkey(master, "wrap")).Seal(nil, nil, data, join("data-key", id))
	return strings.Join([]string{version, checkValue(master), text.EncodeToString(box)}, ".")
}

func unwrap(master []byte, k WrappedKey) ([]byte, error) {
	damaged := core.NewError(core.Internal, "key.damaged").With("key", k.ID)
	parts := strings.Split(k.Wrapped, ".")
	if len(parts) != 3 || parts[0] != version || !validKeyID(k.ID) {
		return nil, damaged
	}
	if !hmac.Equal([]byte(parts[1]), []byte(checkValue(master))) {
		return nil, core.NewError(core.Internal, "key.wrong").With("key", k.ID)
	}
	sealed, err := text.Strict().DecodeString(parts[2])
	if err != nil {
		return nil, damaged.Because(err)
	}
	data, err := aead(subkey(master, "wrap")).Open(nil, nil, sealed, join("data-key", k.ID))
	if err != nil || len(data) != MasterBytes {
		return nil, damaged.Because(err)
	}
	return data, nil
}

// checkValue tells master keys apart without helping to find one.
func checkValue(master []byte) string { return text.EncodeToString(subkey(master, "check")[:16]) }

// ActiveKey returns the id of the key that seals now.
func (r *Ring) ActiveKey() string { return r.set.Load().active }

// OldestKey returns the id of the oldest key that is still kept. It stays the
// same while newer keys come, on every replica at once: the key for what has to
// be found again by its keyed hash and is worth nothing after hours.
func (r *Ring) OldestKey() string { return r.set.Load().order[0] }

// Seal encrypts plain under the active key as v1.<key id>.<base64url> and
// returns the key's id beside it, for the column that rotation searches.
func (r *Ring) Seal(b Binding, plain []byte) (sealed, keyID string) {
	s := r.set.Load()
	box := s.keys[s.active].seal.Seal(nil, nil, plain, b.bytes())
	return SealedStart(s.active) + text.EncodeToString(box), s.active
}

// SealedStart is how every text begins that the key of this id sealed, and no
// other.
func SealedStart(keyID string) string { return version + "." + keyID + "." }

// Open decrypts a text that Seal made with the same binding. Its errors wrap
// ErrSealed, ErrKeyID or ErrForged.
func (r *Ring) Open(b Binding, sealed string) ([]byte, error) {
	keyID, box, err := parseSealed(sealed)
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", b.Table, b.Field, err)
	}
	key, ok := r.key(keyID)
	if !ok {
		return nil, fmt.Errorf("open %s.%s: %w", b.Table, b.Field, ErrKeyID)
	}
	plain, err := key.seal.Open(nil, nil, box, b.bytes())
	if err != nil {
		return nil, fmt.Errorf("open %s.%s: %w", b.Table, b.Field, ErrForged)
	}
	return plain, nil
}

// KeyID returns the id of the key behind a sealed text, or "" where it is none.
func KeyID(sealed string) string {
	id, _, err := parseSealed(sealed)
	if err != nil {
		return ""
	}
	return id
}

// MAC returns HMAC-SHA-256 of parts under a subkey of the data key that serves
// this purpose alone (KY2). Parts are length-prefixed: ("ab","c") and
// ("a","bc") differ. The error wraps ErrKeyID.
func (r *Ring) MAC(keyID, purpose string, parts ...string) ([]byte, error) {
	key, ok := r.key(keyID)
	if !ok {
		return nil, fmt.Errorf("mac for %s: %w", purpose, ErrKeyID)
	}
	return key.mac(purpose, parts), nil
}

// MACs is MAC under every key that is kept, the active one's first: what was
// made before the keys changed, or by a replica that knows of the change
// already, is found among them.
func (r *Ring) MACs(purpose string, parts ...string) [][]byte {
	s := r.set.Load()
	out := [][]byte{s.keys[s.active].mac(purpose, parts)}
	for _, id := range s.order {
		if id != s.active {
			out = append(out, s.keys[id].mac(purpose, parts))
		}
	}
	return out
}

func (k ringKey) mac(purpose string, parts []string) []byte {
	h := hmac.New(sha256.New, subkey(k.data, "mac "+purpose))
	h.Write(join(parts...))
	return h.Sum(nil)
}

// String keeps the keys out of every format verb.
func (r *Ring) String() string { return "secret.Ring" }

// GoString does the same for %#v.
func (r *Ring) GoString() string { return r.String() }

// LogValue does the same for logs.
func (r *Ring) LogValue() slog.Value { return slog.StringValue(r.String()) }

// Digest returns the base64url SHA-256 of a 256-bit token. It is how tokens
// are stored and looked up (SE1); passwords and short codes need more.
func Digest(token string) string {
	sum := sha256.Sum256([]byte(token))
	return text.EncodeToString(sum[:])
}

func parseSealed(sealed string) (keyID string, box []byte, err error) {
	if len(sealed) > maxSealed {
		return "", nil, ErrSealed
	}
	rest, ok := strings.CutPrefix(sealed, version+".")
	keyID, body, cut := strings.Cut(rest, ".")
	if !ok || !cut || !validKeyID(keyID) || strings.ContainsAny(body, "\r\n") {
		return "", nil, ErrSealed
	}
	box, err = text.Strict().DecodeString(body)
	if err != nil {
		return "", nil, ErrSealed
	}
	return keyID, box, nil
}

func validKeyID(id string) bool {
	for _, c := range []byte(id) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return id != "" && len(id) <= maxKeyID
}

// join writes each part behind its length, so that no two lists of parts give
// the same bytes.
func join(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

// subkey derives the key of one purpose (RFC 5869). The length is fixed and
// the hash is SHA-256, for which HKDF has no error.
func subkey(root []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, root, nil, "sallyport "+version+" "+purpose, MasterBytes)
	if err != nil {
		panic("secret: hkdf: " + err.Error())
	}
	return key
}

// aead returns AES-256-GCM that puts a random nonce in front of what it seals.
// Its key always has 32 bytes, for which there is no error.
func aead(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic("secret: aes: " + err.Error())
	}
	box, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("secret: gcm: " + err.Error())
	}
	return box
}
