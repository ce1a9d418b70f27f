package core

import "time"

// Change says that cached facts about a subject are outdated. It is written in
// the transaction of the change itself (law 9); every replica polls for them.
type Change struct {
	ID        ID
	At        time.Time
	Kind      ChangeKind
	SubjectID ID
}

// ChangeKind is what sort of subject changed.
type ChangeKind string

// The kinds.
const (
	ChangeSession      ChangeKind = "session"      // SubjectID is a Session
	ChangeUser         ChangeKind = "user"         // SubjectID is a User: all sessions of that person
	ChangeOrganization ChangeKind = "organization" // SubjectID is an Organization: all its sessions
	ChangeApplications ChangeKind = "applications" // SubjectID is an Organization
	ChangeKeys         ChangeKind = "keys"         // the data keys; no subject
	ChangeAPIKey       ChangeKind = "api_key"      // SubjectID is an APIKey
	ChangeMail         ChangeKind = "mail"         // the mail settings; no subject
)

// The timing of the change table (law 9).
const (
	ChangePoll    = time.Second
	ChangeOverlap = 30 * time.Second // ids may commit late
	CacheGood     = 5 * time.Second  // a cached entry serves only this long after the last good poll
)
