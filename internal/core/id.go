package core

import (
	"encoding/base32"
	"encoding/binary"
	"time"
)

// ID names a row. It is text minted in Go, sortable by the time it was made,
// and never a database sequence, so any node may mint one. It is not a secret:
// it shows its time (see [NewToken] for secrets).
type ID string

// Clock tells the time. It is passed in everywhere, corrected by the offset to
// the database's clock; tests freeze it.
type Clock func() time.Time

// Random fills b with unpredictable bytes. In production it is crypto/rand,
// which cannot fail since Go 1.24; tests pass a seeded one.
type Random func(b []byte)

// idEncoding keeps the byte order in the text order and needs no escaping.
var idEncoding = base32.NewEncoding("0123456789abcdefghijklmnopqrstuv").WithPadding(base32.NoPadding)

// NewID mints an ID: 48 bits of milliseconds, then 80 random bits (the layout
// of RFC 9562 §5.7 without its fixed bits), 26 characters.
func NewID(now time.Time, random Random) ID {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	random(b[6:])
	return ID(idEncoding.EncodeToString(b[:]))
}

// FirstID is where the identifiers that [NewID] makes from a moment on begin: none of
// an earlier millisecond sorts behind it.
func FirstID(at time.Time) ID {
	if at.UnixMilli() < 0 {
		at = time.UnixMilli(0)
	}
	return NewID(at, func([]byte) {})
}

// TokenBytes is the length of every bearer secret: 256 bits (ASVS 7.2.3).
const TokenBytes = 32

// NewToken returns a fresh 256-bit bearer secret as 52 lower-case letters and
// digits. Only its digest is ever stored.
func NewToken(random Random) string {
	var b [TokenBytes]byte
	random(b[:])
	return idEncoding.EncodeToString(b[:])
}
