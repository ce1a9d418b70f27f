package sqlstore

import (
	"context"
	"database/sql"

	"github.com/sallyport/sallyport/internal/core"
)

// GatherBulk writes down people of a job that is gathered, and how far that is;
// with the last of them the job waits for its review. ErrStale where the job is
// another owner's, or not as far as it was read: then nothing is written.
func (s *Store) GatherBulk(ctx context.Context, g core.BulkGatheringStep) error {
	return s.runInTx(ctx, "gather bulk", func(t *tx) error {
		to := core.BulkGathering
		if g.Last {
			to = core.BulkReview
		}
		err := t.one(core.ErrStale, `UPDATE bulk_job SET after_id = $4, state = $5
			WHERE id = $1 AND organization_id = $2 AND after_id = $3 AND state = 'gathering' AND lease_owner = $6`,
			string(g.JobID), string(g.OrganizationID), string(g.From), string(g.After), string(to), g.Owner)
		if err != nil {
			return err
		}
		return insertMany(t, `INSERT INTO bulk_item (job_id, user_id, organization_id, name, email, outcome, reason, at) VALUES `, 8, g.Items,
			func(i core.BulkItem) []any {
				return []any{
					string(g.JobID), string(i.UserID), string(g.OrganizationID), clean(i.Name), clean(i.Email), string(i.Outcome), i.Reason, stamp(i.At),
				}
			})
	})
}

// BulkItems returns people of a job, by their ids.
func (s *Store) BulkItems(ctx context.Context, f core.BulkItemFilter) ([]core.BulkItem, error) {
	st := new(statement).add(part(`SELECT i.user_id, i.name, i.email, i.outcome, i.reason, i.at FROM bulk_item i
		WHERE i.job_id = @ AND i.organization_id = @ AND i.user_id > @`, clean(string(f.JobID)), string(f.OrganizationID), string(f.After)))
	if !f.Any {
		st.add(part(` AND i.outcome = @`, string(f.Outcome)))
	}
	if f.Reason != "" {
		st.add(part(` AND i.reason = @`, f.Reason))
	}
	st.add(part(` ORDER BY i.user_id LIMIT @`, int64(f.Limit)))
	rows, err := s.reading(ctx).query(st.text.String(), st.args...)
	all, err := collect(rows, err, func(r *sql.Rows) (i core.BulkItem, err error) {
		return i, r.Scan(&i.UserID, &i.Name, &i.Email, &i.Outcome, &i.Reason, at(&i.At))
	})
	return all, failed("bulk items", err)
}

// BulkReasons counts the people of a job that are skipped, by the reason, the
// most frequent first.
func (s *Store) BulkReasons(ctx context.Context, organizationID, id core.ID) ([]core.BulkReason, error) {
	rows, err := s.reading(ctx).query(`SELECT i.reason, count(*) FROM bulk_item i WHERE i.job_id = $1 AND i.organization_id = $2
		AND i.outcome = 'skipped' GROUP BY i.reason ORDER BY 2 DESC, 1`, string(id), string(organizationID))
	all, err := collect(rows, err, func(r *sql.Rows) (b core.BulkReason, err error) { return b, r.Scan(&b.Reason, &b.People) })
	return all, failed("bulk reasons", err)
}

// SettleBulk stores what became of people of a job for whom nothing was changed;
// who has an outcome keeps it.
func (s *Store) SettleBulk(ctx context.Context, organizationID, id core.ID, items []core.BulkItem) error {
	return s.runInTx(ctx, "settle bulk", func(t *tx) error {
		for _, i := range items {
			err := t.all(`UPDATE bulk_item SET outcome = $4, reason = $5, at = $6
				WHERE job_id = $1 AND user_id = $2 AND organization_id = $3 AND outcome = ''`,
				string(id), string(i.UserID), string(organizationID), string(i.Outcome), i.Reason, stamp(i.At))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// settleBulk settles the people of bulk jobs that a record is about, in the
// transaction that does it: ErrBulkSettled, and nothing is done, where one is
// settled already, or the job does not run. Its mails wait for all others. That
// each of many was helped the other administrators learn by one mail.
func (t *tx) settleBulk(r core.Record) (core.Record, error) {
	settled := map[core.ID]bool{}
	for _, e := range r.Events {
		if e.Origin.Bulk == "" || e.Result != "ok" || e.SubjectID == "" || settled[e.SubjectID] {
			continue
		}
		settled[e.SubjectID] = true
		err := t.one(core.ErrBulkSettled, `UPDATE bulk_item SET outcome = 'done', at = $4
			WHERE job_id = $1 AND user_id = $2 AND organization_id = $3 AND outcome = ''
				AND EXISTS (SELECT 1 FROM bulk_job j WHERE j.id = $1 AND j.organization_id = $3 AND j.state = 'running')`,
			string(e.Origin.Bulk), string(e.SubjectID), string(e.OrganizationID), stamp(e.At))
		if err != nil {
			return r, err
		}
	}
	if len(settled) == 0 {
		return r, nil
	}
	var messages []core.Message
	for _, m := range r.Messages {
		if m.Recipient == core.ToAdministrators {
			continue
		}
		m.Patient = true
		if !m.Template.CarriesLink() {
			m.ExpiresAt = m.CreatedAt.Add(core.BulkMailLife)
		}
		messages = append(messages, m)
	}
	r.Messages = messages
	return r, nil
}
