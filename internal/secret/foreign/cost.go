package foreign

import (
	"math"
	"strconv"
)

// The ceilings (UP4): a file of people must not decide how much work a sign-in
// is. Each stands for a few seconds of one core, and 256 MiB, at most.
const (
	maxMemory       = 256 << 20 // bytes
	maxArgonTime    = 10
	maxArgonLanes   = 16
	maxBcryptCost   = 14
	maxIterations   = 2_000_000 // of PBKDF2
	maxScryptBlock  = 32        // r; without it p and r alone could cost as much as N
	maxScryptLanes  = 32
	maxCryptRounds  = 1_000_000 // what passlib writes by default is 656,000
	maxPhpassRounds = 20        // a power of two
)

// The least of a tag: less would be right for too many passwords.
const (
	minTag  = 16
	maxTag  = 64
	maxSalt = 64
)

// number reads decimal digits without sign or leading zero. One that is too
// large for any ceiling is MaxInt, so that it is refused as costly.
func number(s string) (int, bool) {
	if s == "" || s[0] < '1' || s[0] > '9' {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return math.MaxInt, true
	}
	return n, true
}

// affordableScrypt refuses parameters that are none, or cost too much.
func affordableScrypt(n, r, p int) error {
	switch {
	case n < 2 || n != math.MaxInt && n&(n-1) != 0 || r < 1 || p < 1:
		return errMalformed
	case r > maxScryptBlock, p > maxScryptLanes, n > maxMemory/128/r/p:
		return costly("N*r*p=2097152, r=32, p=32")
	}
	return nil
}

// affordablePBKDF2 refuses parameters that are none, or cost too much: every
// block of the tag costs all iterations.
func affordablePBKDF2(iterations, tag, block int) error {
	switch {
	case iterations < 1 || tag < minTag || tag > maxTag:
		return errMalformed
	case iterations > maxIterations/((tag+block-1)/block):
		return costly("2000000")
	}
	return nil
}
