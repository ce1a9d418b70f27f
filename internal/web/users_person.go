package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
)

// UserSecurityPage is the Security tab of a person: how they get in, and what may
// be done about it.
type UserSecurityPage struct {
	Frame
	UserTabs
	Row      UserRow
	May      people.Rights
	Proved   time.Time // when the address proved itself; zero: never
	On       bool      // the person's own box is ticked
	OffNow   bool      // the person turned it off for now
	Apps     int
	Waiting  int
	Codes    int
	Exempt   time.Time  // until when; zero: not
	Pause    core.Pause // for password clients, where Row says that it holds
	ResetDue time.Time  // a reset waits until then; zero: none
	Due      bool       // a new password must be chosen at the next sign-in
	Sessions int
	Devices  int
	Groups   []string // names
	Waits    []core.PasswordWait
}

// UserActivityPage is what a person reads under My activity, told of them.
type UserActivityPage struct {
	Frame
	UserTabs
	Who    string
	Log    string // the same in the audit log, with everything it holds
	Events []EventRow
	Older  string
	Newest string
}

// UserDeedPage asks before something is done to a person by one button.
type UserDeedPage struct {
	Frame
	ID     core.ID
	Who    string
	Mail   string
	Path   string
	Text   string // text id: what will happen
	Invite bool   // it is about somebody invited
	Button string // text id
	Danger bool
	Forget bool // it can forget devices too
}

func (s *Site) userSecurityShow(w http.ResponseWriter, r *http.Request) error {
	p, err := s.userOf(r)
	if err != nil {
		return err
	}
	v, now := visitOf(r).view, s.deps.Clock()
	a := p.Account
	page := &UserSecurityPage{
		Frame: s.userFrame(r, a.User), UserTabs: s.userTabs(r, a.User, "security"), Row: userRow(v.Account.User, a, v.Organization.Policy, now), May: p.May,
		Proved: a.User.EmailProvedAt, On: a.User.TwoFactor == core.TwoFactorOn,
		OffNow: a.User.TwoFactor == core.TwoFactorSuspended, Apps: a.Apps, Waiting: a.WaitingApps, Codes: a.RecoveryCodes,
		Pause: a.Pause, ResetDue: a.ResetDue, Due: a.User.PasswordDue != core.PasswordNotDue, Sessions: p.Sessions, Devices: p.Devices, Groups: a.Groups,
		Waits: p.Waits,
	}
	if a.Exempt(now) {
		page.Exempt = a.ExemptUntil()
	}
	return s.Render(w, r, http.StatusOK, page)
}

func (s *Site) userActivityShow(w http.ResponseWriter, r *http.Request) error {
	q, err := readActivity(r)
	if err != nil {
		return err
	}
	acc, events, more, err := s.deps.People.Activity(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")), q.filter)
	if err != nil {
		return err
	}
	path := usersPath + "/" + string(acc.User.ID) + "/activity"
	page := &UserActivityPage{
		Frame: s.userFrame(r, acc.User), UserTabs: s.userTabs(r, acc.User, "activity"), Who: acc.User.Name(),
		Log: logOf(acc.User.ID), Events: eventRows(events, acc.User.ID),
	}
	for i := range page.Events {
		page.Events[i].Text = forOthers(page.Events[i].Text)
	}
	if more {
		page.Older = q.address(path, markOf(events))
	}
	if !q.filter.After.At.IsZero() {
		page.Newest = q.address(path, core.EventMark{})
	}
	return s.Render(w, r, http.StatusOK, page)
}

// deed is one thing that is done to a person by one button.
type deed struct {
	path        string
	title, text string // text ids
	button      string
	danger      bool
	forget      bool
	see, access Access
	do          func(r *http.Request, id core.ID, forget bool) (done string, err error)
}

// deeds are all of them. What ends somebody's access, or gives it back, asks for
// "Confirm it's you" (SU2).
func (s *Site) deeds() []deed {
	plain := func(do func(r *http.Request, id core.ID) error, done string) func(*http.Request, core.ID, bool) (string, error) {
		return func(r *http.Request, id core.ID, _ bool) (string, error) { return done, do(r, id) }
	}
	return []deed{
		{
			path: "deactivate", title: "users.deactivate.title", text: "users.deactivate.text", button: "users.deactivate.button", danger: true,
			see: Administering, access: AdministeringConfirmed,
			do: plain(func(r *http.Request, id core.ID) error {
				return s.deps.UserDeeds.Deactivate(r.Context(), visitOf(r).view, origin(r), id)
			}, "user-deactivated"),
		},
		{
			path: "reactivate", title: "users.reactivate.title", text: "users.reactivate.text", button: "users.reactivate.button",
			see: Administering, access: AdministeringConfirmed,
			do: plain(func(r *http.Request, id core.ID) error {
				return s.deps.UserDeeds.Reactivate(r.Context(), visitOf(r).view, origin(r), id)
			}, "user-reactivated"),
		},
		{
			path: "send-link", title: "users.link.title", text: "users.link.text", button: "users.link.button", see: Helping, access: Helping,
			do: func(r *http.Request, id core.ID, _ bool) (string, error) {
				kind, err := s.deps.UserDeeds.SendLink(r.Context(), visitOf(r).view, origin(r), id)
				if kind == core.LinkInvitation {
					return "user-invited", err
				}
				return "user-link-sent", err
			},
		},
		{
			path: "let-try", title: "users.try.title", text: "users.try.text", button: "users.try.button", see: Helping, access: Helping,
			do: plain(func(r *http.Request, id core.ID) error {
				return s.deps.UserDeeds.LetTry(r.Context(), visitOf(r).view, origin(r), id)
			}, "user-may-try"),
		},
		{
			path: "require-password", title: "users.password.title", text: "users.password.text", button: "users.password.button",
			see: Administering, access: Administering,
			do: plain(func(r *http.Request, id core.ID) error {
				return s.deps.UserDeeds.RequirePassword(r.Context(), visitOf(r).view, origin(r), id)
			}, "user-password-due"),
		},
		{
			path: "enable-two-factor", title: "users.enable.title", text: "users.enable.text", button: "users.enable.button",
			see: Administering, access: Administering,
			do: plain(func(r *http.Request, id core.ID) error {
				return s.deps.UserDeeds.RequireTwoFactor(r.Context(), visitOf(r).view, origin(r), id)
			}, "user-two-factor-on"),
		},
		{
			path: "sign-out", title: "users.sign_out.title", text: "users.sign_out.text", button: "users.sign_out.button", danger: true, forget: true,
			see: Administering, access: Administering,
			do: func(r *http.Request, id core.ID, forget bool) (string, error) {
				return "user-signed-out", s.deps.UserDeeds.SignOut(r.Context(), visitOf(r).view, origin(r), id, forget)
			},
		},
	}
}

func (s *Site) deedShow(d deed) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		if core.ID(r.PathValue("id")) == visitOf(r).view.Account.User.ID { // no question where the answer is no
			return core.NewError(core.Forbidden, "people.self")
		}
		return s.deedRender(w, r, http.StatusOK, d, Form{})
	}
}

func (s *Site) deedRender(w http.ResponseWriter, r *http.Request, status int, d deed, form Form) error {
	p, err := s.userOf(r)
	if err != nil {
		return err
	}
	u := p.Account.User
	page := &UserDeedPage{
		Frame: s.userFrame(r, u), ID: u.ID, Who: u.Name(), Mail: u.Email, Path: d.path, Text: d.text, Invite: u.Status == core.Invited,
		Button: d.button, Danger: d.danger, Forget: d.forget,
	}
	page.Title, page.Form = d.title, form
	page.Trail = append(page.Trail, Crumb{Name: u.Name(), Link: s.userPage(u)})
	if page.Invite && d.path == "send-link" {
		page.Title, page.Text, page.Button = "users.invite.title", "users.invite.text", "users.invite.button"
	}
	if page.Invite && d.path == "deactivate" {
		page.Title, page.Text, page.Button = "users.withdraw.title", "users.withdraw.text", "users.withdraw.button"
	}
	if d.path == "reactivate" && u.PasswordSealed == "" && u.Type > core.NoAccess {
		page.Text = "users.reactivate.text_invited"
	}
	return s.Render(w, r, status, page)
}

// deedDo does it. What cannot be done is said on the same page.
func (s *Site) deedDo(d deed) func(w http.ResponseWriter, r *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "forget")
		id, done := core.ID(r.PathValue("id")), ""
		if err == nil {
			done, err = d.do(r, id, form.Ticked("forget"))
		}
		if err == nil {
			return see(w, r, usersPath+"/"+string(id)+"/security?done="+done)
		}
		if confirmFirst(w, r, err, r.URL.EscapedPath()) {
			return nil
		}
		failed, here := form.Failed(err, "do")
		if !here {
			return err
		}
		return s.deedRender(w, r, statusOf(w, err), d, failed)
	}
}
