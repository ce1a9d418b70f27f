package foreign

import (
	"hash"
	"strings"

	"github.com/go-crypt/x/crypt"
	"github.com/go-crypt/x/yescrypt"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

// bcryptReads is how many bytes of a password bcrypt looks at.
const bcryptReads = 72

// The alphabets of base64 in hashes of crypt(3): letters, digits, "." and "/",
// each kind in an order of its own.
const itoa64 = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// number64 reads a number of that alphabet, lowest digit first.
func number64(s string) int {
	n := 0
	for i := range len(s) {
		n |= strings.IndexByte(itoa64, s[i]) << (6 * i)
	}
	return n
}

// of64 reports whether s has so many characters, all of that alphabet.
func of64(s string, length int) bool {
	return len(s) == length && strings.Trim(s, itoa64) == ""
}

// bcryptHash reads $2b$12$, 22 characters of salt and 31 of hash.
func bcryptHash(text, rest string) (checker, error) {
	cost, tail, ok := strings.Cut(rest, "$")
	if !ok || len(cost) != 2 || !of64(tail, 53) {
		return nil, errMalformed
	}
	n, ok := number(strings.TrimPrefix(cost, "0"))
	switch {
	case !ok || n < bcrypt.MinCost:
		return nil, errMalformed
	case n > maxBcryptCost:
		return nil, costly("14")
	}
	return func(password []byte) bool {
		return bcrypt.CompareHashAndPassword([]byte(text), password) == nil
	}, nil
}

// The rounds of SHA-crypt: what stands for "not said", and the least.
const (
	defaultCryptRounds = 5000
	minCryptRounds     = 1000
	maxCryptSalt       = 16
)

// shaCrypt reads $6$salt$hash and $6$rounds=656000$salt$hash, length being the
// characters of the hash.
func shaCrypt(h func() hash.Hash, length int) func(string, string) (checker, error) {
	return func(_, rest string) (checker, error) {
		rounds := defaultCryptRounds
		if said, ok := strings.CutPrefix(rest, "rounds="); ok {
			digits, after, _ := strings.Cut(said, "$")
			n, isNumber := number(digits)
			if !isNumber || n < minCryptRounds {
				return nil, errMalformed
			}
			rounds, rest = n, after
		}
		if rounds > maxCryptRounds {
			return nil, costly("rounds=1000000")
		}
		salt, tag, ok := strings.Cut(rest, "$")
		if !ok || salt == "" || len(salt) > maxCryptSalt || !of64(tag, length) {
			return nil, errMalformed
		}
		return func(password []byte) bool {
			return equal(crypt.KeySHACrypt(h, password, []byte(salt), rounds), []byte(tag))
		}, nil
	}
}

// yescryptHash reads $y$j9T$salt$hash: the flags that libxcrypt writes, the
// logarithm of N and r, each as one character.
func yescryptHash(text, rest string) (checker, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 || len(parts[0]) != 3 || parts[0][0] != 'j' || !of64(parts[2], 43) ||
		parts[1] == "" || len(parts[1]) > 86 || yescrypt.Decode64([]byte(parts[1])) == nil {
		return nil, errMalformed
	}
	// What the library takes: N from 2^10 to 2^18, r up to 32.
	ln, r := strings.IndexByte(itoa64, parts[0][1])+1, strings.IndexByte(itoa64, parts[0][2])+1
	switch {
	case ln < 10 || r < 1:
		return nil, errMalformed
	case ln > 18, r > 32, 128*r<<ln > maxMemory:
		return nil, costly("jDT")
	}
	return func(password []byte) bool {
		key, err := yescrypt.Hash(password, []byte(text))
		return err == nil && equal(key, []byte(text))
	}, nil
}

// cryptScrypt reads $7$ as libxcrypt writes it: one character for the logarithm
// of N, five each for r and p, then the salt, which is taken as it stands.
func cryptScrypt(_, rest string) (checker, error) {
	head, tag, ok := strings.Cut(rest, "$")
	if !ok || len(head) < 12 || len(head) > 11+maxSalt || !of64(head, len(head)) || !of64(tag, 43) {
		return nil, errMalformed
	}
	n, r, p, salt := 1<<min(number64(head[:1]), 62), number64(head[1:6]), number64(head[6:11]), head[11:]
	if err := affordableScrypt(n, r, p); err != nil {
		return nil, err
	}
	return func(password []byte) bool {
		key, err := scrypt.Key(password, []byte(salt), n, r, p, 32)
		return err == nil && equal(yescrypt.Encode64(key), []byte(tag))
	}, nil
}
