package web_test

import (
	"net/http"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestLoadConnect: only what the organization lets programs do is told.
func TestLoadConnect(t *testing.T) {
	b, sessions := live(t, ana(), loading(newLoads()))
	const connect, endpoint, pause = "/data-loader/connect", "/loader/v1/people", `href="/account/security/pause"`
	policy := func(change func(p *core.Policy)) {
		sessions.views["live"] = anaWith(func(v *core.SessionView) { change(&v.Organization.Policy) })
	}
	policy(func(p *core.Policy) { p.PauseCap = core.PauseCapDefault })
	goldenLoad(t, "connect", b.get(connect).body)
	policy(func(p *core.Policy) { p.PauseCap = 0 })
	none := b.get(connect)
	none.shows(t, http.StatusOK, endpoint, "Your organization allows no pauses")
	none.hides(t, pause)
	policy(func(p *core.Policy) { p.NoPasswordClients, p.PauseCap = true, core.PauseCapDefault })
	off := b.get(connect)
	off.shows(t, http.StatusOK, "does not let programs in with a password alone", "sallyport load run PACKAGE FILE")
	off.hides(t, endpoint)
	off.hides(t, pause)
	other, _ := live(t, bea(), loading(newLoads()))
	other.get(connect).shows(t, http.StatusNotFound)
}
