package secret

import (
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"

	"github.com/sallyport/sallyport/internal/core"
)

// Params is the cost of a password hash.
type Params struct {
	MemoryKiB   uint32
	Time        uint32 // passes over the memory
	Parallelism uint8  // lanes
}

// DefaultParams returns 64 MiB, one pass, one lane (PW7).
func DefaultParams() Params { return Params{MemoryKiB: 64 << 10, Time: 1, Parallelism: 1} }

// The ceilings keep a stored or configured cost from becoming a weapon
// (dependencies R3).
const (
	maxMemoryKiB   = 256 << 10
	maxTime        = 10
	maxParallelism = 16
)

const (
	saltBytes = 16
	tagBytes  = 32
)

// Validate returns an error with code password.cost for parameters under the
// minimum rows of OWASP's password storage sheet (m=46 MiB t=1, m=19 MiB t=2,
// m=12 MiB t=3) or over the ceilings of 256 MiB and 10 passes (PW7).
func (p Params) Validate() error {
	enough := p.MemoryKiB >= 47104 && p.Time >= 1 ||
		p.MemoryKiB >= 19456 && p.Time >= 2 ||
		p.MemoryKiB >= 12288 && p.Time >= 3
	if !enough || !p.affordable() {
		return core.NewError(core.Invalid, "password.cost")
	}
	return nil
}

// affordable reports whether Argon2id takes p and the ceilings allow it.
func (p Params) affordable() bool {
	return p.Time >= 1 && p.Time <= maxTime && p.Parallelism >= 1 && p.Parallelism <= maxParallelism &&
		p.MemoryKiB >= 8*uint32(p.Parallelism) && p.MemoryKiB <= maxMemoryKiB
}

// cheaper reports whether p takes less time than q: lanes run side by side.
func (p Params) cheaper(q Params) bool {
	return uint64(p.MemoryKiB)*uint64(p.Time)*uint64(q.Parallelism) < uint64(q.MemoryKiB)*uint64(q.Time)*uint64(p.Parallelism)
}

// errPHC says that a stored text is not an Argon2id hash within the ceilings.
var errPHC = errors.New("secret: not an argon2id string within the cost ceilings")

// hashed is an Argon2id hash with all that is needed to compute it again.
type hashed struct {
	params Params
	salt   []byte
	tag    []byte
}

// phc is the base64 of PHC strings: standard alphabet, no padding.
var phc = base64.RawStdEncoding.Strict()

// String returns the PHC form: $argon2id$v=19$m=65536,t=1,p=1$salt$tag.
func (h hashed) String() string {
	return "$argon2id$v=" + strconv.Itoa(argon2.Version) +
		"$m=" + strconv.FormatUint(uint64(h.params.MemoryKiB), 10) +
		",t=" + strconv.FormatUint(uint64(h.params.Time), 10) +
		",p=" + strconv.FormatUint(uint64(h.params.Parallelism), 10) +
		"$" + phc.EncodeToString(h.salt) + "$" + phc.EncodeToString(h.tag)
}

// parsePHC reads the PHC form of Argon2id, exactly as String writes it.
func parsePHC(s string) (hashed, error) {
	parts := strings.Split(s, "$")
	if len(s) > 512 || len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" ||
		parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return hashed{}, errPHC
	}
	var h hashed
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return hashed{}, errPHC
	}
	m, okM := cost(costs[0], "m=", 32)
	t, okT := cost(costs[1], "t=", 32)
	p, okP := cost(costs[2], "p=", 8)
	h.params = Params{MemoryKiB: uint32(m), Time: uint32(t), Parallelism: uint8(p)}
	if !okM || !okT || !okP || !h.params.affordable() || strings.ContainsAny(s, "\r\n") {
		return hashed{}, errPHC
	}
	var errSalt, errTag error
	h.salt, errSalt = phc.DecodeString(parts[4])
	h.tag, errTag = phc.DecodeString(parts[5])
	if errSalt != nil || errTag != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.tag) < 16 || len(h.tag) > 64 {
		return hashed{}, errPHC
	}
	return h, nil
}

// cost reads "m=65536": a decimal number without sign or leading zero.
func cost(s, name string, bits int) (uint64, bool) {
	digits, ok := strings.CutPrefix(s, name)
	if !ok || digits == "" || digits[0] < '1' || digits[0] > '9' {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, bits)
	return n, err == nil
}

// tagFor computes Argon2id (RFC 9106) of a password with these parameters.
func (p Params) tagFor(password string, salt []byte, length int) []byte {
	return argon2.IDKey([]byte(password), salt, p.Time, p.MemoryKiB, p.Parallelism, uint32(length))
}
