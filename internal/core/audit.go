package core

import "time"

// The numbers of the audit log (ux §6; AU4).
const (
	AuditDaysDefault = 400
	AuditDaysLeast   = 90
	AuditDaysMost    = 2555
)

// AuditFilter selects events of an organization; its zero value selects all.
type AuditFilter struct {
	PersonID ID        // who did it or whom it is about
	Kinds    []string  // any of them
	Result   string    // "ok", "refused" or "failed"
	From     time.Time // from this moment on
	Until    time.Time // before this moment
	// Text is looked for in what an event says. A whole network address, request
	// id or event id is found by an index, however long ago it was; anything else
	// in at most AuditReach events a page.
	Text  string
	After EventMark // older than this one; zero: from the newest on
	Limit int       // 0: 50
}

// AuditReach bounds how many events one page looks at for conditions that no
// index holds together.
const AuditReach = 5000

// AuditPage is one page of the log, newest first.
type AuditPage struct {
	Events []Event
	// Next is where the next page goes on; zero where there is none.
	Next EventMark
	// Short: Next is set though the page is not full, because AuditReach events
	// were looked at.
	Short bool
	// People are those whom the events are about, by their ids, as they are called
	// today.
	People map[ID]AuditPerson
}

// StoredEvent is an event as its row holds it. Detail of the Event is not read.
type StoredEvent struct {
	Event
	DetailText string
}

// SealKind says what a seal is for.
type SealKind string

// The kinds of seals.
const (
	SealLog    SealKind = "log"    // a batch of the log, kept in the database
	SealExport SealKind = "export" // rows of one exported file, kept only in it
)

// AuditSeal binds a batch of event rows to everything sealed before it
// (docs/adr/0024). Seals of an organization are numbered from 1 without a gap.
type AuditSeal struct {
	OrganizationID ID // empty: the deployment's own events
	N              int64
	Kind           SealKind
	Previous       string // the hash of seal N-1; empty before the first
	At             time.Time
	Rows           string // each row's id and digest, as package audit writes them
	Count          int
	From, Until    time.Time // the least and the greatest time of the rows
	// Through is the place up to which every row that was committed then is in
	// this seal or an earlier one. Rows at earlier places came late.
	Through   EventMark
	Hash      string // over all of the above
	Signer    ID     // an AuditKey
	Signature string
}

// AuditKey signs seals. Its seed is sealed under the key ring, which is what
// makes it ours; its public half lets anybody verify (AU4).
type AuditKey struct {
	ID         ID
	Public     string
	SeedSealed string
	MadeUnder  string // the id of the data key that was active then
	CreatedAt  time.Time
	EndorsedBy ID     // the key before; empty for the first
	Endorsed   string // its signature over ID and Public
}

// AuditCut says that retention removed everything up to a seal. It takes the
// removed seals' place in the chain.
type AuditCut struct {
	OrganizationID ID
	N              int64  // the last seal that is gone
	Hash           string // of it
	Before         time.Time
	At             time.Time
	Rows           int64 // removed since the log began
	Signer         ID
	Signature      string
}

// AuditTrim removes the rows of the seals after the last cut up to Cut.N, with
// the seals, and puts Cut in their place.
type AuditTrim struct {
	Cut      AuditCut
	Previous int64 // N of the cut it replaces; ErrStale where it is another by now
	EventIDs []ID
	Record   Record
}

// AuditChain is what a sealer needs to know of an organization's seals.
type AuditChain struct {
	Cut  AuditCut  // zero: nothing was removed yet
	Last AuditSeal // without Rows; zero: none was made yet
}

// AuditTask is a piece of work in the background that one process at a time
// does for the whole deployment.
type AuditTask string

// The tasks.
const (
	AuditSealing   AuditTask = "seal"
	AuditRetention AuditTask = "retention"
	AuditStreaming AuditTask = "stream"
)

// AuditPerson is a person as a filter names them.
type AuditPerson struct {
	ID          ID
	Name, Email string
}
