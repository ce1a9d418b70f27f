package core

import "time"

// MaxExemptionDays is how many days ahead an exemption may end.
const MaxExemptionDays = 90

// Exemption frees a person, or the members of a group, from the second step that
// the organization asks for, until a moment. Nothing has to happen for it to end:
// who is exempt is a comparison with the clock ([Account.Exempt]).
type Exemption struct {
	ID             ID
	OrganizationID ID
	UserID         ID     // of a person; or
	GroupID        ID     // of a group
	Name           string // of the person or group; as it is now in lists
	Email          string // of the person, in lists
	Reason         string
	By             Actor
	StartedAt      time.Time
	Until          time.Time
	EndedAt        time.Time // written down: its end, or when somebody ended it before; zero: not yet
}

// Live reports whether the exemption holds at now.
func (e Exemption) Live(now time.Time) bool {
	return e.ID != "" && e.EndedAt.IsZero() && now.Before(e.Until)
}

// Exempting begins an exemption in the place of the one that Replaces names.
// ErrStale where that is not the one that runs now, ErrNotFound where there is no
// such person or group, or By may not exempt it.
type Exempting struct {
	Exemption Exemption
	Replaces  ID // empty: none runs
	Record    Record
}

// ExemptionEnd ends an exemption: early, or writes down that its time was over.
// Of parallel calls exactly one wins (ErrUsed).
type ExemptionEnd struct {
	Exemption Exemption
	HelperID  ID        // the administrator who ends it early; empty: the operator, or its time is over
	At        time.Time // of the end
	Early     bool
	Record    Record
}

// ExemptionFilter selects running exemptions of an organization, those that end
// first before the others.
type ExemptionFilter struct {
	OrganizationID ID
	Now            time.Time
	After          Exemption // the last of the page before: its Until and ID count
	Limit          int
}

// ExemptGroup is what an exemption needs to know of a group.
type ExemptGroup struct {
	ID             ID
	OrganizationID ID
	Name           string
	Members        int
	ExemptUntil    time.Time
}
