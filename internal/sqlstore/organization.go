package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const organizationColumns = `o.id, o.name, o.app_name, o.help, o.time_zone, o.language, o.locked, o.lock_note,
	o.require_two_factor, o.require_from, o.enforce_existing_from, o.apps_only, o.apps_only_from, o.administrator_app_from,
	o.remember_days, o.idle_life, o.absolute_life, o.password_minimum, o.code_in_subject, o.created_at, o.version,
	o.password_history, o.password_days, o.passwords_from, o.single_session,
	o.logout_url, o.contacts, o.no_new_apps, o.devices_from, o.passwords_now, o.passwords_except, o.password_pattern, o.password_message,
	o.block_leaked, o.strict_reset, o.allowed_networks, o.reset_wait, o.audit_days, o.pause_cap, o.no_password_clients`

func organizationFields(o *core.Organization) []any {
	p := &o.Policy
	return []any{
		&o.ID, &o.Name, &o.AppName, &o.Help, &o.TimeZone, &o.Language, &o.Locked, &o.LockNote,
		&p.RequireTwoFactor, at(&p.RequireFrom), at(&p.EnforceExistingFrom), &p.AppsOnly, at(&p.AppsOnlyFrom), at(&p.AdministratorAppFrom),
		&p.RememberDays, life(&p.Idle), life(&p.Absolute), &p.PasswordMinimum, &p.CodeInSubject, at(&o.CreatedAt), &o.Version,
		&p.PasswordHistory, &p.PasswordDays, at(&p.PasswordsFrom), &p.SingleSession,
		&o.LogoutURL, &o.Contacts, &p.NoNewApps, at(&p.DevicesFrom), &p.PasswordsNow, &p.PasswordsExcept, &p.PasswordPattern, &p.PasswordMessage,
		&p.BlockLeaked, &p.StrictReset, &p.AllowedNetworks, life(&p.ResetWait), &p.AuditDays, life(&p.PauseCap), &p.NoPasswordClients,
	}
}

// organizationValues are the columns from name to no_password_clients, as in
// [insertOrganization] and [updateOrganization].
func organizationValues(o core.Organization) []any {
	p := o.Policy
	return []any{
		o.Name, core.NameKey(o.Name), o.AppName, o.Help, o.TimeZone, o.Language, o.Locked, o.LockNote,
		p.RequireTwoFactor, stamp(p.RequireFrom), stamp(p.EnforceExistingFrom), p.AppsOnly, stamp(p.AppsOnlyFrom), stamp(p.AdministratorAppFrom),
		int64(p.RememberDays), micros(p.Idle), micros(p.Absolute), int64(p.PasswordMinimum), p.CodeInSubject,
		int64(p.PasswordHistory), int64(p.PasswordDays), stamp(p.PasswordsFrom), p.SingleSession,
		o.LogoutURL, o.Contacts, p.NoNewApps, stamp(p.DevicesFrom), p.PasswordsNow, string(p.PasswordsExcept), p.PasswordPattern, p.PasswordMessage,
		p.BlockLeaked, p.StrictReset, p.AllowedNetworks, micros(p.ResetWait), int64(p.AuditDays), micros(p.PauseCap), p.NoPasswordClients,
	}
}

func micros(d time.Duration) int64 { return d.Microseconds() }

const insertOrganization = `INSERT INTO organization (id, name, name_key, app_name, help, time_zone, language, locked, lock_note,
	require_two_factor, require_from, enforce_existing_from, apps_only, apps_only_from, administrator_app_from,
	remember_days, idle_life, absolute_life, password_minimum, code_in_subject,
	password_history, password_days, passwords_from, single_session,
	logout_url, contacts, no_new_apps, devices_from, passwords_now, passwords_except, password_pattern, password_message,
	block_leaked, strict_reset, allowed_networks, reset_wait, audit_days, pause_cap, no_password_clients, created_at, version)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
		$25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, 1)
	ON CONFLICT (name_key) DO NOTHING`

// CreateOrganization stores a new organization at version 1; ErrTaken where the
// name, in any case, is in use.
func (s *Store) CreateOrganization(ctx context.Context, o core.Organization, r core.Record) error {
	return s.runInTx(ctx, "create organization", func(t *tx) error {
		args := append([]any{string(o.ID)}, organizationValues(o)...)
		if err := t.one(core.ErrTaken.With("field", "name"), insertOrganization, append(args, stamp(o.CreatedAt))...); err != nil {
			return err
		}
		// Its figures are not an hour away: whoever looks first finds them counted.
		if err := t.all(`UPDATE deployment SET tally_at = 0`); err != nil {
			return err
		}
		return t.record(r)
	})
}

// Organizations returns all organizations by name.
func (s *Store) Organizations(ctx context.Context) ([]core.Organization, error) {
	rows, err := s.reading(ctx).query(`SELECT ` + organizationColumns + ` FROM organization o ORDER BY o.name_key`)
	all, err := collect(rows, err, func(r *sql.Rows) (o core.Organization, err error) {
		return o, r.Scan(organizationFields(&o)...)
	})
	return all, failed("organizations", err)
}

// Organization returns one organization; ErrNotFound.
func (s *Store) Organization(ctx context.Context, id core.ID) (o core.Organization, err error) {
	err = s.reading(ctx).queryRow(`SELECT `+organizationColumns+` FROM organization o WHERE o.id = $1`, string(id)).Scan(organizationFields(&o)...)
	return o, failed("organization", noRows(err))
}

const updateOrganization = `UPDATE organization SET name = $3, name_key = $4, app_name = $5, help = $6, time_zone = $7, language = $8,
	locked = $9, lock_note = $10, require_two_factor = $11, require_from = $12, enforce_existing_from = $13, apps_only = $14,
	apps_only_from = $15, administrator_app_from = $16, remember_days = $17, idle_life = $18, absolute_life = $19,
	password_minimum = $20, code_in_subject = $21, password_history = $22, password_days = $23, passwords_from = $24, single_session = $25,
	logout_url = $26, contacts = $27, no_new_apps = $28, devices_from = $29, passwords_now = $30, passwords_except = $31,
	password_pattern = $32, password_message = $33, block_leaked = $34, strict_reset = $35, allowed_networks = $36, reset_wait = $37, audit_days = $38,
	pause_cap = $39, no_password_clients = $40,
	version = version + 1
	WHERE id = $1 AND version = $2`

// SaveOrganization stores an organization by compare-and-swap on its version
// and tells every replica; ErrStale where somebody else saved meanwhile,
// ErrTaken where the new name is in use.
func (s *Store) SaveOrganization(ctx context.Context, o core.Organization, r core.Record) error {
	return s.runInTx(ctx, "save organization", func(t *tx) error {
		args := append([]any{string(o.ID), o.Version}, organizationValues(o)...)
		if err := t.one(core.ErrStale, updateOrganization, args...); err != nil {
			if s.dialect.isUnique(err) {
				return core.ErrTaken.With("field", "name").Because(err)
			}
			return err
		}
		if err := t.changed(core.ChangeOrganization, o.ID); err != nil {
			return err
		}
		return t.record(r)
	})
}

// CountUsers says how many accounts exist in the whole deployment.
func (s *Store) CountUsers(ctx context.Context) (int, error) {
	var n int
	err := s.reading(ctx).queryRow(`SELECT count(*) FROM person`).Scan(&n)
	return n, failed("count users", err)
}
