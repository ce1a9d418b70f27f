package core

import (
	"fmt"
	"time"
)

// LoadChunkBytes is how many bytes of a file one part of it holds: few enough that
// sealing a hundred of them anew is nothing.
const LoadChunkBytes = 64 << 10

// LoadFilesWaiting is how many files that nobody has loaded an organization keeps: each
// may have 50 MB, and they are kept for a day.
const LoadFilesWaiting = 20

// LoadLease is how long a worker may be silent before another one goes on with its
// load.
const LoadLease = 30 * time.Second

// LoadFacts is how a file is read, and what was seen when it was read through.
type LoadFacts struct {
	Encoding  string // of text
	Delimiter string // of text
	HeaderRow int    // see package table
	Sheet     string // of a workbook
	Sheets    []string
	Columns   []string
	Filled    []int // how many rows have something in a column
	Rows      int
	First     int // number of the first row
}

// LoadFile is a file that was put up to be loaded.
type LoadFile struct {
	ID             ID
	OrganizationID ID
	By             Actor
	Name           string
	Size           int64
	Hash           string // SHA-256; empty while it arrives
	Facts          LoadFacts
	Order          LoadOrder
	PackageID      ID // whose order it is loaded with, as changed for this file; empty: none's
	RunID          ID // the load of it; empty: it was not loaded yet
	// Confirmed: whoever started the load had confirmed that, and may change
	// identities (AK4).
	Confirmed bool
	Version   int
	CreatedAt time.Time
	LookState LoadLookState
	Look      LoadLook
}

// LoadLookState is where the preview of a large file is.
type LoadLookState string

// The states.
const (
	LoadLookNone   LoadLookState = ""       // nobody asked, or it is made while they wait
	LoadLookDue    LoadLookState = "due"    // a worker makes it
	LoadLookDone   LoadLookState = "done"   // it is there
	LoadLookFailed LoadLookState = "failed" // the file cannot be looked at
)

// LoadLook is what was found of a large file, or how far that is.
type LoadLook struct {
	At    time.Time // when it was found
	Rows  int       // how many were looked at
	Fault string    // the code of why it failed
	Found string    // the preview, as package loadfile writes it; nothing secret is in one
}

// LoadChunkID names a part of a file; its bytes are sealed to that name.
func LoadChunkID(fileID ID, part int) ID { return ID(fmt.Sprintf("%s.%05d", fileID, part)) }
