package core_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
)

// TestEventKinds: the list of kinds has every constant, once, and each kind is in
// exactly one group.
func TestEventKinds(t *testing.T) {
	source, err := os.ReadFile("event.go")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, m := range regexp.MustCompile(`(?m)^\tEvent\w+\s+= "([^"]+)"`).FindAllStringSubmatch(string(source), -1) {
		want = append(want, m[1])
	}
	got := core.EventKinds()
	slices.Sort(want)
	slices.Sort(got)
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("core.EventKinds (-constants +list):\n%s", d)
	}
	var grouped []string
	for _, g := range core.EventGroups() {
		if len(g.Kinds()) == 0 {
			t.Errorf("no kind is in %s", g)
		}
		grouped = append(grouped, g.Kinds()...)
	}
	slices.Sort(grouped)
	if d := cmp.Diff(want, grouped); d != "" {
		t.Errorf("kinds in groups (-kinds +grouped):\n%s", d)
	}
	if kinds := core.EventGroup("nonsense").Kinds(); len(kinds) > 0 {
		t.Errorf("a group that does not exist has %v", kinds)
	}
}
