package sqlstore

import (
	"context"
	"net/netip"

	"github.com/sallyport/sallyport/internal/core"
)

// guardRights makes all changes of who may administer an organization take
// turns, by its row, and refuses what must not be: by somebody who has lost the
// right to (ErrNotAdministrator), or where nobody would be left
// who can sign in and administer (ErrLastAdministrator). It comes before any
// other row of the transaction.
func (t *tx) guardRights(organizationID, userID core.ID, r core.Record, loses bool) error {
	org, user := string(organizationID), string(userID)
	err := t.one(core.ErrNotFound, `UPDATE organization SET version = version WHERE id = $1`, org)
	if err != nil {
		return err
	}
	if err := t.mustHold(r); err != nil || !loses {
		return err
	}
	var n int
	var is bool
	err = t.queryRow(administratorsLeft, org, user).Scan(&n, &is)
	if err != nil || !is || n > 2 {
		return err
	}
	if n == 2 && r.Warrant.ActorID != "" && r.Warrant.ActorID != userID {
		return t.staysInside(organizationID, r)
	}
	if n < 2 {
		return core.ErrLastAdministrator
	}
	return nil
}

// staysInside refuses that the only other administrator goes, where whoever does it
// is where the organization lets nobody in any more: its networks may have been
// narrowed a moment ago, and then nobody would be left who gets in.
func (t *tx) staysInside(organizationID core.ID, r core.Record) error {
	var text string
	err := t.queryRow(`SELECT allowed_networks FROM organization WHERE id = $1`, string(organizationID)).Scan(&text)
	if err != nil || len(r.Events) == 0 {
		return err
	}
	allowed, bad := core.ParseNetworks(text)
	address, _ := netip.ParseAddr(r.Events[0].Origin.Address) // the zero address is in no network
	if bad == nil && !allowed.Allow(address) {
		return core.ErrLastAdministrator
	}
	return nil
}

// administratorsLeft counts who can sign in and administer, and says whether
// somebody is among them. The status is compared as an expression, here and in
// administratorsToTell: bare, the embedded database looks through everybody who is
// active, one by one.
const administratorsLeft = `SELECT count(*), COALESCE(max(CASE WHEN id = $2 THEN 1 ELSE 0 END), 0) = 1 FROM person
	WHERE organization_id = $1 AND user_type = 3 AND COALESCE(status, '') = 'active' AND password_sealed <> ''`

// SavePerson stores what an administrator wrote of somebody. ErrStale where it is
// not as it was read any more, ErrTaken with Params["field"] where the address or
// username is somebody else's; see also guardRights. Of parallel calls from one
// reading exactly one succeeds.
func (s *Store) SavePerson(ctx context.Context, c core.PersonChange) error {
	was, is := c.Was, c.Is
	return s.runInTx(ctx, "save person", func(t *tx) error {
		if is.Type != was.Type || is.Email != was.Email || is.Username != was.Username { // what leads into an account, or opens more
			if err := t.guardRights(c.OrganizationID, c.UserID, c.Record, is.Type < core.Administrator); err != nil {
				return err
			}
		}
		err := t.one(core.ErrStale, `UPDATE person SET first_name = $3, last_name = $4, title = $5, phone = $6, department = $7, manager = $8,
				time_zone = $9, language = $10, username = $11, user_type = $12
			WHERE id = $1 AND organization_id = $2 AND first_name = $13 AND last_name = $14 AND title = $15 AND phone = $16
				AND department = $17 AND manager = $18 AND time_zone = $19 AND language = $20 AND username = $21 AND user_type = $22 AND email = $23`,
			string(c.UserID), string(c.OrganizationID),
			is.Profile.FirstName, is.Profile.LastName, is.Profile.Title, is.Profile.Phone, is.Profile.Department, is.Profile.Manager,
			is.Profile.TimeZone, is.Profile.Language, is.Username, int64(is.Type),
			was.Profile.FirstName, was.Profile.LastName, was.Profile.Title, was.Profile.Phone, was.Profile.Department, was.Profile.Manager,
			was.Profile.TimeZone, was.Profile.Language, was.Username, int64(was.Type), was.Email)
		if err != nil {
			return err
		}
		if err := t.renameLogins(c); err != nil {
			return err
		}
		if is.Email != was.Email {
			if err := t.replaceEmail(c); err != nil {
				return err
			}
		}
		if is.Type != was.Type {
			if err := t.changeRights(c); err != nil {
				return err
			}
		}
		if c.Link != nil {
			if err := t.insertLink(*c.Link); err != nil {
				return err
			}
		}
		if err := t.refold(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// renameLogins claims the names that somebody signs in with from now on, and
// gives back those that are theirs no more.
func (t *tx) renameLogins(c core.PersonChange) error {
	u := core.User{ID: c.UserID, OrganizationID: c.OrganizationID}
	had := func(key string) bool { return key == c.WasKeys.Email || key == c.WasKeys.Username }
	if !had(c.Keys.Email) {
		if err := t.claim(u, "email", c.Keys.Email); err != nil {
			return err
		}
	}
	if !had(c.Keys.Username) && c.Keys.Username != c.Keys.Email {
		if err := t.claim(u, "username", c.Keys.Username); err != nil {
			return err
		}
	}
	for _, key := range []string{c.WasKeys.Email, c.WasKeys.Username} {
		if key == "" || key == c.Keys.Email || key == c.Keys.Username {
			continue
		}
		err := t.all(`DELETE FROM login_key WHERE login = $1 AND user_id = $2 AND organization_id = $3`, key, string(c.UserID), string(c.OrganizationID))
		if err != nil {
			return err
		}
	}
	return nil
}

// replaceEmail puts an address that nobody has proved in the place of another,
// and ends what went to that one: an administrator's word is the last, so earlier
// changes cannot be taken back over it.
func (t *tx) replaceEmail(c core.PersonChange) error {
	user, org, now := string(c.UserID), string(c.OrganizationID), stamp(c.At)
	err := t.all(`UPDATE person SET email = $3, email_key = $4, email_proved_at = 0, previous_email = '', previous_email_until = 0
		WHERE id = $1 AND organization_id = $2`, user, org, c.Is.Email, c.Keys.Email)
	if err != nil {
		return err
	}
	err = t.all(`UPDATE address_change SET undo_until = $3 WHERE user_id = $1 AND organization_id = $2 AND kind = 'signin' AND done_at > 0 AND undo_until > $3`, user, org, now)
	if err != nil {
		return err
	}
	err = t.all(`DELETE FROM login_key WHERE user_id = $1 AND organization_id = $2 AND held_until > 0`, user, org)
	if err != nil {
		return err
	}
	return t.endAll(c.OrganizationID, c.UserID, core.EndEmailChanged, now)
}

// changeRights ends what was opened with other rights.
func (t *tx) changeRights(c core.PersonChange) error {
	if c.Is.Type == core.NoAccess {
		if err := t.endPrograms(c.OrganizationID, c.UserID, c.Record, c.At); err != nil {
			return err
		}
		return t.endAll(c.OrganizationID, c.UserID, core.EndAdministrator, stamp(c.At))
	}
	_, err := t.endDevices(c.OrganizationID, c.UserID, stamp(c.At))
	return err
}

// endAll ends all that somebody has open or begun: sessions, remembered devices,
// half-done sign-ins, panels, changes of addresses, and every link.
func (t *tx) endAll(organizationID, userID core.ID, reason core.EndReason, now int64) error {
	user, org := string(userID), string(organizationID)
	if err := t.endBegun(organizationID, userID, reason, now); err != nil {
		return err
	}
	err := t.all(`UPDATE link SET expires_at = $3 WHERE user_id = $1 AND organization_id = $2 AND used_at = 0 AND expires_at > $3`, user, org, now)
	if err != nil {
		return err
	}
	err = t.all(`UPDATE address_change SET ended_at = $3 WHERE user_id = $1 AND organization_id = $2 AND done_at = 0 AND ended_at = 0`, user, org, now)
	if err != nil {
		return err
	}
	return t.endOthersFor(reason, organizationID, userID, "", nil, now)
}

// SetStatus deactivates somebody, or lets them in again. ErrStale where the
// status is not as it was read; see also guardRights. Of parallel calls exactly
// one succeeds.
func (s *Store) SetStatus(ctx context.Context, c core.StatusChange) error {
	return s.runInTx(ctx, "set status", func(t *tx) error {
		if err := t.guardRights(c.OrganizationID, c.UserID, c.Record, c.To == core.Inactive); err != nil {
			return err
		}
		err := t.one(core.ErrStale, `UPDATE person SET status = $4 WHERE id = $1 AND organization_id = $2 AND status = $3
			AND ($4 <> 'active' OR password_sealed <> '') AND ($4 <> 'invited' OR password_sealed = '')`,
			string(c.UserID), string(c.OrganizationID), string(c.From), string(c.To))
		if err == nil && c.Print != "" {
			err = t.asPrinted(c)
		}
		if err != nil {
			return err
		}
		if c.To == core.Inactive {
			if err := t.endPrograms(c.OrganizationID, c.UserID, c.Record, c.At); err != nil {
				return err
			}
			err = t.endAll(c.OrganizationID, c.UserID, core.EndAdministrator, stamp(c.At))
		} else {
			err = t.changed(core.ChangeUser, c.UserID)
		}
		if err != nil {
			return err
		}
		if c.Link != nil {
			if err := t.insertLink(*c.Link); err != nil {
				return err
			}
		}
		return t.record(c.Record)
	})
}

// asPrinted refuses with ErrStale where somebody is not as they were printed.
func (t *tx) asPrinted(c core.StatusChange) error {
	rows, err := t.query(selectByID+in(2, 1), string(c.OrganizationID), string(c.UserID))
	found, err := collect(rows, err, knownRow)
	if err != nil {
		return err
	}
	if len(found) == 0 || core.LoadPrint(found[0].User, found[0].Groups) != c.Print {
		return core.ErrStale
	}
	return nil
}

// DemandSecondStep ticks somebody's box. ErrStale where it is ticked, or the
// account is deactivated.
func (s *Store) DemandSecondStep(ctx context.Context, c core.SecondStepDemand) error {
	return s.runInTx(ctx, "demand a second step", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE person SET two_factor = 'on' WHERE id = $1 AND organization_id = $2 AND two_factor <> 'on' AND status <> 'inactive'`,
			string(c.UserID), string(c.OrganizationID))
		if err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// SignOutEverywhere ends all of somebody's sessions and half-done sign-ins, and
// their remembered devices where asked.
func (s *Store) SignOutEverywhere(ctx context.Context, c core.EverywhereSignOut) error {
	return s.runInTx(ctx, "sign out everywhere", func(t *tx) error {
		if err := t.lock(c.OrganizationID, c.UserID); err != nil {
			return err
		}
		if err := t.endAttempts(c.OrganizationID, c.UserID, core.EndAdministrator, stamp(c.At)); err != nil {
			return err
		}
		if _, err := t.endSessions(c.OrganizationID, c.UserID, "", core.EndAdministrator, stamp(c.At)); err != nil {
			return err
		}
		if c.ForgetDevices {
			if _, err := t.endDevices(c.OrganizationID, c.UserID, stamp(c.At)); err != nil {
				return err
			}
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}
