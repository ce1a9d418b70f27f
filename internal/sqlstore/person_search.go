package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// fragment is a piece of a query; each @ in its text stands for one argument.
type fragment struct {
	text string
	args []any
}

func part(text string, args ...any) fragment { return fragment{text, args} }

// statement is a query put together from fragments. Only how many there are
// depends on data, never a word of their texts.
type statement struct {
	text strings.Builder
	args []any
}

func (q *statement) add(pieces ...fragment) *statement {
	for _, f := range pieces {
		n := 0
		for i, text := range strings.Split(f.text, "@") {
			if i > 0 {
				q.args = append(q.args, f.args[n])
				n++
				q.text.WriteString(in(len(q.args), 1))
			}
			q.text.WriteString(text)
		}
	}
	return q
}

// condition is one thing that a list of people is filtered by.
type condition struct {
	test fragment // on u
	// source finds the ids of those that meet it in an index of its own, as
	// user_id; empty where there is none, or where the list in its order is one. Of
	// a text it finds them as place, in their order, too.
	source fragment
	text   bool
	// inside and insideSource look for the same inside of words.
	inside, insideSource fragment
}

// How many people a source may find to be what a search begins with: fewMatches
// are sorted in no time, someMatches are looked at one by one where going through
// the list in its order could take longer.
const (
	fewMatches  = 300
	someMatches = 600
	manyMatches = 2000 // of several words, the one that fewer people have
)

// start is where a search begins: with the list in its order, or with a source.
type start struct {
	source fragment
	counts int  // up to how many matches are counted
	capped bool // only so many of them are listed
}

// SearchPeople returns a page of an organization's people. ErrNotFound where the
// person that the page follows is none of the organization's.
func (s *Store) SearchPeople(ctx context.Context, f core.PersonFilter) (core.People, error) {
	var page core.People
	found, err := s.searchPeople(ctx, f, &page)
	if err != nil {
		return core.People{}, failed("search people", err)
	}
	page.People, err = s.AccountsByID(ctx, f.OrganizationID, found)
	return page, err
}

// searchPeople finds the ids of a page, and how many match.
func (s *Store) searchPeople(ctx context.Context, f core.PersonFilter, page *core.People) ([]core.ID, error) {
	q := s.reading(ctx)
	conditions, err := s.conditionsOf(q, f)
	if err != nil {
		return nil, err
	}
	conditions, from, err := begin(q, conditions)
	if err != nil {
		return nil, err
	}
	order := sortOf(f.Sort)
	mark, err := order.mark(q, f)
	if err != nil {
		return nil, err
	}
	limit := f.Limit + 1
	if mark == nil && len(conditions) > 0 { // what is counted and what is shown begin alike
		limit = max(limit, from.counts+1)
	}
	found, err := foundBy(q, peopleQuery(f, from, conditions, order, mark, limit))
	if err != nil {
		return nil, err
	}
	ids := found.ids
	if len(conditions) > 0 {
		page.Matches = len(ids)
		if mark != nil {
			if page.Matches, err = countOf(q, matchesQuery(f, from, conditions)); err != nil {
				return nil, err
			}
		}
		page.Closest = found.cut
		page.Uncounted = found.cut || page.Matches > from.counts
		page.Matches = min(page.Matches, from.counts)
	}
	more := len(ids) > f.Limit
	ids = ids[:min(len(ids), f.Limit)]
	if f.Before == "" {
		page.Earlier, page.Later = f.After != "", more
	} else {
		slices.Reverse(ids)
		page.Earlier, page.Later = more, true
	}
	return ids, nil
}

// found is what a query of ids found; cut where its source was cut off.
type found struct {
	ids []core.ID
	cut bool
}

func foundBy(q reading, st *statement) (f found, err error) {
	rows, err := q.query(st.text.String(), st.args...)
	f.ids, err = collect(rows, err, func(r *sql.Rows) (id core.ID, err error) {
		var n int
		err = r.Scan(&id, &n)
		f.cut = f.cut || n >= core.MatchesListed
		return id, err
	})
	return f, err
}

func countOf(q reading, st *statement) (n int, err error) {
	return n, q.queryRow(st.text.String(), st.args...).Scan(&n)
}

// begin decides where a search begins, and how its words are looked for: with the
// source that finds the fewest, if that are few. A text that finds more begins
// with its closest words and lists no more of them; other conditions that each
// find many are looked for in the list. Where no word begins with one that was
// typed, all are looked for inside of words.
func begin(q reading, conditions []condition) ([]condition, start, error) {
	sources, counts, err := countSources(q, conditions, fewMatches)
	if err != nil {
		return nil, start{}, err
	}
	missing := false
	for i, c := range sources {
		missing = missing || c.text && counts[i] == 0
	}
	text := words(conditions)
	if missing {
		for i, c := range conditions {
			if c.text {
				conditions[i].test = c.inside
			}
		}
		return conditions, start{source: text[0].insideSource, counts: core.MatchesListed, capped: true}, nil
	}
	source, n := fewest(sources, counts, fewMatches)
	switch {
	case n <= fewMatches:
		return conditions, start{source: source, counts: fewMatches}, nil
	case len(text) == 1:
		return conditions, start{source: text[0].source, counts: core.MatchesListed, capped: true}, nil
	case len(text) > 1:
		_, counts, err := countSources(q, text, manyMatches)
		if source, _ = fewest(text, counts, manyMatches); source.text == "" {
			source = text[0].source
		}
		return conditions, start{source: source, counts: core.MatchesListed, capped: true}, err
	}
	if len(sources) > 0 {
		sources, counts, err = countSources(q, sources, someMatches)
		source, _ = fewest(sources, counts, someMatches)
	}
	return conditions, start{source: source, counts: core.MatchesCounted}, err
}

// countSources counts what each source finds, so many at most, in one query.
func countSources(q reading, conditions []condition, most int) (sources []condition, counts []int, err error) {
	for _, c := range conditions {
		if c.source.text != "" {
			sources = append(sources, c)
		}
	}
	if len(sources) == 0 {
		return nil, nil, nil
	}
	counts = make([]int, len(sources))
	into := make([]any, len(sources))
	for i := range counts {
		into[i] = &counts[i]
	}
	st := sourcesQuery(sources, most)
	return sources, counts, q.queryRow(st.text.String(), st.args...).Scan(into...)
}

func sourcesQuery(sources []condition, most int) *statement {
	st := new(statement)
	for i, c := range sources {
		before := `, (SELECT count(*) FROM (`
		if i == 0 {
			before = `SELECT (SELECT count(*) FROM (`
		}
		st.add(part(before), c.source, part(` LIMIT @) x)`, int64(most+1)))
	}
	return st
}

// fewest returns the source that finds the fewest people, and how many; none, and
// one more than most, where each finds more.
func fewest(sources []condition, counts []int, most int) (source fragment, n int) {
	n = most + 1
	for i, c := range sources {
		if counts[i] < n {
			source, n = c.source, counts[i]
		}
	}
	return source, n
}

// words are the conditions that are words which were typed.
func words(conditions []condition) []condition {
	var all []condition
	for _, c := range conditions {
		if c.text && c.source.text != "" {
			all = append(all, c)
		}
	}
	return all
}

// The bounds stand in the texts as numbers: a server that plans once for all
// parameters then knows that few rows come, and takes them by their keys. They are
// core.MatchesListed and someMatches, which no source here goes beyond.

// peopleFrom is where a query finds its people: in the list, or first in a
// source, so that the list is not gone through.
func peopleFrom(f core.PersonFilter, from start, conditions []condition) []fragment {
	org := string(f.OrganizationID)
	var tests []fragment
	for _, c := range conditions {
		tests = append(tests, part(` AND `), c.test)
	}
	switch {
	case from.source.text == "":
		return append([]fragment{part(` FROM person u WHERE u.organization_id = @`, org)}, tests...)
	case from.capped && len(conditions) == 1: // the source is all there is to ask
		return []fragment{
			part(` FROM (SELECT DISTINCT u.id, u.name_key, u.email_key, u.user_type, u.last_sign_in_at, m.n FROM (
				SELECT w.user_id, count(*) OVER () AS n FROM (`), from.source, part(` ORDER BY place, user_id LIMIT 300) w) m
				CROSS JOIN person u WHERE u.id = m.user_id AND u.organization_id = @) u WHERE TRUE`, org),
		}
	case from.capped:
		pieces := append([]fragment{
			part(` FROM (SELECT DISTINCT v.id, v.name_key, v.email_key, v.user_type, v.last_sign_in_at, v.n FROM (
				SELECT w.id, w.name_key, w.email_key, w.user_type, w.last_sign_in_at, count(*) OVER () AS n FROM (
				SELECT u.id, u.name_key, u.email_key, u.user_type, u.last_sign_in_at FROM (`), from.source,
			part(`) m CROSS JOIN person u WHERE u.id = m.user_id AND u.organization_id = @`, org),
		}, tests...)
		return append(pieces, part(` ORDER BY m.place, m.user_id LIMIT 300) w) v) u WHERE TRUE`))
	}
	return append([]fragment{
		part(` FROM (SELECT DISTINCT y.user_id FROM (`), from.source,
		part(` LIMIT 600) y) m CROSS JOIN person u WHERE u.id = m.user_id AND u.organization_id = @`, org),
	}, tests...)
}

func peopleQuery(f core.PersonFilter, from start, conditions []condition, order personOrder, mark []any, limit int) *statement {
	n := part(`SELECT u.id, 0`)
	if from.capped {
		n = part(`SELECT u.id, u.n`)
	}
	st := new(statement).add(n).add(peopleFrom(f, from, conditions)...)
	down := f.Descending != (f.Before != "")
	if mark != nil {
		st.add(part(order.after(down), mark...))
	}
	return st.add(part(order.by(down)), part(` LIMIT @`, int64(limit)))
}

func matchesQuery(f core.PersonFilter, from start, conditions []condition) *statement {
	return new(statement).add(part(`SELECT count(*) FROM (SELECT u.id`)).add(peopleFrom(f, from, conditions)...).
		add(part(` LIMIT @) x`, int64(from.counts+1)))
}

// AccountsByID returns people of an organization in the order of the ids given,
// each once; who is in another one is left out. The organization is asked for by a
// detour: the embedded database, which keeps no statistics, would rather go
// through all of it than take a list of rows by their ids.
func (s *Store) AccountsByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.Account, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := append([]any{string(organizationID)}, idArgs(ids)...)
	rows, err := s.reading(ctx).query(`SELECT `+accountColumns+` FROM person u WHERE COALESCE(u.organization_id, '') = $1 AND u.id IN `+in(2, len(ids)), args...)
	all, err := collect(rows, err, func(r *sql.Rows) (a core.Account, err error) { return a, r.Scan(accountFields(&a)...) })
	if err != nil {
		return nil, failed("accounts", err)
	}
	place := make(map[core.ID]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	slices.SortFunc(all, func(a, b core.Account) int { return place[a.User.ID] - place[b.User.ID] })
	return all, nil
}

// CountPeople counts an organization's people, those of them at most.
func (s *Store) CountPeople(ctx context.Context, organizationID core.ID, most int) (n int, err error) {
	n, err = countOf(s.reading(ctx), new(statement).add(
		part(`SELECT count(*) FROM (SELECT u.id FROM person u WHERE u.organization_id = @ LIMIT @) x`, string(organizationID), int64(most))))
	return n, failed("count people", err)
}

// personOrder is a sort: columns of an index that begins with the organization.
type personOrder struct{ columns []string }

func sortOf(by core.PersonSort) personOrder {
	switch by {
	case core.SortEmail:
		return personOrder{[]string{"u.email_key", "u.id"}}
	case core.SortType:
		return personOrder{[]string{"u.user_type", "u.name_key", "u.id"}}
	case core.SortSeen:
		return personOrder{[]string{"u.last_sign_in_at", "u.id"}}
	}
	return personOrder{[]string{"u.name_key", "u.id"}}
}

// by is the ORDER BY.
func (o personOrder) by(down bool) string {
	way := ""
	if down {
		way = " DESC"
	}
	return ` ORDER BY ` + strings.Join(o.columns, way+", ") + way
}

// after is the condition of coming after a place in the order. Rows are compared
// as the index has them.
func (o personOrder) after(down bool) string {
	sign := " > ("
	if down {
		sign = " < ("
	}
	return ` AND (` + strings.Join(o.columns, ", ") + `)` + sign + strings.Repeat("@, ", len(o.columns)-1) + "@)"
}

// mark reads the place that a page follows, or precedes.
func (o personOrder) mark(q reading, f core.PersonFilter) ([]any, error) {
	id := f.After
	if f.Before != "" {
		id = f.Before
	}
	if id == "" {
		return nil, nil
	}
	if !storable(string(id)) {
		return nil, core.ErrNotFound
	}
	at := make([]any, len(o.columns))
	into := make([]any, len(o.columns))
	for i := range at {
		into[i] = &at[i]
	}
	st := new(statement).add(part(`SELECT `+strings.Join(o.columns, ", ")+` FROM person u WHERE u.organization_id = @ AND u.id = @`,
		string(f.OrganizationID), string(id)))
	return at, noRows(q.queryRow(st.text.String(), st.args...).Scan(into...))
}
