package sqlstore

import (
	"context"
	"io/fs"
	"slices"
	"time"

	"github.com/pressly/goose/v3"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/sqlstore/migrations"
)

// UseMigrations makes the store believe in other migrations.
func UseMigrations(s *Store, files fs.FS) { s.migrations = files }

// Probe reads one row through the store's own placeholders and statements,
// outside of a transaction and then twice in one: unprepared, prepared.
func Probe(ctx context.Context, s *Store, query string, args []any, check func(scan func(...any) error)) error {
	for range 2 {
		check(func(into ...any) error { return s.reading(ctx).queryRow(query, args...).Scan(into...) })
		err := s.runInTx(ctx, "probe", func(t *tx) error {
			check(func(into ...any) error { return t.queryRow(query, args...).Scan(into...) })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// TableNames are the tables of a version of the schema, in the order of a
// backup.
func TableNames(version int64) []string {
	var names []string
	for _, t := range tables() {
		if t.since <= version {
			names = append(names, t.name)
		}
	}
	return names
}

// AuditQuery and AuditMerge are the queries behind Store.AuditPage.
func AuditQuery(organizationID core.ID, f core.AuditFilter, limit int) (query string, args []any, arms int) {
	all, _ := auditArms(f)
	if len(all) > 1 {
		query, args = auditMerge(organizationID, f, all, limit)
		return query, args, len(all)
	}
	query, args = auditQuery(organizationID, f, all[0], limit)
	return query, args, 1
}

// EventsByID is the query that reads the rows which AuditMerge found.
func EventsByID(organizationID core.ID, ids []core.ID) (string, []any) {
	return eventsByID(eventColumns, organizationID, ids)
}

// EventQuery is the query behind Store.Events.
func EventQuery(organizationID core.ID, f core.EventFilter) (string, []any) {
	return eventQuery(organizationID, f)
}

// AdministratorsQueries are the queries about who administers an organization.
func AdministratorsQueries() []string { return []string{administratorsLeft, administratorsToTell} }

// SchemaVersions are the versions that there are migrations to, in order. While
// several are written at once, numbers may be missing.
func SchemaVersions() []int64 {
	files, _ := migrations.Files.ReadDir(".") // it is part of the binary
	var all []int64
	for _, f := range files {
		if v, err := goose.NumericComponent(f.Name()); err == nil {
			all = append(all, v)
		}
	}
	slices.Sort(all)
	return all
}

// PeopleQuery is the query that finds a page of a filter, first page.
func PeopleQuery(ctx context.Context, s *Store, f core.PersonFilter) (string, []any, error) {
	q := s.reading(ctx)
	conditions, err := s.conditionsOf(q, f)
	if err != nil {
		return "", nil, err
	}
	conditions, from, err := begin(q, conditions)
	st := peopleQuery(f, from, conditions, sortOf(f.Sort), nil, max(f.Limit+1, from.counts+1))
	return st.text.String(), st.args, err
}

// KnownQuery is the query of [Store.Known] for so many keys.
func KnownQuery(keys int) string { return knownQuery(keys) }

// LoadQueries are the queries of loads that run often, with the arguments of an
// organization's, and the index that serves each.
func LoadQueries() map[string]struct {
	Query, Index string
	Args         []any
} {
	type read = struct {
		Query, Index string
		Args         []any
	}
	all := map[string]read{
		"a load that is due":    {dueLoad, "load_run_running", []any{int64(1)}},
		"a preview that is due": {dueLook, "load_file_look", []any{int64(1)}},
		"packages":              {selectPackages, "load_run_package", []any{"org"}},
		"their latest loads":    {selectLastLoads, "load_run_package", []any{"org"}},
	}
	day := time.UnixMicro(1_764_000_000_000_000)
	for name, of := range map[string]struct {
		core.LoadFilter
		index string
	}{
		"history":             {core.LoadFilter{}, "load_run_list"},
		"history of days":     {core.LoadFilter{From: day, Until: day.AddDate(0, 0, 1)}, "load_run_list"},
		"history, running":    {core.LoadFilter{Outcome: core.LoadUnderWay}, "load_run_outcome"},
		"history, succeeded":  {core.LoadFilter{Outcome: core.LoadSucceeded}, "load_run_outcome"},
		"history, partly":     {core.LoadFilter{Outcome: core.LoadPartly}, "load_run_outcome"},
		"history, failed":     {core.LoadFilter{Outcome: core.LoadWentWrong}, "load_run_outcome"},
		"history, stopped":    {core.LoadFilter{Outcome: core.LoadCutShort, Until: day}, "load_run_outcome"},
		"history, old client": {core.LoadFilter{Via: core.LoadViaPassword}, "load_run_via"},
		"history, package":    {core.LoadFilter{PackageID: "kept"}, "load_run_package"},
	} {
		of.Limit = 50
		query, args := loadsQuery("org", of.LoadFilter)
		all[name] = read{query, of.index, args}
		of.Before = "run"
		query, args = loadsQuery("org", of.LoadFilter)
		all[name+", a later page"] = read{query, of.index, args}
	}
	return all
}
