package web

import "net/http"

// signedOutRoutes are the addresses one can reach without a session.
func (s *Site) signedOutRoutes() []Route {
	return []Route{
		{"GET", "/static/{hash}/{name...}", Open, s.static},
		{"GET", "/favicon.svg", Open, s.favicon},
		{"GET", "/robots.txt", Open, s.robots},
	}
}

func (s *Site) static(w http.ResponseWriter, r *http.Request) error {
	s.assets.serve(w, r)
	return nil
}

func (s *Site) favicon(w http.ResponseWriter, r *http.Request) error {
	s.assets.favicon(w, r)
	return nil
}

// robots keeps every page out of search engines.
func (s *Site) robots(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := w.Write([]byte("User-agent: *\nDisallow: /\n"))
	return err
}
