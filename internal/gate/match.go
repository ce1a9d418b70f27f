package gate

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// directory finds the application of a target. It is built anew when
// applications change and never written after.
type directory struct {
	hosts map[site][]mounted // longest path first
	// local has the sites of this machine by their name without port; only
	// where the deployment itself is at one.
	local map[site][]site
}

// site is a scheme with a canonical host.
type site struct{ scheme, host string }

// mounted is an application under its path, "" for the root.
type mounted struct {
	path   string
	folded string // path as servers read it that ignore letter case
	app    core.Application
}

// newDirectory sorts applications in. A host belongs to the organization that
// registered it first: otherwise another one could open a path of it to its own
// people.
func newDirectory(apps []core.Application, loopback bool) *directory {
	d := &directory{hosts: map[site][]mounted{}, local: map[site][]site{}}
	apps = slices.Clone(apps)
	slices.SortFunc(apps, func(a, b core.Application) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	for _, app := range apps {
		t, err := ParseURL("GET", app.URL)
		if err != nil {
			continue // validated when it was stored; one that is not matches nothing
		}
		at := site{t.Scheme, t.Host}
		there := d.hosts[at]
		if len(there) > 0 && there[0].app.OrganizationID != app.OrganizationID {
			continue
		}
		path := strings.TrimRight(t.Path, "/")
		if slices.ContainsFunc(there, func(m mounted) bool { return m.path == path }) {
			continue
		}
		if name := nameOf(t.Host); loopback && len(there) == 0 && localName(name) {
			bare := site{t.Scheme, name}
			d.local[bare] = append(d.local[bare], at)
		}
		d.hosts[at] = append(there, mounted{path, folded(path), app})
	}
	for _, there := range d.hosts {
		slices.SortFunc(there, func(a, b mounted) int { return len(b.path) - len(a.path) })
	}
	return d
}

// find returns the application with the longest path that covers the target.
// Where another way in which servers read paths gives another application, it
// finds none: an ambiguous address is refused, not repaired (FA3).
// In the demo and in development, a port that is not registered (because it was
// forwarded) means the only application of that name.
func (d *directory) find(t Target) (core.Application, bool) {
	there, known := d.hosts[site{t.Scheme, t.Host}]
	if !known {
		if at := d.local[site{t.Scheme, nameOf(t.Host)}]; len(at) == 1 {
			there = d.hosts[at[0]]
		}
	}
	at := longest(there, t.Path)
	if at < 0 || ambiguous(there, at, t.Path) {
		return core.Application{}, false
	}
	if plain := plainPath(t.Path); plain != t.Path && (longest(there, plain) != at || ambiguous(there, at, plain)) {
		return core.Application{}, false
	}
	return there[at].app, true
}

// longest returns the place of the longest path that covers a path, or -1.
func longest(there []mounted, path string) int {
	return slices.IndexFunc(there, func(m mounted) bool { return covers(m.path, path) })
}

// ambiguous reports whether a server that ignores letter case would see a path
// under another application than the one at place at, as deep or deeper.
func ambiguous(there []mounted, at int, path string) bool {
	path = folded(path)
	for i := range there {
		if i != at && len(there[i].folded) >= len(there[at].folded) && covers(there[i].folded, path) {
			return true
		}
	}
	return false
}

// covers reports whether path is prefix or lies below it.
func covers(prefix, path string) bool {
	rest, found := strings.CutPrefix(path, prefix)
	return found && (rest == "" || rest[0] == '/')
}

// plainPath is a path as many servers read it: a semicolon ends a segment, and
// then slashes in a row count as one.
func plainPath(path string) string {
	if !strings.Contains(path, ";") && !strings.Contains(path, "//") {
		return path
	}
	segments := strings.Split(path, "/")
	for i := range segments {
		segments[i], _, _ = strings.Cut(segments[i], ";")
	}
	segments = slices.DeleteFunc(segments, func(s string) bool { return s == "" })
	return "/" + strings.Join(segments, "/")
}

// folded gives all spellings that differ in letter case alone the same text.
func folded(path string) string {
	for i := range len(path) {
		if path[i] >= utf8.RuneSelf {
			return strings.Map(foldRune, path)
		}
	}
	return strings.ToLower(path)
}

// foldRune stands for all letters that differ from r in case alone: for the
// Kelvin sign it is k.
func foldRune(r rune) rune {
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return unicode.ToLower(least)
}

// nameOf takes the port off a canonical host.
func nameOf(host string) string {
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		return host[:i]
	}
	return host
}

func localName(name string) bool {
	if name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(strings.Trim(name, "[]"))
	return err == nil && addr.IsLoopback()
}
