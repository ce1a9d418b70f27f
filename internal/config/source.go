package config

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// Place is a database or a folder that the Data Loader may read from.
type Place struct {
	Where string // a postgres:// address, secret; or the path of a folder
	// Organization is whose it is; empty: the only one's there is. It is no name: those
	// its administrators change.
	Organization core.ID
}

// placeKey is how places are written down: any number of them, under names that the
// operator chooses.
var placeKey = regexp.MustCompile(`^(source|folder)\.([a-z][a-z0-9_]{0,31})\.(url|path|organization)$`)

// anID is the form of [core.NewID].
var anID = regexp.MustCompile(`^[0-9a-v]{26}$`)

// placeOption returns the row of a place's key, of which there is none in the table
// of options.
func placeOption(key string) (Option, bool) {
	match := placeKey.FindStringSubmatch(key)
	if match == nil || match[1] == "source" && match[3] == "path" || match[1] == "folder" && match[3] == "url" {
		return Option{}, false
	}
	kind, name, part := match[1], match[2], match[3]
	return Option{Key: key, Secret: part == "url", set: func(c *Config, s string) error {
		all := &c.LoaderSources
		if kind == "folder" {
			all = &c.LoaderFolders
		}
		if *all == nil {
			*all = map[string]Place{}
		}
		p := (*all)[name]
		if part == "organization" {
			if !anID.MatchString(s) {
				return fmt.Errorf("%q is not the id of an organization; sallyport org list shows it", s)
			}
			p.Organization = core.ID(s)
		} else {
			p.Where = s
		}
		(*all)[name] = p
		return nil
	}}, true
}

// placeVariable returns the key that an environment variable of a place stands for,
// and whether it names a file.
func placeVariable(variable string) (key string, isFile bool) {
	rest, ours := strings.CutPrefix(variable, "SALLYPORT_")
	kind, rest, _ := strings.Cut(rest, "_")
	if !ours || kind != "SOURCE" && kind != "FOLDER" {
		return "", false
	}
	for _, part := range []string{"_URL_FILE", "_URL", "_PATH", "_ORGANIZATION"} {
		if name, ok := strings.CutSuffix(rest, part); ok {
			part, isFile = strings.CutSuffix(part, "_FILE")
			return strings.ToLower(kind + "." + name + "." + part[1:]), isFile
		}
	}
	return "", false
}

// options are those of the table and then those of places that were named.
func (g *gathered) options() []Option {
	all := Options()
	for _, key := range slices.Sorted(maps.Keys(g.values)) {
		if o, ok := placeOption(key); ok {
			all = append(all, o)
		}
	}
	return all
}
