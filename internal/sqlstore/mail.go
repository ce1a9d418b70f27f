package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// MailSettings returns what pages say about mail.
func (s *Store) MailSettings(ctx context.Context) (core.MailSettings, error) {
	var m core.MailSettings
	q := s.reading(ctx)
	err := q.queryRow(`SELECT m.sender, m.reply_to, m.changed_at, m.version FROM mail_setting m`).Scan(&m.Sender, &m.ReplyTo, at(&m.ChangedAt), &m.Version)
	if err != nil {
		return m, failed("mail settings", noRows(err))
	}
	// 'first' comes before 'second' also in the order of the alphabet.
	rows, err := q.query(`SELECT s.id, s.host, s.port, s.implicit, s.login, s.password_sealed FROM mail_server s ORDER BY s.id`)
	m.Servers, err = collect(rows, err, func(r *sql.Rows) (x core.MailServer, err error) {
		return x, r.Scan(&x.Slot, &x.Host, &x.Port, &x.Implicit, &x.User, &x.PasswordSealed)
	})
	return m, failed("mail settings", err)
}

// SaveMail changes the settings and tells every replica; ErrStale where somebody
// else saved meanwhile, ErrNotFound where the organization is not the only one.
func (s *Store) SaveMail(ctx context.Context, c core.MailChange) error {
	return s.runInTx(ctx, "save mail settings", func(t *tx) error {
		// The setting is locked by its own update first; whoever adds an
		// organization after that meets settings that hold for both.
		err := t.one(core.ErrStale, `UPDATE mail_setting SET sender = $1, reply_to = $2, changed_at = $3, version = version + 1 WHERE version = $4`,
			c.Sender, c.ReplyTo, stamp(c.At), c.Version)
		if err != nil {
			return err
		}
		var only bool
		err = t.queryRow(onlyOrganization, string(c.OrganizationID)).Scan(&only)
		if err != nil {
			return err
		}
		if !only {
			return core.ErrNotFound
		}
		if err := t.storeMailServer(c); err != nil {
			return err
		}
		if err := t.changed(core.ChangeMail, ""); err != nil {
			return err
		}
		return t.record(c.Record)
	})
}

func (t *tx) storeMailServer(c core.MailChange) error {
	if c.Remove != "" {
		if err := t.one(core.ErrNotFound, `DELETE FROM mail_server WHERE id = $1`, string(c.Remove)); err != nil {
			return err
		}
	}
	x := c.Server
	switch {
	case x == nil:
		return nil
	case c.KeepPassword:
		return t.one(core.ErrNotFound, `UPDATE mail_server SET host = $2, port = $3, implicit = $4, login = $5 WHERE id = $1`,
			string(x.Slot), x.Host, int64(x.Port), x.Implicit, x.User)
	}
	return t.all(`INSERT INTO mail_server (id, host, port, implicit, login, password_sealed) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET host = $2, port = $3, implicit = $4, login = $5, password_sealed = $6`,
		string(x.Slot), x.Host, int64(x.Port), x.Implicit, x.User, x.PasswordSealed)
}

// OnlyOrganization reports whether an organization is there and no other.
func (s *Store) OnlyOrganization(ctx context.Context, organizationID core.ID) (bool, error) {
	var only bool
	err := s.reading(ctx).queryRow(onlyOrganization, string(organizationID)).Scan(&only)
	return only, failed("only organization", err)
}

const onlyOrganization = `SELECT count(*) = 1 AND min(o.id) = $1 FROM organization o`

const addMailMinute = `INSERT INTO mail_minute (id, server, minute, taken, refused, failed) VALUES ($1, $2, $3, $4, $5, $6)
	ON CONFLICT (id) DO UPDATE SET taken = mail_minute.taken + $4, refused = mail_minute.refused + $5, failed = mail_minute.failed + $6`

// NoteMail adds what a replica saw of mail servers.
func (s *Store) NoteMail(ctx context.Context, all []core.MailTally) error {
	return s.runInTx(ctx, "note mail", func(t *tx) error {
		for _, m := range all {
			if m.Taken+m.Refused+m.Failed > 0 {
				id := m.Server + " " + m.Minute.UTC().Format("200601021504")
				err := t.all(addMailMinute, id, m.Server, stamp(m.Minute.Truncate(time.Minute)), int64(m.Taken), int64(m.Refused), int64(m.Failed))
				if err != nil {
					return err
				}
			}
			if err := t.addMailHealth(m); err != nil {
				return err
			}
		}
		return nil
	})
}

// addMailHealth folds one tally into what is known of a server. The row is
// written, and with it locked, before it is read: replicas take turns.
func (t *tx) addMailHealth(m core.MailTally) error {
	err := t.all(`INSERT INTO mail_health (server, taken_at, failed_at, failing_since, strikes, reason, fault, probed_at)
		VALUES ($1, 0, 0, 0, 0, '', FALSE, 0) ON CONFLICT (server) DO UPDATE SET server = $1`, m.Server)
	if err != nil {
		return err
	}
	var h core.MailHealth
	if err := t.queryRow(`SELECT `+healthColumns+` FROM mail_health h WHERE h.server = $1`, m.Server).Scan(healthFields(&h)...); err != nil {
		return err
	}
	h = h.Add(m)
	return t.all(`UPDATE mail_health SET taken_at = $2, failed_at = $3, failing_since = $4, strikes = $5, reason = $6, fault = $7 WHERE server = $1`,
		m.Server, stamp(h.TakenAt), stamp(h.FailedAt), stamp(h.FailingSince), int64(h.Strikes), h.Reason, h.Fault)
}

const healthColumns = `h.server, h.taken_at, h.failed_at, h.failing_since, h.strikes, h.reason, h.fault, h.probed_at`

func healthFields(h *core.MailHealth) []any {
	return []any{&h.Server, at(&h.TakenAt), at(&h.FailedAt), at(&h.FailingSince), &h.Strikes, &h.Reason, &h.Fault, at(&h.ProbedAt)}
}

// MailHealth returns how each server that was ever tried is doing, with its sums
// since a moment.
func (s *Store) MailHealth(ctx context.Context, since time.Time) ([]core.MailHealth, error) {
	rows, err := s.reading(ctx).query(`SELECT `+healthColumns+`, COALESCE(sum(n.taken), 0), COALESCE(sum(n.refused), 0), COALESCE(sum(n.failed), 0)
		FROM mail_health h LEFT JOIN mail_minute n ON n.server = h.server AND n.minute >= $1
		GROUP BY `+healthColumns+` ORDER BY h.server`, stamp(since))
	all, err := collect(rows, err, func(r *sql.Rows) (h core.MailHealth, err error) {
		return h, r.Scan(append(healthFields(&h), &h.Taken, &h.Refused, &h.Failed)...)
	})
	return all, failed("mail health", err)
}

// ClaimMailProbe reports whether the caller is the one to look whether a failing
// server is back: nobody did, and no mail tried it, since a moment.
func (s *Store) ClaimMailProbe(ctx context.Context, server string, now, since time.Time) (bool, error) {
	won := false
	err := s.runInTx(ctx, "claim mail probe", func(t *tx) error {
		n, err := t.exec(`UPDATE mail_health SET probed_at = $2 WHERE server = $1 AND strikes > 0 AND probed_at < $3 AND failed_at < $3`,
			server, stamp(now), stamp(since))
		won = n == 1
		return err
	})
	return won, err
}

// SaveMailTrial stores the last test of a server.
func (s *Store) SaveMailTrial(ctx context.Context, m core.MailTrial, r core.Record) error {
	return s.runInTx(ctx, "save mail trial", func(t *tx) error {
		err := t.all(`INSERT INTO mail_trial (server, at, by_id, sent_to, reason, steps) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (server) DO UPDATE SET at = $2, by_id = $3, sent_to = $4, reason = $5, steps = $6`,
			m.Server, stamp(m.At), string(m.ByID), m.To, m.Reason, m.Steps)
		if err != nil {
			return err
		}
		return t.record(r)
	})
}

// MailTrials returns the last test of each server.
func (s *Store) MailTrials(ctx context.Context) ([]core.MailTrial, error) {
	rows, err := s.reading(ctx).query(`SELECT r.server, r.at, r.by_id, r.sent_to, r.reason, r.steps FROM mail_trial r ORDER BY r.server`)
	all, err := collect(rows, err, func(r *sql.Rows) (m core.MailTrial, err error) {
		return m, r.Scan(&m.Server, at(&m.At), &m.ByID, &m.To, &m.Reason, &m.Steps)
	})
	return all, failed("mail trials", err)
}

// RefusedMail returns the last mails of an organization that no server took, the
// newest first.
func (s *Store) RefusedMail(ctx context.Context, organizationID core.ID, limit int) ([]core.MailRefusal, error) {
	rows, err := s.reading(ctx).query(`SELECT m.tried_at, m.template, m.delivery, m.last_error, m.user_id,
			COALESCE(u.first_name, ''), COALESCE(u.last_name, ''), COALESCE(u.email, '')
		FROM outbox m LEFT JOIN person u ON u.id = m.user_id AND u.organization_id = m.organization_id
		WHERE m.organization_id = $1 AND m.delivery IN ('refused', 'expired') AND m.last_error <> ''
		ORDER BY m.tried_at DESC, m.id LIMIT $2`, string(organizationID), int64(limit))
	all, err := collect(rows, err, func(r *sql.Rows) (m core.MailRefusal, err error) {
		var u core.User
		err = r.Scan(at(&m.At), &m.Template, &m.Delivery, &m.Reason, &m.UserID, &u.FirstName, &u.LastName, &m.Email)
		m.Name = u.Name()
		return m, err
	})
	return all, failed("refused mail", err)
}
