package web

// accountRoutes are the pages of the person who is signed in.
func (s *Site) accountRoutes() []Route {
	return []Route{}
}
