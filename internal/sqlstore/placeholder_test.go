package sqlstore_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// Placeholders that appear out of order, twice, with NULL or with a boolean
// mean the same on both databases.
func TestPlaceholders(t *testing.T) {
	tests := map[string]struct {
		query string
		args  []any
		want  any
	}{
		"out of order":  {"SELECT CAST($2 AS BIGINT) - CAST($1 AS BIGINT)", []any{int64(1), int64(10)}, int64(9)},
		"repeated":      {"SELECT CAST($1 AS BIGINT) * CAST($2 AS BIGINT) - CAST($1 AS BIGINT)", []any{int64(3), int64(5)}, int64(12)},
		"null":          {"SELECT COALESCE(CAST($2 AS TEXT), CAST($1 AS TEXT))", []any{"first", nil}, "first"},
		"false":         {"SELECT CASE WHEN $1 THEN 'yes' ELSE 'no' END", []any{false}, "no"},
		"true":          {"SELECT CASE WHEN $1 AND NOT $2 THEN 'yes' ELSE 'no' END", []any{true, false}, "yes"},
		"ten and more":  {"SELECT $11 || $1 || $10", []any{"a", "", "", "", "", "", "", "", "", "j", "k"}, "kaj"},
		"never literal": {"SELECT $1", []any{"?1 $2 ' \" ; --"}, "?1 $2 ' \" ; --"},
	}
	for name, test := range tests {
		if name == "ten and more" {
			// Every number must be used for PostgreSQL to know its type.
			test.query = "SELECT $11 || $1 || $10 || $2 || $3 || $4 || $5 || $6 || $7 || $8 || $9"
		}
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, db storetest.Database) {
				s := db.Open(t, time.Now, seeded())
				err := sqlstore.Probe(t.Context(), s, test.query, test.args, func(scan func(...any) error) {
					var number sql.NullInt64
					var text string
					into := any(&text)
					if _, ok := test.want.(int64); ok {
						into = &number
					}
					if err := scan(into); err != nil {
						t.Fatal(err)
					}
					got := any(text)
					if number.Valid {
						got = number.Int64
					}
					if d := cmp.Diff(test.want, got); d != "" {
						t.Error(d)
					}
				})
				if err != nil {
					t.Fatal(err)
				}
			})
		})
	}
}
