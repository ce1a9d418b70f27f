package core

import "time"

// BulkAction is what is done to many people at once.
type BulkAction string

// The actions; each is that of one person's page, done for many.
const (
	BulkInvite     BulkAction = "invite"     // send the invitation once more
	BulkRequire    BulkAction = "require"    // require two-factor
	BulkRemind     BulkAction = "remind"     // a mail about setting up an app
	BulkReset      BulkAction = "reset"      // reset two-factor
	BulkType       BulkAction = "type"       // change the user type
	BulkSignOut    BulkAction = "sign-out"   // end all sessions
	BulkPassword   BulkAction = "password"   // require a new password
	BulkDeactivate BulkAction = "deactivate" //
	BulkReactivate BulkAction = "reactivate" //
	BulkJoin       BulkAction = "join"       // add to a group
	BulkLeave      BulkAction = "leave"      // remove from a group
)

// BulkActions are all of them, in the order in which they are offered.
func BulkActions() []BulkAction {
	return []BulkAction{
		BulkInvite, BulkRequire, BulkRemind, BulkType, BulkJoin, BulkLeave, BulkPassword, BulkSignOut, BulkReset, BulkDeactivate, BulkReactivate,
	}
}

// Asks reports whether the action needs to know more before it is clear whom it
// concerns: the type, or the group.
func (a BulkAction) Asks() bool { return a == BulkType || a == BulkJoin || a == BulkLeave }

// Takes reports whether the action takes something away from people.
func (a BulkAction) Takes() bool {
	return a == BulkReset || a == BulkSignOut || a == BulkPassword || a == BulkDeactivate || a == BulkLeave
}

// BulkState is where a bulk job is in its life.
type BulkState string

// The states, in their order.
const (
	BulkAsking    BulkState = "asking"    // it is not said yet to which type, or which group
	BulkGathering BulkState = "gathering" // whom it concerns is being written down
	BulkReview    BulkState = "review"    // it waits for somebody to start it
	BulkRunning   BulkState = "running"
	BulkDone      BulkState = "done"
	BulkStopped   BulkState = "stopped" // by somebody, or because who asked may not any more, or the group is gone
)

// Open reports whether the job is being worked on.
func (s BulkState) Open() bool { return s == BulkGathering || s == BulkRunning }

// Over reports whether nothing more will happen.
func (s BulkState) Over() bool { return s == BulkDone || s == BulkStopped }

// BulkOrder is what shall be done.
type BulkOrder struct {
	Action    BulkAction
	Type      UserType // for BulkType
	GroupID   ID       // for BulkJoin and BulkLeave
	GroupName string
	How       IdentityCheck // for BulkReset
	Note      string
}

// BulkSelection is whom it shall be done to: people by id, or all who match a
// filter when they are gathered.
type BulkSelection struct {
	IDs    []ID
	Filter *PersonFilter
}

// BulkJob is one action for many people. Who they are is written down when it is
// asked for, one [BulkItem] each, and does not change any more: what was reviewed
// is what is done.
type BulkJob struct {
	ID             ID
	OrganizationID ID
	By             Actor
	Origin         Origin
	Order          BulkOrder
	Selection      BulkSelection
	State          BulkState
	After          ID // the last person that was gathered
	AskedAt        time.Time
	StartedAt      time.Time
	EndedAt        time.Time
	StoppedBy      string // the name of who stopped it; empty: nobody did
	Counts         BulkCounts
	// Owner has the job to itself until Until; set by who takes it.
	Owner string
	Until time.Time
}

// BulkCounts are how many people of a job have which outcome.
type BulkCounts struct{ Waiting, Done, Skipped, Failed int }

// Total is how many people the job has.
func (c BulkCounts) Total() int { return c.Waiting + c.Done + c.Skipped + c.Failed }

// Settled is how many of them are over.
func (c BulkCounts) Settled() int { return c.Total() - c.Waiting }

// BulkOutcome is what became of one person of a job.
type BulkOutcome string

// The outcomes.
const (
	BulkWaiting     BulkOutcome = ""
	BulkItemDone    BulkOutcome = "done"
	BulkItemSkipped BulkOutcome = "skipped" // with a reason
	BulkItemFailed  BulkOutcome = "failed"
)

// BulkItem is one person of a job.
type BulkItem struct {
	UserID  ID
	Name    string // as gathered
	Email   string // likewise
	Outcome BulkOutcome
	Reason  string // of one that is skipped; a code
	At      time.Time
}

// BulkReason is how many people of a job are skipped for a reason.
type BulkReason struct {
	Reason string
	People int
}

// BulkItemFilter selects people of a job, a page at a time, by their ids.
type BulkItemFilter struct {
	OrganizationID ID
	JobID          ID
	Outcome        BulkOutcome
	Any            bool // whatever the outcome
	Reason         string
	After          ID
	Limit          int
}

// BulkGatheringStep writes down people of a job that is gathered.
type BulkGatheringStep struct {
	OrganizationID ID
	JobID          ID
	Owner          string // must hold the job
	From, After    ID     // the last person before, and after this step
	Last           bool   // everybody is gathered
	Items          []BulkItem
}

// BulkMove brings a job from one state to another. Of parallel calls exactly one
// succeeds.
type BulkMove struct {
	OrganizationID ID
	JobID          ID
	From, To       BulkState
	Order          *BulkOrder // another order; nil: as it is
	Origin         *Origin    // likewise
	StoppedBy      string
	Owner          string // leases it with that, until Until
	Until          time.Time
	At             time.Time
	Record         Record
}

// The numbers of bulk jobs.
const (
	// BulkBatch is how many people one turn of a job takes.
	BulkBatch = 50
	// BulkGatherStep is how many people are gathered in one transaction.
	BulkGatherStep = 500
	// BulkLease is how long a process has a job to itself.
	BulkLease = time.Minute
	// BulkMemory is how long a job is kept after it was asked for.
	BulkMemory = 30 * 24 * time.Hour
	// BulkDrafts is how many jobs that nobody started a person keeps.
	BulkDrafts = 5
	// BulkMailLife is how long a notice of a job is worth sending: it waits for
	// all mails of people who sign in.
	BulkMailLife = 7 * 24 * time.Hour
)

// ErrBulkSettled: this person of a job was done by another process, or the job
// does not run any more. Nothing was changed.
var ErrBulkSettled = NewError(Conflict, "bulk.settled")

// SortMade is the order in which people were made, for those who walk all of them
// ([PersonFilter]).
const SortMade PersonSort = "made"
