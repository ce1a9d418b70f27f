package cli_test

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/cli"
)

// runs carries out a command line in this process.
func runs(t *testing.T, args ...string) (code int, out, talk string) {
	t.Helper()
	var o, e bytes.Buffer
	code = cli.Run(t.Context(), cli.IO{Args: args, In: strings.NewReader(""), Out: &o, Err: &e})
	return code, o.String(), e.String()
}

var (
	listedCommand = regexp.MustCompile(`(?m)^  ([a-z0-9-]+(?: [a-z0-9-]+)?)  +[A-Z]`)
	flagName      = regexp.MustCompile(`--[a-z0-9-]+`)
)

// TestEveryHelpBeginsWithExamples walks the whole tree of commands: each help
// begins with examples, and these use only commands and flags that exist.
func TestEveryHelpBeginsWithExamples(t *testing.T) {
	seen := map[string]bool{}
	queue := []string{""}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		seen[path] = true
		code, help, talk := runs(t, append(strings.Fields(path), "--help")...)
		if code != 0 || talk != "" || !strings.HasPrefix(help, "Examples:\n  ") {
			t.Errorf("sallyport %s --help: exit %d, talk %q, begins with %.40q", path, code, talk, help)
		}
		if _, commands, more := strings.Cut(help, "\nCommands:\n"); more {
			for _, m := range listedCommand.FindAllStringSubmatch(commands, -1) {
				queue = append(queue, m[1])
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(cli.HelpExamples())); !slices.Equal(got, want) {
		t.Errorf("commands %q\nhave examples for %q", got, want)
	}
	if len(seen) < 20 {
		t.Errorf("only %d commands were found: %q", len(seen), slices.Sorted(maps.Keys(seen)))
	}
}

func TestExamplesUseFlagsThatExist(t *testing.T) {
	for path, lines := range cli.HelpExamples() {
		for _, line := range lines {
			if command := exists(t, line); !strings.HasPrefix(command, path) {
				t.Errorf("the help of %q shows an example of %q", path, command)
			}
		}
	}
}

// exists looks whether a line that somebody is to type has a command and flags
// that exist, and returns the command.
func exists(t *testing.T, line string) string {
	t.Helper()
	_, options, _ := runs(t, "serve", "--help")
	// What stands behind three spaces is said, not typed.
	line, _, _ = strings.Cut(line[strings.Index(line, "sallyport ")+len("sallyport "):], "   ")
	words := strings.Fields(line)
	command := words[:1]
	if len(words) > 1 && cli.HelpExamples()[strings.Join(words[:2], " ")] != nil {
		command = words[:2]
	}
	code, help, _ := runs(t, append(slices.Clone(command), "--help")...)
	if code != 0 {
		t.Errorf("%s: there is no command %q", line, command)
	}
	for _, flag := range flagName.FindAllString(line, -1) {
		plain := strings.Replace(flag, "--no-", "--[no-]", 1)
		if !strings.Contains(help+options, flag) && !strings.Contains(help, plain) && !strings.Contains(help, "--[no-]"+flag[2:]) {
			t.Errorf("%s: there is no flag %s", line, flag)
		}
	}
	return strings.Join(command, " ")
}

// TestOperatorsPagesUseFlagsThatExist: what the pages for operators say to type
// is a command of this program.
func TestOperatorsPagesUseFlagsThatExist(t *testing.T) {
	typed := regexp.MustCompile(`(?m)^ *(sallyport [a-z].*)$`)
	found := 0
	for _, page := range []string{"production.md", "backup.md", "operator.md", "forward-auth.md"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		for i, part := range strings.Split(string(raw), "```") {
			if i%2 == 0 && page != "backup.md" { // that one sets commands in by four spaces
				continue
			}
			for _, m := range typed.FindAllStringSubmatch(strings.ReplaceAll(part, "\\\n", ""), -1) {
				line, _, _ := strings.Cut(m[1], " #")
				found++
				exists(t, line)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d command lines were found", found)
	}
}

// TestPrinting: text that was typed or stored cannot steer a terminal.
func TestPrinting(t *testing.T) {
	_, _, talk := runs(t, "serve", "--config", "no\x1b[31m\u009bsuch")
	if strings.ContainsAny(talk, "\x1b\u009b") || !strings.Contains(talk, "no?[31m") {
		t.Errorf("an error holds control characters: %q", talk)
	}
}
