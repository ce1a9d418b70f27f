package loader_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestNothingOfOnesOwn: whoever loads gives themselves no password and no app
// either: a key touches neither of its own person (AK4).
func TestNothingOfOnesOwn(t *testing.T) {
	d := newDesk(t)
	run, rejects := d.run(d.caller(), "Email,App secret\nboss@example.com,ABCDEFGHIJKLMNOP", 500, byIdentity)
	if run.Counts != counts(0, 0, 0, 1) || len(rejects) != 1 || rejects[0].Problems[0].Code != "people.self" {
		t.Errorf("the load counts %+v: %+v", run.Counts, rejects)
	}
	if boss := d.who(d.boss.Email); boss.Apps != 0 {
		t.Errorf("who loads has %d apps now", boss.Apps)
	}
	run, _ = d.run(d.caller(), "Email,Department\nboss@example.com,Works", 500, byIdentity)
	if run.Counts != counts(0, 1, 0, 0) {
		t.Errorf("their own department counts %+v", run.Counts)
	}
}

// TestMoreGroupsThanThereMayBe: a load that would make too many ends, and says why:
// tried again for ever it would never be over.
func TestMoreGroupsThanThereMayBe(t *testing.T) {
	d := newDesk(t)
	text := "Email,First Name,Last Name,Groups\n"
	for i := range 11 {
		var names []string
		for j := range core.GroupsPerOrganization / 10 {
			names = append(names, fmt.Sprintf("G%d-%d", i, j))
		}
		text += fmt.Sprintf("p%d@example.com,P,Q,%s\n", i, strings.Join(names, ";"))
	}
	run, _ := d.run(d.caller(), text, 2, nil)
	if run.State != core.LoadFailed || run.Reason != core.LoadGroupsMany || run.Counts != counts(10, 0, 0, 0) {
		t.Errorf("the load is %s (%s) and counts %+v", run.State, run.Reason, run.Counts)
	}
}
