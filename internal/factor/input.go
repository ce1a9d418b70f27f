package factor

import (
	"unicode"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
)

// maxTyped bounds what is looked at: nothing that long is a code.
const maxTyped = 200

// fullWidthZero begins the ten digits that East Asian keyboards type (U+FF10).
const fullWidthZero = '０'

// digits reads a 6-digit code as people type and paste it: spaces of any kind,
// dashes and invisible marks fall away, full-width digits count. Its errors
// are code.empty, code.short, code.long and code.letters: nothing was guessed.
func digits(kind core.FactorKind, typed string) (otp.Code, error) {
	plain, clean := squeeze(typed)
	for _, c := range []byte(plain) {
		clean = clean && c >= '0' && c <= '9'
	}
	if err := shape(kind, plain, clean, otp.Digits); err != nil {
		return 0, err
	}
	code, ok := otp.ParseCode(plain)
	if !ok {
		return 0, refused(kind, "code.letters")
	}
	return code, nil
}

// shape judges a squeezed answer before anything is compared with it.
func shape(kind core.FactorKind, plain string, clean bool, length int) error {
	switch {
	case plain == "" && clean:
		return refused(kind, "code.empty")
	case !clean:
		return refused(kind, "code.letters")
	case len(plain) < length:
		return refused(kind, "code.short")
	case len(plain) > length:
		return refused(kind, "code.long")
	}
	return nil
}

// squeeze returns typed in lower-case ASCII without spaces, dashes and marks
// that nobody sees. Anything else outside ASCII makes it unclean.
func squeeze(typed string) (plain string, clean bool) {
	if len(typed) > maxTyped {
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

// refused returns an Invalid error that also says of which kind, so that the
// page can choose the words for it.
func refused(kind core.FactorKind, code string) *core.Error {
	return core.NewError(core.Invalid, code).With("kind", string(kind))
}

// errNoMail is the answer of factors that mail nothing.
func errNoMail(kind core.FactorKind) error {
	return core.NewError(core.Internal, "factor.no_mail").With("kind", string(kind))
}
