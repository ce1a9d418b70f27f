package factor

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Recovery is the recovery code: ten of them, each a credential row of its
// own, stored as a keyed hash and good once (RC1, RC3).
type Recovery struct {
	ring   *secret.Ring
	random core.Random
}

var _ Factor = (*Recovery)(nil)

// NewRecovery returns the factor of recovery codes.
func NewRecovery(ring *secret.Ring, random core.Random) *Recovery {
	return &Recovery{ring: ring, random: random}
}

// Kind returns core.KindRecovery.
func (f *Recovery) Kind() core.FactorKind { return core.KindRecovery }

// Level returns core.LevelStrong.
func (f *Recovery) Level() core.Level { return core.LevelStrong }

// Prompt says that the person types a code that is not of digits.
func (f *Recovery) Prompt() Prompt { return Prompt{} }

// Compose fails: recovery codes are never mailed.
func (f *Recovery) Compose(core.Challenge) (string, error) { return "", errNoMail(core.KindRecovery) }

// Check finds the credential whose keyed hash is that of the typed code, for
// each key that one of them hangs on. All are compared, in constant time.
func (f *Recovery) Check(v Verification) (core.FactorUse, error) {
	code, err := recoveryCode(v.Typed)
	if err != nil {
		return core.FactorUse{}, err
	}
	keys := map[string]string{}
	found := core.Credential{}
	for _, c := range v.Credentials {
		if c.Kind != core.KindRecovery || c.UserID != v.UserID {
			continue
		}
		want, ok := keys[c.KeyID]
		if !ok {
			if want, err = f.lookupKey(c.KeyID, v.UserID, code); err != nil {
				return core.FactorUse{}, err
			}
			keys[c.KeyID] = want
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(c.LookupKey)) == 1 {
			found = c
		}
	}
	switch {
	case found.LookupKey == "":
		return core.FactorUse{}, refused(core.KindRecovery, "code.wrong")
	case !found.UsedAt.IsZero():
		return core.FactorUse{}, refused(core.KindRecovery, "code.used")
	}
	return core.FactorUse{Kind: core.KindRecovery, CredentialID: found.ID}, nil
}

// BeginEnrol makes ten codes, sealed as a list until the person saved them.
func (f *Recovery) BeginEnrol(userID core.ID) (Material, error) {
	codes := make([]string, core.RecoveryCodeCount)
	for i := range codes {
		codes[i] = secret.NewPrinted(f.random)
	}
	sealed, keyID := f.ring.Seal(secret.RecoveryListOf(userID), []byte(strings.Join(codes, " ")))
	return Material{Sealed: sealed, KeyID: keyID}, nil
}

// Reveal returns the ten codes as shown, xxxx-xxxx-xxxx-xxxx.
func (f *Recovery) Reveal(userID core.ID, m Material) ([]string, error) {
	codes, err := f.list(userID, m)
	if err != nil {
		return nil, err
	}
	for i, c := range codes {
		codes[i] = secret.Grouped(c)
	}
	return codes, nil
}

// FinishEnrol returns the ten codes as credentials that hold keyed hashes only.
// There is nothing to prove: the person says that they are saved.
func (f *Recovery) FinishEnrol(userID core.ID, m Material, _ Proof) ([]core.Credential, error) {
	codes, err := f.list(userID, m)
	if err != nil {
		return nil, err
	}
	keyID := f.ring.ActiveKey()
	credentials := make([]core.Credential, len(codes))
	for i, code := range codes {
		lookup, err := f.lookupKey(keyID, userID, code)
		if err != nil {
			return nil, err
		}
		credentials[i] = core.Credential{
			UserID:    userID,
			Kind:      core.KindRecovery,
			State:     core.CredentialActive,
			LookupKey: lookup,
			KeyID:     keyID,
		}
	}
	return credentials, nil
}

func (f *Recovery) list(userID core.ID, m Material) ([]string, error) {
	plain, err := f.ring.Open(secret.RecoveryListOf(userID), m.Sealed)
	if err != nil {
		return nil, fmt.Errorf("recovery codes: %w", err)
	}
	return strings.Fields(string(plain)), nil
}

// lookupKey is the keyed hash of a code; it takes in the person, so a code of
// one person is nothing for another (RC2).
func (f *Recovery) lookupKey(keyID string, userID core.ID, code string) (string, error) {
	sum, err := f.ring.MAC(keyID, "recovery-code", string(userID), code)
	if err != nil {
		return "", fmt.Errorf("recovery code: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// recoveryCode reads a code as people copy it.
func recoveryCode(typed string) (string, error) {
	plain, clean := secret.ReadPrinted(typed)
	return plain, shape(core.KindRecovery, plain, clean, secret.PrintedLength)
}
