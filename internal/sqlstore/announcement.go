package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const insertAnnouncement = `INSERT INTO announcement (id, organization_id, template, event_id, after_id, queued, next_at, started_at, ended_at) VALUES `

func (t *tx) insertAnnouncements(all []core.Announcement) error {
	return insertMany(t, insertAnnouncement, 9, all, func(a core.Announcement) []any {
		return []any{
			string(a.ID), string(a.OrganizationID), string(a.Template), string(a.EventID), string(a.After), int64(a.Queued),
			stamp(a.NextAt), stamp(a.StartedAt), stamp(a.EndedAt),
		}
	})
}

const openAnnouncement = `SELECT id, organization_id, template, event_id, after_id, queued, next_at, started_at, ended_at
	FROM announcement WHERE ended_at = 0 AND next_at <= $1 ORDER BY next_at, id LIMIT 1`

func dueAnnouncement(q querier, now time.Time) (a core.Announcement, err error) {
	err = q.queryRow(openAnnouncement, stamp(now)).Scan(&a.ID, &a.OrganizationID, &a.Template, &a.EventID, &a.After, &a.Queued,
		at(&a.NextAt), at(&a.StartedAt), at(&a.EndedAt))
	return a, noRows(err)
}

// Announce queues the next batch of mails of an announcement that is due, and
// returns how many; zero where none is. The batch and how far it got are one
// transaction, and of parallel calls one wins: a crash neither loses nor doubles
// a mail. While too many of such mails wait in the queue nothing joins them. One
// whose cause is gone, as two-factor is not required any more, ends.
func (s *Store) Announce(ctx context.Context, now time.Time) (int, error) {
	if _, err := dueAnnouncement(s.reading(ctx), now); err != nil {
		if errors.Is(err, core.ErrNotFound) {
			err = nil // nothing to do costs no write
		}
		return 0, failed("announce", err)
	}
	var n int
	err := s.runInTx(ctx, "announce", func(t *tx) error {
		n = 0
		a, err := dueAnnouncement(t, now)
		if err != nil {
			return err
		}
		batch, err := t.announceBatch(a, now)
		if err != nil {
			return err
		}
		next := a
		next.NextAt, next.Queued = now.Add(core.AnnounceEvery), a.Queued+len(batch.messages)
		if len(batch.messages) > 0 {
			next.After = batch.messages[len(batch.messages)-1].UserID
		}
		if batch.last {
			next.EndedAt = now
		}
		err = t.one(core.ErrStale, `UPDATE announcement SET after_id = $4, queued = $5, next_at = $6, ended_at = $7
			WHERE id = $1 AND after_id = $2 AND next_at = $3 AND ended_at = 0`, string(a.ID), string(a.After), stamp(a.NextAt),
			string(next.After), int64(next.Queued), stamp(next.NextAt), stamp(next.EndedAt))
		if err != nil {
			return err
		}
		n = len(batch.messages)
		return t.insertMessages(batch.messages)
	})
	if code := core.CodeOf(err); code == core.ErrStale.Code || code == core.ErrNotFound.Code {
		return 0, nil // another replica was faster
	}
	return n, err
}

// announced is a batch of mails; last where nobody comes after it.
type announced struct {
	messages []core.Message
	last     bool
}

func (t *tx) announceBatch(a core.Announcement, now time.Time) (announced, error) {
	org, err := t.organization(a.OrganizationID)
	if err != nil {
		return announced{}, err
	}
	if a.Template == core.MailRequired && !org.Policy.RequireTwoFactor {
		return announced{last: true}, nil
	}
	var waiting int
	err = t.queryRow(`SELECT count(*) FROM outbox WHERE delivery = 'queued' AND patient`).Scan(&waiting)
	if err != nil || waiting+core.AnnounceBatch > core.AnnounceWaiting {
		return announced{}, err
	}
	rows, err := t.query(`SELECT u.id FROM person u WHERE u.organization_id = $1 AND u.id > $2 AND u.status = 'active' AND u.user_type > 0
		AND u.password_sealed <> '' AND u.email <> '' ORDER BY u.id LIMIT $3`, string(a.OrganizationID), string(a.After), int64(core.AnnounceBatch))
	people, err := collect(rows, err, func(r *sql.Rows) (id core.ID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return announced{}, err
	}
	batch := announced{last: len(people) < core.AnnounceBatch}
	for _, id := range people {
		batch.messages = append(batch.messages, core.Message{
			ID: t.store.newID(), OrganizationID: a.OrganizationID, UserID: id, Template: a.Template, SubjectID: a.EventID,
			NotBefore: now, ExpiresAt: now.Add(core.AnnounceLife), Delivery: core.DeliveryQueued, CreatedAt: now,
		})
	}
	return batch, nil
}
