package factor

import (
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// digits reads a 6-digit code as people type and paste it: spaces of any kind,
// dashes and invisible marks fall away, full-width digits count. Its errors
// are code.empty, code.short, code.long and code.letters: nothing was guessed.
func digits(kind core.FactorKind, typed string) (otp.Code, error) {
	plain, clean := secret.Squeeze(typed)
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

// refused returns an Invalid error that also says of which kind, so that the
// page can choose the words for it.
func refused(kind core.FactorKind, code string) *core.Error {
	return core.NewError(core.Invalid, code).With("kind", string(kind))
}

// errNoMail is the answer of factors that mail nothing.
func errNoMail(kind core.FactorKind) error {
	return core.NewError(core.Internal, "factor.no_mail").With("kind", string(kind))
}
