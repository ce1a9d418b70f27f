package sqlstore

import (
	"context"
	"database/sql"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// rollPage is how many people a rehearsal reads by one query: so many are in
// memory at once, however many an organization has.
const rollPage = 4000

// rollColumns are what the decisions of a sign-in look at, and how people are
// called.
const rollColumns = `u.id, u.username, u.email, u.first_name, u.last_name, u.user_type, u.status, u.two_factor, u.email_proved_at,
	u.exempt_until, u.password_sealed <> '', u.previous_email, u.previous_email_until, u.password_due, u.reset_at`

const rollPeople = `SELECT ` + rollColumns + ` FROM person u WHERE u.organization_id = $1 AND u.id > $2 ORDER BY u.id LIMIT $3`

// rollCredentials counts from indexes alone, without a look at the credentials.
const rollCredentials = `SELECT u.id, k.kind, k.state, count(*) FROM person u JOIN credential k ON k.user_id = u.id
	WHERE u.organization_id = $1 AND u.id >= $2 AND u.id <= $3 AND k.user_id >= $2 AND k.user_id <= $3 AND k.used_at = 0
	GROUP BY u.id, k.kind, k.state`

const rollGuards = `SELECT g.user_id, g.kind, g.failures, g.paused_until, g.blocked FROM guard g
	WHERE g.organization_id = $1 AND g.user_id >= $2 AND g.user_id <= $3`

const rollRefusals = `SELECT f.user_id, f.address FROM mail_refusal f
	WHERE f.organization_id = $1 AND f.user_id >= $2 AND f.user_id <= $3 AND f.refused_at > $4`

const rollGroups = `SELECT gm.user_id, pg.exempt_until FROM person_group pg JOIN membership gm ON gm.group_id = pg.id
	WHERE pg.organization_id = $1 AND pg.exempt_until > 0 AND gm.user_id >= $2 AND gm.user_id <= $3`

// passwordThere stands for a password that is not read.
const passwordThere = "there"

// roll is a page of people, kept for the next one.
type roll struct {
	people []core.Rehearsed
	at     map[core.ID]int
}

// CallRoll tells visit of each person of an organization, in the order of their
// ids, with what a rehearsal needs and nothing else of them. While visit works on
// a page the next one is read, so that two are in memory at once; no connection is
// held longer than for a page. What visit is told of is only its own until it
// returns.
func (s *Store) CallRoll(ctx context.Context, organizationID core.ID, now time.Time, visit func(core.Rehearsed) error) error {
	ctx, stop := context.WithCancel(ctx)
	pages, free := make(chan *roll), make(chan *roll, 2)
	free <- &roll{at: map[core.ID]int{}}
	free <- &roll{at: map[core.ID]int{}}
	var failure error // of reading, good once pages is closed
	go func() {
		defer close(pages)
		failure = s.readRoll(ctx, organizationID, now, pages, free)
	}()
	defer func() {
		stop()
		for range pages { // what was read for nobody
		}
	}()
	for page := range pages {
		for _, r := range page.people {
			if err := visit(r); err != nil {
				return err
			}
		}
		free <- page
	}
	return failure
}

// readRoll reads page after page, each into one that is free again.
func (s *Store) readRoll(ctx context.Context, organizationID core.ID, now time.Time, pages chan<- *roll, free <-chan *roll) error {
	for after, more := core.ID(""), true; more; {
		var page *roll
		select {
		case page = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		if err := page.read(s.reading(ctx), organizationID, after, now); err != nil {
			return failed("call the roll", err)
		}
		if more = len(page.people) == rollPage; more {
			after = page.people[rollPage-1].Account.User.ID
		}
		select {
		case pages <- page:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (p *roll) read(q reading, organizationID, after core.ID, now time.Time) error {
	p.people = p.people[:0]
	clear(p.at)
	rows, err := q.query(rollPeople, string(organizationID), string(after), int64(rollPage))
	err = each(rows, err, func(r *sql.Rows) error {
		p.people = append(p.people, core.Rehearsed{})
		u := &p.people[len(p.people)-1].Account.User
		var password bool
		u.OrganizationID = organizationID
		err := r.Scan(&u.ID, &u.Username, &u.Email, &u.FirstName, &u.LastName, &u.Type, &u.Status, &u.TwoFactor, at(&u.EmailProvedAt),
			at(&u.ExemptUntil), &password, &u.PreviousEmail, at(&u.PreviousEmailUntil), &u.PasswordDue, at(&u.ResetAt))
		if password {
			u.PasswordSealed = passwordThere
		}
		p.at[u.ID] = len(p.people) - 1
		return err
	})
	if err != nil || len(p.people) == 0 {
		return err
	}
	first, last := p.people[0].Account.User.ID, p.people[len(p.people)-1].Account.User.ID
	return p.add(q, now, string(organizationID), string(first), string(last))
}

// add reads what stands in other tables of the people of a page.
func (p *roll) add(q reading, now time.Time, within ...any) error {
	var id core.ID
	rows, err := q.query(rollCredentials, within...)
	err = each(rows, err, func(r *sql.Rows) error {
		var kind core.FactorKind
		var state core.CredentialState
		var n int
		err := r.Scan(&id, &kind, &state, &n)
		if i, there := p.at[id]; there && err == nil {
			p.people[i].Account.Holds(kind, state, n)
		}
		return err
	})
	if err != nil {
		return err
	}
	rows, err = q.query(rollGuards, within...)
	err = each(rows, err, func(r *sql.Rows) error {
		var kind core.FactorKind
		var g core.Guard
		err := r.Scan(&id, &kind, &g.Failures, at(&g.PausedUntil), &g.Blocked)
		if i, there := p.at[id]; there && err == nil {
			acc := &p.people[i].Account
			if acc.Guards == nil {
				acc.Guards = map[core.FactorKind]core.Guard{}
			}
			acc.Guards[kind] = g
		}
		return err
	})
	if err != nil {
		return err
	}
	rows, err = q.query(rollGroups, within...)
	err = each(rows, err, func(r *sql.Rows) error {
		var until time.Time
		err := r.Scan(&id, at(&until))
		if i, there := p.at[id]; there && until.After(p.people[i].Account.GroupExemptUntil) {
			p.people[i].Account.GroupExemptUntil = until
		}
		return err
	})
	if err != nil {
		return err
	}
	rows, err = q.query(rollRefusals, append(within, stamp(now.Add(-core.RefusalMemory)))...)
	return each(rows, err, func(r *sql.Rows) error {
		var address string
		err := r.Scan(&id, &address)
		if i, there := p.at[id]; there && err == nil {
			p.people[i].Refused = append(p.people[i].Refused, address)
		}
		return err
	})
}

// each calls one for every row and closes them.
func each(rows *sql.Rows, err error, one func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := one(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// noteRefusal keeps which addresses of a person the mail server refuses: one for
// which it takes a mail is good again.
func (t *tx) noteRefusal(m core.Message) error {
	switch {
	case m.Delivery == core.DeliverySent:
		return t.all(`DELETE FROM mail_refusal WHERE user_id = $1 AND address = $2 AND organization_id = $3`,
			string(m.UserID), m.To, string(m.OrganizationID))
	case m.AddressRefused():
		return t.all(`INSERT INTO mail_refusal (id, organization_id, user_id, address, refused_at)
			SELECT CAST($1 AS TEXT), u.organization_id, u.id, CAST($4 AS TEXT), CAST($5 AS BIGINT) FROM person u
				WHERE u.id = $2 AND u.organization_id = $3
			ON CONFLICT (user_id, address) DO UPDATE SET refused_at = $5`,
			string(t.store.newID()), string(m.UserID), string(m.OrganizationID), m.To, stamp(t.store.clock()))
	}
	return nil
}
