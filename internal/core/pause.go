package core

import (
	"net/netip"
	"slices"
	"strconv"
	"time"
)

// PauseLengths are how long a pause may be, the shortest first; an organization
// allows those up to its own [Policy.PauseCap].
func PauseLengths() []time.Duration {
	return []time.Duration{15 * time.Minute, time.Hour, 4 * time.Hour}
}

// PauseCapDefault is the longest pause where an organization has said nothing.
const PauseCapDefault = time.Hour

// PauseLengths returns those that the organization allows; none where it allows
// no pauses, or no password clients at all (AD5).
func (p Policy) PauseLengths() []time.Duration {
	if p.NoPasswordClients {
		return nil
	}
	return slices.DeleteFunc(PauseLengths(), func(d time.Duration) bool { return d > p.PauseCap })
}

// Pause lets programs that know no more than a password (Data Loader 1.0) in
// without a second step: of one account, from one network, until a moment. It
// opens no session and changes nothing for the web. Nothing has to happen for it
// to end: whether it holds is a comparison with the clock.
type Pause struct {
	ID             ID
	OrganizationID ID
	UserID         ID
	Network        string // the /24 or /64 that it was started from
	Reason         string // may be empty
	StartedAt      time.Time
	Until          time.Time
	EndedAt        time.Time // written down; zero: not yet
	Why            PauseEnd  // why it ended
	EndEventID     ID        // of the event that tells of the end
	SignIns        int       // how often a program signed in by it
	LastUsedAt     time.Time
}

// PauseEnd is why a pause ended.
type PauseEnd string

// The reasons; any other is the [EndReason] of what ended the person's sessions too.
const (
	PauseOver     PauseEnd = "time"     // by itself
	PauseEnded    PauseEnd = "owner"    // "End now"
	PauseRestored PauseEnd = "restored" // a backup was restored (BK2)
)

// Live reports whether the pause holds at now.
func (p Pause) Live(now time.Time) bool {
	return p.ID != "" && p.EndedAt.IsZero() && now.Before(p.Until)
}

// Covers reports whether the pause holds at now for a request from an address.
func (p Pause) Covers(from netip.Addr, now time.Time) bool {
	network, err := netip.ParsePrefix(p.Network)
	return err == nil && p.Live(now) && network.Contains(from.Unmap().WithZone(""))
}

// EndsPause reports whether what ends a person's sessions for a reason ends a
// pause too: signing out everywhere, and whatever says that somebody else may
// have started it. What only tidies up sessions does not.
func (r EndReason) EndsPause() bool {
	switch r {
	case EndByOwner, EndPasswordChanged, EndEmailChanged, EndFactorsReset, EndNotYou, EndAdministrator:
		return true
	}
	return false
}

// StartEvent is the event of the start.
func (p Pause) StartEvent(id ID, u User, o Origin) Event {
	e := Event{
		ID: id, OrganizationID: p.OrganizationID, At: p.StartedAt, Kind: EventPauseStarted, Result: "ok",
		Actor: Actor{Kind: "person", ID: u.ID, Name: u.Name()}, SubjectID: u.ID, Target: p.Network, Origin: o,
	}
	e.Detail = map[string]string{DetailUntil: p.Until.UTC().Format(time.RFC3339)}
	if p.Reason != "" {
		e.Detail[DetailNote] = p.Reason
	}
	return e
}

// EndEvent is the event of the end, as the pause stands. It happens when it is
// written down; its details say when the pause itself began and ended, and what
// signed in by it.
func (p Pause) EndEvent(at time.Time, by Actor, o Origin) Event {
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	e := Event{
		ID: p.EndEventID, OrganizationID: p.OrganizationID, At: at, Kind: EventPauseEnded, Result: "ok",
		Actor: by, SubjectID: p.UserID, Target: p.Network, Origin: o,
	}
	e.Detail = map[string]string{
		DetailReason: string(p.Why), "started": stamp(p.StartedAt), "ended": stamp(p.EndedAt), DetailSignIns: strconv.Itoa(p.SignIns),
	}
	if !p.LastUsedAt.IsZero() {
		e.Detail[DetailLastUsed] = stamp(p.LastUsedAt)
	}
	return e
}

// PauseStart begins a pause. ErrTaken where one holds already, ErrNotFound where
// the person may not sign in.
type PauseStart struct {
	Pause  Pause
	Record Record
}

// PauseFinish writes the end of a pause down, with who is told of it. Of parallel
// calls exactly one wins (ErrUsed).
type PauseFinish struct {
	Pause  Pause // with EndedAt, Why and EndEventID
	Record Record
}

// PauseTold says who is told of an end that was written down by what ended the
// pause. Of parallel calls exactly one wins (ErrUsed).
type PauseTold struct {
	Pause  Pause
	At     time.Time
	Record Record
}
