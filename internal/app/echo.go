package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// echo is the store with a memory of whether mail works.
type echo struct {
	*sqlstore.Store
	mail *mailHealth
}

// mailGood is how long the answer to whether mail works is kept. Every page of
// a sign-in asks, and it tells of the last five minutes.
const mailGood = time.Second

// mailHealth keeps the last answer.
type mailHealth struct {
	clock core.Clock
	last  atomic.Pointer[mailAnswer]
	// down, where set, reports whether every mail server is known to fail: it
	// knows at the first failure on any replica.
	down func(since time.Time) bool
}

type mailAnswer struct {
	at    time.Time
	works bool
}

// MailWorks implements signin.Store.
func (e echo) MailWorks(ctx context.Context, since time.Time) (bool, error) {
	if e.mail.down != nil && e.mail.down(since) {
		return false, nil
	}
	now := e.mail.clock()
	if last := e.mail.last.Load(); last != nil {
		if age := now.Sub(last.at); age >= 0 && age < mailGood {
			return last.works, nil
		}
	}
	works, err := e.Store.MailWorks(ctx, since)
	if err == nil {
		e.mail.last.Store(&mailAnswer{now, works})
	}
	return works, err
}
