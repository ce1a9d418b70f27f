package config

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"
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

// Load reads and checks the configuration. The error joins every problem that
// was found, each naming its key, so that one run tells all.
func Load(s Sources) (Config, error) {
	values, problems := gather(s)
	var c Config
	for _, o := range Options() {
		if err := o.set(&c, values[o.Key]); err != nil {
			problems = append(problems, fmt.Errorf("%s: %w", o.Key, err))
		}
	}
	c.development(s)
	switch {
	case len(problems) > 0:
	case s.Offline:
		problems = c.databaseProblems()
	default:
		problems = c.problems()
	}
	return c, errors.Join(problems...)
}

// development fills what nobody wants to type on the own machine.
func (c *Config) development(s Sources) {
	if !c.Dev {
		return
	}
	if c.BaseURL == nil {
		c.BaseURL = &url.URL{Scheme: "http", Host: "localhost:8080"}
	}
	if values, _ := gather(s); values["addr"] == defaultAddr {
		c.Addr = "localhost:8080"
	}
}

// gather returns the winning text of every option.
func gather(s Sources) (map[string]string, []error) {
	values := map[string]string{}
	for _, o := range Options() {
		values[o.Key] = o.Default
	}
	problems := fromFile(s, values)
	problems = append(problems, fromEnviron(s, values)...)
	for _, o := range Options() {
		if v, ok := s.Flags[o.Flag()]; ok {
			values[o.Key] = v
		}
		if path, ok := s.Flags[o.Flag()+"-file"]; ok && o.Secret {
			problems = append(problems, readSecret(s, o, path, values)...)
		}
	}
	return values, problems
}

func fromFile(s Sources, values map[string]string) []error {
	if s.File == "" {
		return nil
	}
	raw, err := s.ReadFile(s.File)
	if err != nil {
		return []error{fmt.Errorf("configuration file: %w", err)}
	}
	var tree map[string]any
	if err := toml.Unmarshal(raw, &tree); err != nil {
		return []error{fmt.Errorf("%s: %w", s.File, err)}
	}
	flat := map[string]string{}
	flatten("", tree, flat)
	var problems []error
	for _, key := range slices.Sorted(maps.Keys(flat)) {
		o, isFile, ok := find(key)
		switch {
		case !ok:
			problems = append(problems, fmt.Errorf("%s: unknown key %s%s", s.File, key, nearest(key)))
		case isFile:
			problems = append(problems, readSecret(s, o, flat[key], values)...)
		default:
			values[key] = flat[key]
		}
	}
	return problems
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
	return Option{}, false, false
}

func fromEnviron(s Sources, values map[string]string) []error {
	var problems []error
	for _, entry := range s.Environ {
		name, value, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, "SALLYPORT_") || ours(name) {
			continue
		}
		known := false
		for _, o := range Options() {
			if o.Env() == name {
				values[o.Key], known = value, true
			}
			if o.Secret && o.Env()+"_FILE" == name {
				problems, known = append(problems, readSecret(s, o, value, values)...), true
			}
		}
		if !known {
			problems = append(problems, fmt.Errorf("environment: unknown variable %s", name))
		}
	}
	return problems
}

// ours are variables that name no option: where the file is, and what tests use.
func ours(name string) bool {
	return name == "SALLYPORT_CONFIG" || strings.HasPrefix(name, "SALLYPORT_TEST_")
}

// readSecret takes a secret from a file, without its last line break.
func readSecret(s Sources, o Option, path string, values map[string]string) []error {
	raw, err := s.ReadFile(path)
	if err != nil {
		return []error{fmt.Errorf("%s_file: %w", o.Key, err)}
	}
	values[o.Key] = strings.TrimRight(string(raw), "\r\n")
	return nil
}

// nearest suggests the key that was probably meant.
func nearest(key string) string {
	last := key[strings.LastIndexByte(key, '.')+1:]
	for _, o := range Options() {
		if strings.HasSuffix(o.Key, last) || strings.ReplaceAll(o.Key, "_", "") == strings.ReplaceAll(key, "_", "") {
			return fmt.Sprintf(" (did you mean %s?)", o.Key)
		}
	}
	return ""
}

// Dump returns every option with its value as text, secrets replaced by "set"
// or "not set".
func Dump(s Sources) ([][2]string, error) {
	values, problems := gather(s)
	var rows [][2]string
	for _, o := range Options() {
		v := values[o.Key]
		if o.Secret {
			if v = "not set"; values[o.Key] != "" {
				v = "set"
			}
		}
		rows = append(rows, [2]string{o.Key, v})
	}
	return rows, errors.Join(problems...)
}
