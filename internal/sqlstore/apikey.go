package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const apiKeyColumns = `k.id, k.organization_id, k.user_id, k.created_by, k.name, k.access, k.secret_hash, k.key_id,
	k.old_secret_hash, k.old_key_id, k.old_until, k.scopes, k.networks, k.created_at, k.expires_at, k.last_used_at, k.last_used_from,
	k.held, k.version`

// selectAPIKey reads keys as their verdict needs them.
const selectAPIKey = `SELECT ` + apiKeyColumns + `, ` + accountColumns + `, ` + organizationColumns + `
	FROM api_key k JOIN person u ON u.id = k.user_id JOIN organization o ON o.id = k.organization_id WHERE `

func scanAPIKey(row interface{ Scan(...any) error }) (v core.KeyView, err error) {
	k := &v.Key
	var scopes []string
	var networks string
	fields := []any{
		&k.ID, &k.OrganizationID, &k.UserID, &k.CreatedBy, &k.Name, &k.Access, &k.SecretHash, &k.KeyID,
		&k.OldSecretHash, &k.OldKeyID, at(&k.OldUntil), listOf(&scopes), &networks, at(&k.CreatedAt), at(&k.ExpiresAt), at(&k.LastUsedAt), &k.LastUsedFrom,
		&k.Held, &k.Version,
	}
	fields = append(append(fields, accountFields(&v.Account)...), organizationFields(&v.Organization)...)
	if err := row.Scan(fields...); err != nil {
		return core.KeyView{}, noRows(err)
	}
	for _, s := range scopes {
		k.Scopes = append(k.Scopes, core.KeyScope(s))
	}
	var bad *core.Error
	if k.Networks, bad = core.ParseNetworks(networks); bad != nil {
		return core.KeyView{}, bad // never taken for "any network"
	}
	return v, nil
}

func scopeList(scopes []core.KeyScope) string {
	words := make([]string, len(scopes))
	for i, s := range scopes {
		words[i] = string(s)
	}
	return list(words)
}

// APIKeyByAccess returns the key of a public access key with its person and
// organization, in one read; expired and held ones too. ErrNotFound: none.
func (s *Store) APIKeyByAccess(ctx context.Context, access string) (core.KeyView, error) {
	if !storable(access) {
		return core.KeyView{}, core.ErrNotFound
	}
	v, err := scanAPIKey(s.reading(ctx).queryRow(selectAPIKey+`k.access = $1`, access))
	return v, failed("api key", err)
}

// APIKeyByID returns a key of an organization; ErrNotFound in another one.
func (s *Store) APIKeyByID(ctx context.Context, organizationID, id core.ID) (core.KeyView, error) {
	if !storable(string(id)) {
		return core.KeyView{}, core.ErrNotFound
	}
	v, err := scanAPIKey(s.reading(ctx).queryRow(selectAPIKey+`k.id = $1 AND k.organization_id = $2`, string(id), string(organizationID)))
	return v, failed("api key", err)
}

// APIKeys returns keys of an organization by name, each with its person.
func (s *Store) APIKeys(ctx context.Context, f core.APIKeyFilter) ([]core.KeyView, error) {
	query, args := selectAPIKey+`k.organization_id = $1`, []any{string(f.OrganizationID)}
	also := func(text string, value any) {
		args = append(args, value)
		query += text + in(len(args), 1)
	}
	if f.UserID != "" {
		also(` AND k.user_id = `, string(f.UserID))
	}
	if f.AfterID != "" {
		also(` AND (k.name > `, clean(f.AfterName))
		also(` OR k.name = `, clean(f.AfterName))
		also(` AND k.id > `, clean(string(f.AfterID)))
		query += `)`
	}
	query += ` ORDER BY k.name, k.id`
	if f.Limit > 0 {
		also(` LIMIT `, int64(f.Limit))
	}
	rows, err := s.reading(ctx).query(query, args...)
	all, err := collect(rows, err, func(r *sql.Rows) (core.KeyView, error) { return scanAPIKey(r) })
	return all, failed("api keys", err)
}

const insertAPIKey = `INSERT INTO api_key (id, organization_id, user_id, created_by, name, access, secret_hash, key_id,
	old_secret_hash, old_key_id, old_until, scopes, networks, created_at, expires_at, last_used_at, last_used_from, held, warned_days, version)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0, 1) ON CONFLICT DO NOTHING`

// CreateAPIKey stores a key of an active person. ErrStale where the person may
// not sign in, ErrLimit where they have [core.KeysPerUser] that have not expired:
// the person's row makes parallel calls take turns.
func (s *Store) CreateAPIKey(ctx context.Context, m core.APIKeyMaking) error {
	k := m.Key
	user, org := string(k.UserID), string(k.OrganizationID)
	return s.runInTx(ctx, "create api key", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET language = language
			WHERE id = $1 AND organization_id = $2 AND status = 'active' AND user_type > 0 AND password_sealed <> ''`, user, org)
		if err != nil {
			return err
		}
		var live int
		err = t.queryRow(`SELECT count(*) FROM api_key WHERE user_id = $1 AND organization_id = $2 AND expires_at > $3`, user, org, stamp(k.CreatedAt)).Scan(&live)
		if err != nil {
			return err
		}
		if live >= core.KeysPerUser {
			return core.ErrLimit
		}
		err = t.one(core.ErrTaken, insertAPIKey, string(k.ID), org, user, string(k.CreatedBy), k.Name, k.Access, k.SecretHash, k.KeyID,
			k.OldSecretHash, k.OldKeyID, stamp(k.OldUntil), scopeList(k.Scopes), k.Networks.String(), stamp(k.CreatedAt), stamp(k.ExpiresAt),
			stamp(k.LastUsedAt), clean(k.LastUsedFrom), k.Held)
		if err != nil {
			return err
		}
		return t.record(m.Record)
	})
}

// SaveAPIKey stores what may change of a key, by compare-and-swap on its version.
// Another end starts the warnings before it anew. ErrStale where it changed
// meanwhile or is gone, ErrLimit where one that was over would live again beside
// [core.KeysPerUser] others.
func (s *Store) SaveAPIKey(ctx context.Context, c core.APIKeyChange) error {
	k := c.Is
	return s.runInTx(ctx, "save api key", func(t *tx) error {
		if err := t.roomToRevive(k); err != nil {
			return err
		}
		err := t.one(core.ErrStale, `UPDATE api_key SET name = $4, secret_hash = $5, key_id = $6, old_secret_hash = $7, old_key_id = $8,
				old_until = $9, networks = $10, expires_at = $11, held = $12, warned_days = CASE WHEN expires_at = $11 THEN warned_days ELSE 0 END, version = version + 1
			WHERE id = $1 AND organization_id = $2 AND version = $3`,
			string(k.ID), string(k.OrganizationID), k.Version, k.Name, k.SecretHash, k.KeyID, k.OldSecretHash, k.OldKeyID,
			stamp(k.OldUntil), k.Networks.String(), stamp(k.ExpiresAt), k.Held)
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeAPIKey, k.ID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// roomToRevive makes saves of a person's keys take turns, and refuses the one that
// would give a key that is over another end where there are as many as may live.
func (t *tx) roomToRevive(k core.APIKey) error {
	user, org, now := string(k.UserID), string(k.OrganizationID), t.store.clock()
	err := t.one(core.ErrStale, `UPDATE person SET language = language WHERE id = $1 AND organization_id = $2`, user, org)
	if err != nil || k.Expired(now) {
		return err
	}
	var others int
	err = t.queryRow(`SELECT count(*) FROM api_key k WHERE k.user_id = $1 AND k.organization_id = $2 AND k.id <> $3 AND k.expires_at > $4
		AND EXISTS (SELECT 1 FROM api_key o WHERE o.id = $3 AND o.organization_id = $2 AND o.expires_at <= $4)`,
		user, org, string(k.ID), stamp(now)).Scan(&others)
	if err == nil && others >= core.KeysPerUser {
		err = core.ErrLimit
	}
	return err
}

// RemoveAPIKey ends a key. Of parallel calls exactly one succeeds; the others get
// ErrNotFound.
func (s *Store) RemoveAPIKey(ctx context.Context, c core.APIKeyRemoval) error {
	return s.runInTx(ctx, "remove api key", func(t *tx) error {
		err := t.one(core.ErrNotFound, `DELETE FROM api_key WHERE id = $1 AND organization_id = $2`, string(c.KeyID), string(c.OrganizationID))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeAPIKey, c.KeyID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// TouchAPIKeys moves the last use of keys forward, never back.
func (s *Store) TouchAPIKeys(ctx context.Context, uses []core.APIKeyUse) error {
	if len(uses) == 0 {
		return nil
	}
	uses = slices.Clone(uses)
	slices.SortFunc(uses, func(a, b core.APIKeyUse) int { return cmp.Compare(a.KeyID, b.KeyID) })
	return s.runInTx(ctx, "touch api keys", func(t *tx) error {
		for _, u := range uses {
			err := t.all(`UPDATE api_key SET last_used_at = $2, last_used_from = $3 WHERE id = $1 AND last_used_at < $2`,
				string(u.KeyID), stamp(u.At), clean(u.From))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// endKeys ends all of a person's API keys, each with an event of its own beside
// the one that says why. The caller has locked the person's row.
func (t *tx) endKeys(organizationID, userID core.ID, why core.Record) error {
	rows, err := t.query(`SELECT id, name, access FROM api_key WHERE user_id = $1 AND organization_id = $2 ORDER BY id`, string(userID), string(organizationID))
	keys, err := collect(rows, err, func(r *sql.Rows) (k core.APIKey, err error) { return k, r.Scan(&k.ID, &k.Name, &k.Access) })
	if err != nil || len(keys) == 0 {
		return err
	}
	if err := t.all(`DELETE FROM api_key WHERE user_id = $1 AND organization_id = $2`, string(userID), string(organizationID)); err != nil {
		return err
	}
	var ids []core.ID
	var events []core.Event
	for _, k := range keys {
		ids = append(ids, k.ID)
		if len(why.Events) == 0 {
			continue
		}
		e := why.Events[0]
		e.ID, e.Kind, e.Result, e.SubjectID, e.Target = t.store.newID(), core.EventAPIKeyDeleted, "ok", userID, k.Name
		e.Detail = map[string]string{core.DetailAccess: k.Access, core.DetailReason: why.Events[0].Kind}
		events = append(events, e)
	}
	if err := t.insertEvents(events); err != nil {
		return err
	}
	return t.changed(core.ChangeAPIKey, ids...)
}

// ExpiringAPIKeys returns keys that end within so many days, of people who may sign
// in, whose person was not told so yet; none that was made to live no longer than
// that.
func (s *Store) ExpiringAPIKeys(ctx context.Context, days int, now time.Time, limit int) ([]core.KeyView, error) {
	ahead := time.Duration(days) * 24 * time.Hour
	rows, err := s.reading(ctx).query(selectAPIKey+`k.expires_at > $1 AND k.expires_at <= $2 AND (k.warned_days = 0 OR k.warned_days > $3)
		AND k.expires_at - k.created_at > $4 AND u.status = 'active' ORDER BY k.expires_at, k.id LIMIT $5`,
		stamp(now), stamp(now.Add(ahead)), int64(days), micros(ahead), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (core.KeyView, error) { return scanAPIKey(r) })
	return all, failed("expiring api keys", err)
}

// WarnOfAPIKey notes that a key's person is told of its end. Of parallel calls
// exactly one succeeds.
func (s *Store) WarnOfAPIKey(ctx context.Context, w core.APIKeyWarning) error {
	k := w.Key
	return s.runInTx(ctx, "warn of an api key", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE api_key SET warned_days = $4 WHERE id = $1 AND organization_id = $2 AND expires_at = $3
			AND (warned_days = 0 OR warned_days > $4)`, string(k.ID), string(k.OrganizationID), stamp(k.ExpiresAt), int64(w.Days))
		if err != nil {
			return err
		}
		return t.record(w.Record)
	})
}
