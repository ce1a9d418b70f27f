package factor

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Factor is one way to verify it's you. Inputs and outputs are values; a factor
// does no I/O and keeps no state, so any replica can finish what another began.
type Factor interface {
	// Kind names the factor and the last segment of its page.
	Kind() core.FactorKind
	// Level is what the password and this factor together show (D4).
	Level() core.Level
	// Prompt says what to show and whether a code must be mailed first.
	Prompt() Prompt
	// Compose returns the code to mail for a challenge. Only factors whose
	// Prompt says Mails have one; others return an error.
	Compose(c core.Challenge) (string, error)
	// Check decides about what was typed. A right answer returns what must be
	// recorded for it; a wrong one an *core.Error with one of the codes
	// code.empty, code.short, code.long, code.letters (nothing was guessed: no
	// try is counted), code.wrong, code.used, code.expired.
	Check(v Verification) (core.FactorUse, error)
	// BeginEnrol makes the sealed material of a new credential (or set of them).
	BeginEnrol(userID core.ID) (Material, error)
	// Reveal returns what the person must see of a material: the shared secret
	// of an app, or the list of recovery codes.
	Reveal(userID core.ID, m Material) ([]string, error)
	// FinishEnrol turns proved material into credentials, without ids, labels
	// and times, which the caller fills.
	FinishEnrol(userID core.ID, m Material, p Proof) ([]core.Credential, error)
}

// Prompt is what the one code page needs to know of a factor.
type Prompt struct {
	Mails  bool // a code is sent to the address first
	Digits int  // length of the code; 0: not digits
}

// Verification is one typed answer with all it is checked against.
type Verification struct {
	Typed       string
	Now         time.Time
	UserID      core.ID
	Challenge   core.Challenge    // of a mailed code
	Credentials []core.Credential // active ones of this kind
}

// Material is sealed enrolment state.
type Material struct {
	Sealed string
	KeyID  string
}

// Proof is what the person typed to prove a material; recovery codes need none.
type Proof struct {
	Typed string
	Now   time.Time
}
