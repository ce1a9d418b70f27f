package web

import (
	"net/http"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ConfirmPage asks a person who is signed in for the password again (ux §1.7).
type ConfirmPage struct {
	Frame
	Next   string // the local path to come back to
	Login  string // for password managers
	StepUp bool   // the session may do nothing else until this is done
	Onward bool   // it is for an application, not for a change of the account
	Second bool   // a code is asked for afterwards
	Cancel string // a local path; empty: there is no way around
}

// confirmShow is GET /confirm.
func (s *Site) confirmShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	return s.confirmRender(w, r, http.StatusOK, query.Get("next"), Form{})
}

func (s *Site) confirmRender(w http.ResponseWriter, r *http.Request, status int, next string, form Form) error {
	visit := visitOf(r)
	v := visit.view
	page := &ConfirmPage{
		Frame: Frame{Title: "account.confirm.title", Section: "account", Form: form},
		Next:  confirmNext(next), Login: v.Account.User.Login(), StepUp: visit.verdict == core.VerdictStepUp,
		Second: v.Account.Apps > 0 || v.Session.Level >= core.LevelEmail || s.confirmWanted(r, confirmNext(next)) > v.Session.Level ||
			core.Require(v.Account, v.Organization.Policy, s.deps.Clock()).Level > core.LevelPassword,
	}
	page.Onward = !strings.HasPrefix(page.Next, "/account/")
	switch {
	case page.StepUp:
	case page.Onward:
		page.Cancel = "/home"
	case forKeys(page.Next):
		page.Cancel = ownKeysPath
	case strings.HasPrefix(page.Next, profilePath):
		page.Cancel = profilePath
	default:
		page.Cancel = securityPath
	}
	return s.Render(w, r, status, page)
}

// confirmNext is where a confirmation leads: a path of ours, or Home (RR1).
func confirmNext(next string) string {
	if path := httpx.LocalPath(next); path != "/" {
		return path
	}
	return "/home"
}

// confirmWanted is the level that a confirmation on the way to an address must
// reach: that of an application, or a code before the mailbox is changed that
// codes go to.
func (s *Site) confirmWanted(r *http.Request, next string) core.Level {
	if next == emailPath && !visitOf(r).view.Account.User.EmailProvedAt.IsZero() {
		return core.LevelEmail
	}
	if forKeys(next) || forAppPasswords(next) {
		return core.LevelEmail
	}
	return s.levelWanted(r, next)
}

// confirmSubmit is POST /confirm. With a second factor in force the sign-in's
// own pages ask for it and come back to next.
func (s *Site) confirmSubmit(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "password", "next")
	if err == nil {
		visitor := s.visitor(r)
		visitor.ReturnTo = confirmNext(form.Value("next"))
		visitor.Wanted = s.confirmWanted(r, visitor.ReturnTo)
		res, failure := s.deps.Confirmation.BeginConfirm(r.Context(), visitor, visitOf(r).view, form.Value("password"))
		if failure == nil {
			return s.advance(w, r, res)
		}
		err = failure
	}
	failed, here := form.Failed(err, "password")
	if !here {
		return err
	}
	return s.confirmRender(w, r, statusOf(w, err), form.Value("next"), failed.Without("password"))
}
