package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/qr"
)

// panelAt returns the session's panel if it stands at a step; otherwise what it
// would show does not exist.
func (s *Site) panelAt(r *http.Request, step core.EnrolmentStep) (account.Panel, error) {
	p, err := s.deps.SetUp.Panel(r.Context(), visitOf(r).view)
	if err != nil {
		return account.Panel{}, err
	}
	if p.Enrolment.Step != step {
		return account.Panel{}, core.ErrNotFound
	}
	return p, nil
}

// setupPicture is the QR code of the app being set up. It belongs to the
// session, so its address holds no secret, and no cache may keep it (interop
// §3, TO9).
func (s *Site) setupPicture(w http.ResponseWriter, r *http.Request) error {
	p, err := s.panelAt(r, core.EnrolApp)
	if err != nil {
		return err
	}
	picture, err := qr.PNG(p.URI, qrModule)
	if err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "image/png")
	h.Set("Content-Disposition", "inline")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	return s.sendPrivate(w, picture)
}

// setupCodesFile is "Download .txt": the recovery codes with what they are for.
func (s *Site) setupCodesFile(w http.ResponseWriter, r *http.Request) error {
	p, err := s.panelAt(r, core.EnrolCodes)
	if err != nil {
		return err
	}
	if len(p.Codes) == 0 {
		return errors.New("set-up panel shows no recovery codes")
	}
	v := visitOf(r).view
	text := s.printer(r, v)
	zone := firstOf(v.Account.User.TimeZone, v.Organization.TimeZone)
	lines := []string{
		text.T("account.setup.file.title", "organization", v.Organization.Name),
		text.T("account.setup.file.account", "email", v.Account.User.Login()),
		text.T("account.setup.file.made", "date", text.Date(p.Enrolment.CreatedAt, zone)), "",
		text.T("account.setup.file.how"),
		text.T("account.setup.file.keep"), "",
	}
	lines = append(lines, p.Codes...)
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Content-Disposition", `attachment; filename="`+text.T("account.setup.file.name")+`"`)
	// Windows line ends: the plainest editors there need them and none minds.
	return s.sendPrivate(w, []byte(strings.Join(lines, "\r\n")+"\r\n"))
}

func (s *Site) sendPrivate(w http.ResponseWriter, body []byte) error {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	return err
}
