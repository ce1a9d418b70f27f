package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// InvitePage lets somebody who was invited choose the first password (ux 2.9).
type InvitePage struct {
	Frame
	Name   string
	Email  string
	Choose NewPassword
}

// invitations are the kinds of link behind this page.
func invitations() []core.LinkKind {
	return []core.LinkKind{core.LinkInvitation, core.LinkFirstAdministrator}
}

// inviteShow is GET /invite.
func (s *Site) inviteShow(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	page, err := s.invitePage(r)
	if err != nil {
		return err
	}
	return s.Render(w, r, http.StatusOK, page)
}

func (s *Site) invitePage(r *http.Request) (*InvitePage, error) {
	l, acc, org, err := s.deps.Links.Link(r.Context(), s.edge.Cookie(r, cookieLink), invitations()...)
	if err != nil {
		return nil, err
	}
	page := &InvitePage{
		Frame: Frame{Title: "invite.title", TitleWith: []any{"Organization", org.Name}, Organization: org.Name, Language: languageOf(acc.User, org)},
		Name:  acc.User.Name(), Email: acc.User.Email, Choose: newPasswordOf(acc.User, org),
	}
	page.Choose.Link, page.Choose.Focus = l.ID, true
	return page, nil
}

// inviteSubmit is POST /invite. It signs nobody in.
func (s *Site) inviteSubmit(w http.ResponseWriter, r *http.Request) error {
	httpx.NoReferrer(w)
	form, err := s.useLink(r, invitations()...)
	if err == nil {
		s.edge.ClearCookie(w, cookieLink)
		return see(w, r, s.signinOnTheWay(w, r, "password-set"))
	}
	failed, here := form.Failed(err, "password")
	if !here {
		return err
	}
	page, gone := s.invitePage(r)
	if gone != nil {
		return gone
	}
	page.Form = failed.Without("password", "repeat")
	return s.Render(w, r, statusOf(w, err), page)
}
