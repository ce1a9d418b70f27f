package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

const selectEnrolment = `SELECT n.id, n.organization_id, n.user_id, n.session_id, n.goal, n.step, n.factor_set_version, n.email_proved_at,
	n.email_deferred, n.email_only, n.display_name, n.label, n.secret_sealed, n.app_proved, n.app_mark, n.app_tries,
	n.codes_sealed, n.created_at, n.expires_at, n.ended_at, n.version, ` + challengeColumns + `
	FROM enrolment n LEFT JOIN challenge c ON c.owner_id = n.id LEFT JOIN outbox m ON m.id = c.message_id
	WHERE n.session_id = $1 AND n.user_id = $2 AND n.organization_id = $3 AND n.ended_at = 0
	ORDER BY n.created_at DESC, n.id DESC LIMIT 1`

// EnrolmentOf returns the newest panel of a session that was not ended, with
// its emailed code; ErrNotFound where there is none.
func (s *Store) EnrolmentOf(ctx context.Context, organizationID, userID, sessionID core.ID) (core.EnrolmentView, error) {
	var v core.EnrolmentView
	e := &v.Enrolment
	fields := append([]any{
		&e.ID, &e.OrganizationID, &e.UserID, &e.SessionID, &e.Goal, &e.Step, &e.FactorSetVersion, at(&e.EmailProvedAt),
		&e.EmailDeferred, &e.EmailOnly, &e.DisplayName, &e.Label, &e.SecretSealed, &e.AppProved, &e.AppMark, &e.AppTries,
		&e.CodesSealed, at(&e.CreatedAt), at(&e.ExpiresAt), at(&e.EndedAt), &e.Version,
	}, challengeFields(&v.Challenge)...)
	err := s.reading(ctx).queryRow(selectEnrolment, string(sessionID), string(userID), string(organizationID)).Scan(fields...)
	if err != nil {
		return core.EnrolmentView{}, failed("enrolment", noRows(err))
	}
	return v, nil
}

// endPanels ends all open set-up panels of a person and forgets what they hid.
func (t *tx) endPanels(organizationID, userID core.ID, now int64) error {
	return t.all(`UPDATE enrolment SET ended_at = $3, secret_sealed = '', codes_sealed = '', version = version + 1
		WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0`, string(userID), string(organizationID), now)
}

// endEnrolment ends panels and forgets what they hid. Its $4 is the time.
const endEnrolment = `UPDATE enrolment SET ended_at = $4, secret_sealed = '', codes_sealed = '', version = version + 1`

const insertEnrolment = `INSERT INTO enrolment (id, organization_id, user_id, session_id, goal, step, factor_set_version, email_proved_at,
	email_deferred, email_only, display_name, label, secret_sealed, app_proved, app_mark, codes_sealed, created_at, expires_at,
	app_tries, ended_at, version)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 0, 1)`

const updateEnrolment = `UPDATE enrolment SET goal = $5, step = $6, email_proved_at = $7, email_deferred = $8, email_only = $9,
	display_name = $10, label = $11, secret_sealed = $12, app_proved = $13, app_mark = $14, codes_sealed = $15,
	expires_at = $16, version = version + 1
	WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND version = $4 AND ended_at = 0`

// SaveEnrolment inserts a panel (Version 0), ending the session's older ones,
// or updates it by compare-and-swap: ErrStale where it moved on or ended. A
// panel with EndedAt set is ended and forgets its secrets. AppTries is not
// taken from here: only a try counts it. Where EmailProvedAt is set, the
// panel's emailed code is used up.
func (s *Store) SaveEnrolment(ctx context.Context, e core.Enrolment, r core.Record) error {
	return s.runInTx(ctx, "save enrolment", func(t *tx) (err error) {
		switch {
		case e.Version == 0:
			err = t.insertEnrolment(e)
		case !e.EndedAt.IsZero():
			err = t.finishEnrolment(e, stamp(e.EndedAt))
		default:
			err = t.updateEnrolment(e)
		}
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

func (t *tx) insertEnrolment(e core.Enrolment) error {
	if err := t.lock(e.OrganizationID, e.UserID); err != nil {
		return err
	}
	err := t.all(endEnrolment+` WHERE session_id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
		string(e.SessionID), string(e.UserID), string(e.OrganizationID), stamp(e.CreatedAt))
	if err != nil {
		return err
	}
	return t.all(insertEnrolment, string(e.ID), string(e.OrganizationID), string(e.UserID), string(e.SessionID), string(e.Goal), string(e.Step),
		e.FactorSetVersion, stamp(e.EmailProvedAt), e.EmailDeferred, e.EmailOnly, e.DisplayName, e.Label, e.SecretSealed,
		e.AppProved, e.AppMark, e.CodesSealed, stamp(e.CreatedAt), stamp(e.ExpiresAt))
}

func (t *tx) updateEnrolment(e core.Enrolment) error {
	err := t.one(core.ErrStale, updateEnrolment, string(e.ID), string(e.UserID), string(e.OrganizationID), e.Version, string(e.Goal),
		string(e.Step), stamp(e.EmailProvedAt), e.EmailDeferred, e.EmailOnly, e.DisplayName, e.Label, e.SecretSealed,
		e.AppProved, e.AppMark, e.CodesSealed, stamp(e.ExpiresAt))
	if err != nil || e.EmailProvedAt.IsZero() {
		return err
	}
	return t.all(`UPDATE challenge SET used_at = $4 WHERE owner_id = $1 AND user_id = $2 AND organization_id = $3 AND used_at = 0`,
		string(e.ID), string(e.UserID), string(e.OrganizationID), stamp(e.EmailProvedAt))
}

func (t *tx) finishEnrolment(e core.Enrolment, now int64) error {
	return t.one(core.ErrStale, endEnrolment+` WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND version = $5 AND ended_at = 0`,
		string(e.ID), string(e.UserID), string(e.OrganizationID), now, e.Version)
}

// CompleteEnrolment is the panel's Save: the factors are stored, the factor set
// moves on, every remembered device and other session ends and the session is
// replaced, all or nothing. ErrStale where the factors, the panel or the
// session changed meanwhile; ErrLimit where there would be too many apps.
func (s *Store) CompleteEnrolment(ctx context.Context, c core.EnrolmentCompletion) error {
	e, now := c.Enrolment, stamp(c.At)
	return s.runInTx(ctx, "complete enrolment", func(t *tx) error {
		if err := t.enrolled(c); err != nil {
			return err
		}
		if err := t.finishEnrolment(e, now); err != nil {
			return err
		}
		if c.ReplaceCodes {
			err := t.all(`DELETE FROM credential WHERE user_id = $1 AND organization_id = $2 AND kind = 'recovery'`,
				string(e.UserID), string(e.OrganizationID))
			if err != nil {
				return err
			}
		}
		if err := t.insertCredentials(e.OrganizationID, e.UserID, c.Credentials); err != nil {
			return err
		}
		if c.ProvesEmail {
			if err := t.activateApps(e.OrganizationID, e.UserID, now); err != nil {
				return err
			}
		}
		if err := t.resetGuards(e.OrganizationID, e.UserID, provedKind(c.Credentials)); err != nil {
			return err
		}
		if err := t.endOthers(e.OrganizationID, e.UserID, e.SessionID, &c.Session, now); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// enrolled raises the factor set, which locks the person, ticks the box and
// notes the mailbox. The mailbox counts only if the panel's code went to the
// address of today.
func (t *tx) enrolled(c core.EnrolmentCompletion) error {
	e := c.Enrolment
	return t.one(core.ErrStale, `UPDATE person SET factor_set_version = factor_set_version + 1,
			two_factor = CASE WHEN $5 THEN 'on' ELSE two_factor END,
			email_proved_at = CASE WHEN $6 AND NOT EXISTS (SELECT 1 FROM challenge c WHERE c.owner_id = $7 AND c.user_id = $1
				AND c.organization_id = $2 AND c.address <> person.email) THEN $4 ELSE email_proved_at END
		WHERE id = $1 AND organization_id = $2 AND factor_set_version = $3 AND status = 'active'`,
		string(e.UserID), string(e.OrganizationID), e.FactorSetVersion, stamp(c.At), c.TurnOn, c.ProvesEmail, string(e.ID))
}

// provedKind is the kind whose block a completed panel lifts: a new app was
// proved by a code of its own.
func provedKind(added []core.Credential) core.FactorKind {
	for _, c := range added {
		if c.Kind == core.KindApp {
			return c.Kind
		}
	}
	return ""
}
