package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
)

// rehearsalTurns is how many rehearsals are measured, after one that warms up.
const rehearsalTurns = 11

// plainScan reads what a rehearsal reads of the people, and nothing beside it.
const plainScan = `SELECT id, username, email, first_name, last_name, user_type, status, two_factor, email_proved_at, exempt_until,
	password_sealed <> '', previous_email, previous_email_until, password_due, reset_at FROM person WHERE organization_id = $1`

// mailWorks are the surroundings in which nobody is stuck for want of email.
type mailWorks struct{}

func (mailWorks) Circumstances(context.Context, time.Time) (core.Circumstances, error) {
	return core.Circumstances{MailWorks: true}, nil
}

// rehearsal measures how long it takes to tell what a requirement comes to for
// everybody, beside one scan of the same people.
func (s *suite) rehearsal(ctx context.Context, kind string) ([]row, error) {
	db, err := s.database(ctx, kind, people)
	if err != nil {
		return nil, err
	}
	c, err := config.Load(config.Sources{Flags: map[string]string{"data": db.data, "database": db.dsn}, Offline: true})
	if err != nil {
		return nil, err
	}
	b, err := app.OpenBase(ctx, c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	turns, err := rehearse(ctx, b, db)
	if err = errors.Join(err, b.Close()); err != nil {
		return nil, err
	}
	return []row{median(turns).row("rehearsal", kind, "ms", "ratio <= 3")}, nil
}

func rehearse(ctx context.Context, b *app.Base, db *database) ([]turn, error) {
	orgs, err := b.Store.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	plain, err := db.plain()
	if err != nil {
		return nil, err
	}
	defer plain.Close()
	is := orgs[0]
	proposed := is
	proposed.Policy.RequireTwoFactor, proposed.Policy.RequireFrom = true, b.Clock()
	rehearser := organization.NewRehearser(b.Store, mailWorks{}, b.Clock)
	var turns []turn
	for range 1 + rehearsalTurns {
		began := time.Now()
		r, err := rehearser.Rehearse(ctx, organization.Asking{Is: is, Proposed: proposed, Limit: 20})
		if err != nil {
			return nil, err
		}
		if r.People != people || r.Asked != people {
			return nil, fmt.Errorf("rehearsed %d people, %d asked, want %d", r.People, r.Asked, people)
		}
		took := time.Since(began)
		floor, err := scanPeople(ctx, plain, is.ID)
		if err != nil {
			return nil, err
		}
		turns = append(turns, turn{milliseconds(took), milliseconds(floor)})
	}
	return turns[1:], nil
}

// plain opens the database beside the store, whose drivers it shares.
func (db *database) plain() (*sql.DB, error) {
	if db.dsn != "" {
		return sql.Open("pgx", db.dsn)
	}
	return sql.Open("sqlite", "file:"+filepath.Join(db.data, "sallyport.db")+"?mode=ro")
}

// scanPeople reads everybody once into Go values.
func scanPeople(ctx context.Context, db *sql.DB, org core.ID) (time.Duration, error) {
	began := time.Now()
	rows, err := db.QueryContext(ctx, plainScan, string(org))
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var texts [9]string
	var numbers [5]int64
	var password bool
	n := 0
	for rows.Next() {
		err := rows.Scan(&texts[0], &texts[1], &texts[2], &texts[3], &texts[4], &numbers[0], &texts[5], &texts[6], &numbers[1], &numbers[2],
			&password, &texts[7], &numbers[3], &texts[8], &numbers[4])
		if err != nil {
			return 0, err
		}
		n++
	}
	if n != people {
		return 0, fmt.Errorf("scanned %d people, want %d", n, people)
	}
	return time.Since(began), rows.Err()
}
