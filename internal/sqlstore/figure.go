package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// ClaimTally gives the next count to one caller: of many at once, the first.
func (s *Store) ClaimTally(ctx context.Context, now, next time.Time) (mine bool, err error) {
	err = s.runInTx(ctx, "claim tally", func(t *tx) error {
		n, err := t.exec(`UPDATE deployment SET tally_at = $2 WHERE id = 'one' AND tally_at <= $1`, stamp(now), stamp(next))
		mine = n == 1
		return err
	})
	return mine, err
}

// PeopleFigures counts who may sign in by how their second step stands, with the
// conditions of [Store.SearchPeople]: each figure has that list behind it.
func (s *Store) PeopleFigures(ctx context.Context, o core.Organization, now time.Time) (map[core.FigureName]int, error) {
	counted := map[core.FigureName]int{}
	for _, step := range core.SecondSteps() {
		f := core.PersonFilter{OrganizationID: o.ID, Status: core.Active, SecondStep: step, Required: o.Policy.Requires(now), Now: now}
		conditions, err := s.conditionsOf(s.reading(ctx), f)
		if err != nil {
			return nil, failed("people figures", err)
		}
		n, err := countOf(s.reading(ctx), new(statement).add(part(`SELECT count(*)`)).add(peopleFrom(f, start{}, conditions)...))
		if err != nil {
			return nil, failed("people figures", err)
		}
		counted[core.PeopleFigure(step)] = n
	}
	return counted, nil
}

// EventFigures counts what happened in an organization from one moment until
// before another: completed sign-ins by what came after the password, second
// steps that failed, and mail by what became of it.
func (s *Store) EventFigures(ctx context.Context, organizationID core.ID, from, until time.Time) (map[core.FigureName]int, error) {
	counted := map[core.FigureName]int{
		core.FigureSignInPassword: 0, core.FigureSignInDevice: 0, core.FigureSignInEmail: 0, core.FigureSignInApp: 0, core.FigureSignInRecovery: 0,
		core.FigureCodesWrong: 0, core.FigureMailSent: 0, core.FigureMailRefused: 0,
	}
	q, org := s.reading(ctx), string(organizationID)
	rows, err := q.query(`SELECT e.detail, count(*) FROM event e WHERE e.organization_id = $1 AND e.kind = $2 AND e.at >= $3 AND e.at < $4 GROUP BY e.detail`,
		org, core.EventSignInCompleted, stamp(from), stamp(until))
	type details struct {
		of map[string]string
		n  int
	}
	some, err := collect(rows, err, func(r *sql.Rows) (d details, err error) { return d, r.Scan((*detailScan)(&d.of), &d.n) })
	if err != nil {
		return nil, failed("sign-in figures", err)
	}
	for _, d := range some {
		counted[core.SignInFigure(d.of)] += d.n
	}
	var wrong, sent, refused int
	err = q.queryRow(`SELECT
		(SELECT count(*) FROM event e WHERE e.organization_id = $1 AND e.kind = $2 AND e.at >= $3 AND e.at < $4),
		(SELECT count(*) FROM outbox o WHERE o.organization_id = $1 AND o.tried_at >= $3 AND o.tried_at < $4 AND o.delivery = $5),
		(SELECT count(*) FROM outbox o WHERE o.organization_id = $1 AND o.tried_at >= $3 AND o.tried_at < $4 AND o.delivery = $6)`,
		org, core.EventCodeWrong, stamp(from), stamp(until), string(core.DeliverySent), string(core.DeliveryRefused)).Scan(&wrong, &sent, &refused)
	counted[core.FigureCodesWrong], counted[core.FigureMailSent], counted[core.FigureMailRefused] = wrong, sent, refused
	return counted, failed("event figures", err)
}

const insertFigure = `INSERT INTO daily_figure (organization_id, day, name, n) VALUES `

// SaveFigures stores figures over those of the same days.
func (s *Store) SaveFigures(ctx context.Context, figures []core.Figure) error {
	return s.runInTx(ctx, "save figures", func(t *tx) error {
		for _, f := range figures {
			if err := t.all(insertFigure+`($1, $2, $3, $4) ON CONFLICT (organization_id, day, name) DO UPDATE SET n = excluded.n`,
				string(f.OrganizationID), int64(f.Day), string(f.Name), int64(f.N)); err != nil {
				return err
			}
		}
		return nil
	})
}

// LastTally returns the newest day that has figures; false where none has.
func (s *Store) LastTally(ctx context.Context, organizationID core.ID) (core.Day, bool, error) {
	var day sql.NullInt64
	err := s.reading(ctx).queryRow(`SELECT max(day) FROM daily_figure WHERE organization_id = $1`, string(organizationID)).Scan(&day)
	return core.Day(day.Int64), day.Valid, failed("last tally", err)
}

// Figures returns those of a stretch of days, both ends included.
func (s *Store) Figures(ctx context.Context, organizationID core.ID, from, until core.Day) ([]core.Figure, error) {
	rows, err := s.reading(ctx).query(`SELECT f.organization_id, f.day, f.name, f.n FROM daily_figure f
		WHERE f.organization_id = $1 AND f.day >= $2 AND f.day <= $3 ORDER BY f.day, f.name`, string(organizationID), int64(from), int64(until))
	all, err := collect(rows, err, func(r *sql.Rows) (f core.Figure, err error) {
		return f, r.Scan(&f.OrganizationID, &f.Day, &f.Name, &f.N)
	})
	return all, failed("figures", err)
}
