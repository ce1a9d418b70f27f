package core

import "time"

// MailSlot is one of the places for a mail server.
type MailSlot string

// The places, in the order in which servers are tried.
const (
	MailFirst  MailSlot = "first"
	MailSecond MailSlot = "second"
)

// MailSlots returns both.
func MailSlots() []MailSlot { return []MailSlot{MailFirst, MailSecond} }

// MailServer is a mail server as stored.
type MailServer struct {
	Slot           MailSlot
	Host           string
	Port           int
	Implicit       bool // TLS from the first byte; otherwise STARTTLS
	User           string
	PasswordSealed string
}

// MailSettings is what pages say about mail; it holds for the whole deployment.
type MailSettings struct {
	Sender    string
	ReplyTo   string
	Servers   []MailServer // in the order of [MailSlots]
	ChangedAt time.Time    // zero: nobody set anything
	Version   int64
}

// MailChange changes the settings by compare-and-swap on their version, and only
// while the organization is the only one: with several, mail is the operator's.
type MailChange struct {
	OrganizationID ID
	Version        int64 // as read
	Sender         string
	ReplyTo        string
	Server         *MailServer // to store; nil: none
	KeepPassword   bool        // of the stored server of that slot
	Remove         MailSlot    // empty: none
	At             time.Time
	Record         Record
}

// MailFailing is how many strikes mean that a mail server fails: a fault of its
// own is as many at once, any other failure is one.
const MailFailing = 3

// MailTally is what a replica saw of a mail server within a minute, in the order
// in which it happened: first what Alive stands for, then the strikes.
type MailTally struct {
	Server  string // host:port
	Minute  time.Time
	Taken   int
	Refused int // for good, about the recipient
	Failed  int
	Alive   time.Time // when it last took or refused a mail; zero: not
	Strikes int       // since then
	Since   time.Time // the first of them
	Last    time.Time // the last of them
	Reason  string    // of the last one: a stable code with the server's status
	Fault   bool      // the last one was the server's own
}

// MailHealth is how a mail server is doing.
type MailHealth struct {
	Server       string
	TakenAt      time.Time // when it last took or refused a mail
	FailedAt     time.Time
	FailingSince time.Time // the first failure after that; zero: none
	Strikes      int
	Reason       string
	Fault        bool
	ProbedAt     time.Time
	// The sums of the last minutes.
	Taken, Refused, Failed int
}

// mailStrikesMost is where counting ends.
const mailStrikesMost = 1000

// Add returns h with what a replica saw. Replicas report in turn, not in order:
// a failure that is older than the last sign of life says nothing.
func (h MailHealth) Add(m MailTally) MailHealth {
	if m.Alive.After(h.TakenAt) {
		h.TakenAt = m.Alive
	}
	if !m.Alive.IsZero() && !m.Alive.Before(h.FailedAt) {
		h.Strikes, h.FailingSince = 0, time.Time{}
	}
	if m.Strikes == 0 || m.Last.Before(h.TakenAt) {
		return h
	}
	h.Strikes = min(h.Strikes+m.Strikes, mailStrikesMost)
	if h.FailingSince.IsZero() || m.Since.Before(h.FailingSince) {
		h.FailingSince = m.Since
	}
	if !m.Last.Before(h.FailedAt) {
		h.FailedAt, h.Reason, h.Fault = m.Last, m.Reason, m.Fault
	}
	return h
}

// Failing reports whether mail for this server had better go elsewhere.
func (h MailHealth) Failing() bool { return h.Strikes >= MailFailing }

// MailCondition is how mail as a whole is doing.
type MailCondition string

// The conditions.
const (
	MailNoServer MailCondition = "none"     // no mail server is set up
	MailWorks    MailCondition = "works"    // every server takes mail, as far as is known
	MailDegraded MailCondition = "degraded" // one fails, the other takes over
	MailFails    MailCondition = "fails"    // all fail
)

// MailState is how mail is doing, as all replicas together saw it.
type MailState struct {
	Condition MailCondition
	Since     time.Time    // of MailDegraded and MailFails
	Server    string       // the one that fails; where all do, the last one that began to
	Reason    string       // why: a stable code, perhaps with the server's status
	Servers   []MailHealth // those in use, in order
}

// MailTrial is the last test of a mail server.
type MailTrial struct {
	Server string
	At     time.Time
	ByID   ID     // who sent it
	To     string // that person's own address
	Reason string // empty: it was taken
	Steps  string // "part<tab>line", one a line
}

// MailRefusal is a mail that was not taken, or too late.
type MailRefusal struct {
	At       time.Time
	Template Template
	Delivery Delivery // refused or expired
	Reason   string
	UserID   ID
	Name     string
	Email    string
}
