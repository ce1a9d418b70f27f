package core

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
)

// LoadDid is what a load did with a row.
type LoadDid string

// The deeds, as they are stored and told.
const (
	LoadAdded       LoadDid = "added"
	LoadUpdated     LoadDid = "updated"
	LoadUnchanged   LoadDid = "unchanged"
	LoadRejected    LoadDid = "rejected"
	LoadDeactivated LoadDid = "deactivated" // no row: somebody whom the file does not name
)

// LoadRowResult is what a load did with one row. It says of nobody what they are
// called: who that is, is asked when somebody wants to know.
type LoadRowResult struct {
	Row    int      `json:"r"` // of LoadDeactivated a number behind those of the file
	Did    LoadDid  `json:"d"`
	ID     ID       `json:"i,omitempty"` // the person or group; empty: none
	Fields []string `json:"f,omitempty"` // what was changed, by name
}

// LoadResult is what one batch of a load did to each of its rows: one record for
// all of them, so that a million rows are two thousand.
type LoadResult struct {
	ID             ID // see [LoadResultID]
	OrganizationID ID
	RunID          ID
	From, To       int // row numbers; To is the first that is not in it
	Rows           []LoadRowResult
	// BeforeSealed holds a list of LoadBefore, while the load can be undone; empty
	// afterwards.
	BeforeSealed string
	// Made are the groups that came with it beside its rows.
	Made []ID
	// Kept are those of its rows that an undo has left alone, and why.
	Kept []LoadKept
}

// LoadResultID names what the batch from a row on did. It sorts as rows do.
func LoadResultID(runID ID, from int) ID { return ID(fmt.Sprintf("%s.%09d", runID, from)) }

// LoadBefore is what was there before a row was done, and what it left behind. No
// password, app or hash of one is in it.
type LoadBefore struct {
	Row    int               `json:"r"`
	Print  string            `json:"p,omitempty"` // of somebody added, see [LoadPrint]
	Fields []LoadFieldChange `json:"f,omitempty"`
	Joined []string          `json:"j,omitempty"` // groups
	Left   []string          `json:"l,omitempty"`
}

// LoadFieldChange is a field that a row has changed.
type LoadFieldChange struct {
	Name string `json:"n"`
	Was  string `json:"w,omitempty"`
	Is   string `json:"i,omitempty"`
}

// LoadPrint is a short sum of all that people or their use change of an account, so
// that it can be told whether somebody is still just as a load added them, without
// keeping what that was. Whether they are deactivated is not in it, nor the text of
// a password, which is sealed anew now and then.
func LoadPrint(u User, groups []string) string {
	in := make([]string, len(groups))
	for i, name := range groups {
		in[i] = NameKey(name)
	}
	slices.Sort(in)
	h := sha256.New()
	note := func(parts ...any) {
		for _, p := range parts {
			text := fmt.Sprint(p)
			fmt.Fprintf(h, "%d:%s,", len(text), text)
		}
	}
	profile := u.Profile()
	for _, line := range profile.Fields() {
		note(*line.Value)
	}
	note(u.Username, u.Email, u.NotificationEmail, u.Photo, int(u.Type), u.TwoFactor, u.PasswordSealed != "", u.PasswordVersion, u.FactorSetVersion, u.PasswordDue)
	for _, at := range []bool{u.EmailProvedAt.IsZero(), u.NotificationProvedAt.IsZero(), u.ExemptUntil.IsZero(), u.LastSignInAt.IsZero(), u.AlarmedAt.IsZero()} {
		note(at)
	}
	for _, name := range slices.Compact(in) {
		note(name)
	}
	return base64.RawStdEncoding.EncodeToString(h.Sum(nil)[:12])
}
