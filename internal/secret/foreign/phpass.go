package foreign

import (
	"crypto/md5" // what the format is made of; it is replaced at the first sign-in
	"strings"

	"github.com/go-crypt/x/yescrypt"
)

// phpass reads the portable hashes of old WordPress, phpBB and Drupal: one
// character for the logarithm of the rounds, 8 of salt, 22 of hash.
func phpass(_, rest string) (checker, error) {
	if !of64(rest, 31) {
		return nil, errMalformed
	}
	log := strings.IndexByte(itoa64, rest[0])
	switch {
	case log < 7:
		return nil, errMalformed
	case log > maxPhpassRounds:
		return nil, costly("2^20")
	}
	salt, tag := rest[1:9], rest[9:]
	return func(password []byte) bool {
		sum := md5.Sum(append([]byte(salt), password...))
		again := make([]byte, md5.Size+len(password))
		copy(again[md5.Size:], password)
		for range 1 << log {
			copy(again, sum[:])
			sum = md5.Sum(again)
		}
		return equal(yescrypt.Encode64(sum[:]), []byte(tag))
	}, nil
}
