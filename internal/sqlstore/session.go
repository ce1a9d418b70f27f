package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const sessionColumns = `s.id, s.token_hash, s.organization_id, s.user_id, s.level, s.signed_in_at, s.proved_at, s.methods, s.device_id,
	s.browser_hash, s.network, s.device, s.created_at, s.last_seen_at, s.ended_at, s.end_reason`

func sessionFields(s *core.Session) []any {
	return []any{
		&s.ID, &s.TokenHash, &s.OrganizationID, &s.UserID, &s.Level, at(&s.SignedInAt), at(&s.ProvedAt), listOf(&s.Methods), &s.DeviceID,
		&s.BrowserHash, &s.Network, &s.Device, at(&s.CreatedAt), at(&s.LastSeenAt), at(&s.EndedAt), &s.EndReason,
	}
}

const selectSession = `SELECT ` + sessionColumns + `, ` + accountColumns + `, ` + organizationColumns + `, ` + deviceColumns + `
	FROM session s JOIN person u ON u.id = s.user_id JOIN organization o ON o.id = s.organization_id
	LEFT JOIN remembered_device d ON d.id = s.device_id AND d.user_id = s.user_id
	WHERE s.token_hash = $1`

// SessionByToken returns the session of a cookie's digest with its account and
// organization and whether its remembered device lives, in one read; ended
// sessions too. ErrNotFound: none.
func (s *Store) SessionByToken(ctx context.Context, tokenHash string) (core.SessionView, error) {
	var v core.SessionView
	var d core.Device
	fields := append(sessionFields(&v.Session), accountFields(&v.Account)...)
	fields = append(append(fields, organizationFields(&v.Organization)...), deviceFields(&d)...)
	if err := s.reading(ctx).queryRow(selectSession, tokenHash).Scan(fields...); err != nil {
		return core.SessionView{}, failed("session", noRows(err))
	}
	if v.DeviceLive = d.ID != "" && d.Live(v.Account.User, v.Organization.Policy, s.clock()); v.DeviceLive {
		v.DeviceUntil, v.DeviceLevel = d.ExpiresAt, d.Level
	}
	return v, nil
}

const insertSession = `INSERT INTO session (id, token_hash, organization_id, user_id, level, signed_in_at, proved_at, methods, device_id,
	browser_hash, network, device, created_at, last_seen_at, ended_at, end_reason)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, '')`

// openSession stores a new session of a person whose row is locked, and ends
// the oldest beyond core.SessionsPerUser (SE8).
func (t *tx) openSession(n core.Session, now int64) error {
	err := t.all(insertSession, string(n.ID), n.TokenHash, string(n.OrganizationID), string(n.UserID), int64(n.Level), stamp(n.SignedInAt),
		stamp(n.ProvedAt), list(n.Methods), string(n.DeviceID), n.BrowserHash, clean(n.Network), clean(n.Device), stamp(n.CreatedAt), stamp(n.LastSeenAt))
	if err != nil {
		return err
	}
	surplus, err := t.surplus(`SELECT id FROM session WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0 AND id <> $3
		ORDER BY created_at DESC, id DESC LIMIT 100 OFFSET $4`, string(n.UserID), string(n.OrganizationID), string(n.ID), int64(core.SessionsPerUser-1))
	if err != nil || len(surplus) == 0 {
		return err
	}
	err = t.all(`UPDATE session SET ended_at = $3, end_reason = $4 WHERE ended_at = 0 AND user_id = $1 AND organization_id = $2 AND id IN `+in(5, len(surplus)),
		append([]any{string(n.UserID), string(n.OrganizationID), now, string(core.EndTooMany)}, idArgs(surplus)...)...)
	if err != nil {
		return err
	}
	return t.changed(core.ChangeSession, surplus...)
}

// surplus reads the ids of rows beyond what a person may have; usually there
// are none, and that is all it costs.
func (t *tx) surplus(query string, args ...any) ([]core.ID, error) {
	rows, err := t.query(query, args...)
	return collect(rows, err, func(r *sql.Rows) (id core.ID, err error) { return id, r.Scan(&id) })
}

// replaceSession ends a session whose place a new one takes. One that ended
// meanwhile is not raised from the dead: ErrStale.
func (t *tx) replaceSession(organizationID, userID, id core.ID, now int64) error {
	err := t.one(core.ErrStale, `UPDATE session SET ended_at = $4, end_reason = $5
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
		string(id), string(userID), string(organizationID), now, string(core.EndReplaced))
	if err != nil {
		return err
	}
	return t.changed(core.ChangeSession, id)
}

// endSessions ends all sessions of a person but one, and returns how many; and a
// pause, where the reason speaks against it too.
func (t *tx) endSessions(organizationID, userID, keep core.ID, reason core.EndReason, now int64) (int64, error) {
	if reason.EndsPause() {
		if err := t.cutPause(organizationID, userID, core.PauseEnd(reason), now); err != nil {
			return 0, err
		}
	}
	return t.exec(`UPDATE session SET ended_at = $4, end_reason = $5 WHERE user_id = $1 AND organization_id = $2 AND id <> $3 AND ended_at = 0`,
		string(userID), string(organizationID), string(keep), now, string(reason))
}

// endAttempts ends all half-done sign-ins of a person.
func (t *tx) endAttempts(organizationID, userID core.ID, reason core.EndReason, now int64) error {
	return t.all(`UPDATE attempt SET ended_at = $3, end_reason = $4, version = version + 1
		WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0`, string(userID), string(organizationID), now, string(reason))
}

// TouchSessions moves LastSeenAt of open sessions forward, never back.
func (s *Store) TouchSessions(ctx context.Context, touches []core.SessionTouch) error {
	if len(touches) == 0 {
		return nil
	}
	touches = slices.Clone(touches)
	slices.SortFunc(touches, func(a, b core.SessionTouch) int { return cmp.Compare(a.SessionID, b.SessionID) })
	return s.runInTx(ctx, "touch sessions", func(t *tx) error {
		for _, touch := range touches {
			err := t.all(`UPDATE session SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2 AND ended_at = 0`,
				string(touch.SessionID), stamp(touch.SeenAt))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// EndSession ends one session, and its remembered device where asked. Ending an
// ended one changes nothing and records nothing.
func (s *Store) EndSession(ctx context.Context, e core.SessionEnd) error {
	return s.runInTx(ctx, "end session", func(t *tx) error {
		n, err := t.exec(`UPDATE session SET ended_at = $4, end_reason = $5 WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
			string(e.SessionID), string(e.UserID), string(e.OrganizationID), stamp(e.At), string(e.Reason))
		if err != nil || n == 0 {
			return err
		}
		if err := t.changed(core.ChangeSession, e.SessionID); err != nil {
			return err
		}
		if _, err := t.endDevice(e.OrganizationID, e.UserID, e.ForgetDevice, stamp(e.At)); err != nil {
			return err
		}
		return t.record(e.Record)
	})
}

// OpenSessions returns a person's sessions that nobody ended, the one used last
// first. Some may have lapsed: their end is not written down.
func (s *Store) OpenSessions(ctx context.Context, organizationID, userID core.ID) ([]core.Session, error) {
	rows, err := s.reading(ctx).query(`SELECT `+sessionColumns+` FROM session s
		WHERE s.user_id = $1 AND s.organization_id = $2 AND s.ended_at = 0 ORDER BY s.last_seen_at DESC, s.id DESC`,
		string(userID), string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (one core.Session, err error) { return one, r.Scan(sessionFields(&one)...) })
	return all, failed("open sessions", err)
}

// SessionOf returns one session of a person, ended or not. ErrNotFound: none of
// theirs has that id.
func (s *Store) SessionOf(ctx context.Context, organizationID, userID, id core.ID) (core.Session, error) {
	if !storable(string(id)) {
		return core.Session{}, core.ErrNotFound
	}
	var one core.Session
	err := s.reading(ctx).queryRow(`SELECT `+sessionColumns+` FROM session s WHERE s.id = $1 AND s.user_id = $2 AND s.organization_id = $3`,
		string(id), string(userID), string(organizationID)).Scan(sessionFields(&one)...)
	return one, failed("session of a person", noRows(err))
}

// EndOtherSessions ends every session of a person but the one that asks.
// ErrStale where that one has ended itself: of two that end each other at once
// one stays.
func (s *Store) EndOtherSessions(ctx context.Context, e core.OtherSessionsEnd) error {
	return s.runInTx(ctx, "end other sessions", func(t *tx) error {
		if err := t.lock(e.OrganizationID, e.UserID); err != nil {
			return err
		}
		err := t.one(core.ErrStale, `UPDATE session SET last_seen_at = last_seen_at WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
			string(e.KeepSession), string(e.UserID), string(e.OrganizationID))
		if err != nil {
			return err
		}
		n, err := t.endSessions(e.OrganizationID, e.UserID, e.KeepSession, e.Reason, stamp(e.At))
		if err != nil || n == 0 {
			return err
		}
		if err := t.changed(core.ChangeUser, e.UserID); err != nil {
			return err
		}
		return t.record(e.Record)
	})
}

// ChangesSince returns the changes at or after since, oldest first.
func (s *Store) ChangesSince(ctx context.Context, since time.Time) ([]core.Change, error) {
	rows, err := s.reading(ctx).query(`SELECT id, at, kind, subject_id FROM cache_change WHERE at >= $1 ORDER BY at, id`, stamp(since))
	all, err := collect(rows, err, func(r *sql.Rows) (c core.Change, err error) {
		return c, r.Scan(&c.ID, at(&c.At), &c.Kind, &c.SubjectID)
	})
	return all, failed("changes", err)
}
