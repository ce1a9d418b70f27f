package factor

import (
	"crypto/subtle"
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// Email is the code by mail. No code is stored anywhere: it is the HOTP value
// (RFC 4226) of a key derived from the challenge, with the issue number as
// counter, computed anew to send and to check it (EM1, EM3).
type Email struct {
	ring *secret.Ring
}

var _ Factor = (*Email)(nil)

// NewEmail returns the factor of emailed codes.
func NewEmail(ring *secret.Ring) *Email { return &Email{ring: ring} }

// Kind returns core.KindEmail.
func (f *Email) Kind() core.FactorKind { return core.KindEmail }

// Level returns core.LevelEmail.
func (f *Email) Level() core.Level { return core.LevelEmail }

// Prompt says that a 6-digit code is mailed first.
func (f *Email) Prompt() Prompt { return Prompt{Mails: true, Digits: otp.Digits} }

// Compose returns the code of a challenge's present issue. The worker calls it
// at the moment of sending.
func (f *Email) Compose(c core.Challenge) (string, error) {
	code, err := f.code(c)
	if err != nil {
		return "", err
	}
	return code.String(), nil
}

// Check compares typed with the code of the challenge, in constant time. The
// five tries of a challenge are counted by the store before it is called.
func (f *Email) Check(v Verification) (core.FactorUse, error) {
	c := v.Challenge
	typed, err := digits(core.KindEmail, v.Typed)
	switch {
	case err != nil:
		return core.FactorUse{}, err
	case !c.UsedAt.IsZero():
		return core.FactorUse{}, refused(core.KindEmail, "code.used")
	case c.Issue < 1, !v.Now.Before(c.IssuedAt.Add(core.CodeLife)):
		return core.FactorUse{}, refused(core.KindEmail, "code.expired")
	case c.UserID != v.UserID:
		return core.FactorUse{}, refused(core.KindEmail, "code.wrong")
	}
	right, err := f.code(c)
	if err != nil {
		return core.FactorUse{}, err
	}
	if subtle.ConstantTimeEq(int32(typed), int32(right)) != 1 {
		return core.FactorUse{}, refused(core.KindEmail, "code.wrong")
	}
	return core.FactorUse{Kind: core.KindEmail, ChallengeID: c.ID}, nil
}

// BeginEnrol fails: an address is enrolled by proving it, not by a credential.
func (f *Email) BeginEnrol(core.ID) (Material, error) { return Material{}, errNoCredential() }

// Reveal fails likewise.
func (f *Email) Reveal(core.ID, Material) ([]string, error) { return nil, errNoCredential() }

// FinishEnrol fails likewise.
func (f *Email) FinishEnrol(core.ID, Material, Proof) ([]core.Credential, error) {
	return nil, errNoCredential()
}

// code computes the code of a challenge. The key takes in all that a code is
// good for, so one issued for an attempt, purpose or address is random digits
// for every other (EM4).
func (f *Email) code(c core.Challenge) (otp.Code, error) {
	if c.Issue < 1 {
		return 0, fmt.Errorf("challenge %s: no code was issued", c.ID)
	}
	key, err := f.ring.MAC(c.KeyID, "email-code", string(c.ID), string(c.Purpose), c.Address, string(c.OwnerID))
	if err != nil {
		return 0, fmt.Errorf("challenge %s: %w", c.ID, err)
	}
	return otp.HOTP(key, uint64(c.Issue), otp.Digits), nil
}

func errNoCredential() error {
	return core.NewError(core.Internal, "factor.no_credential").With("kind", string(core.KindEmail))
}
