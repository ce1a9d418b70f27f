package gate

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

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
	path string
	app  core.Application
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
		d.hosts[at] = append(there, mounted{path, app})
	}
	for _, there := range d.hosts {
		slices.SortFunc(there, func(a, b mounted) int { return len(b.path) - len(a.path) })
	}
	return d
}

// find returns the application with the longest path that covers the target.
// In the demo and in development, a port that is not registered (because it was
// forwarded) means the only application of that name.
func (d *directory) find(t Target) (core.Application, bool) {
	there, known := d.hosts[site{t.Scheme, t.Host}]
	if !known {
		if at := d.local[site{t.Scheme, nameOf(t.Host)}]; len(at) == 1 {
			there = d.hosts[at[0]]
		}
	}
	for i := range there {
		if covers(there[i].path, t.Path) {
			return there[i].app, true
		}
	}
	return core.Application{}, false
}

// covers reports whether path is prefix or lies below it. Slashes in a row
// count as one, and a semicolon ends a segment, as they do for many servers: so
// no spelling of a path falls out of a stricter application into a wider one.
func covers(prefix, path string) bool {
	if strings.Contains(path, "//") {
		segments := slices.DeleteFunc(strings.Split(path, "/"), func(s string) bool { return s == "" })
		path = "/" + strings.Join(segments, "/")
	}
	if strings.Contains(path, ";") {
		segments := strings.Split(path, "/")
		for i := range segments {
			segments[i], _, _ = strings.Cut(segments[i], ";")
		}
		path = strings.Join(segments, "/")
	}
	rest, found := strings.CutPrefix(path, prefix)
	return found && (rest == "" || rest[0] == '/')
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
