package web

// profileRoutes are the Profile tab and what changes from there.
func (s *Site) profileRoutes() []Route {
	return []Route{
		{"GET", profilePath, SignedIn, s.profileShow},
		{"POST", profilePath, SignedIn, s.profileSave},
	}
}
