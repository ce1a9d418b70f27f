package otp

import (
	"crypto/sha1" // what authenticator apps compute; HMAC does not rest on collisions
	"crypto/subtle"
	"encoding/binary"
	"math"
	"time"
)

// The one form of code that every authenticator app shows (interop §1).
const (
	Digits      = 6
	Period      = 30 * time.Second
	SecretBytes = 20 // 160 bits (RFC 4226 R6)
)

// Window is how many steps before and after the present one are accepted
// (RFC 6238 §5.2, TO2).
const Window = 1

// NeverUsed is the mark of an app whose codes were never accepted yet: every
// step is greater.
const NeverUsed int64 = -1

// Code is the number a code spells. Only [ParseCode] makes one of text, so
// "exactly six ASCII digits" (TO6) holds for every Code that was typed.
type Code uint32

// block is the input block of SHA-1, to which HMAC pads its key (RFC 2104 §2).
const block = sha1.BlockSize

// ParseCode reads exactly six ASCII digits. Package factor takes off spaces
// and dashes first.
func ParseCode(s string) (Code, bool) {
	if len(s) != Digits {
		return 0, false
	}
	var c Code
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		c = c*10 + Code(d)
	}
	return c, true
}

// String returns the six digits with their leading zeros.
func (c Code) String() string {
	b := [Digits]byte{}
	for i := Digits - 1; i >= 0; i-- {
		b[i] = byte('0' + c%10)
		c /= 10
	}
	return string(b[:])
}

// HOTP returns the value of a counter as a number of the last digits digits,
// 1 to 9 (RFC 4226 §5.3). It allocates nothing for secrets of up to 64 bytes.
func HOTP(secret []byte, counter uint64, digits int) Code {
	var m mac
	m.key(secret)
	return Code(m.truncated(counter) % powerOfTen(digits))
}

// Step returns the time step that t lies in (RFC 6238 §4.2); below zero before
// 1970, where no code is accepted.
func Step(t time.Time) int64 {
	s := t.Unix()
	if s < 0 {
		return -1
	}
	return s / int64(Period/time.Second)
}

// TOTP returns the code of an app at t.
func TOTP(secret []byte, t time.Time) Code {
	return HOTP(secret, uint64(max(Step(t), 0)), Digits)
}

// Check decides whether typed is the code of a step from one before to one
// after the present, greater than last, and returns that step: the new mark of
// the app (RFC 6238 §5.2, TO3). It always computes all three codes and
// compares them in constant time, and it allocates nothing.
//
// Where one code is right for two steps at once it takes the later one, so
// that the same digits can never be used again for the other.
func Check(secret []byte, typed Code, now time.Time, last int64) (step int64, ok bool) {
	var m mac
	m.key(secret)
	present := Step(now)
	step = math.MinInt64
	for s := present - Window; s <= present+Window; s++ {
		same := subtle.ConstantTimeEq(int32(m.truncated(uint64(s))%million), int32(typed))
		if same == 1 && s > last && s >= 0 {
			step = s
		}
	}
	return step, step != math.MinInt64
}

// reach is how far Offset looks for the step that would have been right.
const reach = 10 * time.Minute

// Offset says how far a device's clock is off when its code was wrong: it looks
// for the nearest step within ten minutes whose code was typed. Below zero the
// device is slow. It is only a hint for the set-up page; no code is ever
// accepted by it.
func Offset(secret []byte, typed Code, now time.Time) (time.Duration, bool) {
	var m mac
	m.key(secret)
	present := Step(now)
	for away := int64(Window + 1); away <= int64(reach/Period); away++ {
		for _, s := range [2]int64{-away, away} {
			if present+s >= 0 && Code(m.truncated(uint64(present+s))%million) == typed {
				return time.Duration(s) * Period, true
			}
		}
	}
	return 0, false
}

// mac is HMAC-SHA-1 of 8-byte messages (RFC 2104). The padded key lies in front
// of room for the message and for the inner digest, so that one call of
// sha1.Sum hashes each part without a buffer of its own.
type mac struct {
	inner [block + 8]byte
	outer [block + sha1.Size]byte
}

// key lays the padded key into both parts.
func (m *mac) key(secret []byte) {
	var hashed [sha1.Size]byte
	if len(secret) > block {
		hashed = sha1.Sum(secret)
		secret = hashed[:]
	}
	n := copy(m.inner[:block], secret)
	copy(m.outer[:block], secret)
	for i := range n {
		m.inner[i] ^= 0x36
		m.outer[i] ^= 0x5c
	}
	for i := n; i < block; i++ {
		m.inner[i] = 0x36
		m.outer[i] = 0x5c
	}
}

// truncated returns the 31 bits that the dynamic truncation picks from the
// digest of a counter (RFC 4226 §5.3).
func (m *mac) truncated(counter uint64) uint32 {
	binary.BigEndian.PutUint64(m.inner[block:], counter)
	digest := sha1.Sum(m.inner[:])
	copy(m.outer[block:], digest[:])
	digest = sha1.Sum(m.outer[:])
	at := digest[sha1.Size-1] & 0x0f
	return binary.BigEndian.Uint32(digest[at:at+4]) & math.MaxInt32
}

const million = 1_000_000

func powerOfTen(digits int) uint32 {
	p := uint32(1)
	for range min(max(digits, 1), 9) {
		p *= 10
	}
	return p
}
