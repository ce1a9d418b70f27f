package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/template"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/config"
)

var update = flag.Bool("update", false, "write docs/config.md anew")

const example = `base_url = "https://id.example.com"
name = "Northwind sign-in"
data = "/var/lib/sallyport/data"
key_file = "/etc/sallyport/master.key"

[tls]
cert = "/etc/sallyport/tls.pem"
key = "/etc/sallyport/tls.key"

[smtp]
url_file = "/etc/sallyport/smtp-url" # smtp://user:password@mail.example.com:587
from = "no-reply@example.com"
reply_to = "help@example.com"

[log]
format = "json"
`

// group is one table of the page.
type group struct {
	Title   string
	Options []row
}

type row struct{ Key, Env, Flag, Default, Help string }

// titles are the headings, by the table of the file.
func titles() map[string]string {
	return map[string]string{
		"": "Server", "tls": "TLS", "smtp": "Mail", "audit": "Audit log", "log": "Log",
		"password": "Cost of password hashing", "throttle": "Wrong passwords",
	}
}

// TestDocs: docs/config.md is what the options say; -update writes it.
func TestDocs(t *testing.T) {
	const page = "../../docs/config.md"
	tmpl, err := template.ParseFiles(filepath.Join("testdata", "config.md.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	groups, secrets := documented(t)
	var want strings.Builder
	if err := tmpl.Execute(&want, map[string]any{"Example": example, "Groups": groups, "Secrets": secrets}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(page, []byte(want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want.String(), strings.ReplaceAll(string(got), "\r\n", "\n")); d != "" {
		t.Errorf("docs/config.md is behind the options; run: go test ./internal/config -update (-want +got)\n%s", d)
	}
}

// documented sorts the options into the tables of the page.
func documented(t *testing.T) (groups []group, secrets string) {
	t.Helper()
	var names []string
	for _, o := range config.Options() {
		table, _, in := strings.Cut(o.Key, ".")
		if !in {
			table = ""
		}
		title, known := titles()[table]
		if !known || o.Help == "" {
			t.Fatalf("%s has no help or its table no title", o.Key)
		}
		if len(groups) == 0 || groups[len(groups)-1].Title != title {
			groups = append(groups, group{Title: title})
		}
		r := row{o.Key, o.Env(), "`--" + o.Flag() + "`", "`" + o.Default + "`", strings.ReplaceAll(o.Help, "|", `\|`)}
		if o.Secret {
			names = append(names, "`"+o.Key+"`")
			r.Key, r.Flag = r.Key+"`, `"+r.Key+"_file", "`--"+o.Flag()+"-file`"
			r.Env += "`, `" + r.Env + "_FILE"
		}
		if o.Default == "" {
			r.Default = ""
		}
		g := &groups[len(groups)-1]
		g.Options = append(g.Options, r)
	}
	seen := map[string]bool{}
	for _, g := range groups {
		if seen[g.Title] {
			t.Errorf("the options of %q do not stand together", g.Title)
		}
		seen[g.Title] = true
	}
	return groups, strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

func TestTheExampleLoads(t *testing.T) {
	f := files{"c.toml": example, "/etc/sallyport/smtp-url": "smtp://u:p@mail.example.com:587\n"}
	c, err := config.Load(config.Sources{File: "c.toml", ReadFile: f.read})
	if err != nil {
		t.Fatal(err)
	}
	if c.KeyPath() != "/etc/sallyport/master.key" || !slices.Equal(c.SMTP.Servers(), []string{"mail.example.com:587"}) || c.Log.Format != "json" {
		t.Errorf("the example was read as %+v", c)
	}
}

// TestDefaultsAreTaken: what the page calls the default is a value one may
// write down.
func TestDefaultsAreTaken(t *testing.T) {
	flags := map[string]string{"base-url": "http://localhost"}
	for _, o := range config.Options() {
		if o.Default != "" {
			flags[o.Flag()] = o.Default
		}
	}
	written, err := config.Load(config.Sources{Flags: flags})
	if err != nil {
		t.Fatal(err)
	}
	left, err := config.Load(config.Sources{Flags: map[string]string{"base-url": "http://localhost"}})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(left, written); d != "" {
		t.Errorf("defaults written down differ (-left out +written):\n%s", d)
	}
}
