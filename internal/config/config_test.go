package config_test

import (
	"fmt"
	"io/fs"
	"maps"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

// files is a file system of named texts.
type files map[string]string

func (f files) read(path string) ([]byte, error) {
	if s, ok := f[path]; ok {
		return []byte(s), nil
	}
	return nil, fmt.Errorf("open %s: %w", path, fs.ErrNotExist)
}

const dev = `base_url = "http://localhost:8080"` + "\n"

func TestPrecedence(t *testing.T) {
	s := config.Sources{ReadFile: files{"c.toml": dev + `name = "file"`}.read}
	steps := []struct {
		name string
		add  func()
		want string
	}{
		{"default", func() { s.Flags = map[string]string{"base-url": "http://localhost:1"} }, "Sallyport"},
		{"file beats default", func() { s.File = "c.toml" }, "file"},
		{"environment beats file", func() { s.Environ = []string{"SALLYPORT_NAME=env", "HOME=/x"} }, "env"},
		{"flag beats environment", func() { s.Flags["name"] = "flag" }, "flag"},
	}
	for _, tt := range steps {
		t.Run(tt.name, func(t *testing.T) {
			tt.add()
			c, err := config.Load(s)
			if err != nil || c.Name != tt.want {
				t.Errorf("name = %q, %v; want %q", c.Name, err, tt.want)
			}
		})
	}
}

func TestSecretsFromFiles(t *testing.T) {
	f := files{"url": "smtp://u:p@mail.example.com:587\n", "c.toml": dev + "[smtp]\nurl_file = \"url\"\n"}
	tests := []struct {
		name string
		s    config.Sources
	}{
		{"file key", config.Sources{File: "c.toml", ReadFile: f.read}},
		{"environment", config.Sources{Environ: []string{"SALLYPORT_SMTP_URL_FILE=url", "SALLYPORT_BASE_URL=http://localhost"}, ReadFile: f.read}},
		{"flag", config.Sources{Flags: map[string]string{"smtp-url-file": "url", "base-url": "http://localhost"}, ReadFile: f.read}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := config.Load(tt.s)
			if err != nil || c.SMTP.URL != "smtp://u:p@mail.example.com:587" {
				t.Fatalf("smtp.url = %q, %v", c.SMTP.URL, err)
			}
			for _, r := range config.Dump(tt.s) {
				if strings.Contains(r.Value, "u:p@") {
					t.Errorf("Dump shows the secret in %s", r.Key)
				}
			}
		})
	}
}

// TestSources: places to read from have names that the operator chooses, and
// are as secret as our own.
func TestSources(t *testing.T) {
	const acme = "06f3k9mta1b2c4d5e6f7g8h9ij"
	f := files{
		"url":    "postgres://u:hunter2@localhost/file\n",
		"c.toml": dev + "[source.hr]\nurl = \"postgres://u:hunter2@localhost/hr\"\norganization = \"" + acme + "\"\n[folder.inbox]\npath = \"/srv/inbox\"\n[source.pay_roll]\nurl_file = \"url\"\n[source.old]\nurl = \"postgres://u@localhost/old\"\n",
	}
	s := config.Sources{File: "c.toml", ReadFile: f.read, Environ: []string{
		"SALLYPORT_SOURCE_OLD_URL=postgres://u@localhost/new", "SALLYPORT_SOURCE_FAR_EAST_URL_FILE=url",
		"SALLYPORT_FOLDER_OUT_PATH=/srv/out", "SALLYPORT_FOLDER_INBOX_ORGANIZATION=" + acme,
	}}
	c, err := config.Load(s)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]config.Place{
		"hr": {"postgres://u:hunter2@localhost/hr", acme}, "pay_roll": {"postgres://u:hunter2@localhost/file", ""},
		"old": {"postgres://u@localhost/new", ""}, "far_east": {"postgres://u:hunter2@localhost/file", ""},
	}
	if !maps.Equal(want, c.LoaderSources) {
		t.Errorf("sources are %v", c.LoaderSources)
	}
	if folders := map[string]config.Place{"inbox": {"/srv/inbox", acme}, "out": {"/srv/out", ""}}; !maps.Equal(folders, c.LoaderFolders) {
		t.Errorf("folders are %v", c.LoaderFolders)
	}
	shown := 0
	for _, r := range config.Dump(s) {
		if strings.Contains(r.Value, "hunter2") {
			t.Errorf("Dump shows the secret in %s", r.Key)
		}
		if r.Key == "source.old.url" && r.Value == "set" && r.From == "environment" || r.Key == "source.hr.url" && r.From == "file" {
			shown++
		}
	}
	if shown != 2 {
		t.Error("Dump does not show where sources come from")
	}
	s.Environ = []string{"SALLYPORT_FOLDER_INBOX_ORGANIZATION=Acme"}
	if _, err := config.Load(s); err == nil || !strings.Contains(err.Error(), "sallyport org list shows it") {
		t.Errorf("a place of an organization by its name: %v", err)
	}
	s.Environ = []string{"SALLYPORT_SOURCE_1_URL=x"}
	if _, err := config.Load(s); err == nil || !strings.Contains(err.Error(), "unknown variable SALLYPORT_SOURCE_1_URL") {
		t.Errorf("a source without a name: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	tests := []struct{ name, file, says string }{
		{"no base URL", ``, "base_url: must be set"},
		{"plain http on a real host", `base_url = "http://id.example.com"`, "plain http is only for this machine"},
		{"https without a certificate", `base_url = "https://id.example.com"`, "tls.cert"},
		{"base URL with a path", `base_url = "https://example.com/auth"`, "base_url"},
		{"base URL with a password", `base_url = "https://a:b@example.com"`, "base_url"},
		{"behind a proxy that nobody named", "base_url = \"https://id.example.com\"\nbehind_proxy = true", "trusted_proxies"},
		{"trusting everybody", "base_url = \"https://id.example.com\"\nbehind_proxy = true\ntrusted_proxies = [\"0.0.0.0/0\"]", "trusts too much of the internet"},
		{"trusting half of IPv4", "base_url = \"https://id.example.com\"\nbehind_proxy = true\ntrusted_proxies = [\"128.0.0.0/1\"]", "trusts too much of the internet"},
		{"trusting two /8", "base_url = \"https://id.example.com\"\nbehind_proxy = true\ntrusted_proxies = [\"10.0.0.0/7\"]", "trusts too much of the internet"},
		{"trusting all of IPv6", "base_url = \"https://id.example.com\"\nbehind_proxy = true\ntrusted_proxies = [\"::/0\"]", "trusts too much of the internet"},
		{"trusting a /15 of IPv6", "base_url = \"https://id.example.com\"\nbehind_proxy = true\ntrusted_proxies = [\"2000::/15\"]", "trusts too much of the internet"},
		{"trusting all of IPv4 in IPv6", "base_url = \"https://id.example.com\"\nbehind_proxy = true\ntrusted_proxies = [\"::ffff:0.0.0.0/96\"]", "trusts too much of the internet"},
		{"development on all interfaces", dev + "dev = true\naddr = \":8080\"", "loopback only"},
		{"metrics on all interfaces", dev + `metrics = ":9464"`, "loopback address"},
		{"unknown key with a suggestion", dev + `baseurl = "x"`, "did you mean base_url"},
		{"unknown table", dev + "[smpt]\nurl = \"x\"", "unknown key smpt.url"},
		{"not TOML", `base_url = `, "c.toml"},
		{"number that is none", dev + "[password]\ntime = \"many\"", "password.time"},
		{"far database without verified TLS", dev + `database = "postgres://u:p@db.example.com/sp"`, "verify-full"},
		{"half a certificate", dev + "[tls]\ncert = \"x\"", "together"},
		{"bad mail address", dev + "[smtp]\nurl = \"http://x\"", "smtp.url"},
		{"far database behind a near name", dev + `database = "postgres://u@localhost/sp?host=db.example.com"`, "verify-full"},
		{"listening address without a port", dev + `addr = "8443"`, "addr: \"8443\" is not host:port"},
		{"no name", dev + `name = ""`, "name: must not be empty"},
		{"key of a table written alone", dev + `cert = "x"`, "did you mean tls.cert"},
		{"letters exchanged", dev + "[smpt]\nfrom = \"a@b\"", "did you mean smtp.from"},
		{"nothing like it", dev + `zzzzzz = 1`, "unknown key zzzzzz"},
		{"secret file that is empty", dev + `database_file = "empty"`, "database: the file empty is empty"},
		{"secret given twice", dev + "database = \"x\"\ndatabase_file = \"c.toml\"", "database: given twice by the file"},
		{"far source without verified TLS", dev + "[source.hr]\nurl = \"postgres://u@db.example.com/hr\"", "source.hr.url: a database on another machine needs sslmode=verify-full"},
		{"source of another kind", dev + "[source.hr]\nurl = \"mysql://u@localhost/hr\"", "source.hr.url: must be a postgres:// address"},
		{"source without an address", dev + "[source.hr]\nurl = \"\"", "source.hr.url: must be a postgres:// address"},
		{"source with a strange name", dev + "[source.Hr-1]\nurl = \"postgres://u@localhost/hr\"", "unknown key source.Hr-1.url"},
		{"source with another key", dev + "[source.hr]\npassword = \"x\"", "unknown key source.hr.password"},
		{"folder that is no full path", dev + "[folder.in]\npath = \"in\"", "folder.in.path: must be the full path of a folder"},
		{"folder without a path", dev + "[folder.in]\norganization = \"06f3k9mta1b2c4d5e6f7g8h9ij\"", "folder.in.path: must be the full path of a folder"},
		{"folder with an address", dev + "[folder.in]\nurl = \"x\"", "unknown key folder.in.url"},
		{"folder whose path is in a file", dev + "[folder.in]\npath_file = \"url\"", "unknown key folder.in.path_file"},
		{"source given twice", dev + "[source.hr]\nurl = \"postgres://u@localhost/hr\"\nurl_file = \"c.toml\"", "source.hr.url: given twice by the file"},
		{"first wait over the longest", dev + "[throttle]\nfirst_wait = \"2h\"", "throttle.first_wait"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Load(config.Sources{File: "c.toml", ReadFile: files{"c.toml": tt.file, "empty": "\n"}.read})
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error = %v, want one that says %q", err, tt.says)
			}
		})
	}
}

func TestSaysAllProblemsAtOnce(t *testing.T) {
	f := files{"c.toml": "base_url = \"nope\"\nlogg = 1\nmetrics = \":1\"\n[password]\ntime = \"x\"\n[throttle]\nmax_wait = \"-\"\nfailures = 0\n"}
	_, err := config.Load(config.Sources{File: "c.toml", Environ: []string{"SALLYPORT_SMTPURL=1"}, ReadFile: f.read})
	if err == nil {
		t.Fatal("no problem was found")
	}
	for _, want := range []string{
		"base_url: \"nope\"", "unknown key logg", "password.time: ", "metrics: ", "throttle.max_wait: ", "throttle.failures: ",
		"SALLYPORT_SMTPURL (did you mean SALLYPORT_SMTP_URL?)",
	} {
		if strings.Count(err.Error(), want) != 1 {
			t.Errorf("problems do not name %s once:\n%v", want, err)
		}
	}
	// One mistake is one problem: what follows from it is not told.
	for _, not := range []string{"base_url: must be set", "throttle.first_wait"} {
		if strings.Contains(err.Error(), not) {
			t.Errorf("problems hold %q, which follows from another one:\n%v", not, err)
		}
	}
}

// TestMistakesInTheFileQuoteNoSecret: whatever is wrong with the file, what
// stands in it for a secret key, or for one that may be meant so, is not told.
func TestMistakesInTheFileQuoteNoSecret(t *testing.T) {
	for name, text := range map[string]string{
		"not in quotes":    "database = hunterhunter",
		"quotes open":      "database = \"hunterhunter",
		"bad escape":       "database = \"\\hunterhunter\"",
		"under a table":    "[smtp]\nurl = hunterhunter",
		"misspelled key":   "databse = hunterhunter",
		"twice":            "database = \"a\"\ndatabase = \"hunterhunter\"",
		"no address":       "database = \"hunterhunter\"",
		"broken address":   "database = \"postgres://u:hunter%zzhunter@localhost/x\"",
		"of another kind":  "database = [\"hunterhunter\"]",
		"mail, no address": "[smtp]\nurl = \"hunterhunter\"",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := config.Load(config.Sources{File: "c.toml", ReadFile: files{"c.toml": dev + text}.read})
			if err == nil || strings.Contains(err.Error(), "hunter") {
				t.Errorf("error = %v, want one that does not quote the value", err)
			}
		})
	}
}

func TestDevelopmentFillsWhatIsMissing(t *testing.T) {
	tests := []struct{ name, addr, wantAddr, wantURL string }{
		{"nothing given", "", "localhost:8080", "http://localhost:8080"},
		{"the base URL follows the port", "127.0.0.1:9000", "127.0.0.1:9000", "http://localhost:9000"},
		{"any free port", "127.0.0.1:0", "127.0.0.1:0", "http://localhost:8080"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			flags := map[string]string{"dev": "true"}
			if tt.addr != "" {
				flags["addr"] = tt.addr
			}
			c, err := config.Load(config.Sources{Flags: flags})
			if err != nil || c.Addr != tt.wantAddr || c.BaseURL.String() != tt.wantURL {
				t.Errorf("addr %s, base_url %s, %v; want %s, %s", c.Addr, c.BaseURL, err, tt.wantAddr, tt.wantURL)
			}
		})
	}
}

func TestVariablesThatSayNothing(t *testing.T) {
	environ := []string{"SALLYPORT_SERVICE_HOST=10.0.0.1", "SALLYPORT_PORT=tcp://10.0.0.1:8443", "SALLYPORT_PORT_8443_TCP=x", "SALLYPORT_DEV=true", "SALLYPORT_ADDR="}
	if _, err := config.Load(config.Sources{Environ: environ}); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func FuzzLoadFile(f *testing.F) {
	f.Add(dev)
	f.Add("[smtp]\nurl = [1, 2]\n")
	f.Add("trusted_proxies = [\"::/0\", \"x\"]")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := config.Load(config.Sources{File: "c.toml", ReadFile: files{"c.toml": text}.read})
		if err == nil && c.BaseURL == nil {
			t.Errorf("Load(%q) gave neither an error nor a base URL", text)
		}
	})
}
