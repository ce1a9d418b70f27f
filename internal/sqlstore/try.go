package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"math"

	"github.com/sallyport/sallyport/internal/core"
)

// never is a count no counter reaches.
const never = math.MaxInt32

// TakeTry counts one try on the attempt or enrolment, the challenge and the
// account's counter of the kind, each by a conditional update. ErrLimit where
// one is spent, paused (with Params["wait"]) or blocked; ErrStale where the
// attempt or panel ended otherwise. Then nothing is counted.
func (s *Store) TakeTry(ctx context.Context, y core.Try) (core.TryTaken, error) {
	var taken core.TryTaken
	err := s.runInTx(ctx, "take try", func(t *tx) (err error) {
		if taken.Left, err = t.countOwner(y); err != nil {
			return err
		}
		if y.ChallengeID != "" {
			left, err := t.countChallenge(y)
			if err != nil {
				return err
			}
			if y.AttemptID == "" {
				taken.Left = left
			}
		}
		taken.Guard, err = t.countGuard(y)
		return err
	})
	if err != nil {
		return core.TryTaken{}, err
	}
	return taken, nil
}

// countOwner counts the try on the attempt, or on the panel's own counter for
// the app being set up. A panel's emailed code counts on its challenge alone.
func (t *tx) countOwner(y core.Try) (left int, err error) {
	var tries int
	switch {
	case y.AttemptID != "":
		err = t.queryRow(`UPDATE attempt SET tries = tries + 1, active_at = CASE WHEN active_at < $4 THEN $4 ELSE active_at END
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND tries < $5 RETURNING tries`,
			string(y.AttemptID), string(y.UserID), string(y.OrganizationID), stamp(y.At), int64(core.AttemptTries)).Scan(&tries)
	case y.EnrolmentID != "" && y.ChallengeID == "":
		err = t.queryRow(`UPDATE enrolment SET app_tries = app_tries + 1
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND app_tries < $4 RETURNING app_tries`,
			string(y.EnrolmentID), string(y.UserID), string(y.OrganizationID), int64(core.AttemptTries)).Scan(&tries)
	default:
		return core.AttemptTries, nil
	}
	if errors.Is(err, sql.ErrNoRows) {
		return 0, t.whyOwner(y)
	}
	return core.AttemptTries - tries, err
}

// whyOwner says why an attempt or panel took no try.
func (t *tx) whyOwner(y core.Try) error {
	query, id := `SELECT ended_at, tries FROM attempt WHERE id = $1 AND user_id = $2 AND organization_id = $3`, y.AttemptID
	if id == "" {
		query, id = `SELECT ended_at, app_tries FROM enrolment WHERE id = $1 AND user_id = $2 AND organization_id = $3`, y.EnrolmentID
	}
	var ended, tries int64
	if err := t.queryRow(query, string(id), string(y.UserID), string(y.OrganizationID)).Scan(&ended, &tries); err != nil {
		return noRows(err)
	}
	if tries >= core.AttemptTries {
		return core.ErrLimit
	}
	return core.ErrStale
}

func (t *tx) countChallenge(y core.Try) (left int, err error) {
	owner, tries := y.AttemptID, 0
	if owner == "" {
		owner = y.EnrolmentID
	}
	err = t.queryRow(`UPDATE challenge SET tries = tries + 1
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND owner_id = $4 AND used_at = 0 AND tries < $5 RETURNING tries`,
		string(y.ChallengeID), string(y.UserID), string(y.OrganizationID), string(owner), int64(core.CodeTries)).Scan(&tries)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, core.ErrLimit
	}
	return core.CodeTries - tries, err
}

// countGuard counts the try on the account (TO4, RC4) with the arithmetic of
// core.Guard.After, done by the statement so that parallel tries all count.
func (t *tx) countGuard(y core.Try) (g core.Guard, err error) {
	first := core.Guard{}.After(y.Rule, y.At)
	every, block := limits(y.Rule)
	err = t.queryRow(`INSERT INTO guard (user_id, kind, organization_id, failures, paused_until, blocked) VALUES ($1, $2, $3, 1, $4, $5)
		ON CONFLICT (user_id, kind) DO UPDATE SET failures = guard.failures + 1,
			paused_until = CASE WHEN (guard.failures + 1) % $6 = 0 THEN $7 ELSE guard.paused_until END,
			blocked = guard.failures + 1 >= $8
		WHERE NOT guard.blocked AND (guard.paused_until <= $9 OR NOT $10) AND guard.organization_id = $3
		RETURNING failures, paused_until, blocked`,
		string(y.UserID), string(y.Kind), string(y.OrganizationID), stamp(first.PausedUntil), first.Blocked,
		every, stamp(y.At.Add(y.Rule.Pause)), block, stamp(y.At), y.PauseHolds).Scan(&g.Failures, at(&g.PausedUntil), &g.Blocked)
	if !errors.Is(err, sql.ErrNoRows) {
		return g, err
	}
	err = t.queryRow(`SELECT failures, paused_until, blocked FROM guard WHERE user_id = $1 AND kind = $2 AND organization_id = $3`,
		string(y.UserID), string(y.Kind), string(y.OrganizationID)).Scan(&g.Failures, at(&g.PausedUntil), &g.Blocked)
	if err != nil {
		return g, noRows(err)
	}
	if g.Blocked {
		return g, core.ErrLimit.With("blocked", true)
	}
	return g, core.ErrLimit.With("wait", g.PausedUntil.Sub(y.At))
}

// limits are the numbers of a rule, with one that is never reached for none.
func limits(r core.GuardRule) (every, block int64) {
	every, block = int64(r.PauseEvery), int64(r.BlockAt)
	if every <= 0 {
		every = never
	}
	if block <= 0 {
		block = never
	}
	return every, block
}

// SettleTry ends a try. Freed (an error, or no guess at all) gives it back
// everywhere; Right gives back the account's count, which a completed step
// would reset; Wrong keeps all and, where it was the last one, ends the attempt
// or panel and voids its code. The record is written in each case.
func (s *Store) SettleTry(ctx context.Context, y core.Try, o core.Outcome, r core.Record) error {
	return s.runInTx(ctx, "settle try", func(t *tx) error {
		if o == core.OutcomeFreed {
			if err := t.giveBack(y); err != nil {
				return err
			}
		}
		if o == core.OutcomeWrong {
			if err := t.endSpent(y); err != nil {
				return err
			}
		} else if err := t.giveBackGuard(y); err != nil {
			return err
		}
		return t.record(r)
	})
}

func (t *tx) giveBack(y core.Try) error {
	user, org := string(y.UserID), string(y.OrganizationID)
	if y.AttemptID != "" {
		err := t.all(`UPDATE attempt SET tries = tries - 1 WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND tries > 0`,
			string(y.AttemptID), user, org)
		if err != nil {
			return err
		}
	} else if y.ChallengeID == "" {
		err := t.all(`UPDATE enrolment SET app_tries = app_tries - 1
			WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND app_tries > 0`, string(y.EnrolmentID), user, org)
		if err != nil {
			return err
		}
	}
	if y.ChallengeID == "" {
		return nil
	}
	return t.all(`UPDATE challenge SET tries = tries - 1 WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND used_at = 0 AND tries > 0`,
		string(y.ChallengeID), user, org)
}

// giveBackGuard takes one off the account's count, and the pause or block that
// this count began.
func (t *tx) giveBackGuard(y core.Try) error {
	every, block := limits(y.Rule)
	return t.all(`UPDATE guard SET failures = failures - 1,
			paused_until = CASE WHEN failures % $4 = 0 THEN 0 ELSE paused_until END,
			blocked = (blocked AND failures > $5)
		WHERE user_id = $1 AND kind = $2 AND organization_id = $3 AND failures > 0`,
		string(y.UserID), string(y.Kind), string(y.OrganizationID), every, block)
}

// endSpent ends an attempt or panel whose tries are used up.
func (t *tx) endSpent(y core.Try) error {
	user, org, now := string(y.UserID), string(y.OrganizationID), stamp(y.At)
	if y.AttemptID == "" {
		if y.ChallengeID != "" {
			return nil
		}
		return t.all(endEnrolment+` WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND app_tries >= $5`,
			string(y.EnrolmentID), user, org, now, int64(core.AttemptTries))
	}
	n, err := t.exec(`UPDATE attempt SET ended_at = $4, end_reason = 'tries', version = version + 1
		WHERE id = $1 AND user_id = $2 AND organization_id = $3 AND ended_at = 0 AND tries >= $5`,
		string(y.AttemptID), user, org, now, int64(core.AttemptTries))
	if err != nil || n == 0 {
		return err
	}
	return t.all(`UPDATE challenge SET tries = $4 WHERE owner_id = $1 AND user_id = $2 AND organization_id = $3 AND used_at = 0`,
		string(y.AttemptID), user, org, int64(core.CodeTries))
}
