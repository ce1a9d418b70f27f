package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const appPasswordColumns = `id, organization_id, user_id, application_id, name, secret_hash, key_id, network, created_at, expires_at, last_used_at, last_used_from`

func scanAppPassword(row interface{ Scan(...any) error }) (p core.AppPassword, err error) {
	err = row.Scan(&p.ID, &p.OrganizationID, &p.UserID, &p.ApplicationID, &p.Name, &p.SecretHash, &p.KeyID, &p.Network,
		at(&p.CreatedAt), at(&p.ExpiresAt), at(&p.LastUsedAt), &p.LastUsedFrom)
	return p, noRows(err)
}

// selectClient reads an account with its app passwords in one query, so that those
// who have none wait for none. A name has no line break in it, an id, a hash and a
// network no space.
const selectClient = `SELECT ` + accountColumns + `, ` + organizationColumns + `,
	COALESCE((SELECT string_agg(a.id || ' ' || a.application_id || ' ' || a.secret_hash || ' ' || a.key_id || ' ' || a.network || ' ' ||
		CAST(a.expires_at AS TEXT) || ' ' || CAST(a.last_used_at AS TEXT) || ' ' || a.name, '` + "\n" + `') FROM app_password a WHERE a.user_id = u.id), '')
	FROM login_key l JOIN person u ON u.id = l.user_id JOIN organization o ON o.id = u.organization_id
	WHERE l.login = $1 AND l.held_until = 0`

// FindClient returns the account that a program names, in whichever organization it
// is, with its app passwords. ErrNotFound: no such account.
func (s *Store) FindClient(ctx context.Context, loginKey string) (core.ClientLogin, error) {
	if loginKey == "" || !storable(loginKey) {
		return core.ClientLogin{}, core.ErrNotFound
	}
	var v core.ClientLogin
	fields := append(accountFields(&v.Account), organizationFields(&v.Organization)...)
	err := s.reading(ctx).queryRow(selectClient, loginKey).Scan(append(fields, (*appPasswordScan)(&v))...)
	if err != nil {
		return core.ClientLogin{}, failed("find client", noRows(err))
	}
	return v, nil
}

// appPasswordScan reads the app passwords of the account in front of them.
type appPasswordScan core.ClientLogin

// Scan implements sql.Scanner.
func (s *appPasswordScan) Scan(value any) error {
	text, err := asText(value)
	s.AppPasswords = nil
	if err != nil || text == "" {
		return err
	}
	for line := range strings.SplitSeq(text, "\n") {
		parts := strings.SplitN(line, " ", 8)
		if len(parts) != 8 {
			return fmt.Errorf("an app password is stored as %d parts", len(parts))
		}
		until, err := strconv.ParseInt(parts[5], 10, 64)
		if err != nil {
			return err
		}
		used, err := strconv.ParseInt(parts[6], 10, 64)
		if err != nil {
			return err
		}
		s.AppPasswords = append(s.AppPasswords, core.AppPassword{
			ID: core.ID(parts[0]), OrganizationID: s.Account.User.OrganizationID, UserID: s.Account.User.ID, ApplicationID: core.ID(parts[1]),
			SecretHash: parts[2], KeyID: parts[3], Network: parts[4], ExpiresAt: moment(until), LastUsedAt: moment(used), Name: parts[7],
		})
	}
	return nil
}

// AppPasswords returns those of a person by name, also those that are over.
func (s *Store) AppPasswords(ctx context.Context, organizationID, userID core.ID) (core.AppPasswords, error) {
	rows, err := s.reading(ctx).query(`SELECT `+appPasswordColumns+` FROM app_password WHERE user_id = $1 AND organization_id = $2 ORDER BY name, id`,
		string(userID), string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (core.AppPassword, error) { return scanAppPassword(r) })
	return all, failed("app passwords", err)
}

// MakeAppPassword stores one of an active person. ErrStale where the person may not
// sign in, or an alarm or a reset was faster: it ended all there were. ErrLimit where
// they have [core.AppPasswordsPerUser] that live: the person's row makes parallel calls
// take turns. Those that are over make place, the oldest first.
func (s *Store) MakeAppPassword(ctx context.Context, m core.AppPasswordMaking) error {
	p := m.AppPassword
	user, org := string(p.UserID), string(p.OrganizationID)
	return s.runInTx(ctx, "make app password", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET language = language
			WHERE id = $1 AND organization_id = $2 AND status = 'active' AND user_type > 0 AND password_sealed <> ''
				AND password_version = $3 AND factor_set_version = $4`, user, org, m.PasswordVersion, m.FactorSetVersion)
		if err != nil {
			return err
		}
		var all, live int
		err = t.queryRow(`SELECT count(*), COALESCE(sum(CASE WHEN expires_at > $3 THEN 1 ELSE 0 END), 0) FROM app_password
			WHERE user_id = $1 AND organization_id = $2`, user, org, stamp(p.CreatedAt)).Scan(&all, &live)
		if err != nil {
			return err
		}
		if live >= core.AppPasswordsPerUser {
			return core.ErrLimit
		}
		if over := all + 1 - core.AppPasswordsPerUser; over > 0 {
			err = t.all(`DELETE FROM app_password WHERE user_id = $1 AND organization_id = $2 AND id IN (SELECT a.id FROM app_password a
				WHERE a.user_id = $1 AND a.organization_id = $2 AND a.expires_at <= $3 ORDER BY a.expires_at, a.id LIMIT $4)`, user, org, stamp(p.CreatedAt), int64(over))
			if err != nil {
				return err
			}
		}
		err = t.one(core.ErrTaken, `INSERT INTO app_password (`+appPasswordColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
			ON CONFLICT DO NOTHING`, string(p.ID), org, user, string(p.ApplicationID), clean(p.Name), p.SecretHash, p.KeyID, p.Network,
			stamp(p.CreatedAt), stamp(p.ExpiresAt), stamp(p.LastUsedAt), clean(p.LastUsedFrom))
		if err != nil {
			return err
		}
		return t.record(m.Record)
	})
}

// RemoveAppPassword ends one. Of parallel calls exactly one succeeds; the others
// get ErrNotFound.
func (s *Store) RemoveAppPassword(ctx context.Context, c core.AppPasswordRemoval) error {
	return s.runInTx(ctx, "remove app password", func(t *tx) error {
		err := t.one(core.ErrNotFound, `DELETE FROM app_password WHERE id = $1 AND user_id = $2 AND organization_id = $3`,
			string(c.ID), string(c.UserID), string(c.OrganizationID))
		if err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// TouchAppPasswords moves the last use of app passwords forward, never back.
func (s *Store) TouchAppPasswords(ctx context.Context, uses []core.AppPasswordUse) error {
	if len(uses) == 0 {
		return nil
	}
	uses = slices.Clone(uses)
	slices.SortFunc(uses, func(a, b core.AppPasswordUse) int { return cmp.Compare(a.ID, b.ID) })
	return s.runInTx(ctx, "touch app passwords", func(t *tx) error {
		for _, u := range uses {
			err := t.all(`UPDATE app_password SET last_used_at = $2, last_used_from = $3 WHERE id = $1 AND last_used_at < $2`,
				string(u.ID), stamp(u.At), clean(u.From))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// endPrograms ends what lets a person's programs in: API keys and app passwords,
// each with an event of its own beside the one that says why. The caller has locked
// the person's row.
func (t *tx) endPrograms(organizationID, userID core.ID, why core.Record, now time.Time) error {
	if err := t.endKeys(organizationID, userID, why); err != nil {
		return err
	}
	return t.endAppPasswords(organizationID, userID, why, now)
}

// endAppPasswords ends all app passwords of a person. Only those that lived are
// told of.
func (t *tx) endAppPasswords(organizationID, userID core.ID, why core.Record, now time.Time) error {
	rows, err := t.query(`SELECT `+appPasswordColumns+` FROM app_password WHERE user_id = $1 AND organization_id = $2 ORDER BY id`, string(userID), string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (core.AppPassword, error) { return scanAppPassword(r) })
	if err != nil || len(all) == 0 {
		return err
	}
	if err := t.all(`DELETE FROM app_password WHERE user_id = $1 AND organization_id = $2`, string(userID), string(organizationID)); err != nil {
		return err
	}
	var events []core.Event
	for _, p := range all {
		if len(why.Events) == 0 || p.Expired(now) {
			continue
		}
		e := why.Events[0]
		e.ID, e.Kind, e.Result, e.SubjectID, e.Target = t.store.newID(), core.EventAppPasswordGone, "ok", userID, p.Name
		e.Detail = map[string]string{core.DetailReason: why.Events[0].Kind}
		events = append(events, e)
	}
	return t.insertEvents(events)
}
