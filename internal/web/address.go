package web

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const (
	emailPath        = profilePath + "/email"
	notificationPath = profilePath + "/notification-email"
)

// addressPath is where the change of an address of a kind begins.
func addressPath(kind core.AddressKind) string {
	if kind == core.AddressNotification {
		return notificationPath
	}
	return emailPath
}

// AddressPage asks for a new address: to sign in with, or for notices.
type AddressPage struct {
	Frame
	Kind    core.AddressKind
	Path    string
	Current string // empty: none
	Held    bool   // codes will go to the address of before for a day
}

// AddressCodePage asks for the code that went to a new address.
type AddressCodePage struct {
	Frame
	Kind      core.AddressKind
	Path      string
	Address   string
	Reference string
	Life      time.Duration
	Refused   bool
	SendWait  time.Duration
	MaySend   bool
}

// NotificationRemovePage asks before the notification address is removed.
type NotificationRemovePage struct {
	Frame
	Address string
}

// addressShow is the page where a change begins.
func (s *Site) addressShow(kind core.AddressKind) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, kept := s.typed(w, r, Form{})
		banners := keptBanner(kept)
		if r.URL.Query().Get("over") != "" {
			banners = []Banner{{Tone: "notice", Text: "account.address.over"}}
		}
		return s.addressRender(w, r, http.StatusOK, kind, form, banners...)
	}
}

func (s *Site) addressRender(w http.ResponseWriter, r *http.Request, status int, kind core.AddressKind, form Form, banners ...Banner) error {
	u := visitOf(r).view.Account.User
	page := &AddressPage{
		Frame: Frame{Title: "account.address.title", Section: "account", Form: form, Banners: banners},
		Kind:  kind, Path: addressPath(kind), Current: u.Email, Held: !u.EmailProvedAt.IsZero(),
	}
	if kind == core.AddressNotification {
		page.Title, page.Current = "account.address.title_notification", u.NotificationEmail
	}
	return s.Render(w, r, status, page)
}

// addressBegin sends the code to the new address.
func (s *Site) addressBegin(kind core.AddressKind) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "email")
		if err == nil {
			err = s.deps.EmailChanges.Change(r.Context(), visitOf(r).view, origin(r), kind, form.Value("email"))
		}
		if err == nil {
			return see(w, r, addressPath(kind)+"/code")
		}
		if confirmFirst(w, r, err, addressPath(kind)) {
			return nil
		}
		failed, here := form.Failed(err, "email")
		if !here {
			return err
		}
		return s.addressRender(w, r, statusOf(w, err), kind, failed)
	}
}

// addressCodeShow is the page for the code. It sends nothing, however often it
// is loaded; where no change is open it leads to its beginning.
func (s *Site) addressCodeShow(kind core.AddressKind) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.addressCodeRender(w, r, http.StatusOK, kind, Form{})
	}
}

func (s *Site) addressCodeRender(w http.ResponseWriter, r *http.Request, status int, kind core.AddressKind, form Form) error {
	p, err := s.deps.EmailChanges.Pending(r.Context(), visitOf(r).view, kind)
	if core.KindOf(err) == core.NotFound {
		return see(w, r, addressPath(kind))
	}
	if err != nil {
		return err
	}
	return s.Render(w, r, status, &AddressCodePage{
		Frame: Frame{Title: "account.address.code.title", Section: "account", Form: form},
		Kind:  kind, Path: addressPath(kind), Address: p.Address, Reference: p.Reference, Life: p.Life,
		Refused: p.Refused, SendWait: p.SendWait, MaySend: p.MaySend,
	})
}

// addressProve takes the code.
func (s *Site) addressProve(kind core.AddressKind) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "code")
		token := ""
		if err == nil {
			token, err = s.deps.EmailChanges.Prove(r.Context(), visitOf(r).view, origin(r), kind, form.Value("code"))
		}
		if err == nil {
			s.renewed(w, token)
			if kind == core.AddressNotification {
				return see(w, r, profilePath+"?done=notification-changed")
			}
			s.keepLogin(w, "", false)
			return see(w, r, profilePath+"?done=email-changed")
		}
		return s.addressFailed(w, r, kind, form, err)
	}
}

// addressAgain sends the code once more.
func (s *Site) addressAgain(kind core.AddressKind) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r)
		if err == nil {
			err = s.deps.EmailChanges.SendAgain(r.Context(), visitOf(r).view, origin(r), kind)
		}
		if err == nil {
			return see(w, r, addressPath(kind)+"/code?done=code-sent")
		}
		return s.addressFailed(w, r, kind, form, err)
	}
}

// addressFailed shows the page for the code with what is wrong; a change that is
// over leads back to its beginning, which says so.
func (s *Site) addressFailed(w http.ResponseWriter, r *http.Request, kind core.AddressKind, form Form, err error) error {
	if core.KindOf(err) == core.Gone {
		return see(w, r, addressPath(kind)+"?over=1")
	}
	if confirmFirst(w, r, err, addressPath(kind)) {
		return nil
	}
	failed, here := form.Without("code").Failed(err, "code")
	if !here {
		return err
	}
	if e := failed.Error("code"); e != nil {
		failed = failed.Wrong("code", ofKind(e, core.KindEmail))
	}
	return s.addressCodeRender(w, r, statusOf(w, err), kind, failed)
}

// addressGiveUp ends a change that was not proved.
func (s *Site) addressGiveUp(kind core.AddressKind) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		_, err := s.readForm(r)
		if err == nil {
			err = s.deps.EmailChanges.GiveUp(r.Context(), visitOf(r).view, kind)
		}
		if err != nil {
			return err
		}
		return see(w, r, profilePath+"?done=address-given-up")
	}
}

// notificationRemoveShow asks before the notification address goes.
func (s *Site) notificationRemoveShow(w http.ResponseWriter, r *http.Request) error {
	return s.notificationRemoveRender(w, r, http.StatusOK, Form{})
}

func (s *Site) notificationRemoveRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	address := visitOf(r).view.Account.User.NotificationEmail
	if address == "" {
		return see(w, r, profilePath)
	}
	return s.Render(w, r, status, &NotificationRemovePage{
		Frame: Frame{Title: "account.notification_remove.title", Section: "account", Form: form}, Address: address,
	})
}

func (s *Site) notificationRemove(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.EmailChanges.RemoveNotification(r.Context(), visitOf(r).view, origin(r))
	}
	if err == nil {
		return see(w, r, profilePath+"?done=notification-removed")
	}
	if confirmFirst(w, r, err, notificationPath+"/remove") {
		return nil
	}
	failed, here := form.Failed(err, "remove")
	if !here {
		return err
	}
	return s.notificationRemoveRender(w, r, statusOf(w, err), failed)
}
