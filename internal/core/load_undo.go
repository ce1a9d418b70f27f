package core

import "time"

// The bounds of an undo.
const (
	// LoadUndoLife is how long after its end a load can be undone.
	LoadUndoLife = 24 * time.Hour
	// LoadUndoOldest is how long after its beginning it can.
	LoadUndoOldest = 7 * 24 * time.Hour
)

// LoadKept is somebody, or a group, whom an undo has left as they were.
type LoadKept struct {
	Row  int    `json:"r"`
	ID   ID     `json:"i,omitempty"`
	Name string `json:"n,omitempty"` // of a group
	Why  string `json:"w"`           // a code
}
