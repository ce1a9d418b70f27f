package core

// Helps reports whether u may help other: send links, and reset two-factor.
// Administrators may help everybody of their organization but themselves; the
// help desk only people below itself (AD2).
func (u User) Helps(other User) bool {
	if u.OrganizationID != other.OrganizationID || u.ID == other.ID || u.Status != Active {
		return false
	}
	return u.Type == Administrator || u.Type == HelpDesk && other.Type < HelpDesk
}

// Manages reports whether u may see and change other's account: only
// administrators may, and what concerns their own rights not for themselves
// ([User.MayGrant]).
func (u User) Manages(other User) bool {
	return u.OrganizationID == other.OrganizationID && u.Status == Active && u.Type == Administrator
}

// MayGrant reports whether u may give other the type to, or take the one it has
// away: never above what u has itself, and never one's own (AD2).
func (u User) MayGrant(other User, to UserType) bool {
	return u.Manages(other) && u.ID != other.ID && to <= u.Type && other.Type <= u.Type
}
