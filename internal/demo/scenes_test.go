package demo_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// curl loads a measure into Scorecard as a script does, and returns what it is told
// with the status behind it.
func curl(t *testing.T, r *running, show ...string) string {
	t.Helper()
	args := []string{"--silent", "--show-error", "--form", "file=@-;filename=measures.csv;type=text/csv", "--write-out", " %{http_code}", r.Scorecard + "/upload"}
	c := exec.Command("curl", append(args, show...)...)
	c.Stdin = strings.NewReader("measure,period,value\nLoaded by curl,2026-01,7\n")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("curl: %v\n%s", err, out)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// TestFourScenes are what the article says of its two loaders, from a command line
// against Scorecard: a password is refused while two-factor authentication is on; it
// loads in a pause and is refused after; it loads while two-factor is suspended, and is
// refused when that is on again with the same app; a key always loads.
func TestFourScenes(t *testing.T) {
	const loaded, refused = "Loaded 1 values. 200", `{"error":"two_factor_required","message":"This account uses two-factor authentication. ` +
		`Pause it for Data Loader 1.0 in Edit Profile > Security, or use an API key."} 403`
	dir := filepath.Join(t.TempDir(), "demo")
	r := start(t, dir, false)
	old := []string{"--user", "ben:" + password(t, dir, "ben")}
	wants := func(when, want string, show []string) {
		t.Helper()
		if got := curl(t, r, show...); got != want {
			t.Errorf("%s: told %s, want %s", when, got, want)
		}
	}
	b := newBrowser(t)
	b.open(r.Sallyport + "/signin")
	b.submit("login", "ben", "password", password(t, dir, "ben"))
	b.submit("method", "email")
	b.submit("code", emailed(t, r, "ben@northwind.example"))
	b.open(r.Sallyport + "/account/api-keys/new")
	b.submit("name", "Measures")
	b.submit("password", password(t, dir, "ben"))
	b.submit("method", "app")
	b.submit("code", shown(t, r, "ben"))
	b.submit("name", "Measures") // what was typed waited
	pair := regexp.MustCompile(`data-copy-text="(sp[ks]_[^"]+)"`).FindAllStringSubmatch(b.page, -1)
	if len(pair) != 2 {
		t.Fatalf("a key is shown as %q:\n%s", pair, b.page)
	}
	key := []string{"--header", "Sallyport-Access-Key: " + pair[0][1], "--header", "Sallyport-Secret-Key: " + pair[1][1]}

	wants("with two-factor on", refused, old)
	wants("with a key and two-factor on", loaded, key)

	b.open(r.Sallyport + "/account/security/pause")
	b.submit("length", "15")
	b.shows("The pause has started.")
	wants("in a pause", loaded, old)
	wants("with a key, in a pause", loaded, key)
	b.submitTo("/account/security/pause/end")
	b.shows("The pause has ended.")
	wants("after the pause", refused, old)

	b.open(r.Sallyport + "/account/security/turn-off")
	b.submit("how", "now")
	b.shows("Two-factor authentication is off for now. Your app is kept.")
	wants("off for now", loaded, old)
	wants("with a key, off for now", loaded, key)
	b.submit("two_factor", "on")
	b.submit("kind", "app", "code", next(t, r, "ben"))
	b.shows("Two-factor authentication is on again.")
	wants("on again", refused, old)
	wants("with a key, on again", loaded, key)
}
