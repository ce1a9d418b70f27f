package config_test

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/config"
)

// shipped is the configuration that the packages bring.
func shipped(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile("../../packaging/sallyport.toml")
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestTheShippedFileAsksForTheAddress: as it comes it is right but for what
// nobody else can know.
func TestTheShippedFileAsksForTheAddress(t *testing.T) {
	_, err := config.Load(config.Sources{File: "c.toml", ReadFile: files{"c.toml": shipped(t)}.read})
	if err == nil || strings.Count(err.Error(), "\n") != 0 || !strings.HasPrefix(err.Error(), "base_url: must be set") {
		t.Errorf("problems are %v, want base_url alone", err)
	}
}

// TestTheShippedFileNamesWhatThereIs: every line that is commented out can be
// taken in, shows the default where there is one, and none is missing.
func TestTheShippedFileNamesWhatThereIs(t *testing.T) {
	text := regexp.MustCompile(`(?m)^#([a-z_]+ = )`).ReplaceAllString(shipped(t), "$1")
	f := files{
		"c.toml": text, "/etc/sallyport/smtp": "smtp://localhost:25", "/etc/sallyport/smtp-second": "smtp://localhost:26",
		"/etc/sallyport/database": "postgres://sallyport:x@db.example.com/sallyport?sslmode=verify-full",
	}
	s := config.Sources{File: "c.toml", ReadFile: f.read}
	if _, err := config.Load(s); err != nil {
		t.Errorf("with everything taken in: %v", err)
	}
	// What the example sets otherwise than the default, and why.
	others := map[string]string{
		"base_url": "", "addr": "port 443", "data": "an absolute path", "trusted_proxies": "", "metrics": "", "tls.cert": "", "tls.key": "",
		"smtp.from": "", "smtp.reply_to": "", "audit.syslog": "", "audit.file": "",
	}
	set := map[string]config.Row{}
	for _, r := range config.Dump(s) {
		set[r.Key] = r
	}
	for _, o := range config.Options() {
		if o.Key == "dev" {
			continue // not for production
		}
		r := set[o.Key]
		if r.From != "file" {
			t.Errorf("packaging/sallyport.toml does not name %s", o.Key)
		}
		if _, other := others[o.Key]; !other && !o.Secret && r.Value != o.Default {
			t.Errorf("packaging/sallyport.toml shows %s = %q, the default is %q", o.Key, r.Value, o.Default)
		}
	}
}
