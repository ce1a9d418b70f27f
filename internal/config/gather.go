package config

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// The sources, as people read them.
const (
	byDefault     = "default"
	byDevelopment = "development"
	byFile        = "file"
	byEnvironment = "environment"
	byFlag        = "flag"
)

// gathered is the winning text of every option, and where it came from.
type gathered struct {
	values   map[string]string // by key
	from     map[string]string // by key
	problems []problem
	unread   bool // the file could not be read or is no TOML
}

func gather(s Sources) *gathered {
	g := &gathered{values: map[string]string{}, from: map[string]string{}}
	for _, o := range Options() {
		g.values[o.Key], g.from[o.Key] = o.Default, byDefault
	}
	g.fromFile(s)
	g.fromEnviron(s)
	for _, o := range Options() {
		if v, ok := s.Flags[o.Flag()]; ok {
			g.set(o, v, byFlag)
		}
		if path, ok := s.Flags[o.Flag()+"-file"]; ok && o.Secret {
			g.setFromFile(s, o, path, byFlag)
		}
	}
	g.development()
	return g
}

// set takes a value. The same source giving an option twice, directly and as a
// file, is a mistake and not a choice.
func (g *gathered) set(o Option, value, from string) {
	if g.from[o.Key] == from {
		g.bad(o.Key, "given twice by the %s, directly and as a file", from)
		return
	}
	g.values[o.Key], g.from[o.Key] = value, from
}

// setFromFile takes a secret from a file, without its last line break.
func (g *gathered) setFromFile(s Sources, o Option, path, from string) {
	raw, err := s.ReadFile(path)
	switch value := strings.TrimRight(string(raw), "\r\n"); {
	case err != nil:
		g.bad(o.Key, "%w", err)
	case value == "":
		g.bad(o.Key, "the file %s is empty", path)
	default:
		g.set(o, value, from)
	}
}

// development fills what nobody wants to type on the own machine.
func (g *gathered) development() {
	if on, err := strconv.ParseBool(g.values["dev"]); err != nil || !on {
		return
	}
	if g.from["addr"] == byDefault {
		g.values["addr"], g.from["addr"] = "localhost:8080", byDevelopment
	}
	if g.values["base_url"] == "" {
		_, port, err := net.SplitHostPort(g.values["addr"])
		if err != nil || port == "0" || port == "" {
			port = "8080"
		}
		g.values["base_url"], g.from["base_url"] = "http://localhost:"+port, byDevelopment
	}
}

func (g *gathered) fromFile(s Sources) {
	if s.File == "" {
		return
	}
	raw, err := s.ReadFile(s.File)
	if err != nil {
		g.unread = true
		g.bad("configuration file", "%w", err)
		return
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		g.unread = true
		g.bad(s.File, "%w", withoutText(err))
		return
	}
	flat := map[string]string{}
	flatten("", tree, flat)
	for _, key := range slices.Sorted(maps.Keys(flat)) {
		o, isFile, ok := find(key)
		switch {
		case !ok:
			g.bad(s.File, "unknown key %s%s", key, nearestKey(key))
		case isFile:
			g.setFromFile(s, o, flat[key], byFile)
		default:
			g.set(o, flat[key], byFile)
		}
	}
}

// withoutText keeps the place of a mistake in the file and drops what stands
// there if it could be part of a secret: the parser quotes words.
func withoutText(err error) error {
	var p toml.ParseError
	if !errors.As(err, &p) {
		return err
	}
	o, _, known := find(p.LastKey)
	if known && !o.Secret {
		return err
	}
	return fmt.Errorf("line %d is not TOML; texts stand in quotes: key = \"value\"", p.Position.Line)
}

// flatten turns tables into dotted keys and lists into comma-separated text.
func flatten(prefix string, tree map[string]any, into map[string]string) {
	for k, v := range tree {
		switch v := v.(type) {
		case map[string]any:
			flatten(prefix+k+".", v, into)
		case []any:
			parts := make([]string, len(v))
			for i := range v {
				parts[i] = fmt.Sprint(v[i])
			}
			into[prefix+k] = strings.Join(parts, ",")
		default:
			into[prefix+k] = fmt.Sprint(v)
		}
	}
}

// find returns the option of a key, or of the "_file" variant of a secret one.
func find(key string) (o Option, isFile, ok bool) {
	for _, o := range Options() {
		if o.Key == key {
			return o, false, true
		}
		if o.Secret && o.Key+"_file" == key {
			return o, true, true
		}
	}
	key, isFile = strings.CutSuffix(key, "_file")
	o, ok = placeOption(key)
	return o, isFile, ok && (o.Secret || !isFile)
}

// fromEnviron takes the variables that are set to something: an empty one is
// how container tools pass on what nobody gave.
func (g *gathered) fromEnviron(s Sources) {
	for _, entry := range s.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "SALLYPORT_") || ours(name) || value == "" {
			continue
		}
		known := false
		for _, o := range Options() {
			switch {
			case o.Env() == name:
				known = true
				g.set(o, value, byEnvironment)
			case o.Secret && o.Env()+"_FILE" == name:
				known = true
				g.setFromFile(s, o, value, byEnvironment)
			}
		}
		if key, isFile := placeVariable(name); !known && key != "" {
			o, ok := placeOption(key)
			switch known = ok; {
			case ok && isFile && o.Secret:
				g.setFromFile(s, o, value, byEnvironment)
			case ok:
				g.set(o, value, byEnvironment)
			}
		}
		if !known {
			g.bad("environment", "unknown variable %s%s", name, nearestVariable(name))
		}
	}
}

// ours are variables that name no option: where the file is, what tests use,
// and what Kubernetes sets in every container beside a service of that name.
func ours(name string) bool {
	switch name {
	case "SALLYPORT_SERVER", "SALLYPORT_ACCESS_KEY", "SALLYPORT_SECRET_KEY": // of sallyport load, and what keys create prints
		return true
	}
	return name == "SALLYPORT_CONFIG" || strings.HasPrefix(name, "SALLYPORT_TEST_") ||
		name == "SALLYPORT_PORT" || strings.HasPrefix(name, "SALLYPORT_PORT_") || strings.HasPrefix(name, "SALLYPORT_SERVICE_")
}
