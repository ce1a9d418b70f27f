package foreign

import (
	"log/slog"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// maxText bounds what is looked at: the longest spelling has under 300 bytes.
const maxText = 512

// Hash is a password hash of another system, within the ceilings.
type Hash struct {
	kind  string
	text  string
	check checker
	reads int
}

// checker reports whether a password is the right one.
type checker func(password []byte) bool

// Parse reads a hash in any of the spellings that are taken. It computes
// nothing, so a million of them take seconds. Its errors are Invalid:
// hash.unknown; hash.weak (Params["kind"]) for what no password should rest on;
// hash.locked for an account without a usable password; hash.malformed ("kind")
// and hash.costly ("kind", "limit").
func Parse(text string) (Hash, error) {
	text = strings.TrimSpace(text)
	if text == "" || len(text) > maxText || !printable(text) {
		return Hash{}, errUnknown
	}
	if text[0] == '!' || text[0] == '*' { // shadow(5), and Django's unusable ones
		return Hash{}, core.NewError(core.Invalid, "hash.locked")
	}
	return parse(upperScheme(text), true)
}

// parse reads a text whose beginning says what it is. Some systems put a word
// before a hash of another's; that is taken off once.
func parse(text string, wrapped bool) (Hash, error) {
	for _, s := range spellings {
		rest, ok := strings.CutPrefix(text, s.prefix)
		if !ok {
			continue
		}
		check, err := s.read(text, rest)
		if e, ours := err.(*core.Error); ours {
			return Hash{}, e.With("kind", s.kind)
		}
		return Hash{kind: s.kind, text: text, check: check, reads: s.reads}, nil
	}
	for _, w := range wrappers {
		rest, ok := strings.CutPrefix(text, w)
		if !ok || !wrapped {
			continue
		}
		if strings.HasPrefix(rest, "$") {
			return parse(rest, false)
		}
		if w == "{CRYPT}" { // what crypt(3) makes without a "$"
			return Hash{}, weak("DES crypt")
		}
	}
	for _, k := range weakKinds {
		if strings.HasPrefix(text, k[0]) {
			return Hash{}, weak(k[1])
		}
	}
	return Hash{}, errUnknown
}

// Kind names the algorithm, such as bcrypt.
func (h Hash) Kind() string { return h.kind }

// Text is the hash as it is stored: Parse reads it again.
func (h Hash) Text() string { return h.text }

// Matches reports whether a password, byte for byte, is the one behind h.
func (h Hash) Matches(password []byte) bool { return h.check != nil && h.check(password) }

// Whole reports whether h looks at every byte of a password. bcrypt stops after
// 72: what follows them was never proved right.
func (h Hash) Whole(password []byte) bool { return h.reads == 0 || len(password) <= h.reads }

// String keeps the hash out of logs.
func (h Hash) String() string { return "foreign.Hash(" + h.kind + ")" }

// GoString keeps the hash out of logs.
func (h Hash) GoString() string { return h.String() }

// LogValue keeps the hash out of logs.
func (h Hash) LogValue() slog.Value { return slog.StringValue(h.String()) }

var (
	errUnknown   = core.NewError(core.Invalid, "hash.unknown")
	errMalformed = core.NewError(core.Invalid, "hash.malformed")
)

// weak refuses a kind whose hashes give the password away.
func weak(kind string) error { return core.NewError(core.Invalid, "hash.weak").With("kind", kind) }

// costly refuses a hash that asks for more work than limit says, in the words of
// the hash itself.
func costly(limit string) error {
	return core.NewError(core.Invalid, "hash.costly").With("limit", limit)
}

// printable reports whether text is of visible ASCII: no spelling has anything
// else, and decoders skip line breaks.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// upperScheme writes the {scheme} of a directory in capitals (RFC 2307 compares
// it without case).
func upperScheme(text string) string {
	end := strings.IndexByte(text, '}')
	if text[0] != '{' || end < 0 {
		return text
	}
	return strings.ToUpper(text[:end]) + text[end:]
}
