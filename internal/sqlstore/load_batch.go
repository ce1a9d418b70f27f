package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// LoadBatch stores what a few rows of a load do, and moves the load behind them;
// ErrStale, and nothing is done, where the load is over or somewhere else, where a
// name was taken meanwhile, or where somebody is not as they were read. Of 50
// callers with one batch exactly one succeeds, so no row is ever done twice.
func (s *Store) LoadBatch(ctx context.Context, b core.LoadBatch) error {
	return s.runInTx(ctx, "load batch", func(t *tx) error {
		c := b.Counts
		err := t.one(core.ErrStale, `UPDATE load_run SET next_row = $4, added = added + $5, updated = updated + $6, unchanged = unchanged + $7,
				rejected = rejected + $8
			WHERE id = $1 AND organization_id = $2 AND next_row = $3 AND state = 'running'`,
			string(b.RunID), string(b.OrganizationID), int64(b.From), int64(b.To),
			int64(c.Added), int64(c.Updated), int64(c.Unchanged), int64(c.Rejected))
		if err != nil {
			return err
		}
		if err := t.mustHold(b.Record); err != nil {
			return err
		}
		groups, made, err := t.loadGroups(b)
		if err != nil {
			return err
		}
		if err := t.addLoaded(b, groups); err != nil {
			return err
		}
		for _, change := range b.Change {
			if err := t.changeLoaded(b, change, groups); err != nil {
				return err
			}
		}
		if err := t.insertRejects(b); err != nil {
			return err
		}
		if err := t.putBatchResult(b, made); err != nil {
			return err
		}
		for _, id := range b.Named {
			err := t.all(`INSERT INTO load_named (run_id, user_id, organization_id) VALUES ($1, $2, $3) ON CONFLICT (run_id, user_id) DO NOTHING`,
				string(b.RunID), string(id), string(b.OrganizationID))
			if err != nil {
				return err
			}
		}
		return t.record(b.Record)
	})
}

// loadGroups returns the ids of the groups that a batch puts people into, by name;
// those that are missing are made, and returned once more. ErrLimit where the
// organization would have more than it may.
func (t *tx) loadGroups(b core.LoadBatch) (ids map[string]string, made []core.ID, err error) {
	ids = map[string]string{}
	for _, p := range b.Add {
		for _, name := range p.Groups {
			ids[name] = ""
		}
	}
	for _, c := range b.Change {
		for _, name := range c.Join {
			ids[name] = ""
		}
	}
	org := string(b.OrganizationID)
	for name := range ids {
		fresh := t.store.newID()
		n, err := t.exec(`INSERT INTO person_group (id, organization_id, name, name_key, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (organization_id, name_key) DO NOTHING`, string(fresh), org, name, core.NameKey(name), stamp(b.At))
		if err != nil {
			return nil, nil, err
		}
		if n > 0 {
			made = append(made, fresh)
		}
		var id string
		err = t.queryRow(`SELECT id FROM person_group WHERE organization_id = $1 AND name_key = $2`, org, core.NameKey(name)).Scan(&id)
		if err != nil {
			return nil, nil, err
		}
		ids[name] = id
	}
	if len(made) == 0 {
		return ids, nil, nil
	}
	var all int64
	err = t.queryRow(`SELECT count(*) FROM person_group WHERE organization_id = $1`, org).Scan(&all)
	if err == nil && all > core.GroupsPerOrganization {
		err = core.ErrLimit
	}
	return ids, made, err
}

// member is one person of one group.
type member struct{ organization, user, group string }

func memberValues(m member) []any { return []any{m.organization, m.user, m.group} }

const insertMember = `INSERT INTO membership (organization_id, user_id, group_id) VALUES `

// addLoaded stores new people. A name that somebody has taken since it was looked
// up is no error of the row: it is looked up again.
func (t *tx) addLoaded(b core.LoadBatch, groups map[string]string) error {
	err := t.freeLogins(b)
	if err == nil {
		err = insertMany(t, insertUser, userWidth, b.Add, func(p core.NewUser) []any { return userValues(p.User, p.Keys) })
	}
	if err == nil {
		err = t.bulkLogins(b.Add)
	}
	if t.store.dialect.isUnique(err) {
		return core.ErrStale.Because(err)
	}
	if err != nil {
		return err
	}
	users := make([]core.User, len(b.Add))
	var credentials []core.Credential
	var members []member
	for i, p := range b.Add {
		users[i] = p.User
		credentials = append(credentials, p.Credentials...)
		for _, name := range p.Groups {
			members = append(members, member{string(b.OrganizationID), string(p.User.ID), groups[name]})
		}
	}
	if err := t.insertWords(users...); err != nil {
		return err
	}
	if err := insertMany(t, insertMember, 3, members, memberValues); err != nil {
		return err
	}
	return insertMany(t, insertCredential, 13, credentials, credentialValues)
}

// putBatchResult stores what a batch did, where it says so.
func (t *tx) putBatchResult(b core.LoadBatch, made []core.ID) error {
	if b.Result.ID == "" {
		return nil
	}
	b.Result.Made = made
	return t.putResult(b.Result)
}

// freeLogins lets go of names that were kept for whoever had them before, and are
// not any more.
func (t *tx) freeLogins(b core.LoadBatch) error {
	if len(b.Add) == 0 {
		return nil
	}
	args := []any{stamp(b.At)}
	for _, p := range b.Add {
		for _, key := range []string{p.Keys.Email, p.Keys.Username} {
			if key != "" {
				args = append(args, key)
			}
		}
	}
	return t.all(`DELETE FROM login_key WHERE held_until > 0 AND held_until <= $1 AND login IN `+in(2, len(args)-1), args...)
}

// changeLoaded changes somebody whom a row names.
func (t *tx) changeLoaded(b core.LoadBatch, c core.LoadChange, groups map[string]string) error {
	user, org, was, is := string(c.UserID), string(b.OrganizationID), c.Was, c.Is
	err := t.one(core.ErrStale, `UPDATE person SET first_name = $3, last_name = $4, title = $5, phone = $6, department = $7, manager = $8,
			time_zone = $9, language = $10
		WHERE id = $1 AND organization_id = $2 AND first_name = $11 AND last_name = $12 AND title = $13 AND phone = $14
			AND department = $15 AND manager = $16 AND time_zone = $17 AND language = $18`,
		user, org, is.FirstName, is.LastName, is.Title, is.Phone, is.Department, is.Manager, is.TimeZone, is.Language,
		was.FirstName, was.LastName, was.Title, was.Phone, was.Department, was.Manager, was.TimeZone, was.Language)
	if err != nil {
		return err
	}
	if is.FirstName != was.FirstName || is.LastName != was.LastName {
		if err := t.refold(b.OrganizationID, c.UserID); err != nil {
			return err
		}
	}
	for _, name := range c.Join {
		err := t.all(insertMember+`($1, $2, $3) ON CONFLICT (user_id, group_id) DO NOTHING`, org, user, groups[name])
		if err != nil {
			return err
		}
	}
	for _, name := range c.Leave {
		err := t.all(`DELETE FROM membership WHERE user_id = $1 AND organization_id = $2 AND group_id IN
			(SELECT id FROM person_group WHERE organization_id = $2 AND name_key = $3)`, user, org, core.NameKey(name))
		if err != nil {
			return err
		}
	}
	if err := t.bringLoaded(b, c); err != nil {
		return err
	}
	return t.changed(core.ChangeUser, c.UserID)
}

// bringLoaded stores the password or app that somebody brings along: only where
// they have none, since what they chose here is newer than any file. With a
// password whoever was invited has arrived, and the invitation is over; with an app
// ends what a changed factor set ends (SE10, UP5).
func (t *tx) bringLoaded(b core.LoadBatch, c core.LoadChange) error {
	user, org := string(c.UserID), string(b.OrganizationID)
	if c.PasswordSealed != "" {
		err := t.one(core.ErrStale, `UPDATE person SET password_sealed = $3, password_version = password_version + 1, password_set_at = $4,
				status = CASE WHEN status = 'invited' THEN 'active' ELSE status END
			WHERE id = $1 AND organization_id = $2 AND password_sealed = ''`, user, org, c.PasswordSealed, stamp(b.At))
		if err != nil {
			return err
		}
		err = t.all(`UPDATE link SET expires_at = $3 WHERE user_id = $1 AND organization_id = $2 AND used_at = 0 AND expires_at > $3`, user, org, stamp(b.At))
		if err != nil {
			return err
		}
	}
	if len(c.Credentials) == 0 {
		return nil
	}
	err := t.one(core.ErrStale, `UPDATE person SET factor_set_version = factor_set_version + 1
		WHERE id = $1 AND organization_id = $2
			AND NOT EXISTS (SELECT 1 FROM credential c WHERE c.user_id = $1 AND c.organization_id = $2 AND c.kind = 'app')`, user, org)
	if err != nil {
		return err
	}
	if err := t.insertCredentials(b.OrganizationID, c.UserID, c.Credentials); err != nil {
		return err
	}
	return t.endOthers(b.OrganizationID, c.UserID, "", nil, stamp(b.At))
}

func (t *tx) insertRejects(b core.LoadBatch) error {
	for _, j := range b.Rejects {
		problems, err := fact(j.Problems)
		if err != nil {
			return err
		}
		err = t.all(`INSERT INTO load_reject (id, run_id, organization_id, row_number, cells_sealed, problems) VALUES ($1, $2, $3, $4, $5, $6)`,
			string(j.ID), string(b.RunID), string(b.OrganizationID), int64(j.Row), j.CellsSealed, clean(problems))
		if err != nil {
			return err
		}
	}
	return nil
}
