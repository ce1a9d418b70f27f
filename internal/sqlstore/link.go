package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

const selectLink = `SELECT l.id, l.organization_id, l.user_id, l.kind, l.token_hash, l.created_at, l.expires_at, l.used_at,
	l.key_id, l.address, ` +
	accountColumns + `, ` + organizationColumns + `
	FROM link l JOIN person u ON u.id = l.user_id JOIN organization o ON o.id = l.organization_id WHERE l.token_hash = $1`

// LinkByToken returns a link with its person and organization; used and expired
// ones too. ErrNotFound: no such link.
func (s *Store) LinkByToken(ctx context.Context, tokenHash string) (l core.Link, acc core.Account, org core.Organization, err error) {
	fields := append([]any{&l.ID, &l.OrganizationID, &l.UserID, &l.Kind, &l.TokenHash, at(&l.CreatedAt), at(&l.ExpiresAt), at(&l.UsedAt),
		&l.KeyID, &l.Address},
		accountFields(&acc)...)
	err = s.reading(ctx).queryRow(selectLink, tokenHash).Scan(append(fields, organizationFields(&org)...)...)
	return l, acc, org, failed("link", noRows(err))
}

func (t *tx) insertLink(l core.Link) error {
	return t.all(`INSERT INTO link (id, organization_id, user_id, kind, token_hash, created_at, expires_at, used_at, key_id, address)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, string(l.ID), string(l.OrganizationID), string(l.UserID), string(l.Kind), l.TokenHash,
		stamp(l.CreatedAt), stamp(l.ExpiresAt), stamp(l.UsedAt), l.KeyID, l.Address)
}

// CreateLink stores a link; the person's older unused links of that kind expire
// at once.
func (s *Store) CreateLink(ctx context.Context, l core.Link, r core.Record) error {
	return s.runInTx(ctx, "create link", func(t *tx) error {
		if err := t.lock(l.OrganizationID, l.UserID); err != nil {
			return err
		}
		err := t.all(`UPDATE link SET expires_at = $4 WHERE user_id = $1 AND organization_id = $2 AND kind = $3 AND used_at = 0 AND expires_at > $4`,
			string(l.UserID), string(l.OrganizationID), string(l.Kind), stamp(l.CreatedAt))
		if err != nil {
			return err
		}
		if err := t.insertLink(l); err != nil {
			return err
		}
		return t.record(r)
	})
}

// UseLink spends a link: the password is stored, the address counts as proved
// and the account becomes active; wrong-code counters fall away, and sessions
// and devices end. Of parallel calls exactly one succeeds; ErrUsed for the
// others and for an expired link, ErrStale for a deactivated account.
func (s *Store) UseLink(ctx context.Context, u core.LinkUse) error {
	l, now := u.Link, stamp(u.At)
	return s.runInTx(ctx, "use link", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET status = 'active', email_proved_at = $3
			WHERE id = $1 AND organization_id = $2 AND status IN ('active', 'invited')`, string(l.UserID), string(l.OrganizationID), now)
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
		if err := t.clearGuards(l.OrganizationID, l.UserID); err != nil {
			return err
		}
		return t.record(u.Record)
	})
}
