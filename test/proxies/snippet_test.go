package proxies_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/forwardauth"
)

const document = "../../docs/forward-auth.md"

// A snippet is a fenced block under a comment that names it.
var snippetBlock = regexp.MustCompile("(?s)<!-- snippet: (\\S+) -->\n```[a-z]+\n(.*?)```\n")

// snippets reads all snippets of the documentation, by name.
func snippets(t testing.TB) map[string]string {
	t.Helper()
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, m := range snippetBlock.FindAllStringSubmatch(string(raw), -1) {
		if _, twice := all[m[1]]; twice {
			t.Fatalf("%s has two snippets named %s", document, m[1])
		}
		all[m[1]] = m[2]
	}
	return all
}

// fill puts the addresses of a test into a snippet: pairs of what stands in the
// documentation and what takes its place. Each must be found, so that a test
// never runs something else than it thinks.
func fill(t testing.TB, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("%q is not in the snippet any more:\n%s", pairs[i], text)
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// withoutLines drops the lines that begin with prefix.
func withoutLines(t testing.TB, text, prefix string) string {
	t.Helper()
	var kept strings.Builder
	found := false
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), prefix) {
			found = true
			continue
		}
		kept.WriteString(line)
	}
	if !found {
		t.Fatalf("no line begins with %q any more:\n%s", prefix, text)
	}
	return kept.String()
}

// identityNames are the four headers that say who it is.
func identityNames() []string {
	return []string{"Remote-User", "Remote-Groups", "Remote-Name", "Remote-Email"}
}

// TestEverySnippetIsKnown fails for a configuration in the documentation that no
// test of this package runs or looks at.
func TestEverySnippetIsKnown(t *testing.T) {
	known := []string{
		"nginx/conf.d/sallyport.conf", "nginx/snippets/sallyport-check.conf", "nginx/snippets/sallyport-guard.conf",
		"nginx/site", "nginx/application", "caddy/site", "caddy/application", "caddy/path", "traefik/labels", "traefik/file",
	}
	all := snippets(t)
	for _, name := range known {
		if all[name] == "" {
			t.Errorf("the documentation has no snippet %s", name)
		}
		delete(all, name)
	}
	for name := range all {
		t.Errorf("nothing runs the snippet %s", name)
	}
	raw, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	rest := snippetBlock.ReplaceAllString(string(raw), "")
	for _, language := range []string{"```nginx", "```caddyfile", "```yaml"} {
		if strings.Contains(rest, language) {
			t.Errorf("a block %s has no name above it", language)
		}
	}
}

// TestTraefikAgrees holds the snippets that are not run to the addresses and
// headers that Sallyport has.
func TestTraefikAgrees(t *testing.T) {
	all := snippets(t)
	for name, wanted := range map[string][]string{
		"traefik/labels": {
			"address: 'http://sallyport:9091" + forwardauth.ForwardAuthPath + "'",
			"authResponseHeaders: '" + strings.Join(identityNames(), ",") + "'",
		},
		"traefik/file": {
			"address: 'http://127.0.0.1:9091" + forwardauth.ForwardAuthPath + "'",
			"authResponseHeaders: [" + strings.Join(identityNames(), ", ") + "]",
		},
	} {
		for _, w := range wanted {
			if !strings.Contains(all[name], w) {
				t.Errorf("%s lacks %q", name, w)
			}
		}
		for _, header := range identityNames() {
			if alias := strings.ReplaceAll(header, "-", "_") + ": ''"; !strings.Contains(all[name], alias) {
				t.Errorf("%s does not take %s away", name, alias)
			}
		}
	}
}
