package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// challengeColumns read a joined challenge (c) with its mail (m), or its zero
// value where there is none.
const challengeColumns = `COALESCE(c.id, ''), COALESCE(c.organization_id, ''), COALESCE(c.user_id, ''), COALESCE(c.owner_id, ''),
	COALESCE(c.purpose, ''), COALESCE(c.address, ''), COALESCE(c.key_id, ''), COALESCE(c.issue, 0), COALESCE(c.reference, ''),
	COALESCE(c.issued_at, 0), COALESCE(c.sends, 0), COALESCE(c.last_sent_at, 0), COALESCE(c.tries, 0), COALESCE(c.used_at, 0),
	COALESCE(c.message_id, ''), COALESCE(m.delivery, '')`

func challengeFields(c *core.Challenge) []any {
	return []any{
		&c.ID, &c.OrganizationID, &c.UserID, &c.OwnerID, &c.Purpose, &c.Address, &c.KeyID, &c.Issue, &c.Reference,
		at(&c.IssuedAt), &c.Sends, at(&c.LastSentAt), &c.Tries, at(&c.UsedAt), &c.MessageID, &c.Delivery,
	}
}

const insertChallenge = `INSERT INTO challenge (id, organization_id, user_id, owner_id, purpose, address, key_id, issue, reference,
	issued_at, sends, last_sent_at, tries, used_at, message_id)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, 0, $13) ON CONFLICT (owner_id) DO NOTHING`

const updateChallenge = `UPDATE challenge SET purpose = $5, address = $6, key_id = $7, issue = $8, reference = $9,
	issued_at = $10, sends = $11, last_sent_at = $12, message_id = $13
	WHERE id = $1 AND organization_id = $2 AND user_id = $3 AND owner_id = $4 AND sends + 1 = $11 AND used_at = 0 AND tries < $14`

// SendCode creates or renews the emailed code of an attempt or panel and queues
// its mail, if the allowances permit it: ErrLimit otherwise, with Params
// "allowance" (attempt, gap, hour, day or tries) and, where waiting helps,
// "wait". ErrStale where the attempt or the code changed since it was read.
func (s *Store) SendCode(ctx context.Context, c core.CodeSend) error {
	ch := c.Challenge
	return s.runInTx(ctx, "send code", func(t *tx) error {
		if err := t.lock(ch.OrganizationID, ch.UserID); err != nil {
			return err
		}
		return t.sendCode(c)
	})
}

// sendCode is SendCode for a person whose row is locked.
func (t *tx) sendCode(c core.CodeSend) error {
	if err := t.mayMail(c); err != nil {
		return err
	}
	if c.Attempt != nil {
		if err := t.saveAttempt(*c.Attempt); err != nil {
			return err
		}
	}
	if err := t.saveChallenge(c); err != nil {
		return err
	}
	m := c.Message
	m.CreatedAt = c.At // what the allowances count
	if err := t.insertMessages([]core.Message{m}); err != nil {
		return err
	}
	return t.record(c.Record)
}

func (t *tx) saveChallenge(c core.CodeSend) error {
	ch := c.Challenge
	args := []any{
		string(ch.ID), string(ch.OrganizationID), string(ch.UserID), string(ch.OwnerID), string(ch.Purpose), ch.Address, ch.KeyID,
		ch.Issue, ch.Reference, stamp(ch.IssuedAt), int64(ch.Sends), stamp(ch.LastSentAt), string(c.Message.ID),
	}
	if c.Fresh {
		return t.one(core.ErrStale, insertChallenge, args...)
	}
	if ch.Tries >= core.CodeTries {
		return core.ErrLimit.With("allowance", "tries")
	}
	return t.one(core.ErrStale, updateChallenge, append(args, int64(core.CodeTries))...)
}

// send is one emailed code of a person.
type send struct {
	challenge core.ID
	at        time.Time
}

// mayMail checks the allowances of EM6 against the mails that were queued, while
// the person's row is locked.
func (t *tx) mayMail(c core.CodeSend) error {
	ch := c.Challenge
	rows, err := t.query(`SELECT subject_id, created_at FROM outbox
		WHERE user_id = $1 AND organization_id = $2 AND created_at > $3 AND template = $4 ORDER BY created_at DESC LIMIT $5`,
		string(ch.UserID), string(ch.OrganizationID), stamp(c.At.Add(-24*time.Hour)), string(core.MailCode), int64(core.SendsPerDay))
	sends, err := collect(rows, err, func(r *sql.Rows) (v send, err error) { return v, r.Scan(&v.challenge, at(&v.at)) })
	if err != nil {
		return err
	}
	mine, wait := 0, time.Duration(0)
	for _, v := range sends {
		if v.challenge == ch.ID {
			mine++
			wait = max(wait, v.at.Add(core.SendGap).Sub(c.At))
		}
	}
	limit := func(allowance string) *core.Error { return core.ErrLimit.With("allowance", allowance) }
	switch {
	case wait > 0:
		return limit("gap").With("wait", wait)
	case mine >= core.SendsPerAttempt || ch.Sends > core.SendsPerAttempt:
		return limit("attempt")
	}
	if wait := overAllowance(sends, c.PerHour, time.Hour, c.At); wait > 0 {
		return limit("hour").With("wait", wait)
	}
	if wait := overAllowance(sends, c.PerDay, 24*time.Hour, c.At); wait > 0 {
		return limit("day").With("wait", wait)
	}
	return nil
}

// overAllowance returns how long until there is room for one more send, zero
// where there is. The sends come newest first.
func overAllowance(sends []send, allowed int, within time.Duration, now time.Time) time.Duration {
	if allowed <= 0 || len(sends) < allowed {
		return 0
	}
	return max(0, sends[allowed-1].at.Add(within).Sub(now))
}
