package sqlstore_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sqlText is one SQL text of the package: a whole expression of literals.
type sqlText struct {
	where, text string
}

var (
	looksLikeSQL = regexp.MustCompile(`(?i)^\s*(SELECT|INSERT|UPDATE|DELETE|WITH|FROM|WHERE|AND|ORDER|LEFT|JOIN|ON|COALESCE)\b|^[a-z]{1,2}\.[a-z_]+,`)
	quoted       = regexp.MustCompile(`'[^']*'`)
	parameter    = regexp.MustCompile(`\$[0-9]`)
)

// forbidden are what the two databases do not share, or do not do alike.
func forbidden() map[string]*regexp.Regexp {
	words := func(list string) *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(` + strings.ReplaceAll(list, " ", "|") + `)\b`)
	}
	return map[string]*regexp.Regexp{
		"a cast with colons":         regexp.MustCompile(`::`),
		"a question mark":            regexp.MustCompile(`\?`),
		"a boolean compared":         regexp.MustCompile(`(?i)\b(active|blocked|seen|locked|remember|offer_never|apps_only|demo_data|browser_known|app_proved|email_only|email_deferred)\s*(=|<>)\s*[01]\b`),
		"a row lock":                 regexp.MustCompile(`(?i)FOR\s+(NO\s+KEY\s+)?(UPDATE|SHARE)|SKIP\s+LOCKED|advisory`),
		"a clock":                    words("now current_timestamp current_time current_date clock_timestamp strftime julianday unixepoch datetime"),
		"a sequence":                 words("serial bigserial autoincrement nextval generated rowid ctid"),
		"another type":               words("integer int int4 int8 smallint real double numeric timestamptz timestamp date bytea blob jsonb json uuid varchar char"),
		"case folding or patterns":   words("ilike like glob regexp lower upper collate"),
		"one database's own words":   words("pragma replace ifnull iif group_concat array unnest any lateral merge listen notify truncate"),
		"a double-quoted identifier": regexp.MustCompile(`"`),
		"every column":               regexp.MustCompile(`(?i)SELECT\s+\*`),
		"a backtick or a backslash":  regexp.MustCompile("[`\\\\]"),
	}
}

func TestSQLText(t *testing.T) {
	texts := append(goTexts(t), migrationTexts(t)...)
	if len(texts) < 100 {
		t.Fatalf("found %d SQL texts, which cannot be all", len(texts))
	}
	for _, x := range texts {
		plain := quoted.ReplaceAllString(x.text, "''")
		// substr takes a count that one database wants as its own smallest type.
		plain = strings.ReplaceAll(plain, "CAST($2 AS INTEGER)", "$2")
		plain = strings.ReplaceAll(strings.ReplaceAll(plain, "u.search_key LIKE @", ""), "p.search_key LIKE @", "") // folded in Go, and so are its patterns
		for what, pattern := range forbidden() {
			if found := pattern.FindString(plain); found != "" {
				t.Errorf("%s: %s (%q) in: %s", x.where, what, found, x.text)
			}
		}
		if strings.Contains(parameter.ReplaceAllString(plain, ""), "$") || strings.Contains(strings.Join(quoted.FindAllString(x.text, -1), ""), "$") {
			t.Errorf("%s: a dollar that is no placeholder: %s", x.where, x.text)
		}
	}
}

// The scan itself finds what it forbids.
func TestSQLTextFindsWhatItForbids(t *testing.T) {
	for what, text := range map[string]string{
		"a cast with colons": "SELECT $1::text", "a clock": "SELECT now()", "a row lock": "SELECT id FROM person FOR UPDATE",
		"a boolean compared": "SELECT id FROM data_key WHERE active = 1", "another type": "CREATE TABLE x (id INTEGER)",
		"a sequence": "CREATE TABLE x (id BIGSERIAL)", "case folding or patterns": "SELECT lower(name)", "every column": "SELECT * FROM x",
	} {
		if !forbidden()[what].MatchString(text) {
			t.Errorf("%q is not seen as %s", text, what)
		}
	}
}

// Every text that reads or changes an organization's rows names the
// organization, except the listed ones (law 10).
func TestSQLTextIsScoped(t *testing.T) {
	tables := regexp.MustCompile(`(?i)\b(FROM|UPDATE|INTO)\s+(application|person|person_group|membership|credential|guard|attempt|challenge|session|remembered_device|known_browser|enrolment|link|outbox|event|factor_reset|exemption)\b`)
	for _, x := range goTexts(t) {
		if !tables.MatchString(x.text) || strings.Contains(x.text, "organization_id = ") || strings.Contains(x.text, "organization_id, ") {
			continue
		}
		if !unscopedText(x) {
			t.Errorf("%s: not scoped by organization and not listed: %s", x.where, x.text)
		}
	}
}

// unscopedText lists the texts that look across organizations, by what makes
// them unmistakable.
func unscopedText(x sqlText) bool {
	if strings.HasSuffix(x.where, "sealed.go") {
		return true // key: what hangs on one, whoever's it is
	}
	for _, mark := range []string{
		"token_hash = $1", // sign-in lookup and session, by the digest of 256 random bits
		"l.login = $1",    // sign-in lookup
		"SELECT  FROM event e ORDER BY e.at DESC",      // audit log: completed by auditWhere, which begins with the organization
		"FROM event e WHERE e.id = $1",                 // sign-in lookup, by an id under a MAC of the key ring
		"FROM factor_reset r WHERE r.id = $1",          // sign-in lookup, likewise
		"UPDATE session SET last_seen_at",              // session
		"FROM outbox WHERE delivery = 'queued'",        // outbox
		"UPDATE outbox SET lease_owner",                // outbox
		"UPDATE outbox SET delivery",                   // outbox
		"FROM outbox m WHERE m.id = $1",                // outbox
		"FROM outbox WHERE tried_at",                   // outbox
		"LIMIT $2",                                     // sweeper: `SELECT id … LIMIT $2`
		"WHERE id IN ",                                 // sweeper: `DELETE … WHERE id IN (…)`
		"SELECT count(*) FROM person",                  // operator command
		"(SELECT count(*) FROM organization)",          // operator's metrics
		"k.user_id = u.id AND k.kind",                  // joined to a person that is scoped, or looked up
		"UPDATE enrolment SET ended_at = $4",           // completed by its callers' conditions, all scoped
		"JOIN organization o ON o.id = u.organization", // completed by the caller's condition, scoped or listed
	} {
		if strings.Contains(x.text, mark) {
			return true
		}
	}
	if x.where == "tables.go" || x.where == "restore.go" { // a restore, which is the operator's, goes over everything
		return true
	}
	return strings.HasSuffix(x.where, "application.go") && strings.HasSuffix(x.text, "FROM application a") // gate: all where the id is empty
}

// dialect.go is the only file that names a database, and stays small.
func TestOneFileNamesADatabase(t *testing.T) {
	names := regexp.MustCompile(`(?i)sqlite3?\b|postgres|pgx|pgconn`)
	for _, path := range sources(t) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if path == "dialect.go" {
			if n := strings.Count(string(text), "\n"); n > 150 {
				t.Errorf("dialect.go has %d lines, the budget is 150", n)
			}
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, 0) // without comments
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if names.MatchString(n.Name) {
					t.Errorf("%s names a database: %s", path, n.Name)
				}
			case *ast.BasicLit:
				if names.MatchString(n.Value) {
					t.Errorf("%s names a database: %s", path, n.Value)
				}
			}
			return true
		})
	}
}

func sources(t *testing.T) []string {
	t.Helper()
	all, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range all {
		if !strings.HasSuffix(path, "_test.go") {
			out = append(out, path)
		}
	}
	return out
}

// goTexts gathers the SQL of the package. Literals joined by + count as one
// text, with "" for what is not a literal.
func goTexts(t *testing.T) []sqlText {
	t.Helper()
	var out []sqlText
	for _, path := range sources(t) {
		if path == "dialect.go" {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := literal(e)
			if ok && looksLikeSQL.MatchString(text) {
				out = append(out, sqlText{path, text})
			}
			return !ok
		})
	}
	return out
}

// literal returns the text of a string literal or of a sum with one in it.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, a := literal(e.X)
		right, b := literal(e.Y)
		return left + right, e.Op == token.ADD && (a || b)
	}
	return "", false
}

func migrationTexts(t *testing.T) []sqlText {
	t.Helper()
	paths, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(paths) == 0 {
		t.Fatalf("migrations: %v, %v", paths, err)
	}
	var out []sqlText
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if !strings.HasPrefix(line, "--") {
				out = append(out, sqlText{path, line})
			}
		}
	}
	return out
}
