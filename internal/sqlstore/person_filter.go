package sqlstore

import (
	"github.com/sallyport/sallyport/internal/core"
)

// conditionsOf turns a filter into conditions.
func (s *Store) conditionsOf(q reading, f core.PersonFilter) ([]condition, error) {
	all := textConditions(f)
	org := string(f.OrganizationID)
	// Sorted by name, the list is in the order of an index that begins with the
	// status, or the type. In any other order such an index would have to be
	// sorted as a whole; the detour keeps from it where there are many.
	byName := f.Sort == core.SortName || f.Sort == ""
	if f.Status != "" {
		c := condition{test: part(`u.status = @`, string(f.Status))}
		if !byName || f.Type != nil {
			c.test = part(`COALESCE(u.status, '') = @`, string(f.Status))
			c.source = part(`SELECT p.id AS user_id FROM person p WHERE p.organization_id = @ AND p.status = @`, org, string(f.Status))
		}
		all = append(all, c)
	}
	if f.Waiting {
		all = append(all, condition{
			test: part(`EXISTS (SELECT 1 FROM throttle t WHERE t.user_id = u.id AND t.user_id <> '' AND t.wait_until > @)`, stamp(f.Now)),
			source: part(`SELECT t.user_id FROM throttle t JOIN person p ON p.id = t.user_id
				WHERE t.user_id <> '' AND t.wait_until > @ AND p.organization_id = @`, stamp(f.Now), org),
		})
	}
	if f.Paused {
		all = append(all, condition{
			test:   part(`EXISTS (SELECT 1 FROM pause z WHERE z.user_id = u.id AND z.ended_at = 0 AND z.until_at > @)`, stamp(f.Now)),
			source: part(`SELECT z.user_id FROM pause z WHERE z.ended_at = 0 AND z.until_at > @ AND z.organization_id = @`, stamp(f.Now), org),
		})
	}
	if f.Type != nil {
		c := condition{test: part(`u.user_type = @`, int64(*f.Type))}
		if !byName && f.Sort != core.SortType {
			c.test = part(`COALESCE(u.user_type, 0) = @`, int64(*f.Type))
			c.source = part(`SELECT p.id AS user_id FROM person p WHERE p.organization_id = @ AND p.user_type = @`, org, int64(*f.Type))
		}
		all = append(all, c)
	}
	if f.Seen != "" {
		all = append(all, seenCondition(f))
	}
	if f.GroupID != "" {
		all = append(all, condition{
			test: part(`EXISTS (SELECT 1 FROM membership g WHERE g.user_id = u.id AND g.group_id = @ AND g.organization_id = @)`, clean(string(f.GroupID)), org),
			source: part(`SELECT g.user_id FROM membership g JOIN person_group pg ON pg.id = g.group_id
				WHERE g.group_id = @ AND pg.organization_id = @`, clean(string(f.GroupID)), org),
		})
	}
	if f.SecondStep != "" {
		c, err := stepCondition(q, f)
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

// seenCondition is about the last sign-in.
func seenCondition(f core.PersonFilter) condition {
	from, until := f.Seen.Between(f.Now)
	if f.Sort == core.SortSeen {
		c := part(`u.last_sign_in_at >= @`, stamp(from))
		if !until.IsZero() {
			c = part(`u.last_sign_in_at >= @ AND u.last_sign_in_at < @`, stamp(from), stamp(until))
		}
		return condition{test: c}
	}
	test, source := `COALESCE(u.last_sign_in_at, 0) >= @`, `SELECT p.id AS user_id FROM person p WHERE p.organization_id = @ AND p.last_sign_in_at >= @`
	args := []any{stamp(from)}
	if !until.IsZero() {
		test, source = test+` AND COALESCE(u.last_sign_in_at, 0) < @`, source+` AND p.last_sign_in_at < @`
		args = append(args, stamp(until))
	}
	return condition{test: part(test, args...), source: part(source, append([]any{string(f.OrganizationID)}, args...)...)}
}

// textConditions look for each word that was typed at the beginning of words, or
// else anywhere. Text without a letter or digit is found with nobody.
func textConditions(f core.PersonFilter) []condition {
	words, org := wordsOf(wordsPerSearch, f.Text), string(f.OrganizationID)
	if len(words) == 0 && f.Text != "" {
		return []condition{{test: part(`FALSE`)}}
	}
	var all []condition
	for _, word := range words {
		from, until := wordRange(word)
		all = append(all, condition{
			text:   true,
			test:   part(`u.search_key LIKE @`, "% "+word+"%"),
			source: part(`SELECT w.user_id, w.word AS place FROM person_word w WHERE w.organization_id = @ AND w.word >= @ AND w.word < @`, org, from, until),
			inside: part(`u.search_key LIKE @`, "%"+word+"%"),
			insideSource: part(`SELECT p.id AS user_id, p.search_key AS place FROM person p WHERE p.organization_id = @ AND p.search_key LIKE @`,
				org, "%"+word+"%"),
		})
	}
	return all
}

// The parts of what core.Account.SecondStep says, as conditions on u.
const (
	ownBox     = `u.two_factor = 'on'`
	hasApp     = `EXISTS (SELECT 1 FROM credential k WHERE k.user_id = u.id AND k.kind = 'app' AND k.state = 'active' AND k.used_at = 0)`
	hasWaiting = `EXISTS (SELECT 1 FROM credential k WHERE k.user_id = u.id AND k.kind = 'app' AND k.state = 'waiting' AND k.used_at = 0)`
	inExempt   = `u.user_type < 3 AND EXISTS (SELECT 1 FROM membership gm JOIN person_group pg ON pg.id = gm.group_id WHERE gm.user_id = u.id AND pg.exempt_until > @)`
)

// stepCondition is core.Account.SecondStep as a condition.
func stepCondition(q reading, f core.PersonFilter) (condition, error) {
	now, org := stamp(f.Now), string(f.OrganizationID)
	groups, err := countOf(q, new(statement).add(part(`SELECT count(*) FROM person_group pg WHERE pg.organization_id = @ AND pg.exempt_until > @`, org, now)))
	if err != nil {
		return condition{}, err
	}
	exempt := part(`u.exempt_until > @`, now)
	if groups > 0 { // usually there is none, and nobody's groups are looked at
		exempt = part(`(u.exempt_until > @ OR `+inExempt+`)`, now, now)
	}
	inForce := part(ownBox)
	if f.Required {
		inForce = fragment{`(` + ownBox + ` OR NOT ` + exempt.text + `)`, exempt.args}
	}
	and := func(text string) fragment { return fragment{inForce.text + text, inForce.args} }
	switch f.SecondStep {
	case core.SecondStepExempt:
		return condition{
			test: fragment{`NOT ` + ownBox + ` AND ` + exempt.text, exempt.args},
			source: part(`SELECT p.id AS user_id FROM person p WHERE p.organization_id = @ AND p.exempt_until > 0 AND p.exempt_until > @
				UNION ALL SELECT gm.user_id FROM person_group pg JOIN membership gm ON gm.group_id = pg.id
				WHERE pg.organization_id = @ AND pg.exempt_until > @`, org, now, org, now),
		}, nil
	case core.SecondStepOff:
		if f.Required {
			return condition{test: part(`FALSE`)}, nil
		}
		return condition{test: fragment{`NOT ` + ownBox + ` AND NOT ` + exempt.text, exempt.args}}, nil
	case core.SecondStepApp:
		return condition{
			test:   and(` AND ` + hasApp),
			source: part(`SELECT k.user_id FROM credential k WHERE k.organization_id = @ AND k.kind = 'app' AND k.state = 'active' AND k.used_at = 0`, org),
		}, nil
	case core.SecondStepPending:
		return condition{
			test: and(` AND NOT ` + hasApp + ` AND (u.email_proved_at = 0 OR ` + hasWaiting + `)`),
			source: part(`SELECT p.id AS user_id FROM person p WHERE p.organization_id = @ AND p.email_proved_at = 0
				UNION ALL SELECT k.user_id FROM credential k WHERE k.organization_id = @ AND k.kind = 'app' AND k.state = 'waiting' AND k.used_at = 0`, org, org),
		}, nil
	}
	return condition{test: and(` AND NOT ` + hasApp + ` AND u.email_proved_at > 0 AND NOT ` + hasWaiting)}, nil
}
