package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const recoveryPath = securityPath + "/recovery-codes"

// RecoveryCodesPage says how many recovery codes are left, and never which (ux
// 3.9).
type RecoveryCodesPage struct {
	Frame
	Left   int
	Total  int
	MadeAt time.Time // zero: there are none
	Few    bool
	Held   bool // some wait since a backup was restored (BK2)
	Off    bool // no second step is asked for: turning it on makes codes
}

func (s *Site) recoveryShow(w http.ResponseWriter, r *http.Request) error {
	return s.recoveryRender(w, r, http.StatusOK, Form{})
}

func (s *Site) recoveryRender(w http.ResponseWriter, r *http.Request, status int, form Form) error {
	sec, err := s.deps.TwoFactor.Security(r.Context(), visitOf(r).view)
	if err != nil {
		return err
	}
	return s.Render(w, r, status, &RecoveryCodesPage{
		Frame: Frame{Title: "account.recovery.title", Section: "account", Form: form},
		Left:  sec.RecoveryLeft, Total: core.RecoveryCodeCount, MadeAt: sec.RecoveryMadeAt,
		Few: sec.RecoveryLeft <= fewCodes && !sec.RecoveryHeld, Held: sec.RecoveryHeld,
		Off: sec.RecoveryMadeAt.IsZero() && sec.Requirement.Level <= core.LevelPassword,
	})
}

// codesRenew opens the panel for new recovery codes; the old ones work until it
// is saved.
func (s *Site) codesRenew(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	if err == nil {
		err = s.deps.SetUp.Begin(r.Context(), visitOf(r).view, origin(r), core.GoalNewCodes)
	}
	switch {
	case err == nil:
		return see(w, r, securityPath)
	case confirmFirst(w, r, err, recoveryPath):
		return nil
	case errors.Is(err, core.ErrStale):
		return see(w, r, recoveryPath) // there is no second factor to add to: the page says so
	}
	failed, ok := form.Failed(err, "codes-renew")
	if !ok {
		return err
	}
	return s.recoveryRender(w, r, statusOf(w, err), failed)
}
