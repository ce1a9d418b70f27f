package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

const insertLogin = `INSERT INTO login_key (login, organization_id, user_id) VALUES `

// BulkUsers stores many people at once, in one transaction of many-row
// statements: the demo's, and the hundred thousand of a benchmark. ErrTaken,
// and nobody is stored, where a name or address belongs to somebody.
func (s *Store) BulkUsers(ctx context.Context, people []core.NewUser) error {
	return s.runInTx(ctx, "bulk users", func(t *tx) error {
		err := insertMany(t, insertUser, userWidth, people, func(p core.NewUser) []any { return userValues(p.User, p.Keys) })
		if err == nil {
			err = t.bulkLogins(people)
		}
		if s.dialect.isUnique(err) {
			return core.ErrTaken.Because(err)
		}
		if err != nil {
			return err
		}
		var credentials []core.Credential
		users := make([]core.User, len(people))
		for i, p := range people {
			users[i] = p.User
			credentials = append(credentials, p.Credentials...)
			if err := t.insertExemptions(core.ErrTaken, p.Exemptions...); err != nil {
				return err
			}
			if len(p.Groups) > 0 {
				if err := t.joinGroups(p.User, p.Groups); err != nil {
					return err
				}
			}
		}
		if err := t.insertWords(users...); err != nil {
			return err
		}
		return insertMany(t, insertCredential, 13, credentials, credentialValues)
	})
}

// bulkLogins claims everybody's names.
func (t *tx) bulkLogins(people []core.NewUser) error {
	type login struct {
		user core.User
		key  string
	}
	var logins []login
	for _, p := range people {
		if p.Keys.Email != "" {
			logins = append(logins, login{p.User, p.Keys.Email})
		}
		if p.Keys.Username != "" && p.Keys.Username != p.Keys.Email {
			logins = append(logins, login{p.User, p.Keys.Username})
		}
	}
	return insertMany(t, insertLogin, 3, logins, func(l login) []any {
		return []any{l.key, string(l.user.OrganizationID), string(l.user.ID)}
	})
}
