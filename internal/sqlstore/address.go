package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

const addressColumns = `a.id, a.organization_id, a.user_id, a.kind, a.old_address, a.old_key, a.old_proved_at, a.new_address, a.new_key,
	a.session_id, a.key_id, a.started_at, a.expires_at, a.done_at, a.undo_until, a.ended_at`

func addressFields(c *core.AddressChange) []any {
	return []any{
		&c.ID, &c.OrganizationID, &c.UserID, &c.Kind, &c.OldAddress, &c.OldKey, at(&c.OldProvedAt), &c.NewAddress, &c.NewKey,
		&c.SessionID, &c.KeyID, at(&c.StartedAt), at(&c.ExpiresAt), at(&c.DoneAt), at(&c.UndoUntil), at(&c.EndedAt),
	}
}

const selectOpenAddress = `SELECT ` + addressColumns + `, ` + challengeColumns + `
	FROM address_change a LEFT JOIN challenge c ON c.owner_id = a.id LEFT JOIN outbox m ON m.id = c.message_id
	WHERE a.user_id = $1 AND a.organization_id = $2 AND a.kind = $3 AND a.session_id = $4 AND a.done_at = 0 AND a.ended_at = 0
	ORDER BY a.started_at DESC, a.id DESC LIMIT 1`

// OpenAddressChange returns the change of a kind that a session has begun and
// not finished, with its emailed code; ErrNotFound where there is none.
func (s *Store) OpenAddressChange(ctx context.Context, organizationID, userID, sessionID core.ID, kind core.AddressKind) (core.AddressView, error) {
	var v core.AddressView
	err := s.reading(ctx).queryRow(selectOpenAddress, string(userID), string(organizationID), string(kind), string(sessionID)).
		Scan(append(addressFields(&v.Change), challengeFields(&v.Challenge)...)...)
	if err != nil {
		return core.AddressView{}, failed("open address change", noRows(err))
	}
	return v, nil
}

// AddressChangeByID returns a change with its person and organization; ended and
// undone ones too. ErrNotFound: no such change.
func (s *Store) AddressChangeByID(ctx context.Context, id core.ID) (c core.AddressChange, acc core.Account, org core.Organization, err error) {
	if !storable(string(id)) {
		return c, acc, org, core.ErrNotFound
	}
	q := s.reading(ctx)
	err = q.queryRow(`SELECT `+addressColumns+` FROM address_change a WHERE a.id = $1`, string(id)).Scan(addressFields(&c)...)
	if err != nil {
		return c, acc, org, failed("address change", noRows(err))
	}
	acc, org, err = person(q, `u.id = $1 AND u.organization_id = $2`, string(c.UserID), string(c.OrganizationID))
	return c, acc, org, failed("address change", err)
}

// SendAddressCode begins a change of an address, ending the person's older ones
// of that kind, or mails its code again; errors as [Store.SendCode], and ErrStale
// where the change is over. Where the address is somebody else's the mail is
// stored as one that is over: the same statements, and nothing is sent.
func (s *Store) SendAddressCode(ctx context.Context, a core.AddressSend) error {
	c := a.Change
	return s.runInTx(ctx, "send address code", func(t *tx) error {
		if err := t.lock(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.saveAddress(a); err != nil {
			return err
		}
		var theirs int
		err := t.queryRow(`SELECT count(*) FROM login_key WHERE login = $1 AND user_id <> $2 AND (held_until = 0 OR held_until > $3)`,
			c.NewKey, string(c.UserID), stamp(a.Code.At)).Scan(&theirs)
		if err != nil {
			return err
		}
		code := a.Code
		if theirs > 0 && c.Kind == core.AddressSignIn {
			code.Message.Delivery = core.DeliveryExpired
		}
		return t.sendCode(code)
	})
}

// saveAddress stores a change that begins, or insists that it goes on.
func (t *tx) saveAddress(a core.AddressSend) error {
	c := a.Change
	if !a.Begin {
		return t.one(core.ErrStale, `UPDATE address_change SET expires_at = expires_at
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND session_id = $4 AND done_at = 0 AND ended_at = 0 AND expires_at > $5`,
			string(c.ID), string(c.UserID), string(c.OrganizationID), string(c.SessionID), stamp(a.Code.At))
	}
	if err := t.endAddresses(c.OrganizationID, c.UserID, c.Kind, stamp(c.StartedAt)); err != nil {
		return err
	}
	return t.all(`INSERT INTO address_change (id, organization_id, user_id, kind, old_address, old_key, old_proved_at, new_address, new_key,
		session_id, key_id, started_at, expires_at, done_at, undo_until, ended_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
		string(c.ID), string(c.OrganizationID), string(c.UserID), string(c.Kind), c.OldAddress, c.OldKey, stamp(c.OldProvedAt), c.NewAddress, c.NewKey,
		string(c.SessionID), c.KeyID, stamp(c.StartedAt), stamp(c.ExpiresAt), stamp(c.DoneAt), stamp(c.UndoUntil), stamp(c.EndedAt))
}

// endAddresses gives up what a person has begun and not finished of a kind.
func (t *tx) endAddresses(organizationID, userID core.ID, kind core.AddressKind, now int64) error {
	return t.all(`UPDATE address_change SET ended_at = $4 WHERE user_id = $1 AND organization_id = $2 AND kind = $3 AND done_at = 0 AND ended_at = 0`,
		string(userID), string(organizationID), string(kind), now)
}

// EndAddressChange gives up a change that is not proved; one that is over stays
// as it is.
func (s *Store) EndAddressChange(ctx context.Context, c core.AddressChange) error {
	return s.runInTx(ctx, "end address change", func(t *tx) error {
		return t.endAddresses(c.OrganizationID, c.UserID, c.Kind, stamp(c.EndedAt))
	})
}

// ProveAddress puts a proved address in the place of the old one. ErrStale where
// that is not the person's any more or the account may not sign in, ErrUsed
// where the change or its code is over, ErrTaken where the address became
// somebody else's. Of parallel calls exactly one succeeds.
func (s *Store) ProveAddress(ctx context.Context, p core.AddressProof) error {
	return s.runInTx(ctx, "prove address", func(t *tx) error {
		c := p.Change
		if err := t.lock(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		now := stamp(c.DoneAt)
		err := t.one(core.ErrUsed, `UPDATE address_change SET done_at = $5, undo_until = $6
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND session_id = $4 AND done_at = 0 AND ended_at = 0 AND expires_at > $5`,
			string(c.ID), string(c.UserID), string(c.OrganizationID), string(c.SessionID), now, stamp(c.UndoUntil))
		if err != nil {
			return err
		}
		if err := t.use(p.Use, c.OrganizationID, c.UserID, c.ID, now); err != nil {
			return err
		}
		if c.Kind == core.AddressSignIn {
			err = t.moveEmail(p)
		} else {
			err = t.moveNotification(c.OrganizationID, c.UserID, c.OldAddress, c.NewAddress, now)
		}
		if err != nil {
			return err
		}
		return t.record(p.Record)
	})
}

// moveNotification stores another notification address, proved at a moment, or
// none.
func (t *tx) moveNotification(organizationID, userID core.ID, from, to string, proved int64) error {
	err := t.one(core.ErrStale, `UPDATE person SET notification_email = $4, notification_proved_at = $5
		WHERE id = $1 AND organization_id = $2 AND notification_email = $3 AND status = 'active'`,
		string(userID), string(organizationID), from, to, proved)
	if err != nil {
		return err
	}
	return t.changed(core.ChangeUser, userID)
}

// RemoveNotificationEmail removes the address, and what was begun to change it;
// ErrStale where it is not the person's any more.
func (s *Store) RemoveNotificationEmail(ctx context.Context, r core.AddressRemoval) error {
	return s.runInTx(ctx, "remove notification address", func(t *tx) error {
		if r.Address == "" {
			return core.ErrStale
		}
		if err := t.moveNotification(r.OrganizationID, r.UserID, r.Address, "", 0); err != nil {
			return err
		}
		if err := t.endAddresses(r.OrganizationID, r.UserID, core.AddressNotification, stamp(r.At)); err != nil {
			return err
		}
		return t.record(r.Record)
	})
}
