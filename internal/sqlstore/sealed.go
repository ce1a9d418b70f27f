package sqlstore

import (
	"context"
	"database/sql"
	"maps"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// sealedColumn is how a column of sealed texts is read and changed. Everything
// here looks across organizations: keys are the deployment's (law 10).
type sealedColumn struct {
	find    string // $1 the id to go on from, $2 and $3 length and text of the start to leave out, $4 how many
	replace string // $1 the row, $2 the old text, $3 the new one; $4 the key's id where keyID is set
	count   string // $1 and $2 text and length of the start to count
	keyID   bool   // the row names the key beside the text
}

func sealedColumns() map[core.SealedColumn]sealedColumn {
	all := map[core.SealedColumn]sealedColumn{
		core.SealedPassword: {
			find: `SELECT id, id, password_sealed FROM person WHERE id > $1 AND password_sealed <> ''
				AND substr(password_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE person SET password_sealed = $3 WHERE id = $1 AND password_sealed = $2`,
			count:   `SELECT count(*) FROM person WHERE substr(password_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedPastPassword: {
			find: `SELECT id, user_id, sealed FROM past_password WHERE id > $1 AND sealed <> ''
				AND substr(sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE past_password SET sealed = $3 WHERE id = $1 AND sealed = $2`,
			count:   `SELECT count(*) FROM past_password WHERE substr(sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedAppSecret: {
			find: `SELECT id, user_id, sealed FROM credential WHERE id > $1 AND sealed <> ''
				AND substr(sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE credential SET sealed = $3, key_id = $4 WHERE id = $1 AND sealed = $2`,
			count:   `SELECT count(*) FROM credential WHERE substr(sealed, 1, CAST($2 AS INTEGER)) = $1`,
			keyID:   true,
		},
		core.SealedDeviceSeed: {
			find: `SELECT id, user_id, seed_sealed FROM remembered_device WHERE id > $1 AND seed_sealed <> ''
				AND substr(seed_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE remembered_device SET seed_sealed = $3 WHERE id = $1 AND seed_sealed = $2`,
			count:   `SELECT count(*) FROM remembered_device WHERE substr(seed_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedPanelSecret: {
			find: `SELECT id, user_id, secret_sealed FROM enrolment WHERE id > $1 AND secret_sealed <> ''
				AND substr(secret_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE enrolment SET secret_sealed = $3 WHERE id = $1 AND secret_sealed = $2`,
			count:   `SELECT count(*) FROM enrolment WHERE substr(secret_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedPanelCodes: {
			find: `SELECT id, user_id, codes_sealed FROM enrolment WHERE id > $1 AND codes_sealed <> ''
				AND substr(codes_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE enrolment SET codes_sealed = $3 WHERE id = $1 AND codes_sealed = $2`,
			count:   `SELECT count(*) FROM enrolment WHERE substr(codes_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedAuditSeed: {
			find: `SELECT id, id, seed_sealed FROM audit_key WHERE id > $1 AND seed_sealed <> ''
				AND substr(seed_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE audit_key SET seed_sealed = $3 WHERE id = $1 AND seed_sealed = $2`,
			count:   `SELECT count(*) FROM audit_key WHERE substr(seed_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedMailPassword: {
			find: `SELECT id, '', password_sealed FROM mail_server WHERE id > $1 AND password_sealed <> ''
				AND substr(password_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE mail_server SET password_sealed = $3 WHERE id = $1 AND password_sealed = $2`,
			count:   `SELECT count(*) FROM mail_server WHERE substr(password_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
	}
	maps.Copy(all, sealedLoads())
	return all
}

// sealedLoads are those of the Data Loader.
func sealedLoads() map[core.SealedColumn]sealedColumn {
	return map[core.SealedColumn]sealedColumn{
		core.SealedRejectedRow: {
			find: `SELECT id, id, cells_sealed FROM load_reject WHERE id > $1 AND cells_sealed <> ''
				AND substr(cells_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE load_reject SET cells_sealed = $3 WHERE id = $1 AND cells_sealed = $2`,
			count:   `SELECT count(*) FROM load_reject WHERE substr(cells_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedLoadChunk: {
			find: `SELECT id, id, content_sealed FROM load_chunk WHERE id > $1 AND content_sealed <> ''
				AND substr(content_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE load_chunk SET content_sealed = $3 WHERE id = $1 AND content_sealed = $2`,
			count:   `SELECT count(*) FROM load_chunk WHERE substr(content_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
		core.SealedLoadBefore: {
			find: `SELECT id, id, before_sealed FROM load_result WHERE id > $1 AND before_sealed <> ''
				AND substr(before_sealed, 1, CAST($2 AS INTEGER)) <> $3 ORDER BY id LIMIT $4`,
			replace: `UPDATE load_result SET before_sealed = $3 WHERE id = $1 AND before_sealed = $2`,
			count:   `SELECT count(*) FROM load_result WHERE substr(before_sealed, 1, CAST($2 AS INTEGER)) = $1`,
		},
	}
}

// keyedColumn counts what hangs on a key by its id, $1.
type keyedColumn struct {
	count string
	ends  bool // rows are over by themselves: only those good at $2 count
}

func keyedColumns() map[core.KeyedColumn]keyedColumn {
	return map[core.KeyedColumn]keyedColumn{
		core.KeyedRecoveryCode: {`SELECT count(*) FROM credential WHERE kind = 'recovery' AND key_id = $1 AND used_at = 0`, false},
		core.KeyedChallenge:    {`SELECT count(*) FROM challenge WHERE key_id = $1`, false},
		core.KeyedLink:         {`SELECT count(*) FROM link WHERE key_id = $1 AND used_at = 0 AND expires_at > $2`, true},
		core.KeyedAddressChange: {`SELECT count(*) FROM address_change WHERE key_id = $1 AND ended_at = 0
			AND (expires_at > $2 OR undo_until > $2)`, true},
		core.KeyedAPIKey:      {`SELECT count(*) FROM api_key WHERE key_id = $1 AND expires_at > $2`, true},
		core.KeyedOldAPIKey:   {`SELECT count(*) FROM api_key WHERE old_key_id = $1 AND expires_at > $2 AND old_until > $2`, true},
		core.KeyedAppPassword: {`SELECT count(*) FROM app_password WHERE key_id = $1 AND expires_at > $2`, true},
	}
}

const removeSpentCodes = `DELETE FROM credential WHERE kind = 'recovery' AND key_id = $1 AND used_at > 0`

// SealedTexts returns sealed texts of a column that do not begin with start,
// from the row behind after on, in order.
func (s *Store) SealedTexts(ctx context.Context, c core.SealedColumn, start string, after core.ID, limit int) ([]core.SealedText, error) {
	rows, err := s.reading(ctx).query(sealedColumns()[c].find, string(after), int64(len(start)), start, int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (t core.SealedText, err error) { return t, r.Scan(&t.ID, &t.UserID, &t.Text) })
	return all, failed("sealed texts", err)
}

// Reseal replaces sealed texts, each only where it is still the one that was
// read, and returns how many it replaced: a change that came in between stays.
func (s *Store) Reseal(ctx context.Context, c core.SealedColumn, texts []core.Resealing) (int, error) {
	column, n := sealedColumns()[c], 0
	err := s.runInTx(ctx, "reseal", func(t *tx) error {
		n = 0
		for _, r := range texts {
			args := []any{string(r.ID), r.Old, r.New}
			if column.keyID {
				args = append(args, r.KeyID)
			}
			changed, err := t.exec(column.replace, args...)
			if err != nil {
				return err
			}
			n += int(changed)
		}
		return nil
	})
	return n, err
}

// KeyUses counts what hangs on a key at now; start is how the texts begin that
// it sealed.
func (s *Store) KeyUses(ctx context.Context, id, start string, now time.Time) (core.KeyUses, error) {
	uses, err := keyUses(s.reading(ctx), id, start, now)
	return uses, failed("uses of a key", err)
}

func keyUses(q querier, id, start string, now time.Time) (core.KeyUses, error) {
	uses := core.KeyUses{Sealed: map[core.SealedColumn]int{}, Keyed: map[core.KeyedColumn]int{}}
	for name, column := range sealedColumns() {
		var n int
		if err := q.queryRow(column.count, start, int64(len(start))).Scan(&n); err != nil {
			return uses, err
		}
		uses.Sealed[name] = n
	}
	for name, column := range keyedColumns() {
		args, n := []any{id}, 0
		if column.ends {
			args = append(args, stamp(now))
		}
		if err := q.queryRow(column.count, args...).Scan(&n); err != nil {
			return uses, err
		}
		uses.Keyed[name] = n
	}
	return uses, nil
}
