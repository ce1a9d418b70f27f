package otp

import (
	"crypto/sha1" // what authenticator apps compute; HMAC does not rest on collisions
	"crypto/subtle"
	"encoding"
	"encoding/binary"
	"hash"
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
// 1 to 9 (RFC 4226 §5.3). It allocates nothing.
func HOTP(secret []byte, counter uint64, digits int) Code {
	var value [1]uint32
	truncated(secret, counter, value[:])
	return Code(value[0] % powerOfTen(digits))
}

// Step returns the time step that t lies in (RFC 6238 §4.2); before 1970 it is
// below zero, and no code is accepted.
func Step(t time.Time) int64 {
	const period = int64(Period / time.Second)
	s := t.Unix()
	if s < 0 {
		s -= period - 1 // round down, not towards zero
	}
	return s / period
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
	first := Step(now) - Window
	var values [2*Window + 1]uint32
	truncated(secret, uint64(first), values[:])
	step = none
	for i, v := range values {
		s := first + int64(i)
		same := subtle.ConstantTimeEq(int32(v%million), int32(typed))
		if same == 1 && s > last && s >= 0 {
			step = s
		}
	}
	return step, step != none
}

// none is a step that no clock shows.
const none int64 = -1

// reach is how many steps away Offset looks: ten minutes.
const reach = int64(10 * time.Minute / Period)

// Offset says how far a device's clock is off when its code was wrong: it looks
// for the nearest step within ten minutes whose code was typed. Below zero the
// device is slow. It is only a hint for the set-up page; no code is ever
// accepted by it.
func Offset(secret []byte, typed Code, now time.Time) (time.Duration, bool) {
	first := Step(now) - reach
	var values [2*reach + 1]uint32
	truncated(secret, uint64(first), values[:])
	for away := int64(Window + 1); away <= reach; away++ {
		for _, by := range [2]int64{-away, away} {
			right := Code(values[reach+by]%million) == typed
			if right && first+reach+by >= 0 {
				return time.Duration(by) * Period, true
			}
		}
	}
	return 0, false
}

// truncated fills values with the 31 bits that the dynamic truncation of RFC
// 4226 §5.3 picks from HMAC-SHA-1 (RFC 2104) of counter and those after it.
//
// The states after the padded key are kept and copied, so each value costs two
// blocks of SHA-1. Both blocks are padded here (RFC 3174 §4) and are all that
// is hashed, so the digest is the state itself: that spares Sum, which is half
// of the time of crypto/hmac on so short a message.
//
// Each hash is a local variable assigned once: so the compiler knows its type
// and keeps it off the heap, which a test holds it to.
func truncated(secret []byte, counter uint64, values []uint32) {
	var key [sha1.BlockSize]byte
	if len(secret) > len(key) {
		sum := sha1.Sum(secret)
		copy(key[:], sum[:])
	} else {
		copy(key[:], secret)
	}
	mask(&key, 0x36)
	inner := sha1.New()
	inner.Write(key[:])
	mask(&key, 0x36^0x5c)
	outer := sha1.New()
	outer.Write(key[:])

	var message, digest [sha1.BlockSize]byte
	pad(&message, 8)
	pad(&digest, sha1.Size)
	var state [stateSize]byte
	for i := range values {
		binary.BigEndian.PutUint64(message[:], counter+uint64(i))
		in, _ := inner.(hash.Cloner).Clone() // a SHA-1 hash gives no error
		in.Write(message[:])
		half, _ := in.(encoding.BinaryAppender).AppendBinary(state[:0])
		copy(digest[:sha1.Size], half[stateAt:])

		out, _ := outer.(hash.Cloner).Clone()
		out.Write(digest[:])
		whole, _ := out.(encoding.BinaryAppender).AppendBinary(state[:0])
		mac := whole[stateAt:][:sha1.Size]
		at := mac[sha1.Size-1] & 0x0f
		values[i] = binary.BigEndian.Uint32(mac[at:at+4]) & math.MaxInt32
	}
}

// The form in which crypto/sha1 hands out its state: four bytes of name, the
// five words, a block, a length. Go keeps it so that saved states stay
// readable, and holds itself to it by golden values in its own tests; the RFC
// vectors and the comparison with crypto/hmac in ours would fail at once if it
// ever moved.
const (
	stateAt   = 4
	stateSize = stateAt + sha1.Size + sha1.BlockSize + 8
)

// pad ends a block that follows the key's block and holds n bytes.
func pad(b *[sha1.BlockSize]byte, n int) {
	b[n] = 0x80
	binary.BigEndian.PutUint64(b[sha1.BlockSize-8:], uint64(sha1.BlockSize+n)*8)
}

// mask changes every byte of a key block, eight at once.
func mask(key *[sha1.BlockSize]byte, by byte) {
	wide := uint64(by) * 0x0101010101010101
	for i := 0; i < len(key); i += 8 {
		binary.NativeEndian.PutUint64(key[i:], binary.NativeEndian.Uint64(key[i:])^wide)
	}
}

const million = 1_000_000

func powerOfTen(digits int) uint32 {
	p := uint32(1)
	for range min(max(digits, 1), 9) {
		p *= 10
	}
	return p
}
