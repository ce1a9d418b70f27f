package config

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// sourceKey is how the databases that the Data Loader may read from are written
// down: any number of them, under names that the operator chooses.
var sourceKey = regexp.MustCompile(`^source\.([a-z][a-z0-9_]{0,31})\.url$`)

// sourceOption returns the row of a source's key, of which there is none in the
// table of options.
func sourceOption(key string) (Option, bool) {
	match := sourceKey.FindStringSubmatch(key)
	if match == nil {
		return Option{}, false
	}
	name := match[1]
	return Option{Key: key, Secret: true, set: func(c *Config, s string) error {
		if c.LoaderSources == nil {
			c.LoaderSources = map[string]string{}
		}
		c.LoaderSources[name] = s
		return nil
	}}, true
}

// sourceVariable returns the key that an environment variable of a source stands
// for, and whether it names a file.
func sourceVariable(variable string) (key string, isFile bool) {
	name, ours := strings.CutPrefix(variable, "SALLYPORT_SOURCE_")
	name, isFile = strings.CutSuffix(name, "_FILE")
	name, url := strings.CutSuffix(name, "_URL")
	if !ours || !url {
		return "", false
	}
	return "source." + strings.ToLower(name) + ".url", isFile
}

// options are those of the table and then one for each source that was named.
func (g *gathered) options() []Option {
	all := Options()
	for _, key := range slices.Sorted(maps.Keys(g.values)) {
		if o, ok := sourceOption(key); ok {
			all = append(all, o)
		}
	}
	return all
}
