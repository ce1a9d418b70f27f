package secret

import (
	"encoding/base32"
	"strings"
	"unicode"

	"github.com/sallyport/sallyport/internal/core"
)

// The form of secrets that people copy from paper or a screen, as recovery codes
// (RC1) and app passwords: 80 bits are exactly 16 characters.
const (
	PrintedLength = 16
	printedBytes  = 10
	printedGroup  = 4
)

// longestCode bounds what is looked at: nothing that long is a code.
const longestCode = 200

// fullWidthZero begins the ten digits that East Asian keyboards type (U+FF10).
const fullWidthZero = '０'

// crockford leaves out i, l and o, which look like digits, and u.
const crockford = "0123456789abcdefghjkmnpqrstvwxyz"

// NewPrinted returns 80 random bits, without the dashes between the groups.
func NewPrinted(random core.Random) string {
	var b [printedBytes]byte
	random(b[:])
	return base32.NewEncoding(crockford).WithPadding(base32.NoPadding).EncodeToString(b[:])
}

// ReadPrinted reads one as people copy it: any case, any spaces and dashes, i and l
// for 1, o for 0. Clean is false where a character cannot be of one; its length is
// not looked at.
func ReadPrinted(typed string) (plain string, clean bool) {
	plain, clean = Squeeze(typed)
	plain = strings.NewReplacer("i", "1", "l", "1", "o", "0").Replace(plain)
	for _, c := range []byte(plain) {
		clean = clean && strings.IndexByte(crockford, c) >= 0
	}
	return plain, clean
}

// Grouped is one as it is shown, xxxx-xxxx-xxxx-xxxx.
func Grouped(plain string) string {
	var groups []string
	for i := 0; i < len(plain); i += printedGroup {
		groups = append(groups, plain[i:min(i+printedGroup, len(plain))])
	}
	return strings.Join(groups, "-")
}

// Squeeze returns typed in lower-case ASCII without spaces, dashes and marks
// that nobody sees. Anything else outside ASCII makes it unclean.
func Squeeze(typed string) (plain string, clean bool) {
	if len(typed) > longestCode {
		// Long enough for whoever asks, and of nothing but digits.
		return "00000000000000000000000000000000", true
	}
	out := make([]byte, 0, len(typed))
	clean = true
	for _, r := range typed {
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), unicode.Is(unicode.Cf, r), r == '−':
			// Left out: a code pasted as "482-913" or with a mark of direction.
		case r >= 'A' && r <= 'Z':
			out = append(out, byte(r-'A'+'a'))
		case r > ' ' && r <= '~':
			out = append(out, byte(r))
		case r >= fullWidthZero && r <= fullWidthZero+9:
			out = append(out, byte(r-fullWidthZero+'0'))
		default:
			clean = false
		}
	}
	return string(out), clean
}
