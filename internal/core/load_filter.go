package core

import "time"

// LoadOutcome is how a load stands, as lists tell it.
type LoadOutcome string

// The outcomes.
const (
	LoadUnderWay  LoadOutcome = "running"
	LoadSucceeded LoadOutcome = "succeeded"
	LoadPartly    LoadOutcome = "partly" // some rows could not be taken
	LoadWentWrong LoadOutcome = "failed"
	LoadCutShort  LoadOutcome = "stopped"
	LoadTakenBack LoadOutcome = "undone" // however it had ended
)

// LoadOutcomes are all outcomes, in the order in which they are offered.
func LoadOutcomes() []LoadOutcome {
	return []LoadOutcome{LoadUnderWay, LoadSucceeded, LoadPartly, LoadWentWrong, LoadCutShort, LoadTakenBack}
}

// Outcome is how it stands.
func (l LoadRun) Outcome() LoadOutcome {
	switch {
	case l.Undo.State == LoadUndone:
		return LoadTakenBack
	case l.State != LoadDone:
		return LoadOutcome(l.State)
	case l.Counts.Rejected > 0:
		return LoadPartly
	}
	return LoadSucceeded
}

// LoadVia is the way in that a load came.
type LoadVia string

// The ways in.
const (
	LoadViaPage     LoadVia = "page"     // a person, in the browser
	LoadViaKey      LoadVia = "key"      // a program or a schedule, with an API key
	LoadViaPassword LoadVia = "password" // Data Loader 1.0
)

// LoadVias are all ways in, in the order in which they are offered.
func LoadVias() []LoadVia { return []LoadVia{LoadViaPage, LoadViaKey, LoadViaPassword} }

// Via is the way in that it came.
func (l LoadRun) Via() LoadVia {
	switch {
	case l.Origin.Session != "":
		return LoadViaPage
	case l.Origin.Key != "":
		return LoadViaKey
	}
	return LoadViaPassword
}

// LoadFilter says which loads of an organization a list has, newest first. The zero
// value is all of them.
type LoadFilter struct {
	Outcome     LoadOutcome
	Via         LoadVia
	PackageID   ID
	From, Until time.Time // when it began; Until is not in it any more
	Before      ID        // only those older than this load
	Limit       int
}

// Filtered reports whether it leaves any out.
func (f LoadFilter) Filtered() bool {
	return f.Outcome != "" || f.Via != "" || f.PackageID != "" || !f.From.IsZero() || !f.Until.IsZero()
}
