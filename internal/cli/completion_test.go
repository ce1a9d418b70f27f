package cli_test

import (
	"slices"
	"strings"
	"testing"
)

// completed returns the words that a shell would offer.
func completed(t *testing.T, word string, before ...string) (words []string) {
	t.Helper()
	code, out, talk := runs(t, append([]string{"complete", "--word=" + word, "--"}, before...)...)
	if code != 0 || talk != "" {
		t.Errorf("exit %d, talk %q", code, talk)
	}
	for line := range strings.Lines(out) {
		w, help, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok || help == "" {
			t.Errorf("%q is offered without a word about it", line)
		}
		words = append(words, w)
	}
	return words
}

func TestCompletion(t *testing.T) {
	for name, c := range map[string]struct {
		word   string
		before []string
		want   []string // all that is offered
		with   []string // or some of it
		never  []string
	}{
		"a command":                     {"ver", nil, []string{"version"}, nil, nil},
		"every command":                 {"", nil, nil, []string{"serve", "demo", "key", "completion"}, []string{"complete", "--json"}},
		"one of a group":                {"ro", []string{"key"}, []string{"rotate"}, nil, nil},
		"behind a flag of all":          {"ro", []string{"--quiet", "key", "--json"}, []string{"rotate"}, nil, nil},
		"behind a flag with a value":    {"ro", []string{"--config", "key", "key"}, []string{"rotate"}, nil, nil},
		"behind an option with a value": {"ro", []string{"--data", "org", "key", "--dev"}, []string{"rotate"}, nil, nil},
		"a flag":                        {"--fin", []string{"key", "rotate"}, []string{"--finish"}, nil, nil},
		"a flag of all":                 {"--js", []string{"org", "list"}, []string{"--json"}, nil, nil},
		"an option":                     {"--base", []string{"serve"}, []string{"--base-url"}, nil, nil},
		"a secret is a file":            {"--smtp-url", []string{"serve"}, []string{"--smtp-url-file"}, nil, nil},
		"flags of all alone":            {"--", nil, nil, []string{"--config", "--json", "--quiet"}, []string{"--base-url"}},
		"a refusable flag":              {"--no-l", []string{"org", "set"}, []string{"--no-locked"}, nil, nil},
		"values":                        {"", []string{"completion"}, []string{"bash", "zsh", "fish", "powershell"}, nil, nil},
		"a value":                       {"po", []string{"completion"}, []string{"powershell"}, nil, nil},
		"no second value":               {"", []string{"completion", "bash"}, nil, nil, nil},
		"values of a flag":              {"ad", []string{"user", "add", "--type"}, []string{"administrator"}, nil, nil},
		"values behind the sign":        {"--type=ad", []string{"user", "add"}, []string{"--type=administrator"}, nil, nil},
		"the sign as a word":            {"ad", []string{"user", "add", "--type", "="}, []string{"administrator"}, nil, nil},
		"a file":                        {"sal", []string{"serve", "--config"}, nil, nil, nil},
		"nothing of the kind":           {"nonsense", []string{"nowhere"}, nil, nil, nil},
		"odd words":                     {"", []string{"", "-", "--", "=", "--=", "\x00", "\xff"}, nil, []string{"serve"}, nil},
		"a secret typed by mistake":     {"", []string{"admin", "create", "--password"}, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := completed(t, c.word, c.before...)
			if c.with == nil && !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, w := range c.with {
				if !slices.Contains(got, w) {
					t.Errorf("%q is not among %q", w, got)
				}
			}
			for _, w := range c.never {
				if slices.Contains(got, w) {
					t.Errorf("%q is among %q", w, got)
				}
			}
		})
	}
}
