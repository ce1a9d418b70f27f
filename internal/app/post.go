package app

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/notify"
)

// mailPost lends package notify, which is pure, the ids it mints.
type mailPost struct{ random core.Random }

// Code returns the mail of an emailed code.
func (p mailPost) Code(c core.Challenge, u core.User, now time.Time) core.Message {
	return notify.Code(c, u, p.mint(now), now)
}

// Notices returns the mails an event calls for.
func (p mailPost) Notices(e core.Event, u core.User) []core.Message {
	return notify.ForEvent(e, u, p.mint(e.At), e.At)
}

// Link returns the mail of a link.
func (p mailPost) Link(l core.Link) core.Message {
	return notify.Link(l, p.mint(l.CreatedAt), l.CreatedAt)
}

func (p mailPost) mint(now time.Time) func() core.ID {
	return func() core.ID { return core.NewID(now, p.random) }
}
