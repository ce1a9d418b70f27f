package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// NoticedEvent returns the event that a mail told of, with its person and
// organization. ErrNotFound where one of them is gone.
func (s *Store) NoticedEvent(ctx context.Context, id core.ID) (e core.Event, acc core.Account, org core.Organization, err error) {
	if !storable(string(id)) {
		return e, acc, org, core.ErrNotFound
	}
	q := s.reading(ctx)
	if e, err = scanEvent(q.queryRow(`SELECT `+eventColumns+` FROM event e WHERE e.id = $1`, string(id))); err != nil {
		return e, acc, org, failed("noticed event", err)
	}
	acc, org, err = person(q, `u.id = $1 AND u.organization_id = $2`, string(e.SubjectID), string(e.OrganizationID))
	return e, acc, org, failed("noticed event", err)
}

// RaiseAlarm ends everything that leans on a person's password so far. Of
// parallel calls about one moment or by one session exactly one succeeds; the
// others change and record nothing and get ErrUsed.
func (s *Store) RaiseAlarm(ctx context.Context, a core.Alarm) error {
	user, org, now := string(a.UserID), string(a.OrganizationID), stamp(a.At)
	return s.runInTx(ctx, "raise alarm", func(t *tx) error {
		if err := t.lock(a.OrganizationID, a.UserID); err != nil {
			return err
		}
		var err error
		if a.SessionID != "" {
			err = t.one(core.ErrUsed, `UPDATE session SET ended_at = $4, end_reason = 'not_you'
				WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`, string(a.SessionID), user, org, now)
		} else {
			err = t.one(core.ErrUsed, `UPDATE person SET alarmed_at = $4 WHERE id = $1 AND organization_id = $2 AND alarmed_at < $3`,
				user, org, stamp(a.Since), now)
		}
		if err != nil {
			return err
		}
		if err := t.endPrograms(a.OrganizationID, a.UserID, a.Record, a.At); err != nil {
			return err
		}
		if err := t.distrust(a.OrganizationID, a.UserID, a.KeepBrowser, now); err != nil {
			return err
		}
		return t.record(a.Record)
	})
}

// distrust ends all that a person's password has opened or begun, forgets every
// browser but one, and makes the password insufficient by itself until it is
// replaced. Its version moves on, so that no sign-in whose password was checked
// a moment ago completes. An app that waits for an emailed code goes with its
// recovery codes, also those held since a restore: it never counted (TO7), the
// password alone was enough to leave it, and the owner's own code would make it
// good. The caller has locked the row.
func (t *tx) distrust(organizationID, userID core.ID, keepBrowser string, now int64) error {
	user, org := string(userID), string(organizationID)
	err := t.all(`UPDATE person SET password_due = 'distrusted', password_due_at = $3, alarmed_at = $3, password_version = password_version + 1
		WHERE id = $1 AND organization_id = $2`, user, org, now)
	if err != nil {
		return err
	}
	if err := t.endBegun(organizationID, userID, core.EndNotYou, now); err != nil {
		return err
	}
	err = t.all(`UPDATE address_change SET ended_at = $3 WHERE user_id = $1 AND organization_id = $2 AND done_at = 0 AND ended_at = 0`, user, org, now)
	if err != nil {
		return err
	}
	if err := t.dropWaiting(organizationID, userID); err != nil {
		return err
	}
	err = t.all(`DELETE FROM known_browser WHERE user_id = $1 AND organization_id = $2 AND hash <> $3`, user, org, keepBrowser)
	if err != nil {
		return err
	}
	if _, err := t.endSessions(organizationID, userID, "", core.EndNotYou, now); err != nil {
		return err
	}
	if _, err := t.endDevices(organizationID, userID, now); err != nil {
		return err
	}
	return t.changed(core.ChangeUser, userID)
}

// endBegun ends what a person, or somebody else with the password or the mailbox,
// has begun and not finished: sign-ins, set-up panels, reset links.
func (t *tx) endBegun(organizationID, userID core.ID, reason core.EndReason, now int64) error {
	if err := t.endAttempts(organizationID, userID, reason, now); err != nil {
		return err
	}
	if err := t.endPanels(organizationID, userID, now); err != nil {
		return err
	}
	return t.endResets(organizationID, userID, now)
}

// dropWaiting removes an app that waits for an emailed code, with its recovery
// codes, also where those are held since a restore. It counts for nothing yet,
// and the password alone was enough to leave it there (TO7).
func (t *tx) dropWaiting(organizationID, userID core.ID) error {
	return t.all(`DELETE FROM credential WHERE user_id = $1 AND organization_id = $2 AND (state = 'waiting' OR state = 'held'
		AND EXISTS (SELECT 1 FROM credential k WHERE k.user_id = $1 AND k.organization_id = $2 AND k.kind = 'app' AND k.state = 'waiting'))`,
		string(userID), string(organizationID))
}
