package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// deviceColumns read a joined device (d), or its zero value where there is none.
const deviceColumns = `COALESCE(d.id, ''), COALESCE(d.organization_id, ''), COALESCE(d.user_id, ''), COALESCE(d.seed_sealed, ''),
	COALESCE(d.n, 0), COALESCE(d.level, 0), COALESCE(d.password_version, 0), COALESCE(d.factor_set_version, 0), COALESCE(d.label, ''),
	COALESCE(d.created_at, 0), COALESCE(d.expires_at, 0), COALESCE(d.last_used_at, 0), COALESCE(d.ended_at, 0)`

func deviceFields(d *core.Device) []any {
	return []any{
		&d.ID, &d.OrganizationID, &d.UserID, &d.SeedSealed, &d.N, &d.Level, &d.PasswordVersion, &d.FactorSetVersion, &d.Label,
		at(&d.CreatedAt), at(&d.ExpiresAt), at(&d.LastUsedAt), at(&d.EndedAt),
	}
}

// browserColumns read a joined browser (b), or its zero value.
const browserColumns = `COALESCE(b.hash, ''), COALESCE(b.organization_id, ''), COALESCE(b.user_id, ''), COALESCE(b.last_method, ''),
	COALESCE(b.first_seen_at, 0), COALESCE(b.last_seen_at, 0), COALESCE(b.networks, ''), COALESCE(b.network_told_at, 0)`

func browserFields(b *core.Browser) []any {
	return []any{&b.Hash, &b.OrganizationID, &b.UserID, &b.LastMethod, at(&b.FirstSeenAt), at(&b.LastSeenAt), (*networkScan)(&b.Networks), at(&b.NetworkTold)}
}

// rememberDevice stores a new device of a person whose row is locked, and ends
// the oldest beyond core.DevicesPerUser (RD7).
func (t *tx) rememberDevice(d core.Device, now int64) error {
	err := t.all(`INSERT INTO remembered_device (id, organization_id, user_id, seed_sealed, n, level, password_version, factor_set_version,
		label, created_at, expires_at, last_used_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0)`,
		string(d.ID), string(d.OrganizationID), string(d.UserID), d.SeedSealed, d.N, int64(d.Level), d.PasswordVersion, d.FactorSetVersion,
		clean(d.Label), stamp(d.CreatedAt), stamp(d.ExpiresAt), stamp(d.LastUsedAt))
	if err != nil {
		return err
	}
	surplus, err := t.surplus(`SELECT id FROM remembered_device WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0 AND expires_at > $3
		AND id <> $4 ORDER BY created_at DESC, id DESC LIMIT 100 OFFSET $5`,
		string(d.UserID), string(d.OrganizationID), now, string(d.ID), int64(core.DevicesPerUser-1))
	if err != nil || len(surplus) == 0 {
		return err
	}
	err = t.all(`UPDATE remembered_device SET ended_at = $3 WHERE ended_at = 0 AND user_id = $1 AND organization_id = $2 AND id IN `+in(4, len(surplus)),
		append([]any{string(d.UserID), string(d.OrganizationID), now}, idArgs(surplus)...)...)
	if err != nil {
		return err
	}
	return t.changed(core.ChangeUser, d.UserID)
}

// rotateDevice records the use of a device's value: the newest value moves it
// on; the one before it, still good because the newest was not seen, only marks
// the use (RD4). ErrStale where neither is so any more, or the device ended.
func (t *tx) rotateDevice(c core.Completion, now int64) error {
	u := c.DeviceUse
	return t.one(core.ErrStale, `UPDATE remembered_device SET n = $4, last_used_at = $6
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND (n = $5 OR n = $4)
		AND ended_at = 0 AND expires_at > $6 AND password_version = $7 AND factor_set_version = $8`,
		string(u.DeviceID), string(c.UserID), string(c.OrganizationID), u.Next, u.N, now, c.PasswordVersion, c.FactorSetVersion)
}

// endDevice ends one device, and reports whether this call did; an empty id ends
// none. Sessions that lean on it are judged anew, so every replica hears of it.
func (t *tx) endDevice(organizationID, userID, id core.ID, now int64) (bool, error) {
	if id == "" {
		return false, nil
	}
	n, err := t.exec(`UPDATE remembered_device SET ended_at = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
		string(id), string(userID), string(organizationID), now)
	if err != nil || n == 0 {
		return false, err
	}
	return true, t.changed(core.ChangeUser, userID)
}

// endDevices ends all remembered devices of a person, and returns how many.
func (t *tx) endDevices(organizationID, userID core.ID, now int64) (int64, error) {
	return t.exec(`UPDATE remembered_device SET ended_at = $3 WHERE user_id = $1 AND organization_id = $2 AND ended_at = 0`,
		string(userID), string(organizationID), now)
}

// RememberedDevices returns a person's devices that nobody ended, the newest
// first. Some may be over all the same: see core.Device.Live.
func (s *Store) RememberedDevices(ctx context.Context, organizationID, userID core.ID) ([]core.Device, error) {
	rows, err := s.reading(ctx).query(`SELECT `+deviceColumns+` FROM remembered_device d
		WHERE d.user_id = $1 AND d.organization_id = $2 AND d.ended_at = 0 ORDER BY d.created_at DESC, d.id DESC`,
		string(userID), string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (d core.Device, err error) { return d, r.Scan(deviceFields(&d)...) })
	return all, failed("remembered devices", err)
}

// RenameDevice gives a device another name. ErrNotFound where it is not this
// person's or has ended.
func (s *Store) RenameDevice(ctx context.Context, c core.DeviceRename) error {
	return s.runInTx(ctx, "rename device", func(t *tx) error {
		err := t.one(core.ErrNotFound, `UPDATE remembered_device SET label = $4 WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
			string(c.DeviceID), string(c.UserID), string(c.OrganizationID), c.Label)
		if err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// ForgetDevices ends one remembered device of a person, or all. Where nothing
// is left to end it changes and records nothing; ErrNotFound where no device of
// theirs has that id.
func (s *Store) ForgetDevices(ctx context.Context, f core.DeviceForget) error {
	if !storable(string(f.DeviceID)) {
		return core.ErrNotFound
	}
	return s.runInTx(ctx, "forget devices", func(t *tx) error {
		if f.DeviceID != "" {
			ended, err := t.endDevice(f.OrganizationID, f.UserID, f.DeviceID, stamp(f.At))
			switch {
			case err != nil:
				return err
			case ended:
				return t.record(f.Record)
			}
			var id core.ID
			return noRows(t.queryRow(`SELECT id FROM remembered_device WHERE id = $1 AND user_id = $2 AND organization_id = $3`,
				string(f.DeviceID), string(f.UserID), string(f.OrganizationID)).Scan(&id))
		}
		n, err := t.endDevices(f.OrganizationID, f.UserID, stamp(f.At))
		if err != nil || n == 0 {
			return err
		}
		if err := t.changed(core.ChangeUser, f.UserID); err != nil {
			return err
		}
		return t.record(f.Record)
	})
}
