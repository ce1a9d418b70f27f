package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

const linkColumns = `l.id, l.organization_id, l.user_id, l.kind, l.token_hash, l.created_at, l.expires_at, l.used_at,
	l.key_id, l.address, l.inviter`

func linkFields(l *core.Link) []any {
	return []any{
		&l.ID, &l.OrganizationID, &l.UserID, &l.Kind, &l.TokenHash, at(&l.CreatedAt), at(&l.ExpiresAt), at(&l.UsedAt),
		&l.KeyID, &l.Address, &l.Inviter,
	}
}

const selectLink = `SELECT ` + linkColumns + `, ` + accountColumns + `, ` + organizationColumns + `
	FROM link l JOIN person u ON u.id = l.user_id JOIN organization o ON o.id = l.organization_id WHERE l.token_hash = $1`

// LinkByToken returns a link with its person and organization; used and expired
// ones too. ErrNotFound: no such link.
func (s *Store) LinkByToken(ctx context.Context, tokenHash string) (l core.Link, acc core.Account, org core.Organization, err error) {
	fields := append(linkFields(&l), accountFields(&acc)...)
	err = s.reading(ctx).queryRow(selectLink, tokenHash).Scan(append(fields, organizationFields(&org)...)...)
	return l, acc, org, failed("link", noRows(err))
}

// link reads the link that a mail is for.
func (t *tx) link(organizationID, id core.ID) (l core.Link, err error) {
	err = t.queryRow(`SELECT `+linkColumns+` FROM link l WHERE l.id = $1 AND l.organization_id = $2`,
		string(id), string(organizationID)).Scan(linkFields(&l)...)
	return l, noRows(err)
}

func (t *tx) insertLink(l core.Link) error {
	return t.all(`INSERT INTO link (id, organization_id, user_id, kind, token_hash, created_at, expires_at, used_at, key_id, address, inviter)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, string(l.ID), string(l.OrganizationID), string(l.UserID), string(l.Kind), l.TokenHash,
		stamp(l.CreatedAt), stamp(l.ExpiresAt), stamp(l.UsedAt), l.KeyID, l.Address, l.Inviter)
}

// CreateLink stores a link; the person's older unused links of that kind expire
// at once.
func (s *Store) CreateLink(ctx context.Context, l core.Link, r core.Record) error {
	return s.createLink(ctx, l, false, r)
}

// AskLink stores a link that somebody asked for without signing in. It is
// CreateLink but for links that were handed out on paper, which stay good: no
// stranger can end those.
func (s *Store) AskLink(ctx context.Context, l core.Link, r core.Record) error {
	return s.createLink(ctx, l, true, r)
}

func (s *Store) createLink(ctx context.Context, l core.Link, onlyMailed bool, r core.Record) error {
	return s.runInTx(ctx, "create link", func(t *tx) error {
		if err := t.lock(l.OrganizationID, l.UserID); err != nil {
			return err
		}
		err := t.all(`UPDATE link SET expires_at = $4 WHERE user_id = $1 AND organization_id = $2 AND kind = $3 AND used_at = 0 AND expires_at > $4
			AND (address <> '' OR NOT $5)`, string(l.UserID), string(l.OrganizationID), string(l.Kind), stamp(l.CreatedAt), onlyMailed)
		if err != nil {
			return err
		}
		if err := t.insertLink(l); err != nil {
			return err
		}
		return t.record(r)
	})
}

// endResets ends the unused reset links of a person: they went to an address, or
// were asked for by somebody, that no longer counts.
func (t *tx) endResets(organizationID, userID core.ID, now int64) error {
	return t.all(`UPDATE link SET expires_at = $3 WHERE user_id = $1 AND organization_id = $2 AND kind = 'reset' AND used_at = 0 AND expires_at > $3`,
		string(userID), string(organizationID), now)
}

// Note stores what happened where nothing changed by it.
func (s *Store) Note(ctx context.Context, r core.Record) error {
	return s.runInTx(ctx, "note", func(t *tx) error { return t.record(r) })
}

// UseLink spends a link: the password is stored and what the old one opened
// ends; after an invitation the account becomes active. The address counts as
// proved where the link says so. A reset is noted on the account (D2); it removes and adds no factor (PR6); an app
// that waits is none yet, and goes: it may be of whoever knew the old password.
// Of the wrong-code counters it lifts the block of authenticator codes (TO4) and
// leaves all else. Of parallel calls exactly one succeeds; ErrUsed for the others
// and for an expired link, ErrStale for an account that may not use it.
func (s *Store) UseLink(ctx context.Context, u core.LinkUse) error {
	l, now := u.Link, stamp(u.At)
	return s.runInTx(ctx, "use link", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET status = 'active',
				email_proved_at = CASE WHEN CAST($4 AS TEXT) <> '' AND email = $4 THEN $3 ELSE email_proved_at END,
				reset_at = CASE WHEN $5 THEN $3 ELSE reset_at END
			WHERE id = $1 AND organization_id = $2 AND (status = 'active' OR status = 'invited' AND NOT $5)`,
			string(l.UserID), string(l.OrganizationID), now, u.Proves, l.Kind == core.LinkReset)
		if err != nil {
			return err
		}
		err = t.one(core.ErrUsed, `UPDATE link SET used_at = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3
			AND used_at = 0 AND expires_at > $4`, string(l.ID), string(l.UserID), string(l.OrganizationID), now)
		if err != nil {
			return err
		}
		err = t.setPassword(newPassword{organizationID: l.OrganizationID, userID: l.UserID, sealed: u.PasswordSealed, at: now})
		if err != nil {
			return err
		}
		if err := t.unblockApps(l.OrganizationID, l.UserID); err != nil {
			return err
		}
		if l.Kind == core.LinkReset {
			if err := t.dropWaiting(l.OrganizationID, l.UserID); err != nil {
				return err
			}
		}
		return t.record(u.Record)
	})
}
