package web

// profileRoutes are the Profile tab and what changes from there.
func (s *Site) profileRoutes() []Route {
	return []Route{
		{"GET", profilePath, SignedIn, s.profileShow},
		{"POST", profilePath, SignedIn, s.profileSave},
		{"POST", photoUploadPath, SignedIn, s.photoSave},
		{"POST", profilePath + "/photo/remove", SignedIn, s.photoRemove},
		{"GET", photoPath + "{name}", AnySession, s.photoShow},
	}
}
