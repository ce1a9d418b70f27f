package app

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore"
)

// echo is the store as the services write to it in a server: after a write that
// was committed, this replica drops what it had cached and wakes the mail worker
// at once, instead of at its next look. The change table and the queue hold the
// truth; this only saves a second.
type echo struct {
	*sqlstore.Store
	heard func(r core.Record)
	mail  *mailHealth
}

// mailGood is how long the answer to whether mail works is kept. Every page of
// a sign-in asks, and it tells of the last five minutes.
const mailGood = time.Second

// mailHealth keeps the last answer.
type mailHealth struct {
	clock core.Clock
	last  atomic.Pointer[mailAnswer]
}

type mailAnswer struct {
	at    time.Time
	works bool
}

// MailWorks implements signin.Store.
func (e echo) MailWorks(ctx context.Context, since time.Time) (bool, error) {
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

// SendCode implements signin.Store and account.Store.
func (e echo) SendCode(ctx context.Context, s core.CodeSend) error {
	heard := core.Record{Changes: s.Record.Changes, Messages: []core.Message{s.Message}}
	return e.after(e.Store.SendCode(ctx, s), heard)
}

// OpenAttempt implements signin.Store.
func (e echo) OpenAttempt(ctx context.Context, o core.AttemptOpening) error {
	err := e.Store.OpenAttempt(ctx, o)
	o.Record.Join(o.DeviceEnded)
	return e.after(err, o.Record)
}

// CompleteSignIn implements signin.Store.
func (e echo) CompleteSignIn(ctx context.Context, c core.Completion) error {
	return e.after(e.Store.CompleteSignIn(ctx, c), c.Record)
}

// CompleteEnrolment implements account.Store.
func (e echo) CompleteEnrolment(ctx context.Context, c core.EnrolmentCompletion) error {
	return e.after(e.Store.CompleteEnrolment(ctx, c), c.Record)
}

// ChangeFactors implements account.Store.
func (e echo) ChangeFactors(ctx context.Context, c core.FactorChange) error {
	return e.after(e.Store.ChangeFactors(ctx, c), c.Record)
}

// AnswerOffer implements account.Store.
func (e echo) AnswerOffer(ctx context.Context, org, user core.ID, o core.Offer, r core.Record) error {
	return e.after(e.Store.AnswerOffer(ctx, org, user, o, r), r)
}

// UseLink implements account.People.
func (e echo) UseLink(ctx context.Context, u core.LinkUse) error {
	return e.after(e.Store.UseLink(ctx, u), u.Record)
}

// AskLink implements account.Requests.
func (e echo) AskLink(ctx context.Context, l core.Link, r core.Record) error {
	return e.after(e.Store.AskLink(ctx, l, r), r)
}

// CreateLink implements account.People.
func (e echo) CreateLink(ctx context.Context, l core.Link, r core.Record) error {
	return e.after(e.Store.CreateLink(ctx, l, r), r)
}

// ChangePassword implements account.PasswordStore.
func (e echo) ChangePassword(ctx context.Context, c core.PasswordChange) error {
	return e.after(e.Store.ChangePassword(ctx, c), c.Record)
}

// SendAddressCode implements profile.Addresses.
func (e echo) SendAddressCode(ctx context.Context, a core.AddressSend) error {
	heard := core.Record{Changes: a.Code.Record.Changes, Messages: []core.Message{a.Code.Message}}
	return e.after(e.Store.SendAddressCode(ctx, a), heard)
}

// ProveAddress implements profile.Addresses.
func (e echo) ProveAddress(ctx context.Context, p core.AddressProof) error {
	return e.after(e.Store.ProveAddress(ctx, p), p.Record)
}

// UndoAddress implements profile.Addresses.
func (e echo) UndoAddress(ctx context.Context, u core.AddressUndo) error {
	return e.after(e.Store.UndoAddress(ctx, u), u.Record)
}

// RemoveNotificationEmail implements profile.Addresses.
func (e echo) RemoveNotificationEmail(ctx context.Context, r core.AddressRemoval) error {
	return e.after(e.Store.RemoveNotificationEmail(ctx, r), r.Record)
}

// SetPhoto implements profile.Store.
func (e echo) SetPhoto(ctx context.Context, c core.PhotoChange) error {
	return e.after(e.Store.SetPhoto(ctx, c), c.Record)
}

// SaveProfile implements profile.Store.
func (e echo) SaveProfile(ctx context.Context, c core.ProfileChange) error {
	return e.after(e.Store.SaveProfile(ctx, c), c.Record)
}

// RaiseAlarm implements account.Alarms.
func (e echo) RaiseAlarm(ctx context.Context, a core.Alarm) error {
	return e.after(e.Store.RaiseAlarm(ctx, a), a.Record)
}

func (e echo) after(err error, r core.Record) error {
	if err == nil {
		e.heard(r)
	}
	return err
}
