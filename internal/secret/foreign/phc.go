package foreign

import (
	"crypto/pbkdf2"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/scrypt"
)

// plain is the base64 of PHC strings, padded that of Django and directories.
var (
	plain  = base64.RawStdEncoding.Strict()
	padded = base64.StdEncoding.Strict()
)

// decoded reads salt and tag in base64 without padding. passlib and OpenLDAP
// write "." for "+".
func decoded(salt, tag string) (s, t []byte, err error) {
	s, errSalt := plain.DecodeString(strings.ReplaceAll(salt, ".", "+"))
	t, errTag := plain.DecodeString(strings.ReplaceAll(tag, ".", "+"))
	if errSalt != nil || errTag != nil || len(s) == 0 || len(s) > maxSalt || len(t) < minTag || len(t) > maxTag {
		return nil, nil, errMalformed
	}
	return s, t, nil
}

// equal compares in constant time.
func equal(a, b []byte) bool { return subtle.ConstantTimeCompare(a, b) == 1 }

// argonKey is one of the two forms of Argon2.
type argonKey func(password, salt []byte, time, memory uint32, threads uint8, length uint32) []byte

func argon2id(_, rest string) (checker, error) { return argon(rest, argon2.IDKey) }
func argon2i(_, rest string) (checker, error)  { return argon(rest, argon2.Key) }

// argon reads v=19$m=65536,t=3,p=4$salt$tag.
func argon(rest string, key argonKey) (checker, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 4 || parts[0] != "v="+strconv.Itoa(argon2.Version) {
		return nil, errMalformed
	}
	costs, err := named(parts[1], "m=", "t=", "p=")
	if err != nil {
		return nil, err
	}
	m, t, p := costs[0], costs[1], costs[2]
	if m > maxMemory>>10 || t > maxArgonTime || p > maxArgonLanes {
		return nil, costly("m=262144,t=10,p=16")
	}
	salt, tag, err := decoded(parts[2], parts[3])
	if err != nil || len(salt) < 8 || m < 8*p {
		return nil, errMalformed
	}
	return func(password []byte) bool {
		return equal(key(password, salt, uint32(t), uint32(m), uint8(p), uint32(len(tag))), tag)
	}, nil
}

// named reads numbers with their names, in this order: m=65536,t=3,p=4.
func named(text string, names ...string) ([]int, error) {
	parts := strings.Split(text, ",")
	if len(parts) != len(names) {
		return nil, errMalformed
	}
	numbers := make([]int, len(names))
	for i, name := range names {
		digits, ok := strings.CutPrefix(parts[i], name)
		n, isNumber := number(digits)
		if !ok || !isNumber {
			return nil, errMalformed
		}
		numbers[i] = n
	}
	return numbers, nil
}

// phcScrypt reads ln=16,r=8,p=1$salt$tag.
func phcScrypt(_, rest string) (checker, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 {
		return nil, errMalformed
	}
	costs, err := named(parts[0], "ln=", "r=", "p=")
	if err != nil {
		return nil, err
	}
	n := 1 << min(costs[0], 62)
	if err := affordableScrypt(n, costs[1], costs[2]); err != nil {
		return nil, err
	}
	salt, tag, err := decoded(parts[1], parts[2])
	if err != nil {
		return nil, err
	}
	return scryptChecker(salt, tag, n, costs[1], costs[2]), nil
}

// scryptChecker takes parameters that affordableScrypt has passed.
func scryptChecker(salt, tag []byte, n, r, p int) checker {
	return func(password []byte) bool {
		key, err := scrypt.Key(password, salt, n, r, p, len(tag))
		return err == nil && equal(key, tag)
	}
}

// phcPBKDF2 reads 29000$salt$tag as passlib and OpenLDAP write it, and
// i=29000$salt$tag or i=29000,l=32$salt$tag as the PHC form has it.
func phcPBKDF2(h func() hash.Hash) func(string, string) (checker, error) {
	return func(_, rest string) (checker, error) {
		parts := strings.Split(rest, "$")
		if len(parts) != 3 {
			return nil, errMalformed
		}
		salt, tag, err := decoded(parts[1], parts[2])
		if err != nil {
			return nil, err
		}
		rounds, length, said := strings.Cut(strings.TrimPrefix(parts[0], "i="), ",")
		if said && length != "l="+strconv.Itoa(len(tag)) {
			return nil, errMalformed
		}
		return pbkdf2Checker(h, rounds, salt, tag)
	}
}

// pbkdf2Checker judges the cost, and computes.
func pbkdf2Checker(h func() hash.Hash, rounds string, salt, tag []byte) (checker, error) {
	iterations, ok := number(rounds)
	if !ok {
		return nil, errMalformed
	}
	if err := affordablePBKDF2(iterations, len(tag), h().Size()); err != nil {
		return nil, err
	}
	return func(password []byte) bool {
		key, err := pbkdf2.Key(h, string(password), salt, iterations, len(tag))
		return err == nil && equal(key, tag)
	}, nil
}
