package factor

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// App is the authenticator app: TOTP (RFC 6238), SHA-1, 6 digits, 30 seconds,
// 160-bit secret (TO1).
type App struct {
	ring   *secret.Ring
	random core.Random
}

var _ Factor = (*App)(nil)

// NewApp returns the factor of authenticator apps.
func NewApp(ring *secret.Ring, random core.Random) *App { return &App{ring: ring, random: random} }

// Kind returns core.KindApp.
func (f *App) Kind() core.FactorKind { return core.KindApp }

// Level returns core.LevelStrong.
func (f *App) Level() core.Level { return core.LevelStrong }

// Prompt says that the person reads 6 digits off the app.
func (f *App) Prompt() Prompt { return Prompt{Digits: otp.Digits} }

// Compose fails: the app makes the code.
func (f *App) Compose(core.Challenge) (string, error) { return "", errNoMail(core.KindApp) }

// Check looks for the app, of up to three, whose code was typed, at a step
// greater than that app's mark. A right code of a step that was used is
// code.used: the person waits for the next one. The use returned moves that
// app's mark to the step.
func (f *App) Check(v Verification) (core.FactorUse, error) {
	typed, err := digits(core.KindApp, v.Typed)
	if err != nil {
		return core.FactorUse{}, err
	}
	use, used := core.FactorUse{}, false
	for _, c := range v.Credentials {
		if c.Kind != core.KindApp || c.UserID != v.UserID {
			continue
		}
		shared, err := f.ring.Open(secret.AppSecretOf(v.UserID), c.Sealed)
		if err != nil {
			return core.FactorUse{}, fmt.Errorf("app %s: %w", c.ID, err)
		}
		if step, ok := otp.Check(shared, typed, v.Now, c.Mark); ok && use.CredentialID == "" {
			use = core.FactorUse{Kind: core.KindApp, CredentialID: c.ID, Mark: step}
		}
		_, before := otp.Check(shared, typed, v.Now, otp.NeverUsed)
		used = used || before
	}
	switch {
	case use.CredentialID != "":
		return use, nil
	case used:
		return core.FactorUse{}, refused(core.KindApp, "code.used")
	}
	return core.FactorUse{}, refused(core.KindApp, "code.wrong")
}

// BeginEnrol makes a shared secret. It counts for nothing until FinishEnrol
// saw a code of it (TO8).
func (f *App) BeginEnrol(userID core.ID) (Material, error) {
	sealed, keyID := f.ring.Seal(secret.AppSecretOf(userID), otp.NewSecret(f.random))
	return Material{Sealed: sealed, KeyID: keyID}, nil
}

// Reveal returns the setup key in base32, for the QR code and for typing; the
// caller shows it only until the app is proved (TO9).
func (f *App) Reveal(userID core.ID, m Material) ([]string, error) {
	shared, err := f.ring.Open(secret.AppSecretOf(userID), m.Sealed)
	if err != nil {
		return nil, fmt.Errorf("reveal app secret: %w", err)
	}
	return []string{otp.EncodeKey(shared)}, nil
}

// FinishEnrol returns the app as an active credential whose mark is the step
// of the code that proved it, so that this code cannot sign in afterwards. A
// code that would have been right up to ten minutes away is code.clock with
// Params["offset"], a time.Duration below zero for a device that is slow.
func (f *App) FinishEnrol(userID core.ID, m Material, p Proof) ([]core.Credential, error) {
	typed, err := digits(core.KindApp, p.Typed)
	if err != nil {
		return nil, err
	}
	shared, err := f.ring.Open(secret.AppSecretOf(userID), m.Sealed)
	if err != nil {
		return nil, fmt.Errorf("finish app: %w", err)
	}
	step, ok := otp.Check(shared, typed, p.Now, otp.NeverUsed)
	if !ok {
		if offset, found := otp.Offset(shared, typed, p.Now); found {
			return nil, refused(core.KindApp, "code.clock").With("offset", offset)
		}
		return nil, refused(core.KindApp, "code.wrong")
	}
	return []core.Credential{{
		UserID: userID,
		Kind:   core.KindApp,
		State:  core.CredentialActive,
		Sealed: m.Sealed,
		KeyID:  m.KeyID,
		Mark:   step,
	}}, nil
}
