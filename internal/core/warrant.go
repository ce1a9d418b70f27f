package core

import "time"

// Warrant is the right in which somebody does something to others. It is looked
// up once more in the transaction that does it: what a service knew of either of
// them may be some seconds old (law 9), and whoever was put out of office a moment
// ago leaves nothing behind that still happens.
type Warrant struct {
	OrganizationID ID
	ActorID        ID       // empty: the operator, the system, or a person about themselves
	Least          UserType // what the actor must be: HelpDesk or Administrator
	UserID         ID       // whom it is done to; empty: nobody in particular
	// Key is the access key of the API key that asks; it must live. Empty: none does.
	Key string
	// Since is when what asks began, a session or a load: "Wasn't you?" ends all that
	// was there before. Zero: nothing that could be older.
	Since time.Time
}

// Holds returns why the warrant is good no more, with both as they are now; by is
// the zero value where there is no such person in the organization.
func (w Warrant) Holds(by, of User) error {
	switch {
	case w.ActorID == "":
		return nil
	case by.ID != w.ActorID, by.Status != Active, by.Type < w.Least, !w.Since.IsZero() && by.AlarmedAt.After(w.Since):
		return ErrNotAdministrator
	case w.UserID != "" && w.Least < Administrator && !by.Helps(of):
		return ErrAbove
	}
	return nil
}

// Warrant returns the right of an actor to do something to nobody in particular.
// The operator, at the command line, and the system need none.
func (a Actor) Warrant(organizationID ID, least UserType) Warrant {
	w := Warrant{OrganizationID: organizationID, Least: least}
	if a.Kind == "person" {
		w.ActorID = a.ID
	}
	return w
}

// Warrant returns the right of the signed-in person to do something to somebody.
func (v SessionView) Warrant(least UserType, userID ID) Warrant {
	u := v.Account.User
	return Warrant{OrganizationID: u.OrganizationID, ActorID: u.ID, Least: least, UserID: userID, Key: v.Key, Since: v.Session.SignedInAt}
}
