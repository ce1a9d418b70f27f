package web

const (
	groupPattern  = groupsPath + "/{id}"
	newGroupPath  = groupsPath + "/new"
	membersOf     = groupPattern + "/members"
	deletePattern = groupPattern + "/delete"
)

// groupRoutes are the groups of the organization and their members. A membership
// opens applications, so each change asks for "Confirm it's you" (SU2).
func (s *Site) groupRoutes() []Route {
	return []Route{
		{"GET", groupsPath, Administering, s.groupsShow},
		{"GET", newGroupPath, Administering, s.groupNewShow},
		{"POST", newGroupPath, AdministeringConfirmed, s.groupNew},
		{"GET", groupPattern, Administering, s.groupShow},
		{"POST", groupPattern, AdministeringConfirmed, s.groupSave},
		{"POST", membersOf, AdministeringConfirmed, s.groupJoin},
		{"POST", membersOf + "/remove", AdministeringConfirmed, s.groupLeave},
		{"GET", deletePattern, Administering, s.groupDeleteShow},
		{"POST", deletePattern, AdministeringConfirmed, s.groupDelete},
	}
}
