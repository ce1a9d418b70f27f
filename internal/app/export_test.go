package app

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
)

// APIRoutes are the patterns of the documented API.
func (a *App) APIRoutes() []string { return a.resources.Routes() }

// Routes returns the route table of the pages.
func (a *App) Routes() []web.Route { return a.pages.Routes() }

// Clock is the corrected clock.
type Clock struct{ *clock }

// NewClock returns one that corrects host by what ask tells.
func NewClock(host core.Clock, ask func(context.Context) (time.Time, error)) Clock {
	c := newClock(host)
	c.ask = ask
	return Clock{c}
}

// Measure measures once.
func (c Clock) Measure(ctx context.Context) error { return c.measure(ctx) }

// DatabaseMoves lets the database tell the time so much later, as if it stood beside
// the test's clock: time that a test lets pass has passed for both, or a run that
// takes longer than half a minute would be set back. Before the server starts.
func (b *Base) DatabaseMoves(by func() time.Duration) {
	ask := b.clock.ask
	b.clock.ask = func(ctx context.Context) (time.Time, error) {
		there, err := ask(ctx)
		return there.Add(by()), err
	}
}
