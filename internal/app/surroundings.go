package app

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// surroundings are the facts around sign-ins, as package signin gathers them,
// and whether there is a mail server at all.
type surroundings struct {
	*Base
	store echo
}

// mailMemory is how far back failed handovers say that mail is down; as long as
// in package signin.
const mailMemory = 5 * time.Minute

// Circumstances implements organization.Surroundings.
func (s surroundings) Circumstances(ctx context.Context, now time.Time) (core.Circumstances, error) {
	c := core.Circumstances{Kinds: s.Factors.Further()}
	if sends, err := s.sendsMail(ctx); err != nil || !sends {
		return c, err
	}
	works, err := s.store.MailWorks(ctx, now.Add(-mailMemory))
	c.MailWorks = works
	return c, err
}

// sendsMail reports whether there is a mail server to hand mail to, configured or
// set in pages; in development the mailbox is one.
func (b *Base) sendsMail(ctx context.Context) (bool, error) {
	if b.Config.Dev || len(b.Config.SMTP.URLs()) > 0 {
		return true, nil
	}
	m, err := b.Store.MailSettings(ctx)
	return len(m.Servers) > 0, err
}
