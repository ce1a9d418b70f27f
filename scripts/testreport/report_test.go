package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program is tested as it is used: events in, text and result lines out.
func TestReport(t *testing.T) {
	event := func(parts ...string) string { return `{` + strings.Join(parts, ",") + `}` + "\n" }
	of := func(action, test string) string {
		return event(`"Action":"`+action+`"`, `"Package":"p"`, `"Test":"`+test+`"`)
	}
	said := func(test, text string) string {
		return event(`"Action":"output"`, `"Package":"p"`, `"Test":"`+test+`"`, `"Output":"`+text+`\n"`)
	}
	whole := func(action string) string { return event(`"Action":"`+action+`"`, `"Package":"p"`) }

	cases := []struct {
		name, in, results, text string
		fails                   bool
	}{
		{
			name:    "subtests count, their parent does not",
			in:      of("run", "T") + of("run", "T/a") + of("run", "T/b") + of("pass", "T/a") + of("pass", "T/b") + of("pass", "T") + whole("pass"),
			results: "pass 2\nfail 0\n",
			text:    "tests: 2 passed, 0 failed, 0 not run",
		},
		{
			name:    "a failure shows what it said",
			in:      of("run", "T") + said("T", "got 1, want 2") + of("fail", "T") + whole("fail"),
			results: "pass 0\nfail 1\n",
			text:    "got 1, want 2",
			fails:   true,
		},
		{
			name:    "a skip carries its reason",
			in:      of("run", "T") + said("T", "    x_test.go:9: needs PostgreSQL") + of("skip", "T") + whole("pass"),
			results: "pass 0\nfail 0\nskip 1 Go test (needs PostgreSQL)\n",
			text:    "1 not run",
		},
		{
			name:    "a package that does not build is a failure",
			in:      event(`"Action":"build-output"`, `"ImportPath":"p [p.test]"`, `"Output":"undefined: x\n"`) + whole("fail"),
			results: "pass 0\nfail 1\n",
			text:    "undefined: x",
			fails:   true,
		},
		{name: "silence is a failure", in: "", results: "pass 0\nfail 1\n", text: "1 failed", fails: true},
	}
	program := filepath.Join(t.TempDir(), "testreport")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			results := filepath.Join(t.TempDir(), "results")
			cmd := exec.Command(program, "-results", results)
			cmd.Stdin = strings.NewReader(c.in)
			text, err := cmd.Output()
			if (err != nil) != c.fails {
				t.Errorf("fails: %v, want %v", err, c.fails)
			}
			if !strings.Contains(string(text), c.text) {
				t.Errorf("text: %q, want it to contain %q", text, c.text)
			}
			got, err := os.ReadFile(results)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != c.results {
				t.Errorf("results: %q, want %q", got, c.results)
			}
		})
	}
}
