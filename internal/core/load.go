package core

import "time"

// LoadTarget is what the rows of a file are.
type LoadTarget string

// The targets (ux §5).
const (
	LoadPeople      LoadTarget = "people"
	LoadGroups      LoadTarget = "groups"
	LoadMemberships LoadTarget = "memberships"
)

// LoadTargets are all targets, in the order in which they are offered.
func LoadTargets() []LoadTarget { return []LoadTarget{LoadPeople, LoadGroups, LoadMemberships} }

// LoadColumn says what a column of the file is.
type LoadColumn struct {
	Column  string // its name in the file
	Field   string // of the target; empty: it is left out
	Enabled bool
}

// LoadErrors is what becomes of a load when a row cannot be taken.
type LoadErrors string

// The choices.
const (
	LoadSkip LoadErrors = "skip" // that row is left out, and stands in the report
	LoadStop LoadErrors = "stop" // nothing is loaded from there on
)

// LoadOrder is how the rows of a file are understood: what a package remembers.
type LoadOrder struct {
	Target  LoadTarget
	Key     string // the field that decides whether a row is new or known
	Columns []LoadColumn
	OnError LoadErrors
	// Clear: an empty cell empties what is stored; otherwise it says nothing.
	Clear bool
	// Exact: people are in the groups of their row and in no others; otherwise a
	// row only adds.
	Exact bool
	// Identity: rows may change the address, username, type or state of people who
	// exist (AK4). Whoever loads must be allowed to as well.
	Identity bool
	// Absent deactivates the people whom the file does not name, unless they are
	// more than Threshold percent of those who are active.
	Absent    bool
	Threshold int
}

// LoadThreshold is the share of people, in percent, that a file may leave out
// before a load that deactivates them stops.
const LoadThreshold = 10

// LoadNamedFor is how long after its beginning a load knows whom its rows named.
const LoadNamedFor = 7 * 24 * time.Hour

// LoadState is where a load is in its life.
type LoadState string

// The states.
const (
	LoadRunning LoadState = "running"
	LoadDone    LoadState = "done"
	LoadStopped LoadState = "stopped" // by somebody, or by a row that was wrong
	LoadFailed  LoadState = "failed"  // by something that is not in the file
)

// Why a load ended before its end, as LoadRun.Reason; any other code is of an error.
const (
	LoadRowWrong   = "load.row_wrong"   // its order stops at a row that is wrong
	LoadAbsentMany = "load.absent_many" // the file leaves out more people than its order allows
	LoadAbsentRows = "load.absent_rows" // it would deactivate whom the file leaves out, and rows could not be taken
	// LoadAbsentUnsure: it would deactivate whom the file leaves out, and it is not known,
	// or not any more, who that is.
	LoadAbsentUnsure = "load.absent_unsure"
	LoadRestored     = "load.restored"   // a backup was restored meanwhile
	LoadRightLost    = "load.right_lost" // whoever started it may not load any more
	LoadByPerson     = "load.by_person"  // somebody stopped it
	LoadGroupsMany   = "group.limit"     // it would make more groups than there may be
)

// Over reports whether nothing happens any more.
func (s LoadState) Over() bool { return s != LoadRunning }

// LoadCounts says what became of rows.
type LoadCounts struct {
	Added, Updated, Unchanged, Rejected int
	Deactivated                         int // people whom the file does not name
}

// Rows is how many rows there were.
func (c LoadCounts) Rows() int { return c.Added + c.Updated + c.Unchanged + c.Rejected }

// LoadRun is one load of one file.
type LoadRun struct {
	ID             ID
	OrganizationID ID
	By             Actor
	Origin         Origin
	Name           string // of the file or query, for people to read
	Hash           string // SHA-256 of the file; empty for a query
	Order          LoadOrder
	PackageID      ID       // whose order it was; empty: nobody kept it
	PackageName    string   // as it was called then
	Columns        []string // of the file, in its order
	State          LoadState
	Reason         string // the code of what stopped it
	Next           int    // the number of the first row that is not settled
	Total          int    // how many rows there are; 0: nobody knows yet
	Counts         LoadCounts
	StartedAt      time.Time
	EndedAt        time.Time
	Undo           LoadUndo
}

// LoadAway is how long people sit and watch a load before they do something else.
const LoadAway = time.Minute

// TellsDone reports whether whoever started the load is told by email should it be done
// at a moment: they started it on a page and need not have waited. A program gets its
// answer, and a schedule has nobody who waits.
func (l LoadRun) TellsDone(at time.Time) bool {
	return l.Origin.Session != "" && at.Sub(l.StartedAt) >= LoadAway
}

// LoadBatchRows is how many rows one transaction takes at most.
const LoadBatchRows = 500

// LoadKnown is somebody whose name a row uses.
type LoadKnown struct {
	Key    string // the login key by which they were found
	User   User   // the zero value: it is in use, or kept, and not to be had
	Groups []string
	Apps   int // authenticator apps
}

// LoadBatch is what a few rows of a load do: all of it is stored, with the run
// moved behind them, or nothing. ErrStale where the run is not at From any more,
// or where somebody is not as they were read.
type LoadBatch struct {
	OrganizationID ID
	RunID          ID
	From, To       int // row numbers; To is the first that is not in it
	Counts         LoadCounts
	Add            []NewUser
	Change         []LoadChange
	Rejects        []LoadReject
	Named          []ID // whom the rows name, where the load deactivates the others
	Result         LoadResult
	At             time.Time
	Record         Record
}

// LoadChange changes somebody in what leads into no account and opens nothing.
type LoadChange struct {
	UserID      ID
	Was, Is     Profile
	Join, Leave []string // names of groups
	// PasswordSealed is a first password, for somebody who has none.
	PasswordSealed string
	Credentials    []Credential // a first authenticator app
}

// LoadReject is a row that could not be taken.
type LoadReject struct {
	ID          ID
	Row         int
	CellsSealed string // the row as it was, for a file that can be loaded again
	Problems    []LoadProblem
}

// LoadProblem is what is wrong with a row.
type LoadProblem struct {
	Column string // of the file; empty: the row as a whole
	Value  string // what stands there; never of a column that holds a secret
	Code   string
	Params map[string]any
}

// LoadEnd ends a load; ErrStale where it is over already.
type LoadEnd struct {
	OrganizationID ID
	RunID          ID
	State          LoadState
	Reason         string
	At             time.Time
	Record         Record
}
