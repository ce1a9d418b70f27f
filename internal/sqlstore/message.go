package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const messageColumns = `m.id, m.organization_id, m.user_id, m.template, m.subject_id, m.issue, m.not_before, m.expires_at, m.attempts,
	m.delivery, m.last_error, m.created_at, m.sent_at, m.recipient`

const insertMessage = `INSERT INTO outbox (id, organization_id, user_id, template, subject_id, issue, not_before, expires_at, attempts,
	delivery, last_error, created_at, sent_at, tried_at, lease_owner, lease_until, recipient, patient) VALUES `

// noEnd is the end of a message that has none.
const noEnd = 1 << 62

func (t *tx) insertMessages(messages []core.Message) error {
	t.mail = t.mail || len(messages) > 0
	return insertMany(t, insertMessage, 18, messages, func(m core.Message) []any {
		if m.Delivery == "" {
			m.Delivery = core.DeliveryQueued
		}
		expires := stamp(m.ExpiresAt)
		if expires == 0 {
			expires = noEnd
		}
		return []any{
			string(m.ID), string(m.OrganizationID), string(m.UserID), string(m.Template), string(m.SubjectID), m.Issue,
			stamp(m.NotBefore), expires, int64(m.Attempts), string(m.Delivery), m.LastError, stamp(m.CreatedAt), stamp(m.SentAt),
			int64(0), "", int64(0), string(m.Recipient), m.Patient || m.Template.Patient(),
		}
	})
}

func scanMessage(row interface{ Scan(...any) error }) (m core.Message, err error) {
	var expires int64
	err = row.Scan(&m.ID, &m.OrganizationID, &m.UserID, &m.Template, &m.SubjectID, &m.Issue, at(&m.NotBefore), &expires, &m.Attempts,
		&m.Delivery, &m.LastError, at(&m.CreatedAt), at(&m.SentAt), &m.Recipient)
	if expires != noEnd {
		m.ExpiresAt = moment(expires)
	}
	return m, err
}

// dueMail finds what is due, in the order of outbox_due: mails that are patient
// come after all others.
const dueMail = `SELECT id, patient FROM outbox WHERE delivery = 'queued' AND not_before <= $1 AND lease_until <= $1
	ORDER BY patient, not_before, id LIMIT $2`

// patientAtOnce is how many patient mails are on their way at once: a code that
// comes meanwhile finds a sender free.
const patientAtOnce = 2

// dueMessage is a message that may be leased.
type dueMessage struct {
	id      core.ID
	patient bool
}

// LeaseMail takes up to n messages that are due, for this owner until the given
// time, each by a conditional update, and joins the facts to fill them.
// Messages past their end are marked expired instead. Attempts is left to
// [Store.SettleMail]. Of patient mails no more than two are on their way.
func (s *Store) LeaseMail(ctx context.Context, owner string, now, until time.Time, n int) ([]core.MailJob, error) {
	if some, err := due(s.reading(ctx), now, n); err != nil || len(some) == 0 {
		return nil, failed("lease mail", err) // an idle queue costs no write
	}
	var jobs []core.MailJob
	err := s.runInTx(ctx, "lease mail", func(t *tx) error {
		jobs = nil
		err := t.all(`UPDATE outbox SET delivery = 'expired' WHERE delivery = 'queued' AND expires_at <= $1 AND lease_until <= $1`, stamp(now))
		if err != nil {
			return err
		}
		some, err := due(t, now, n)
		if err != nil {
			return err
		}
		room, err := t.roomForPatient(some, now)
		if err != nil {
			return err
		}
		for _, d := range some {
			if d.patient && room <= 0 {
				break // they are the last
			}
			took, err := t.exec(`UPDATE outbox SET lease_owner = $2, lease_until = $4
				WHERE id = $1 AND delivery = 'queued' AND not_before <= $3 AND lease_until <= $3`, string(d.id), owner, stamp(now), stamp(until))
			if err != nil {
				return err
			}
			if took == 0 {
				continue
			}
			if d.patient {
				room--
			}
			job, err := t.mailJob(d.id)
			if err != nil {
				return err
			}
			jobs = append(jobs, job)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return jobs, nil
}

func due(q querier, now time.Time, n int) ([]dueMessage, error) {
	rows, err := q.query(dueMail, stamp(now), int64(n))
	return collect(rows, err, func(r *sql.Rows) (d dueMessage, err error) { return d, r.Scan(&d.id, &d.patient) })
}

// roomForPatient is how many more patient mails may be on their way.
func (t *tx) roomForPatient(some []dueMessage, now time.Time) (int, error) {
	if len(some) == 0 || !some[len(some)-1].patient {
		return 0, nil
	}
	var going int
	err := t.queryRow(`SELECT count(*) FROM outbox WHERE delivery = 'queued' AND patient AND lease_until > $1`, stamp(now)).Scan(&going)
	return patientAtOnce - going, err
}

// askedFrom returns where a code was asked for: the browser of the attempt, or
// of the session whose panel it belongs to.
func (t *tx) askedFrom(c core.Challenge) (o core.Origin, err error) {
	err = t.queryRow(`SELECT network, device FROM attempt WHERE id = $1 AND organization_id = $2
		UNION ALL SELECT s.network, s.device FROM enrolment e JOIN session s ON s.id = e.session_id
			WHERE e.id = $1 AND e.organization_id = $2
		UNION ALL SELECT s.network, s.device FROM address_change a JOIN session s ON s.id = a.session_id
			WHERE a.id = $1 AND a.organization_id = $2 LIMIT 1`, string(c.OwnerID), string(c.OrganizationID)).Scan(&o.Network, &o.Device)
	return o, err
}

// mailJob gathers what a message needs. A fact that is gone (the event was
// swept, the person removed) is left zero.
func (t *tx) mailJob(id core.ID) (core.MailJob, error) {
	m, err := scanMessage(t.queryRow(`SELECT `+messageColumns+` FROM outbox m WHERE m.id = $1`, string(id)))
	if err != nil {
		return core.MailJob{}, err
	}
	job := core.MailJob{Message: m}
	acc, org, err := person(t, `u.id = $1 AND u.organization_id = $2`, string(m.UserID), string(m.OrganizationID))
	switch {
	case errors.Is(err, core.ErrNotFound):
		job.Organization, err = t.organization(m.OrganizationID)
		if err != nil {
			return job, err
		}
	case err != nil:
		return job, err
	}
	if acc.User.ID != "" {
		job.User, job.Organization, job.RecoveryLeft, job.ExemptUntil = acc.User, org, acc.RecoveryCodes, acc.ExemptUntil()
	}
	if job.Before, err = t.addressBefore(m); err != nil {
		return job, err
	}
	if m.SubjectID == "" {
		return job, nil
	}
	switch {
	case m.Template == core.MailCode:
		err = t.queryRow(`SELECT `+challengeColumns+` FROM challenge c LEFT JOIN outbox m ON m.id = c.message_id
			WHERE c.id = $1 AND c.organization_id = $2`, string(m.SubjectID), string(m.OrganizationID)).Scan(challengeFields(&job.Challenge)...)
		if err == nil {
			job.Event.Origin, err = t.askedFrom(job.Challenge)
		}
	case m.Template.CarriesLink():
		if job.Link, err = t.link(m.OrganizationID, m.SubjectID); err != nil {
			break
		}
		fallthrough
	default:
		job.Event, err = scanEvent(t.queryRow(`SELECT `+eventColumns+` FROM event e WHERE e.id = $1 AND e.organization_id = $2`,
			string(m.SubjectID), string(m.OrganizationID)))
	}
	if errors.Is(noRows(err), core.ErrNotFound) {
		err = nil
	}
	return job, err
}

// organization reads one; zero where there is none.
func (t *tx) organization(id core.ID) (o core.Organization, err error) {
	err = t.queryRow(`SELECT `+organizationColumns+` FROM organization o WHERE o.id = $1`, string(id)).Scan(organizationFields(&o)...)
	if errors.Is(err, sql.ErrNoRows) {
		return core.Organization{}, nil
	}
	return o, err
}

// SettleMail stores the outcome of a leased message as given: sent, refused,
// expired, or queued again, with NotBefore, Attempts, LastError and SentAt.
// ErrStale where the lease went to another owner.
func (s *Store) SettleMail(ctx context.Context, m core.Message, owner string) error {
	return s.runInTx(ctx, "settle mail", func(t *tx) error {
		err := t.one(core.ErrStale, `UPDATE outbox SET delivery = $3, not_before = $4, attempts = $5, last_error = $6, sent_at = $7,
			tried_at = $8, lease_owner = '', lease_until = 0 WHERE id = $1 AND lease_owner = $2 AND delivery = 'queued'`,
			string(m.ID), owner, string(m.Delivery), stamp(m.NotBefore), int64(m.Attempts), m.LastError, stamp(m.SentAt), stamp(s.clock()))
		if err != nil || m.To == "" || m.Recipient != core.ToLogin || m.UserID == "" {
			return err
		}
		return t.noteRefusal(m)
	})
}

// mailTries is how many failed tries in a row mean that mail is down.
const mailTries = 2

// MailWorks reports whether mail is being handed over: false once the newest
// messages to login addresses tried since then, two tries at least, all failed;
// what goes beside them says more of that address than of our mail. So does an
// address that was refused for good: people with dead mailboxes must not take
// email away from everybody else.
func (s *Store) MailWorks(ctx context.Context, since time.Time) (bool, error) {
	rows, err := s.reading(ctx).query(`SELECT delivery, attempts, last_error FROM outbox WHERE tried_at > 0 AND tried_at >= $1 AND recipient = '' AND delivery <> 'refused'
		ORDER BY tried_at DESC LIMIT 3`, stamp(since))
	works, tries := false, 0
	_, err = collect(rows, err, func(r *sql.Rows) (none struct{}, err error) {
		var delivery core.Delivery
		var attempts int
		var last string
		err = r.Scan(&delivery, &attempts, &last)
		works = works || delivery == core.DeliverySent || last == ""
		tries += max(attempts, 1)
		return none, err
	})
	return works || tries < mailTries, failed("mail works", err)
}
