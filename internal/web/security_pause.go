package web

import (
	"net/http"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ClientPausePage starts a pause for programs that know a password alone, or shows
// the one that runs, which the banner above it ends (ux 3.8).
type ClientPausePage struct {
	Frame
	Lengths []PauseLength
	Network string
	Running core.Pause // zero: none
	SignIns int64      // by that
	Refused string     // text id of why none can be started; empty: one can
}

// PauseLength is how long a pause may be.
type PauseLength struct {
	Length  time.Duration
	Minutes int64 // its value in the form
	Chosen  bool
}

const pausePath = securityPath + "/pause"

func (s *Site) pauseShow(w http.ResponseWriter, r *http.Request) error {
	form, kept := s.typed(w, r, Form{order: []string{"length", "reason"}})
	return s.pauseRender(w, r, http.StatusOK, form, keptBanner(kept)...)
}

func (s *Site) pauseRender(w http.ResponseWriter, r *http.Request, status int, form Form, banners ...Banner) error {
	st, err := s.deps.Pauses.Standing(r.Context(), visitOf(r).view, origin(r).Network)
	if err != nil {
		return err
	}
	page := &ClientPausePage{
		Frame:   Frame{Title: "pause.title", Section: "account", Form: form, Banners: banners, Trail: []Crumb{{Text: "account.security.title", Link: securityPath}}},
		Network: st.Network, Running: st.Running, SignIns: int64(st.Running.SignIns),
	}
	for i, length := range st.Lengths {
		minutes := int64(length / time.Minute)
		typed := form.Value("length")
		page.Lengths = append(page.Lengths, PauseLength{length, minutes, typed == strconv.FormatInt(minutes, 10) || typed == "" && i == 0})
	}
	switch {
	case len(st.Lengths) == 0:
		page.Refused = "error.pause.not_allowed"
	case !st.Needed:
		page.Refused = "error.pause.not_needed"
	case st.Network == "":
		page.Refused = "error.pause.no_network"
	}
	return s.Render(w, r, status, page)
}

func (s *Site) pauseStart(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "length", "reason")
	if err == nil {
		minutes, _ := strconv.ParseInt(form.Value("length"), 10, 32) // what is no number is no length
		err = s.deps.Pauses.StartPause(r.Context(), visitOf(r).view, time.Duration(minutes)*time.Minute, form.Value("reason"), origin(r))
	}
	if err == nil {
		return see(w, r, pausePath+"?done=pause-started")
	}
	if confirmFirst(w, r, err, pausePath) {
		return nil
	}
	switch kind := core.KindOf(err); {
	case httpx.FormExpired(err):
	case kind == core.Forbidden, kind == core.Conflict:
		return see(w, r, pausePath) // it says why, or shows the one that runs
	}
	failed, ok := form.Failed(err, "start")
	if !ok {
		return err
	}
	return s.pauseRender(w, r, statusOf(w, err), failed)
}

// pauseEnd ends the pause that runs. One that has ended meanwhile is just as over.
func (s *Site) pauseEnd(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.readForm(r); err != nil {
		return err
	}
	err := s.deps.Pauses.EndPause(r.Context(), visitOf(r).view, origin(r))
	if err != nil && core.KindOf(err) != core.Conflict {
		return err
	}
	return see(w, r, pausePath+"?done=pause-ended")
}
