package arch_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// room is one package of the house and what it may import of the house: every
// package of a lower level, plus the same-level ones named in beside; where
// only is set, of all those just the named ones. Tests and conformance suites
// may import everything of a lower level, every suite, and what tests names.
type room struct {
	folder string
	level  int
	beside string // same-level packages it may import too
	only   string // if set, the whole list of what it may import
	tests  string // what its tests may import from above, to look down from there
}

// levels is the specification of the house. A package imports only downwards.
func levels() []room {
	return []room{
		{folder: "internal/core", level: 0, only: "none"},

		{folder: "internal/backup", level: 1, only: "core"},
		{folder: "internal/chart", level: 1, only: "core"},
		{folder: "internal/config", level: 1, only: "core"},
		{folder: "internal/factor", level: 1, beside: "secret otp"},
		{folder: "internal/identifier", level: 1, only: "core"},
		{folder: "internal/metrics", level: 1, only: "core"},
		{folder: "internal/otp", level: 1, only: "core"},
		{folder: "internal/picture", level: 1, only: "core"},
		{folder: "internal/qr", level: 1, only: "core"},
		{folder: "internal/rounds", level: 1, only: "none"},
		{folder: "internal/secret", level: 1, only: "core"},
		{folder: "internal/table", level: 1, only: "core", tests: "words xlsx"},
		{folder: "internal/words", level: 1, only: "core"},
		{folder: "internal/xlsx", level: 1, only: "core"},

		{folder: "internal/devmail", level: 2, only: "core"},
		{folder: "internal/logship", level: 2, only: "core"},
		{folder: "internal/mail", level: 2, only: "core words"},
		{folder: "internal/sqlsource", level: 2, only: "core table", tests: "words"},
		{folder: "internal/sqlstore", level: 2, only: "core", tests: "account adoption apikey gate groups help organization outbox people profile session signin throttle"},

		{folder: "internal/account", level: 3, only: "core secret factor identifier otp"},
		{folder: "internal/adoption", level: 3, only: "core rounds"},
		{folder: "internal/apikey", level: 3, only: "core secret identifier", tests: "notify session throttle"},
		{folder: "internal/audit", level: 3, only: "core secret identifier rounds"},
		{folder: "internal/bulk", level: 3, only: "core rounds", tests: "groups help people"},
		{folder: "internal/gate", level: 3, only: "core"},
		{folder: "internal/help", level: 3, only: "core secret rounds"},
		{folder: "internal/keyring", level: 3, only: "core secret"},
		{folder: "internal/loader", level: 3, only: "core identifier", tests: "groups notify people"},
		{folder: "internal/loadfile", level: 3, only: "core table loader rounds", beside: "loader", tests: "groups notify people"},
		{folder: "internal/loadschedule", level: 3, only: "core table loader loadfile rounds sqlsource", beside: "loader loadfile", tests: "groups notify people"},
		{folder: "internal/loadundo", level: 3, only: "core rounds", tests: "groups loader notify people"},
		{folder: "internal/mailroom", level: 3, only: "core secret identifier mail", tests: "throttle"},
		{folder: "internal/notify", level: 3, only: "core"},
		{folder: "internal/organization", level: 3, only: "core identifier"},
		{folder: "internal/outbox", level: 3, only: "core rounds"},
		{folder: "internal/groups", level: 3, only: "core identifier"},
		{folder: "internal/passwordclient", level: 3, only: "core identifier rounds secret", tests: "notify throttle"},
		{folder: "internal/people", level: 3, only: "core identifier"},
		{folder: "internal/profile", level: 3, only: "core secret factor identifier picture"},
		{folder: "internal/session", level: 3, only: "core secret"},
		{folder: "internal/signin", level: 3, only: "core secret factor identifier"},
		{folder: "internal/throttle", level: 3, only: "core"},

		{folder: "internal/doctor", level: 4, only: "core config keyring"},
		{folder: "internal/httpx", level: 4, only: "core words"},

		{folder: "internal/api", level: 5, only: transports},
		{folder: "internal/devtools", level: 5, only: transports + " devmail otp"},
		{folder: "internal/forwardauth", level: 5, only: transports, tests: "api"},
		{folder: "internal/loaderv1", level: 5, only: transports},
		{folder: "internal/web", level: 5, only: transports + " chart qr xlsx"},

		{folder: "internal/loadclient", level: 6, only: "core identifier table httpx loader loadfile api loaderv1"},

		{folder: "internal/app", level: 6},
		{folder: "internal/cli", level: 6, beside: "app demo loadclient"},
		{folder: "internal/demo", level: 6, beside: "app scorecard"},

		{folder: "cmd/sallyport", level: 7, only: "cli"},
		{folder: "scorecard", level: 6, only: "none"},

		// Not in the house: they look at it from outside.
		{folder: "internal/arch", level: 8, only: "none"},
		{folder: "scripts", level: 8, only: "none"},
		{folder: "test", level: 8},
	}
}

// transports is what a transport may know: the services, HTTP and the words.
const transports = "core words httpx account adoption apikey audit bulk gate groups help loader loadfile loadschedule loadundo mailroom organization passwordclient people profile session signin throttle"

// suites are the test packages that other packages' tests may use.
func suites() []string {
	return []string{"internal/factor/factortest", "internal/sqlstore/storetest"}
}

// foreign says which packages may use a module that is not ours, so that
// leaving one is work in one place. Sub-packages are included on both sides.
func foreign() map[string]string {
	return map[string]string{
		"filippo.io/age":                      "backup",
		"github.com/BurntSushi/toml":          "config words",
		"github.com/alecthomas/kong":          "cli",
		"github.com/boombuler/barcode":        "qr",
		"github.com/danielgtaylor/huma/v2":    "api",
		"github.com/emersion/go-sasl":         "devmail",
		"github.com/emersion/go-smtp":         "devmail",
		"github.com/go-crypt/x":               "secret",
		"github.com/jackc/pgx/v5":             "sqlsource sqlstore",
		"github.com/mileusna/useragent":       "httpx",
		"github.com/nicksnyder/go-i18n/v2":    "words",
		"github.com/pressly/goose/v3":         "sqlstore",
		"github.com/prometheus/client_golang": "metrics",
		"github.com/wneessen/go-mail":         "mail",
		"golang.org/x/crypto":                 "secret test", // the floor of the benchmarks is the bare hash
		"golang.org/x/net":                    "identifier httpx otp",
		"golang.org/x/term":                   "cli",
		"golang.org/x/text":                   "identifier secret sqlstore table words",
		"modernc.org/sqlite":                  "sqlstore",
	}
}

// foreignInTests are modules that any test may use beside those of its package.
func foreignInTests() []string {
	return []string{
		"github.com/emersion/go-sasl", "github.com/emersion/go-smtp", "github.com/google/go-cmp",
		"github.com/rogpeppe/go-internal", "golang.org/x/net", "pgregory.net/rapid",
		"github.com/jackc/pgx/v5", "modernc.org/sqlite",
	}
}

// standard says which packages of the standard library are closed to all but
// the named rooms: what they bring in is the business of those rooms alone.
func standard() map[string]string {
	return map[string]string{
		"database/sql":  "sqlstore test", // the floor of a benchmark is a bare scan
		"html/template": "web devtools mail scorecard httpx",
		"net/http":      "httpx api devtools doctor forwardauth loadclient loaderv1 web app cli demo metrics scorecard test",
		"net/smtp":      "", // frozen upstream; mail goes through package mail
		"log":           "", // log/slog
		"os/exec":       "cli demo test scripts",
		"reflect":       "api config words web httpx",
		"unsafe":        "",
	}
}

func importChecks() []check {
	return []check{
		{"every package has a level", unlisted, map[string]string{"internal/stray/stray.go": "package stray"}, "internal/stray"},
		{
			"imports go downwards", upwards,
			map[string]string{"internal/core/a.go": `package core; import _ "` + modulePath + `/internal/signin"`},
			"internal/core may not import internal/signin",
		},
		{
			"foreign modules stay in their room", strangers,
			map[string]string{"internal/signin/a.go": `package signin; import _ "modernc.org/sqlite"`},
			"modernc.org/sqlite is used by: sqlstore",
		},
		{
			"closed parts of the standard library", closed,
			map[string]string{"internal/core/a.go": `package core; import _ "database/sql"`},
			"database/sql is for: sqlstore",
		},
		{
			"few direct dependencies", dependencyBudget,
			map[string]string{"go.mod": "require (\n" + strings.Repeat("\texample.test/x v1.0.0\n", 23) + ")"},
			"23 direct dependencies",
		},
	}
}

// roomOf returns the room that a folder belongs to: itself or one above it.
func roomOf(folder string) (room, bool) {
	for _, r := range levels() {
		if folder == r.folder || strings.HasPrefix(folder, r.folder+"/") {
			return r, true
		}
	}
	return room{}, false
}

// unlisted finds packages without a row in the table. A row without a package
// is no breach: the table may be ahead of the house.
func unlisted(h *house) []string {
	var out []string
	for _, folder := range slices.Sorted(maps.Keys(h.folders())) {
		if _, ok := roomOf(folder); !ok {
			out = append(out, folder+" has no row in levels(): give it the lowest level that holds what it needs")
		}
	}
	return out
}

// upwards finds imports of our own packages that the table does not allow.
func upwards(h *house) []string {
	var out []string
	for _, f := range h.files {
		from, ok := roomOf(f.folder)
		if !ok {
			continue // unlisted complains
		}
		for _, target := range f.imported() {
			folder, ours := strings.CutPrefix(target, modulePath+"/")
			if !ours || f.test && suite(folder) {
				continue
			}
			to, ok := roomOf(folder)
			if ok && !mayImport(from, to, f) {
				out = append(out, fmt.Sprintf("%s: %s may not import %s (levels %d and %d; see levels())",
					f.path, from.folder, folder, from.level, to.level))
			}
		}
	}
	slices.Sort(out)
	return out
}

// mayImport is the rule itself. Tests and suites may look at anything below
// their room; the narrower list binds only what is shipped.
func mayImport(from, to room, f *file) bool {
	if from.folder == to.folder {
		return true
	}
	if f.test || suite(f.folder) {
		return to.level < from.level || named(from.beside+" "+from.only+" "+from.tests, to.folder)
	}
	if from.only != "" {
		return named(from.only, to.folder)
	}
	return to.level < from.level || named(from.beside, to.folder)
}

// suite reports whether a folder holds a conformance suite.
func suite(folder string) bool { return slices.Contains(suites(), folder) }

// named reports whether a list of short names has the one of folder.
func named(list, folder string) bool {
	return slices.Contains(strings.Fields(list), strings.TrimPrefix(folder, "internal/"))
}

// strangers finds modules of others outside the rooms they are meant for.
func strangers(h *house) []string {
	return misplaced(h, foreign(), func(target string) bool {
		first, _, _ := strings.Cut(target, "/")
		return strings.Contains(first, ".") && !within(target, modulePath)
	}, "%s: %s is used by: %s. A new use needs a row in foreign() and a reason")
}

// closed finds uses of the standard library that belong to other rooms.
func closed(h *house) []string {
	return misplaced(h, standard(), func(target string) bool {
		_, listed := standard()[target]
		return listed
	}, "%s: %s is for: %s. See standard()")
}

// misplaced lists imports that concern accepts and table gives to other rooms.
func misplaced(h *house, table map[string]string, concerns func(string) bool, sentence string) []string {
	var out []string
	for _, f := range h.files {
		from, _ := roomOf(f.folder)
		for _, target := range f.imported() {
			if !concerns(target) || (f.test || suite(f.folder)) && testMay(target) {
				continue
			}
			owners := ""
			for module, rooms := range table {
				if within(target, module) {
					owners = rooms
				}
			}
			if !named(owners, from.folder) {
				out = append(out, fmt.Sprintf(sentence, f.path, target, cmp.Or(owners, "nobody")))
			}
		}
	}
	slices.Sort(out)
	return out
}

// testMay reports whether every test may import target.
func testMay(target string) bool {
	if !strings.Contains(target, ".") {
		return target != "unsafe" && target != "net/smtp"
	}
	return slices.ContainsFunc(foreignInTests(), func(module string) bool { return within(target, module) })
}

// within reports whether target is module or a package of it.
func within(target, module string) bool {
	return target == module || strings.HasPrefix(target, module+"/")
}

// directDependencies is the budget of modules that we chose ourselves.
const directDependencies = 22

// dependencyBudget counts the direct requirements of go.mod.
func dependencyBudget(h *house) []string {
	count := 0
	for line := range strings.Lines(h.gomod) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "require ")
		if len(strings.Fields(line)) == 2 && strings.Contains(line, ".") && strings.Contains(line, " v") {
			count++
		}
	}
	if count <= directDependencies {
		return nil
	}
	return []string{fmt.Sprintf("go.mod has %d direct dependencies, the budget is %d", count, directDependencies)}
}

func TestEveryRoomIsNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range levels() {
		if seen[r.folder] {
			t.Errorf("%s has two rows", r.folder)
		}
		seen[r.folder] = true
		for _, name := range strings.Fields(r.only + " " + r.beside) {
			to, ok := roomOf("internal/" + name)
			if name == "none" || name == "cli" || name == "scorecard" {
				continue
			}
			if !ok || to.level > r.level {
				t.Errorf("row of %s names %q, which is no package at or under its level", r.folder, name)
			}
		}
	}
}
