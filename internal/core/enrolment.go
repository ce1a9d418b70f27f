package core

import "time"

// EnrolmentLife is how long an unconfirmed app secret lives (README table).
const EnrolmentLife = 15 * time.Minute

// EnrolmentStep is a step of the set-up panel.
type EnrolmentStep string

// The steps of the panel (ux 3.6).
const (
	EnrolEmail EnrolmentStep = "email" // Step 1: confirm your email
	EnrolApp   EnrolmentStep = "app"   // Step 2: scan the QR code
	EnrolCodes EnrolmentStep = "codes" // Step 3: save your recovery codes
)

// EnrolmentGoal says what the panel is for.
type EnrolmentGoal string

// The goals.
const (
	GoalTurnOn   EnrolmentGoal = "turn_on"   // tick the box: three steps
	GoalAddApp   EnrolmentGoal = "add_app"   // "Add another": step 2 only
	GoalNewCodes EnrolmentGoal = "new_codes" // "Get new codes": step 3 only
	GoalResume   EnrolmentGoal = "resume"    // turn on again by an emailed code: step 1 only
)

// Enrolment is the set-up panel of one session, half done. Nothing in it
// counts until it is completed; leaving it changes nothing.
type Enrolment struct {
	ID               ID
	OrganizationID   ID
	UserID           ID
	SessionID        ID
	Goal             EnrolmentGoal
	Step             EnrolmentStep
	FactorSetVersion int64     // the account's when begun; moved on means void
	EmailProvedAt    time.Time // step 1 done in this enrolment
	EmailDeferred    bool      // "Do this at my next sign-in instead"
	EmailOnly        bool      // "Email only for now"
	DisplayName      string    // "Change the name shown in the app"; empty: the issuer
	Label            string    // the person's name for the app
	SecretSealed     string    // the app secret, shown until proved
	AppProved        bool      // a code of the app was right
	AppMark          int64     // the time step of that code
	AppTries         int       // wrong codes typed in step 2
	CodesSealed      string    // the recovery codes as shown, until saved
	CreatedAt        time.Time
	ExpiresAt        time.Time
	EndedAt          time.Time
	Version          int64
}

// Open reports whether the panel may go on at now.
func (e Enrolment) Open(u User, now time.Time) bool {
	return e.EndedAt.IsZero() && now.Before(e.ExpiresAt) && e.UserID == u.ID &&
		e.FactorSetVersion == u.FactorSetVersion
}

// RecoveryCodeCount is how many recovery codes a set has.
const RecoveryCodeCount = 10
