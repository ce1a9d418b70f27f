package foreign

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
	"strings"
)

// What Django, Werkzeug (Flask) and WordPress write. The salts of the first two
// are letters, taken as they stand.

// djangoPBKDF2 reads 870000$salt$base64.
func djangoPBKDF2(h func() hash.Hash) func(string, string) (checker, error) {
	return func(_, rest string) (checker, error) {
		parts := strings.Split(rest, "$")
		if len(parts) != 3 || parts[1] == "" || len(parts[1]) > maxSalt {
			return nil, errMalformed
		}
		tag, err := padded.DecodeString(parts[2])
		if err != nil {
			return nil, errMalformed
		}
		return pbkdf2Checker(h, parts[0], []byte(parts[1]), tag)
	}
}

// djangoScrypt reads 16384$salt$8$5$base64: N, r and p round the salt.
func djangoScrypt(_, rest string) (checker, error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 5 || parts[1] == "" || len(parts[1]) > maxSalt {
		return nil, errMalformed
	}
	tag, err := padded.DecodeString(parts[4])
	if err != nil {
		return nil, errMalformed
	}
	return letterScrypt([3]string{parts[0], parts[2], parts[3]}, parts[1], tag)
}

// djangoBcryptSHA256 reads $2b$12$…, of the password's SHA-256 in hex: so all of
// a long password counts.
func djangoBcryptSHA256(_, rest string) (checker, error) {
	inner, err := bcryptOf(rest)
	if err != nil {
		return nil, err
	}
	return func(password []byte) bool {
		sum := sha256.Sum256(password)
		return inner([]byte(hex.EncodeToString(sum[:])))
	}, nil
}

// wordPress reads the bcrypt after $wp, of a keyed hash of the password in
// base64 (WordPress 6.8).
func wordPress(text, _ string) (checker, error) {
	inner, err := bcryptOf(strings.TrimPrefix(text, "$wp"))
	if err != nil {
		return nil, err
	}
	return func(password []byte) bool {
		mac := hmac.New(sha512.New384, []byte("wp-sha384"))
		mac.Write(password)
		return inner([]byte(padded.EncodeToString(mac.Sum(nil))))
	}, nil
}

// bcryptOf reads a bcrypt hash inside another spelling.
func bcryptOf(text string) (checker, error) {
	for _, prefix := range []string{"$2a$", "$2b$", "$2y$"} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			return bcryptHash(text, rest)
		}
	}
	return nil, errMalformed
}

// werkzeugPBKDF2 reads 600000$salt$hex.
func werkzeugPBKDF2(h func() hash.Hash) func(string, string) (checker, error) {
	return func(_, rest string) (checker, error) {
		rounds, salt, tag, err := werkzeug(rest)
		if err != nil {
			return nil, err
		}
		return pbkdf2Checker(h, rounds, []byte(salt), tag)
	}
}

// werkzeugScrypt reads 32768:8:1$salt$hex.
func werkzeugScrypt(_, rest string) (checker, error) {
	costs, salt, tag, err := werkzeug(rest)
	if err != nil {
		return nil, err
	}
	parts := strings.Split(costs, ":")
	if len(parts) != 3 {
		return nil, errMalformed
	}
	return letterScrypt([3]string(parts), salt, tag)
}

// werkzeug takes the common form apart: costs$salt$hex.
func werkzeug(rest string) (costs, salt string, tag []byte, err error) {
	parts := strings.Split(rest, "$")
	if len(parts) != 3 || parts[1] == "" || len(parts[1]) > maxSalt {
		return "", "", nil, errMalformed
	}
	tag, err = hex.DecodeString(parts[2])
	if err != nil {
		return "", "", nil, errMalformed
	}
	return parts[0], parts[1], tag, nil
}

// letterScrypt is scrypt of N, r and p in digits and a salt of letters.
func letterScrypt(costs [3]string, salt string, tag []byte) (checker, error) {
	n, okN := number(costs[0])
	r, okR := number(costs[1])
	p, okP := number(costs[2])
	if !okN || !okR || !okP || len(tag) < minTag || len(tag) > maxTag {
		return nil, errMalformed
	}
	if err := affordableScrypt(n, r, p); err != nil {
		return nil, err
	}
	return scryptChecker([]byte(salt), tag, n, r, p), nil
}
