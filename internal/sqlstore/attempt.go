package sqlstore

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const attemptColumns = `a.id, a.token_hash, a.organization_id, a.user_id, a.purpose, a.session_id, a.password_version, a.factor_set_version,
	a.browser_hash, a.browser_known, a.last_method, a.return_to, a.remember, a.kind, a.tries, a.network, a.device,
	a.created_at, a.active_at, a.ended_at, a.end_reason, a.version`

func attemptFields(a *core.Attempt) []any {
	return []any{
		&a.ID, &a.TokenHash, &a.OrganizationID, &a.UserID, &a.Purpose, &a.SessionID, &a.PasswordVersion, &a.FactorSetVersion,
		&a.BrowserHash, &a.BrowserKnown, &a.LastMethod, &a.ReturnTo, &a.Remember, &a.Kind, &a.Tries, &a.Network, &a.Device,
		at(&a.CreatedAt), at(&a.ActiveAt), at(&a.EndedAt), &a.EndReason, &a.Version,
	}
}

const selectAttempt = `SELECT ` + attemptColumns + `, ` + accountColumns + `, ` + organizationColumns + `, ` + challengeColumns + `
	FROM attempt a JOIN person u ON u.id = a.user_id JOIN organization o ON o.id = a.organization_id
	LEFT JOIN challenge c ON c.owner_id = a.id LEFT JOIN outbox m ON m.id = c.message_id
	WHERE a.token_hash = $1`

// AttemptByToken returns the attempt of a cookie's digest, ended or not, with
// all that its next step needs.
func (s *Store) AttemptByToken(ctx context.Context, tokenHash string) (core.AttemptView, error) {
	var v core.AttemptView
	fields := append(attemptFields(&v.Attempt), accountFields(&v.Account)...)
	fields = append(append(fields, organizationFields(&v.Organization)...), challengeFields(&v.Challenge)...)
	if err := s.reading(ctx).queryRow(selectAttempt, tokenHash).Scan(fields...); err != nil {
		return core.AttemptView{}, failed("attempt", noRows(err))
	}
	return v, nil
}

const insertAttempt = `INSERT INTO attempt (id, token_hash, organization_id, user_id, purpose, session_id, password_version, factor_set_version,
	browser_hash, browser_known, last_method, return_to, remember, kind, tries, network, device,
	created_at, active_at, ended_at, end_reason, version)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, $15, $16, $17, $18, 0, '', $19)`

func (t *tx) insertAttempt(a core.Attempt) error {
	return t.all(insertAttempt, string(a.ID), a.TokenHash, string(a.OrganizationID), string(a.UserID), string(a.Purpose), string(a.SessionID),
		a.PasswordVersion, a.FactorSetVersion, a.BrowserHash, a.BrowserKnown, string(a.LastMethod), clean(a.ReturnTo), a.Remember,
		string(a.Kind), clean(a.Network), clean(a.Device), stamp(a.CreatedAt), stamp(a.ActiveAt), max(a.Version, 1))
}

// OpenAttempt stores a new attempt after a right password. ErrStale where the
// account's password or factors changed since they were read. The person's
// oldest open attempts beyond core.AttemptsPerUser end (PS3).
func (s *Store) OpenAttempt(ctx context.Context, o core.AttemptOpening) error {
	a := o.Attempt
	return s.runInTx(ctx, "open attempt", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET password_sealed = CASE WHEN CAST($5 AS TEXT) = '' THEN password_sealed ELSE $5 END
			WHERE id = $1 AND organization_id = $2 AND password_version = $3 AND factor_set_version = $4`,
			string(a.UserID), string(a.OrganizationID), a.PasswordVersion, a.FactorSetVersion, o.Rehash)
		if err != nil {
			return err
		}
		if err := t.warn(o); err != nil {
			return err
		}
		if err := t.endOldest(a); err != nil {
			return err
		}
		if err := t.insertAttempt(a); err != nil {
			return err
		}
		if err := t.clearBuckets(o.Slots); err != nil {
			return err
		}
		ended, err := t.endDevice(a.OrganizationID, a.UserID, o.EndDevice, stamp(a.CreatedAt))
		if err != nil {
			return err
		}
		if ended {
			if err := t.record(o.DeviceEnded); err != nil {
				return err
			}
		}
		return t.record(o.Record)
	})
}

// endOldest makes room for a new attempt of a person whose row is locked.
func (t *tx) endOldest(a core.Attempt) error {
	surplus, err := t.surplus(`SELECT id FROM attempt WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0
		ORDER BY created_at DESC, id DESC LIMIT 100 OFFSET $3`, string(a.UserID), string(a.OrganizationID), int64(core.AttemptsPerUser-1))
	if err != nil || len(surplus) == 0 {
		return err
	}
	return t.all(`UPDATE attempt SET ended_at = $3, end_reason = 'replaced', version = version + 1
		WHERE ended_at = 0 AND user_id = $1 AND organization_id = $2 AND id IN `+in(4, len(surplus)),
		append([]any{string(a.UserID), string(a.OrganizationID), stamp(a.CreatedAt)}, idArgs(surplus)...)...)
}

// warn queues the warning that somebody has the password but not the code,
// once an hour at most (E12).
func (t *tx) warn(o core.AttemptOpening) error {
	if len(o.Warnings) == 0 {
		return nil
	}
	a, hourAgo := o.Attempt, stamp(o.Attempt.CreatedAt.Add(-time.Hour))
	var unfinished int
	err := t.queryRow(`SELECT count(*) FROM attempt WHERE user_id = $1 AND organization_id = $2 AND created_at > $3 AND end_reason <> 'completed'`,
		string(a.UserID), string(a.OrganizationID), hourAgo).Scan(&unfinished)
	if err != nil || unfinished < core.WarnAfter {
		return err
	}
	var warned int
	err = t.queryRow(`SELECT count(*) FROM outbox WHERE user_id = $1 AND organization_id = $2 AND created_at > $3 AND template = $4`,
		string(a.UserID), string(a.OrganizationID), hourAgo, string(o.Warnings[0].Template)).Scan(&warned)
	if err != nil || warned > 0 {
		return err
	}
	if err := t.insertMessages(o.Warnings); err != nil || o.WarningEvent == nil {
		return err
	}
	return t.insertEvents([]core.Event{*o.WarningEvent})
}

// SaveAttempt stores the method chosen, Remember, ActiveAt and the end by
// compare-and-swap on the version; ErrStale where it moved on or ended.
func (s *Store) SaveAttempt(ctx context.Context, a core.Attempt, r core.Record) error {
	return s.runInTx(ctx, "save attempt", func(t *tx) error {
		if err := t.saveAttempt(a); err != nil {
			return err
		}
		return t.record(r)
	})
}

func (t *tx) saveAttempt(a core.Attempt) error {
	return t.one(core.ErrStale, `UPDATE attempt SET kind = $5, remember = $6, active_at = CASE WHEN active_at < $7 THEN $7 ELSE active_at END,
		ended_at = $8, end_reason = $9, version = version + 1
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND version = $4 AND ended_at = 0`,
		string(a.ID), string(a.UserID), string(a.OrganizationID), a.Version, string(a.Kind), a.Remember, stamp(a.ActiveAt),
		stamp(a.EndedAt), a.EndReason)
}
