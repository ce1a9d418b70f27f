package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

const selectCredentials = `SELECT k.id, k.organization_id, k.user_id, k.kind, k.state, k.label, k.lookup_key, k.sealed, k.key_id, k.mark,
	k.created_at, k.last_used_at, k.used_at FROM credential k WHERE k.user_id = $1 AND k.organization_id = $2 AND k.kind = $3`

func credentials(q querier, query string, args ...any) ([]core.Credential, error) {
	rows, err := q.query(query, args...)
	return collect(rows, err, func(r *sql.Rows) (c core.Credential, err error) {
		return c, r.Scan(&c.ID, &c.OrganizationID, &c.UserID, &c.Kind, &c.State, &c.Label, &c.LookupKey, &c.Sealed, &c.KeyID, &c.Mark,
			at(&c.CreatedAt), at(&c.LastUsedAt), at(&c.UsedAt))
	})
}

// Credentials returns a person's credentials of a kind, spent and waiting ones
// included, oldest first.
func (s *Store) Credentials(ctx context.Context, organizationID, userID core.ID, kind core.FactorKind) ([]core.Credential, error) {
	all, err := credentials(s.reading(ctx), selectCredentials+` ORDER BY k.created_at, k.id`,
		string(userID), string(organizationID), string(kind))
	return all, failed("credentials", err)
}

// FactorCredentials returns a person's active credentials of a kind; recovery
// codes that were spent are left out.
func (s *Store) FactorCredentials(ctx context.Context, organizationID, userID core.ID, kind core.FactorKind) ([]core.Credential, error) {
	all, err := credentials(s.reading(ctx), selectCredentials+` AND k.state = 'active' AND k.used_at = 0 ORDER BY k.created_at, k.id`,
		string(userID), string(organizationID), string(kind))
	return all, failed("factor credentials", err)
}

const insertCredential = `INSERT INTO credential (id, organization_id, user_id, kind, state, label, lookup_key, sealed, key_id, mark,
	created_at, last_used_at, used_at) VALUES `

func credentialValues(c core.Credential) []any {
	return []any{
		string(c.ID), string(c.OrganizationID), string(c.UserID), string(c.Kind), string(c.State), c.Label, c.LookupKey, c.Sealed,
		c.KeyID, c.Mark, stamp(c.CreatedAt), stamp(c.LastUsedAt), stamp(c.UsedAt),
	}
}

// insertCredentials stores new credentials of one person, whose row is locked;
// ErrLimit where there would be more apps than allowed.
func (t *tx) insertCredentials(organizationID, userID core.ID, added []core.Credential) error {
	apps := 0
	for i := range added {
		added[i].OrganizationID, added[i].UserID = organizationID, userID
		if added[i].Kind == core.KindApp {
			apps++
		}
	}
	if apps > 0 {
		var have int
		err := t.queryRow(`SELECT count(*) FROM credential WHERE user_id = $1 AND organization_id = $2 AND kind = 'app'`,
			string(userID), string(organizationID)).Scan(&have)
		if err != nil {
			return err
		}
		if have+apps > core.MaxApps {
			return core.ErrLimit
		}
	}
	return insertMany(t, insertCredential, 13, added, credentialValues)
}

// use records what a right code must record, so that it is right only once:
// ErrUsed where the code, time step or challenge was used meanwhile. owner is
// the attempt that an emailed code belongs to; empty takes any.
func (t *tx) use(u core.FactorUse, organizationID, userID, owner core.ID, now int64) error {
	switch {
	case u.ChallengeID != "":
		return t.one(core.ErrUsed, `UPDATE challenge SET used_at = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3
			AND used_at = 0 AND tries <= $5 AND (owner_id = $6 OR CAST($6 AS TEXT) = '')`,
			string(u.ChallengeID), string(userID), string(organizationID), now, int64(core.CodeTries), string(owner))
	case u.Mark > 0:
		return t.one(core.ErrUsed, `UPDATE credential SET mark = $4, last_used_at = $5 WHERE id = $1 AND user_id = $2 AND organization_id = $3
			AND state = 'active' AND mark < $4`, string(u.CredentialID), string(userID), string(organizationID), u.Mark, now)
	}
	return t.one(core.ErrUsed, `UPDATE credential SET used_at = $4, last_used_at = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3
		AND state = 'active' AND used_at = 0`, string(u.CredentialID), string(userID), string(organizationID), now)
}

// activateApps turns on the apps that waited for the mailbox, which proved
// itself in this transaction.
func (t *tx) activateApps(organizationID, userID core.ID, now int64) error {
	return t.all(`UPDATE credential SET state = 'active' WHERE user_id = $1 AND organization_id = $2 AND state = 'waiting'
		AND EXISTS (SELECT 1 FROM person u WHERE u.id = $1 AND u.organization_id = $2 AND u.email_proved_at = $3)`,
		string(userID), string(organizationID), now)
}

// resetGuards sets the wrong-code counters to zero. A block of another kind
// than the one just proved stays: only a reset or an administrator lifts it
// (TO4).
func (t *tx) resetGuards(organizationID, userID core.ID, proved core.FactorKind) error {
	return t.all(`UPDATE guard SET failures = 0, paused_until = 0, blocked = (blocked AND kind <> $3)
		WHERE user_id = $1 AND organization_id = $2`, string(userID), string(organizationID), string(proved))
}

// unblockApps lifts the block of authenticator codes, which lasts until a
// password reset (TO4). A pause that runs goes on, and no other counter moves: a
// link is no second step (TO5).
func (t *tx) unblockApps(organizationID, userID core.ID) error {
	return t.all(`UPDATE guard SET failures = 0, blocked = FALSE WHERE user_id = $1 AND organization_id = $2 AND kind = 'app' AND blocked`,
		string(userID), string(organizationID))
}

// clearGuards forgets the counters and blocks altogether.
func (t *tx) clearGuards(organizationID, userID core.ID) error {
	return t.all(`DELETE FROM guard WHERE user_id = $1 AND organization_id = $2`, string(userID), string(organizationID))
}
