package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const pauseColumns = `id, organization_id, user_id, network, reason, started_at, until_at, ended_at, end_reason, end_event_id, sign_ins, last_used_at`

func scanPause(row interface{ Scan(...any) error }) (p core.Pause, err error) {
	err = row.Scan(&p.ID, &p.OrganizationID, &p.UserID, &p.Network, &p.Reason, at(&p.StartedAt), at(&p.Until), at(&p.EndedAt), &p.Why,
		&p.EndEventID, &p.SignIns, at(&p.LastUsedAt))
	return p, noRows(err)
}

// pauseScan reads what a decision needs of an account's pause: "id network until".
type pauseScan core.Account

// pauseOf scans the pause of an account, whose ids stand in front of it.
func pauseOf(a *core.Account) sql.Scanner { return (*pauseScan)(a) }

// Scan implements sql.Scanner.
func (s *pauseScan) Scan(value any) error {
	text, err := asText(value)
	s.Pause = core.Pause{}
	if err != nil || text == "" {
		return err
	}
	parts := strings.Split(text, " ")
	if len(parts) != 3 {
		return fmt.Errorf("a pause is stored as %q", text)
	}
	micros, err := strconv.ParseInt(parts[2], 10, 64)
	s.Pause = core.Pause{ID: core.ID(parts[0]), OrganizationID: s.User.OrganizationID, UserID: s.User.ID, Network: parts[1], Until: moment(micros)}
	return err
}

// StartPause begins a pause. One whose time is over makes place. ErrTaken where one
// holds, ErrNotFound where the person may not sign in.
func (s *Store) StartPause(ctx context.Context, c core.PauseStart) error {
	p := c.Pause
	user, org := string(p.UserID), string(p.OrganizationID)
	return s.runInTx(ctx, "start a pause", func(t *tx) error {
		err := t.one(core.ErrNotFound, `UPDATE person SET language = language WHERE id = $1 AND organization_id = $2
			AND status = 'active' AND user_type > 0`, user, org)
		if err != nil {
			return err
		}
		if err := t.cutPauseWhere(`until_at <= $3`, p.OrganizationID, p.UserID, core.PauseOver, stamp(p.StartedAt)); err != nil {
			return err
		}
		err = t.one(core.ErrTaken, `INSERT INTO pause (`+pauseColumns+`, told_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '', '', 0, 0, 0)
			ON CONFLICT DO NOTHING`, string(p.ID), org, user, p.Network, clean(p.Reason), stamp(p.StartedAt), stamp(p.Until))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, p.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// FinishPause writes the end of a pause down. Of parallel calls exactly one wins;
// the others change and record nothing and get ErrUsed.
func (s *Store) FinishPause(ctx context.Context, c core.PauseFinish) error {
	p := c.Pause
	return s.runInTx(ctx, "finish a pause", func(t *tx) error {
		err := t.one(core.ErrUsed, `UPDATE pause SET ended_at = $4, end_reason = $5, end_event_id = $6, told_at = $4
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
			string(p.ID), string(p.UserID), string(p.OrganizationID), stamp(p.EndedAt), string(p.Why), string(p.EndEventID))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, p.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// cutPause ends the pause of a person, where there is one, for what is done to the
// account in this transaction. Who is told of it is settled later.
func (t *tx) cutPause(organizationID, userID core.ID, why core.PauseEnd, now int64) error {
	return t.cutPauseWhere(`TRUE`, organizationID, userID, why, now)
}

func (t *tx) cutPauseWhere(where string, organizationID, userID core.ID, why core.PauseEnd, now int64) error {
	id := t.store.newID()
	p, err := scanPause(t.queryRow(`UPDATE pause SET ended_at = CASE WHEN until_at < $3 THEN until_at ELSE $3 END,
			end_reason = CASE WHEN until_at <= $3 THEN 'time' ELSE $4 END, end_event_id = $5
		WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0 AND `+where+` RETURNING `+pauseColumns,
		string(userID), string(organizationID), now, string(why), string(id)))
	if errors.Is(err, core.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := t.changed(core.ChangeUser, userID); err != nil {
		return err
	}
	return t.insertEvents([]core.Event{p.EndEvent(moment(now), core.Actor{Kind: "system"}, core.Origin{})})
}

// TellPause settles who is told of the end of a pause. ErrUsed where another call
// did.
func (s *Store) TellPause(ctx context.Context, c core.PauseTold) error {
	return s.runInTx(ctx, "tell of a pause", func(t *tx) error {
		err := t.one(core.ErrUsed, `UPDATE pause SET told_at = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at > 0 AND told_at = 0`,
			string(c.Pause.ID), string(c.Pause.UserID), string(c.Pause.OrganizationID), stamp(c.At))
		if err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// UsePause counts a sign-in by a pause. ErrUsed where it does not hold any more.
func (s *Store) UsePause(ctx context.Context, p core.Pause, now time.Time, r core.Record) error {
	return s.runInTx(ctx, "use a pause", func(t *tx) error {
		err := t.one(core.ErrUsed, `UPDATE pause SET sign_ins = sign_ins + 1, last_used_at = CASE WHEN last_used_at < $4 THEN $4 ELSE last_used_at END
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND until_at > $4`,
			string(p.ID), string(p.UserID), string(p.OrganizationID), stamp(now))
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// OpenPause returns the pause of a person of which no end is written down; its time
// may be over. ErrNotFound: none.
func (s *Store) OpenPause(ctx context.Context, organizationID, userID core.ID) (core.Pause, error) {
	p, err := scanPause(s.reading(ctx).queryRow(`SELECT `+pauseColumns+` FROM pause WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0`,
		string(userID), string(organizationID)))
	return p, failed("open pause", err)
}

// OverPauses returns up to n pauses of all organizations that are over and nobody
// was told of it: their time is over, or something ended them.
func (s *Store) OverPauses(ctx context.Context, now time.Time, n int) ([]core.Pause, error) {
	rows, err := s.reading(ctx).query(`SELECT `+pauseColumns+` FROM pause WHERE ended_at = 0 AND until_at <= $1
		UNION ALL SELECT `+pauseColumns+` FROM pause WHERE ended_at > 0 AND told_at = 0 LIMIT $2`, stamp(now), int64(n))
	all, err := collect(rows, err, func(r *sql.Rows) (core.Pause, error) { return scanPause(r) })
	return all, failed("pauses that are over", err)
}

// ClientUsers counts the people of an organization as whom a program signed in with
// a password alone since a moment, as the audit log knows it.
func (s *Store) ClientUsers(ctx context.Context, organizationID core.ID, since time.Time) (n int, err error) {
	err = s.reading(ctx).queryRow(`SELECT count(DISTINCT e.subject_id) FROM event e WHERE e.organization_id = $1 AND e.kind = $2 AND e.at > $3 AND e.result = 'ok'`,
		string(organizationID), core.EventClientSignedIn, stamp(since)).Scan(&n)
	return n, failed("users of password clients", err)
}
