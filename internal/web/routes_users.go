package web

import "net/http"

const userPattern = usersPath + "/{id}"

// userRoutes are Manage Users (ux 4.5).
func (s *Site) userRoutes() []Route {
	all := []Route{
		{"GET", usersPath, Helping, s.usersShow},
		{"GET", usersPath + "/new", Administering, s.userNewShow},
		{"POST", usersPath + "/new", Administering, s.userNew},
		{"GET", userPattern, Helping, s.userFirstTab},
		{"GET", userPattern + "/profile", Administering, s.userProfileShow},
		{"POST", userPattern + "/profile", Administering, s.userProfileSave},
		{"GET", userPattern + "/security", Helping, s.userSecurityShow},
		{"GET", userPattern + "/activity", Administering, s.userActivityShow},
	}
	for _, d := range s.deeds() {
		all = append(all, Route{http.MethodGet, userPattern + "/" + d.path, d.see, s.deedShow(d)}, Route{http.MethodPost, userPattern + "/" + d.path, d.access, s.deedDo(d)})
	}
	return all
}
