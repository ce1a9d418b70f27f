package config

import (
	"errors"
	"fmt"
	"slices"
)

// Sources are where values come from. A later one wins: default, file,
// environment, flag.
type Sources struct {
	File     string            // path of the TOML file; empty: none
	Environ  []string          // as os.Environ gives it
	Flags    map[string]string // by Option.Flag, only those that were given
	ReadFile func(path string) ([]byte, error)
	// Offline is for commands that serve nobody: addresses, certificates and
	// mail need not be right for them.
	Offline bool
}

// problem is something wrong, and the keys it hangs on. Its sentence begins
// with the first of them.
type problem struct {
	keys []string
	err  error
}

// Load reads and checks the configuration. The error joins every problem that
// was found, each naming its key, so that one run tells all.
func Load(s Sources) (Config, error) {
	g := gather(s)
	var c Config
	for _, o := range g.options() {
		if err := o.set(&c, g.values[o.Key]); err != nil {
			g.bad(o.Key, "%w", err)
		}
	}
	// What a file that cannot be read would have said is unknown: complaining
	// about that would only bury the one thing to do.
	if !g.unread {
		check := c.problems
		if s.Offline {
			check = c.databaseProblems
		}
		// Nor does one mistake count twice.
		found := slices.DeleteFunc(check(), func(p problem) bool { return slices.ContainsFunc(p.keys, g.isBad) })
		g.problems = append(g.problems, found...)
	}
	var all []error
	for _, p := range g.problems {
		all = append(all, p.err)
	}
	return c, errors.Join(all...)
}

// isBad reports whether something is wrong with a key already.
func (g *gathered) isBad(key string) bool {
	return slices.ContainsFunc(g.problems, func(p problem) bool { return slices.Contains(p.keys, key) })
}

// bad notes a problem of one key.
func (g *gathered) bad(key, format string, args ...any) {
	g.problems = append(g.problems, wrong([]string{key}, format, args...))
}

// wrong returns a problem whose sentence begins with the first key.
func wrong(keys []string, format string, args ...any) problem {
	return problem{keys, fmt.Errorf("%s: %w", keys[0], fmt.Errorf(format, args...))}
}

// Row is one option as it stands: its value as text and which source gave it.
type Row struct {
	Key   string
	Value string // of a secret: "set" or "not set"
	From  string // "default", "development", "file", "environment" or "flag"
}

// Dump returns every option as it stands, right or wrong, without secrets.
func Dump(s Sources) []Row {
	g := gather(s)
	var rows []Row
	for _, o := range g.options() {
		r := Row{o.Key, g.values[o.Key], g.from[o.Key]}
		if o.Secret {
			if r.Value = "not set"; g.values[o.Key] != "" {
				r.Value = "set"
			}
		}
		rows = append(rows, r)
	}
	return rows
}
