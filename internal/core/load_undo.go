package core

import "time"

// The bounds of an undo.
const (
	// LoadUndoLife is how long after its end a load can be undone.
	LoadUndoLife = 24 * time.Hour
	// LoadUndoOldest is how long after its beginning it can.
	LoadUndoOldest = 7 * 24 * time.Hour
)

// LoadUndoState is where the undo of a load is.
type LoadUndoState string

// The states.
const (
	LoadNotUndone  LoadUndoState = ""
	LoadUndoing    LoadUndoState = "undoing"
	LoadUndone     LoadUndoState = "undone"
	LoadUndoHalted LoadUndoState = "halted" // it can be taken up again
)

// LoadUndo is the undo of a load: what the load did is taken back, from its last
// batch to its first, where nobody has changed it since.
type LoadUndo struct {
	State     LoadUndoState
	Reason    string // the code of why it was halted
	By        Actor
	Origin    Origin
	Below     int // only rows below it are still to be taken back
	Counts    LoadUndoCounts
	StartedAt time.Time
	EndedAt   time.Time
}

// LoadUndoCounts says what an undo did.
type LoadUndoCounts struct {
	Deactivated int // people whom the load had added
	Returned    int // people whom the load had deactivated
	Restored    int // people and groups with what was there before
	Removed     int // groups
	Kept        int // people and groups that were changed since, and stay
}

// LoadKept is somebody, or a group, whom an undo has left as they were.
type LoadKept struct {
	Row int    `json:"r"`
	ID  ID     `json:"i,omitempty"`
	Why string `json:"w"` // a code
}

// Why an undo leaves somebody or something as it is.
const (
	LoadKeptChanged       = "load.kept.changed"       // since the load
	LoadKeptAdministrator = "load.kept.administrator" // administrators are not deactivated
	LoadKeptBrought       = "load.kept.brought"       // taken away, what they were given could lock them out
	LoadKeptTaken         = "load.kept.taken"         // somebody else has the name now
	LoadKeptSelf          = "load.kept.self"          // it is whoever undoes it
	LoadKeptMembers       = "load.kept.members"       // somebody is in the group
	LoadKeptInUse         = "load.kept.in_use"        // an application is limited to the group
	LoadKeptRefused       = "load.kept.refused"       // for any other reason
)

// MayUndo says why a load cannot be undone at now.
func (l LoadRun) MayUndo(now time.Time) error {
	switch {
	case !l.State.Over():
		return NewError(Conflict, "load.undo.running")
	case l.Undo.State == LoadUndoing || l.Undo.State == LoadUndone:
		return NewError(Conflict, "load.undo.once")
	case !now.Before(l.EndedAt.Add(LoadUndoLife)) || !now.Before(l.StartedAt.Add(LoadUndoOldest)):
		return NewError(Conflict, "load.undo.late")
	}
	return nil
}

// ErrUndoing: a load of the organization is being undone, and no other begins
// meanwhile: it would find people as they soon are not any more.
var ErrUndoing = NewError(Conflict, "load.undoing")

// ErrLoading: a load of the organization is under way, which an undo would disturb.
var ErrLoading = NewError(Conflict, "load.undo.others")

// LoadUndoBegin begins an undo; ErrStale where the load cannot be undone any more,
// ErrLoading and ErrUndoing.
type LoadUndoBegin struct {
	OrganizationID ID
	RunID          ID
	By             Actor
	Origin         Origin
	At             time.Time
	Record         Record
}

// LoadUndoBatch takes back what a batch of a load did, as far as that is not done by
// calls of an administrator: all of it is stored, with the undo moved before it, or
// nothing. ErrStale where the undo is not at Below any more, or where somebody is not
// as they were read.
type LoadUndoBatch struct {
	OrganizationID ID
	RunID          ID
	Below, To      int
	Counts         LoadUndoCounts
	Change         []LoadChange
	Remove         []LoadGroupRemoval
	Kept           []LoadKept
	At             time.Time
	Record         Record
}

// LoadGroupRemoval removes a group that a load has made, where nobody is in it.
type LoadGroupRemoval struct {
	GroupID ID
	// Was is what it must be; nil: it came beside the rows, and where somebody is in it
	// or an application is limited to it, it stays.
	Was    *GroupFields
	Record Record
}

// LoadUndoEnd ends an undo; ErrStale where it is not under way.
type LoadUndoEnd struct {
	OrganizationID ID
	RunID          ID
	State          LoadUndoState
	Reason         string
	At             time.Time
	Record         Record
}
