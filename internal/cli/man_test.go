package cli_test

import (
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/cli"
	"github.com/sallyport/sallyport/internal/config"
)

// plainText undoes the escapes of the manual page.
func plainText(page string) string {
	return strings.NewReplacer(`\-`, "-", `\e`, `\`, `\(aq`, "'", `\(ga`, "`", `\(ha`, "^", `\(ti`, "~", `\&`, "").Replace(page)
}

// TestManualNamesEverything: each command that has a help has its place on the
// page with the flags that its help shows, and so has each option.
func TestManualNamesEverything(t *testing.T) {
	code, page, talk := runs(t, "man")
	if code != 0 || talk != "" {
		t.Fatalf("exit %d, talk %q", code, talk)
	}
	text := plainText(page)
	own := regexp.MustCompile(`(?m)^  (?:-., |    )--(\[no-\])?([a-z0-9-]+)`)
	found := 0
	for path := range cli.HelpExamples() {
		_, help, _ := runs(t, append(strings.Fields(path), "--help")...)
		if path == "" || strings.Contains(help, "\nCommands:\n") {
			continue
		}
		_, part, ok := strings.Cut(text, "\n.SS "+path)
		if !ok {
			t.Errorf("the page has no part on %q", path)
			continue
		}
		part, _, _ = strings.Cut(part, "\n.S")
		_, everywhere, _ := strings.Cut(text, "\n.SH FLAGS OF EVERY COMMAND\n")
		for _, flag := range own.FindAllStringSubmatch(help, -1) {
			found++
			if name := "\n.B --" + flag[1] + flag[2]; !strings.Contains(part, name) && !strings.Contains(everywhere, name) {
				t.Errorf("%s: the page does not name --%s", path, flag[2])
			}
		}
	}
	if found < 100 {
		t.Errorf("only %d flags were found in the helps", found)
	}
	for _, o := range config.Options() {
		if !strings.Contains(text, ", "+o.Key+"\n") {
			t.Errorf("the page does not name the option %s", o.Key)
		}
	}
}

// TestManualIsWellFormed: a reader of manual pages has nothing to say about it.
func TestManualIsWellFormed(t *testing.T) {
	_, page, _ := runs(t, "man")
	for i, line := range strings.Split(page, "\n") {
		if strings.HasPrefix(line, "'") || strings.ContainsFunc(line, func(c rune) bool { return c > '~' }) {
			t.Errorf("line %d is read as something else: %q", i+1, line)
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		return // Debian has it; the form above was looked at all the same
	}
	reader := exec.Command(groff, "-man", "-ww", "-z", "-Tutf8")
	reader.Stdin = strings.NewReader(page)
	if out, err := reader.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("groff says (%v):\n%s", err, out)
	}
}
