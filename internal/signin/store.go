package signin

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps sign-in attempts. Every method is one transaction; errors are
// those of package core (ErrNotFound, ErrStale, ErrUsed, ErrLimit) or internal.
type Store interface {
	// FindLogin returns the account whose username key or email key is
	// loginKey, in whichever organization it is (law 10's listed set), with
	// what is known of the browser and the device. ErrNotFound: no such account.
	FindLogin(ctx context.Context, loginKey, browserHash string, deviceID core.ID) (core.LoginView, error)
	// OpenAttempt stores a new attempt.
	OpenAttempt(ctx context.Context, o core.AttemptOpening) error
	// AttemptByToken returns the attempt of a cookie's digest, ended or not.
	AttemptByToken(ctx context.Context, tokenHash string) (core.AttemptView, error)
	// SaveAttempt stores Kind, Remember, ActiveAt and the end by compare-and-swap
	// on a.Version; ErrStale where it moved on.
	SaveAttempt(ctx context.Context, a core.Attempt, r core.Record) error
	// SendCode creates or renews the emailed code and queues its mail.
	SendCode(ctx context.Context, s core.CodeSend) error
	// FactorCredentials returns the person's active credentials of a kind;
	// recovery codes that were spent are left out.
	FactorCredentials(ctx context.Context, organizationID, userID core.ID, kind core.FactorKind) ([]core.Credential, error)
	// CompleteSignIn ends the attempt and opens the session; of two parallel
	// calls for one attempt, one code or one time step exactly one succeeds.
	CompleteSignIn(ctx context.Context, c core.Completion) error
	// MailWorks reports whether mail is being handed over: false once the last
	// messages, tried within since, all failed.
	MailWorks(ctx context.Context, since time.Time) (bool, error)
}

// Tries counts wrong codes before they are checked.
type Tries interface {
	// TakeTry counts one try on the attempt or enrolment, the challenge and the
	// account's guard, each by a conditional update; ErrLimit where one of them
	// is spent or paused, and then nothing is counted.
	TakeTry(ctx context.Context, t core.Try) (core.TryTaken, error)
	// SettleTry gives the try back (OutcomeFreed: error or busy) or records the
	// wrong code's events and mails (OutcomeWrong). A right code needs no
	// settling: completing the step resets the guard.
	SettleTry(ctx context.Context, t core.Try, o core.Outcome, r core.Record) error
}
