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
	if v.DeviceLive = d.ID != "" && d.Live(v.Account.User, s.clock()); v.DeviceLive {
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
	err = t.all(`UPDATE session SET ended_at = $3, end_reason = 'too_many' WHERE ended_at = 0 AND user_id = $1 AND organization_id = $2 AND id IN `+in(4, len(surplus)),
		append([]any{string(n.UserID), string(n.OrganizationID), now}, idArgs(surplus)...)...)
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
	err := t.one(core.ErrStale, `UPDATE session SET ended_at = $4, end_reason = 'replaced'
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`, string(id), string(userID), string(organizationID), now)
	if err != nil {
		return err
	}
	return t.changed(core.ChangeSession, id)
}

// endSessions ends all sessions of a person but one.
func (t *tx) endSessions(organizationID, userID, keep core.ID, reason string, now int64) error {
	return t.all(`UPDATE session SET ended_at = $4, end_reason = $5 WHERE user_id = $1 AND organization_id = $2 AND id <> $3 AND ended_at = 0`,
		string(userID), string(organizationID), string(keep), now, reason)
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
			string(e.SessionID), string(e.UserID), string(e.OrganizationID), stamp(e.At), e.Reason)
		if err != nil || n == 0 {
			return err
		}
		if err := t.changed(core.ChangeSession, e.SessionID); err != nil {
			return err
		}
		if err := t.endDevice(e.OrganizationID, e.UserID, e.ForgetDevice, stamp(e.At)); err != nil {
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
