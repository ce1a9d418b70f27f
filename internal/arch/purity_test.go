package arch_test

import (
	"fmt"
	"go/ast"
	"slices"
	"strings"
)

// The edges of the house: the only rooms that may ask the machine for the time,
// for randomness or for its environment. Everybody else is handed a core.Clock
// and a core.Random, so that tests freeze both (law 7).
const edges = "app cli config demo cmd/sallyport scorecard scripts test arch"

// asking says which calls reach out to the machine, and what to use instead.
func asking() map[string]string {
	return map[string]string{
		"time.Now":               "core.Clock",
		"time.Since":             "core.Clock",
		"time.Until":             "core.Clock",
		"crypto/rand.Read":       "core.Random",
		"crypto/rand.Text":       "core.Random",
		"crypto/rand.Int":        "core.Random",
		"crypto/rand.Reader":     "core.Random",
		"os.Getenv":              "an option of the configuration",
		"os.LookupEnv":           "an option of the configuration",
		"os.Environ":             "an option of the configuration",
		"os.ExpandEnv":           "an option of the configuration",
		"log/slog.Default":       "a logger that is passed in",
		"log/slog.SetDefault":    "a logger that is passed in",
		"net/http.DefaultClient": "a client with limits of its own",
	}
}

func purityChecks() []check {
	return []check{
		{
			"time, randomness and environment are passed in", askers,
			map[string]string{"internal/signin/a.go": "package signin\nimport \"time\"\nvar t = time.Now()"},
			"time.Now: use core.Clock",
		},
		{
			"no weak randomness", weakRandom,
			map[string]string{"internal/web/a.go": "package web\nimport \"math/rand/v2\"\nvar n = rand.Int()"},
			"math/rand/v2",
		},
		{
			"only programs end the process", exits,
			map[string]string{"internal/cli/a.go": "package cli\nimport \"os\"\nfunc f() { os.Exit(1) }"},
			"os.Exit",
		},
		{
			"nothing waits by sleeping", sleepers,
			map[string]string{"internal/web/a_test.go": "package web_test\nimport \"time\"\nfunc f() { time.Sleep(1) }"},
			"time.Sleep",
		},
	}
}

// used returns every use of something imported, as "path.Name", with its place.
func used(f *file) map[ast.Node]string {
	imports := f.imports()
	out := map[ast.Node]string{}
	each(f, func(selector *ast.SelectorExpr) {
		if name := names(selector, imports); name != "" {
			out[selector] = name
		}
	})
	return out
}

// complain lists the uses in files that concern accepts and for which reason
// gives a sentence.
func (h *house) complain(files []*file, concern func(*file) bool, reason func(name string) string) []string {
	var out []string
	for _, f := range files {
		if !concern(f) {
			continue
		}
		for n, name := range used(f) {
			if why := reason(name); why != "" {
				out = append(out, fmt.Sprintf("%s: %s: %s", h.at(n), name, why))
			}
		}
	}
	slices.Sort(out)
	return out
}

// askers finds rooms that ask the machine instead of being told.
func askers(h *house) []string {
	inside := func(f *file) bool {
		r, _ := roomOf(f.folder)
		return !named(edges, r.folder) && !suite(f.folder)
	}
	return h.complain(h.product(), inside, func(name string) string {
		if instead := asking()[name]; instead != "" {
			return "use " + instead
		}
		return ""
	})
}

// weakRandom finds math/rand in anything that is shipped.
func weakRandom(h *house) []string {
	var out []string
	for _, f := range h.product() {
		for _, target := range f.imported() {
			if strings.HasPrefix(target, "math/rand") && !within(f.folder, "test") && !within(f.folder, "internal/demo") {
				out = append(out, fmt.Sprintf("%s imports %s; take a core.Random", f.path, target))
			}
		}
	}
	return out
}

// exits finds code that ends the process under the feet of others.
func exits(h *house) []string {
	library := func(f *file) bool { return f.syntax.Name.Name != "main" }
	return h.complain(h.files, library, func(name string) string {
		if name == "os.Exit" || name == "syscall.Exit" || strings.HasPrefix(name, "log.Fatal") {
			return "only package main ends the process; return an error"
		}
		return ""
	})
}

// sleepExceptions lists files that may sleep, with the reason.
func sleepExceptions() map[string]string {
	return map[string]string{}
}

// sleepers finds waiting for a time instead of for what is awaited. In a test
// with testing/synctest a sleep takes no time and is exact, so it is free to.
func sleepers(h *house) []string {
	awake := func(f *file) bool {
		return sleepExceptions()[f.path] == "" && !(f.test && slices.Contains(f.imported(), "testing/synctest"))
	}
	return h.complain(h.files, awake, func(name string) string {
		if name == "time.Sleep" {
			return "wait for the thing itself (a channel, a poll with a deadline), or use testing/synctest"
		}
		return ""
	})
}
