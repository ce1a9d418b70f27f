package factor

import (
	"crypto/subtle"
	"fmt"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// Bring returns the app that a person brings along from another system, by its
// shared secret as that one exported it, as an active credential: a load says
// that it was proved there. have is what the person has here; added is false where
// the same app is among it, and then the credential is that one, with its mark:
// two of one secret would take each code twice. Nothing that is there is changed
// (law 3). Errors are those of [otp.ReadSecret], and app.too_many.
//
// Its mark is past every code that the other system could still have taken, so
// that none of them is good for a sign-in here: the first one is that of the
// minute after.
func (f *App) Bring(userID core.ID, text string, have []core.Credential, now time.Time) (c core.Credential, added bool, err error) {
	shared, err := otp.ReadSecret(text)
	if err != nil {
		return core.Credential{}, false, err
	}
	apps := 0
	for _, c := range have {
		if c.Kind != core.KindApp || c.UserID != userID {
			continue
		}
		apps++
		held, err := f.ring.Open(secret.AppSecretOf(userID), c.Sealed)
		if err != nil {
			return core.Credential{}, false, fmt.Errorf("app %s: %w", c.ID, err)
		}
		if subtle.ConstantTimeCompare(held, shared) == 1 {
			return c, false, nil
		}
	}
	if apps >= core.MaxApps {
		return core.Credential{}, false, core.NewError(core.Conflict, "app.too_many").With("count", core.MaxApps)
	}
	sealed, keyID := f.ring.Seal(secret.AppSecretOf(userID), shared)
	return core.Credential{
		UserID: userID, Kind: core.KindApp, State: core.CredentialActive,
		Sealed: sealed, KeyID: keyID, Mark: otp.Step(now) + otp.Window,
	}, true, nil
}
