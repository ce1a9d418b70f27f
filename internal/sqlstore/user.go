package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

const userColumns = `u.id, u.organization_id, u.username, u.email, u.notification_email, u.first_name, u.last_name, u.user_type,
	u.status, u.two_factor, u.email_proved_at, u.exempt_until, u.password_sealed, u.password_version, u.factor_set_version,
	u.language, u.time_zone, u.offer_times, u.offer_next, u.offer_never, u.origin, u.created_at, u.last_sign_in_at,
	u.title, u.phone, u.department, u.manager, u.photo, u.notification_proved_at, u.previous_email, u.previous_email_until,
	u.password_set_at, u.password_due, u.password_due_at, u.alarmed_at, u.reset_at`

func userFields(u *core.User) []any {
	return []any{
		&u.ID, &u.OrganizationID, &u.Username, &u.Email, &u.NotificationEmail, &u.FirstName, &u.LastName, &u.Type,
		&u.Status, &u.TwoFactor, at(&u.EmailProvedAt), at(&u.ExemptUntil), &u.PasswordSealed, &u.PasswordVersion, &u.FactorSetVersion,
		&u.Language, &u.TimeZone, &u.Offer.Times, at(&u.Offer.Next), &u.Offer.Never, &u.Origin, at(&u.CreatedAt), at(&u.LastSignInAt),
		&u.Title, &u.Phone, &u.Department, &u.Manager, &u.Photo, at(&u.NotificationProvedAt), &u.PreviousEmail, at(&u.PreviousEmailUntil),
		at(&u.PasswordSetAt), &u.PasswordDue, at(&u.PasswordDueAt), at(&u.AlarmedAt), at(&u.ResetAt),
	}
}

// accountColumns adds the facts that decisions need, each from an index. A
// group's name has no line break in it, a factor's kind no colon or comma.
const accountColumns = userColumns + `,
	(SELECT count(*) FROM credential k WHERE k.user_id = u.id AND k.kind = 'app' AND k.state = 'active' AND k.used_at = 0),
	(SELECT count(*) FROM credential k WHERE k.user_id = u.id AND k.kind = 'app' AND k.state = 'waiting' AND k.used_at = 0),
	(SELECT count(*) FROM credential k WHERE k.user_id = u.id AND k.kind = 'recovery' AND k.state = 'active' AND k.used_at = 0),
	(SELECT count(*) FROM credential k WHERE k.user_id = u.id AND k.kind = 'recovery' AND k.state = 'held' AND k.used_at = 0),
	COALESCE((SELECT string_agg(x.kind || ':' || CAST(x.n AS TEXT), ',') FROM (SELECT k.kind, count(*) AS n FROM credential k
		WHERE k.user_id = u.id AND k.kind <> 'app' AND k.kind <> 'recovery' AND k.state = 'active' AND k.used_at = 0 GROUP BY k.kind) x), ''),
	COALESCE((SELECT string_agg(g.kind || ':' || CAST(g.failures AS TEXT) || ':' || CAST(g.paused_until AS TEXT) || ':' ||
		CASE WHEN g.blocked THEN 't' ELSE 'f' END, ',') FROM guard g WHERE g.user_id = u.id), ''),
	COALESCE((SELECT string_agg(pg.name, '` + "\n" + `') FROM membership gm JOIN person_group pg ON pg.id = gm.group_id
		WHERE gm.user_id = u.id), ''),
	COALESCE((SELECT max(pg.exempt_until) FROM membership gm JOIN person_group pg ON pg.id = gm.group_id WHERE gm.user_id = u.id), 0),
	COALESCE((SELECT max(fr.due_at) FROM factor_reset fr WHERE fr.user_id = u.id AND fr.outcome = ''), 0),
	COALESCE((SELECT z.id || ' ' || z.network || ' ' || CAST(z.until_at AS TEXT) FROM pause z WHERE z.user_id = u.id AND z.ended_at = 0), '')`

// groupScan reads the group names of an account, sorted.
type groupScan []string

// Scan implements sql.Scanner.
func (g *groupScan) Scan(value any) error {
	text, err := asText(value)
	if err != nil || text == "" {
		*g = nil
		return err
	}
	*g = strings.Split(text, "\n")
	slices.Sort(*g)
	return nil
}

func accountFields(a *core.Account) []any {
	return append(userFields(&a.User), &a.Apps, &a.WaitingApps, &a.RecoveryCodes, &a.HeldCodes, (*countScan)(&a.Others), (*guardScan)(&a.Guards), (*groupScan)(&a.Groups), at(&a.GroupExemptUntil), at(&a.ResetDue), pauseOf(a))
}

// person reads an account with its organization by a condition on u.
func person(q querier, where string, args ...any) (acc core.Account, org core.Organization, err error) {
	query := `SELECT ` + accountColumns + `, ` + organizationColumns + `
		FROM person u JOIN organization o ON o.id = u.organization_id WHERE ` + where
	err = q.queryRow(query, args...).Scan(append(accountFields(&acc), organizationFields(&org)...)...)
	return acc, org, noRows(err)
}

// AccountByID returns a person of an organization; ErrNotFound in another one.
func (s *Store) AccountByID(ctx context.Context, organizationID, userID core.ID) (core.Account, core.Organization, error) {
	acc, org, err := person(s.reading(ctx), `u.id = $1 AND u.organization_id = $2`, string(userID), string(organizationID))
	return acc, org, failed("account", err)
}

// UserByEmailKey finds a person in any organization, for operator commands.
func (s *Store) UserByEmailKey(ctx context.Context, key string) (core.Account, core.Organization, error) {
	if key == "" || !storable(key) {
		return core.Account{}, core.Organization{}, core.ErrNotFound
	}
	acc, org, err := person(s.reading(ctx), `u.email_key = $1`, key)
	return acc, org, failed("user by email", err)
}

// Users lists a page of an organization's people by email key.
func (s *Store) Users(ctx context.Context, f core.UserFilter) ([]core.Account, error) {
	query := `SELECT ` + accountColumns + ` FROM person u WHERE u.organization_id = $1 AND u.email_key > $2`
	if f.Limit <= 0 {
		f.Limit = 100
	}
	args := []any{string(f.OrganizationID), f.After, int64(f.Limit)}
	if f.Administrators {
		query += ` AND u.user_type = $4`
		args = append(args, int64(core.Administrator))
	}
	rows, err := s.reading(ctx).query(query+` ORDER BY u.email_key LIMIT $3`, args...)
	all, err := collect(rows, err, func(r *sql.Rows) (a core.Account, err error) {
		return a, r.Scan(accountFields(&a)...)
	})
	return all, failed("users", err)
}

const insertUser = `INSERT INTO person (id, organization_id, username, email, email_key, notification_email, first_name, last_name,
	user_type, status, two_factor, email_proved_at, exempt_until, password_sealed, password_version, factor_set_version,
	language, time_zone, offer_times, offer_next, offer_never, origin, created_at, last_sign_in_at,
	title, phone, department, manager, photo, notification_proved_at, previous_email, previous_email_until,
	password_set_at, password_due, password_due_at, alarmed_at, reset_at, name_key, search_key) VALUES `

const userWidth = 39

func userValues(u core.User, keys core.LoginKeys) []any {
	if u.TwoFactor == "" {
		u.TwoFactor = core.TwoFactorOff
	}
	f := folded(u)
	return []any{
		string(u.ID), string(u.OrganizationID), u.Username, u.Email, keys.Email, u.NotificationEmail, u.FirstName, u.LastName,
		int64(u.Type), string(u.Status), string(u.TwoFactor), stamp(u.EmailProvedAt), stamp(u.ExemptUntil), u.PasswordSealed,
		u.PasswordVersion, u.FactorSetVersion, u.Language, u.TimeZone, int64(u.Offer.Times), stamp(u.Offer.Next), u.Offer.Never, u.Origin,
		stamp(u.CreatedAt), stamp(u.LastSignInAt),
		u.Title, u.Phone, u.Department, u.Manager, u.Photo, stamp(u.NotificationProvedAt), u.PreviousEmail, stamp(u.PreviousEmailUntil),
		stamp(u.PasswordSetAt), string(u.PasswordDue), stamp(u.PasswordDueAt), stamp(u.AlarmedAt), stamp(u.ResetAt),
		f.nameKey, f.searchKey,
	}
}

// CreateUser stores a person with groups and, where given, a link; ErrTaken
// with Params["field"] where the email address or username is somebody's.
func (s *Store) CreateUser(ctx context.Context, u core.User, keys core.LoginKeys, groups []string, l *core.Link, r core.Record) error {
	return s.runInTx(ctx, "create user", func(t *tx) error {
		if err := t.all(insertUser+rowsOf(1, userWidth)+` ON CONFLICT DO NOTHING`, userValues(u, keys)...); err != nil {
			return err
		}
		// The names are claimed after the row they point to; where one is
		// somebody's, the row goes with the transaction.
		if err := t.claim(u, "email", keys.Email); err != nil {
			return err
		}
		if keys.Username != keys.Email {
			if err := t.claim(u, "username", keys.Username); err != nil {
				return err
			}
		}
		if err := t.insertWords(u); err != nil {
			return err
		}
		if err := t.joinGroups(u, groups); err != nil {
			return err
		}
		if l != nil {
			if err := t.insertLink(*l); err != nil {
				return err
			}
		}
		return t.record(r)
	})
}

// claim takes a name a person can type to sign in.
func (t *tx) claim(u core.User, field, login string) error {
	if login == "" {
		return nil
	}
	return t.one(core.ErrTaken.With("field", field),
		`INSERT INTO login_key (login, organization_id, user_id) VALUES ($1, $2, $3)
			ON CONFLICT (login) DO UPDATE SET organization_id = $2, user_id = $3, held_until = 0
			WHERE login_key.held_until > 0 AND (login_key.held_until <= $4 OR login_key.user_id = $3)`,
		login, string(u.OrganizationID), string(u.ID), stamp(t.store.clock()))
}

// joinGroups makes a person a member of groups, which are made where missing.
func (t *tx) joinGroups(u core.User, groups []string) error {
	for _, name := range groups {
		name = strings.Join(strings.Fields(name), " ")
		if name == "" {
			continue
		}
		err := t.all(`INSERT INTO person_group (id, organization_id, name, name_key, created_at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (organization_id, name_key) DO NOTHING`,
			string(t.store.newID()), string(u.OrganizationID), name, core.NameKey(name), stamp(t.store.clock()))
		if err != nil {
			return err
		}
		err = t.all(`INSERT INTO membership (user_id, group_id, organization_id)
			SELECT CAST($1 AS TEXT), g.id, g.organization_id FROM person_group g WHERE g.organization_id = $2 AND g.name_key = $3
			ON CONFLICT (user_id, group_id) DO NOTHING`, string(u.ID), string(u.OrganizationID), core.NameKey(name))
		if err != nil {
			return err
		}
	}
	return nil
}

// lock makes transactions about one person take turns, for the rules that
// count rows (attempts, sends, sessions, devices, apps). ErrNotFound where the
// person is not of this organization.
func (t *tx) lock(organizationID, userID core.ID) error {
	return t.one(core.ErrNotFound, `UPDATE person SET language = language WHERE id = $1 AND organization_id = $2`,
		string(userID), string(organizationID))
}

// AnswerOffer stores the answer to "Add an authenticator app?".
func (s *Store) AnswerOffer(ctx context.Context, organizationID, userID core.ID, o core.Offer, r core.Record) error {
	return s.runInTx(ctx, "answer offer", func(t *tx) error {
		err := t.one(core.ErrNotFound, `UPDATE person SET offer_times = $3, offer_next = $4, offer_never = $5
			WHERE id = $1 AND organization_id = $2`, string(userID), string(organizationID), int64(o.Times), stamp(o.Next), o.Never)
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, userID); err != nil {
			return err
		}
		return t.record(r)
	})
}
