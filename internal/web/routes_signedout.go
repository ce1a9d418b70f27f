package web

import "net/http"

// signedOutRoutes are the addresses one can reach without a session.
func (s *Site) signedOutRoutes() []Route {
	return []Route{
		{"GET", "/{$}", Open, s.root},
		{"GET", "/signin", Open, s.signinShow},
		{"POST", "/signin", Open, s.signinSubmit},
		{"GET", "/signin/verify", Pending, s.verifyShow},
		{"POST", "/signin/verify", Pending, s.verifyChoose},
		{"GET", "/signin/verify/{kind}", Pending, s.codeShow},
		{"POST", "/signin/verify/{kind}", Pending, s.codeSubmit},
		{"POST", "/signin/verify/email/send", Pending, s.codeSend},
		{"POST", "/signin/cancel", Pending, s.cancel},
		{"GET", sessionEndedPath, Open, s.sessionEnded},
		{"GET", "/signin/help", Open, s.signinHelp},
		{"GET", "/signin/recovery-used", SignedIn, s.recoveryUsed},
		{"GET", "/signin/setup-offer", SignedIn, s.offerShow},
		{"POST", "/signin/setup-offer", SignedIn, s.offerAnswer},
		{"POST", "/signout", Leaving, s.signOut},
		{"POST", languagePath, Open, s.chooseLanguage},
		{"GET", "/continue", SignedIn, s.continueShow},
		{"GET", signedOutPath, Open, s.signedOut},
		{"GET", "/invite", Open, s.inviteShow},
		{"POST", "/invite", Open, s.inviteSubmit},
		{"GET", "/invite/{token}", Open, s.openLink(cookieLink, "/invite")},
		{"GET", "/welcome/{token}", Open, s.openLink(cookieLink, "/invite")}, // as links called it before
		{"GET", "/password/forgot", Open, s.forgotShow},
		{"POST", "/password/forgot", Open, s.forgotSubmit},
		{"POST", "/password/forgot/start", Open, s.forgotStart},
		{"GET", "/password/reset", Open, s.resetShow},
		{"POST", "/password/reset", Open, s.resetSubmit},
		{"GET", "/password/reset/{token}", Open, s.openLink(cookieLink, "/password/reset")},
		{"GET", notYouPath, Open, s.notYouShow},
		{"POST", notYouPath, Open, s.notYouPress},
		{"GET", notYouPath + "/{token}", Open, s.openLink(cookieAlarm, notYouPath)},
		{"GET", "/static/{hash}/{name...}", Open, s.static},
		{"GET", "/favicon.svg", Open, s.favicon},
		{"GET", "/.well-known/change-password", Open, s.changePasswordAddress},
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
