package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

const selectLogin = `SELECT ` + accountColumns + `, ` + organizationColumns + `, ` + browserColumns + `, ` + deviceColumns + `
	FROM login_key l JOIN person u ON u.id = l.user_id JOIN organization o ON o.id = u.organization_id
	LEFT JOIN known_browser b ON b.user_id = u.id AND b.hash = $2
	LEFT JOIN remembered_device d ON d.id = $3
	WHERE l.login = $1 AND l.held_until = 0`

// FindLogin returns the account that signs in with loginKey, in whichever
// organization it is, with what is known of the browser and the device.
// ErrNotFound: no such account.
func (s *Store) FindLogin(ctx context.Context, loginKey, browserHash string, deviceID core.ID) (core.LoginView, error) {
	if loginKey == "" || !storable(loginKey) || !storable(string(deviceID)) || !storable(browserHash) {
		return core.LoginView{}, core.ErrNotFound
	}
	var v core.LoginView
	fields := append(accountFields(&v.Account), organizationFields(&v.Organization)...)
	fields = append(append(fields, browserFields(&v.Browser)...), deviceFields(&v.Device)...)
	if err := s.reading(ctx).queryRow(selectLogin, loginKey, browserHash, string(deviceID)).Scan(fields...); err != nil {
		return core.LoginView{}, failed("find login", noRows(err))
	}
	v.DeviceFound = v.Device.ID != ""
	if v.Device.UserID != v.Account.User.ID {
		v.Device = core.Device{}
	}
	return v, nil
}

// CompleteSignIn ends the attempt and opens the session. ErrStale where the
// account changed since the password was checked, or the attempt, replaced
// session or device ended meanwhile; ErrUsed where the code was used. Of two
// parallel calls for one attempt, code or time step exactly one succeeds.
func (s *Store) CompleteSignIn(ctx context.Context, c core.Completion) error {
	return s.runInTx(ctx, "complete sign-in", func(t *tx) error {
		if err := t.signIn(c); err != nil {
			return err
		}
		if err := t.proveFactor(c); err != nil {
			return err
		}
		if err := t.clearBuckets(c.Slots); err != nil {
			return err
		}
		if err := t.signedIn(c); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

// signIn checks that the account is still as it was when the password was
// checked, and locks it; every rule that counts the person's rows follows.
func (t *tx) signIn(c core.Completion) error {
	challenge := core.ID("")
	if c.ProvesEmail && c.Use != nil {
		challenge = c.Use.ChallengeID
	}
	strong := c.Use != nil && c.Use.Kind != core.KindEmail
	// The address proves itself only if the code went to it.
	return t.one(core.ErrStale, `UPDATE person SET last_sign_in_at = CASE WHEN $8 THEN $5 ELSE last_sign_in_at END,
			password_sealed = CASE WHEN CAST($6 AS TEXT) = '' THEN password_sealed ELSE $6 END,
			email_proved_at = CASE WHEN CAST($7 AS TEXT) <> '' AND email = (SELECT c.address FROM challenge c
				WHERE c.id = $7 AND c.user_id = $1 AND c.organization_id = $2) THEN $5 ELSE email_proved_at END,
			reset_at = CASE WHEN $9 THEN 0 ELSE reset_at END
		WHERE id = $1 AND organization_id = $2 AND password_version = $3 AND factor_set_version = $4
			AND status = 'active' AND user_type > 0`,
		string(c.UserID), string(c.OrganizationID), c.PasswordVersion, c.FactorSetVersion, stamp(c.At), c.Rehash, string(challenge),
		c.ReplacesSession == "", strong)
}

// proveFactor ends the attempt and uses up the code.
func (t *tx) proveFactor(c core.Completion) error {
	now, owner := stamp(c.At), core.ID("")
	if c.Attempt != nil {
		owner = c.Attempt.ID
		err := t.one(core.ErrStale, `UPDATE attempt SET ended_at = $4, end_reason = 'completed', version = version + 1
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0`,
			string(owner), string(c.UserID), string(c.OrganizationID), now)
		if err != nil {
			return err
		}
	}
	kind := core.FactorKind("")
	if c.Use != nil {
		kind = c.Use.Kind
		if err := t.use(*c.Use, c.OrganizationID, c.UserID, owner, now); err != nil {
			return err
		}
	}
	if c.ProvesEmail {
		if err := t.activateApps(c.OrganizationID, c.UserID, now); err != nil {
			return err
		}
	}
	if c.ResetGuards {
		return t.resetGuards(c.OrganizationID, c.UserID, kind)
	}
	return nil
}

// signedIn stores what a completed sign-in leaves: the session, the devices and
// the browser.
func (t *tx) signedIn(c core.Completion) error {
	now := stamp(c.At)
	c.Session.OrganizationID, c.Session.UserID = c.OrganizationID, c.UserID
	c.Browser.OrganizationID, c.Browser.UserID = c.OrganizationID, c.UserID
	if c.ReplacesSession != "" {
		if err := t.replaceSession(c.OrganizationID, c.UserID, c.ReplacesSession, now); err != nil {
			return err
		}
	}
	if err := t.openSession(c.Session, now); err != nil {
		return err
	}
	if err := t.preventMultiple(c, now); err != nil {
		return err
	}
	if c.EndDevices {
		if _, err := t.endDevices(c.OrganizationID, c.UserID, now); err != nil {
			return err
		}
		if err := t.changed(core.ChangeUser, c.UserID); err != nil {
			return err
		}
	}
	if c.NewDevice != nil {
		d := *c.NewDevice
		d.OrganizationID, d.UserID = c.OrganizationID, c.UserID
		if err := t.rememberDevice(d, now); err != nil {
			return err
		}
	}
	if c.DeviceUse != nil {
		if err := t.rotateDevice(c, now); err != nil {
			return err
		}
	}
	return t.knowBrowser(c.Browser)
}

// preventMultiple ends the person's other sessions where the organization wants
// one at a time. The person's row is locked, so of many sign-ins at once the
// last one stays.
func (t *tx) preventMultiple(c core.Completion, now int64) error {
	if c.EndsOthers == nil {
		return nil
	}
	n, err := t.endSessions(c.OrganizationID, c.UserID, c.Session.ID, core.EndElsewhere, now)
	if err != nil || n == 0 {
		return err
	}
	if err := t.changed(core.ChangeUser, c.UserID); err != nil {
		return err
	}
	return t.insertEvents([]core.Event{*c.EndsOthers})
}
