package core_test

import (
	"testing"

	"github.com/sallyport/sallyport/internal/core"
)

// TestRights goes through who may do what to whom (AD2).
func TestRights(t *testing.T) {
	person := func(id core.ID, org core.ID, kind core.UserType) core.User {
		return core.User{ID: id, OrganizationID: org, Type: kind, Status: core.Active}
	}
	ana, abe := person("ana", "north", core.Administrator), person("abe", "north", core.Administrator)
	hal, hue := person("hal", "north", core.HelpDesk), person("hue", "north", core.HelpDesk)
	uma, nob := person("uma", "north", core.Ordinary), person("nob", "north", core.NoAccess)
	else1 := person("eve", "south", core.Ordinary)
	gone := ana
	gone.Status = core.Inactive
	tests := []struct {
		name           string
		who, whom      core.User
		helps, manages bool
		grants         core.UserType // the highest type that may be given; -1: none
	}{
		{"an administrator and a person", ana, uma, true, true, core.Administrator},
		{"an administrator and another", ana, abe, true, true, core.Administrator},
		{"an administrator and herself", ana, ana, false, true, -1},
		{"an administrator and the help desk", ana, hal, true, true, core.Administrator},
		{"an administrator and a name without access", ana, nob, true, true, core.Administrator},
		{"an administrator of another organization", ana, else1, false, false, -1},
		{"a deactivated administrator", gone, uma, false, false, -1},
		{"the help desk and a person", hal, uma, true, false, -1},
		{"the help desk and a name without access", hal, nob, true, false, -1},
		{"the help desk and a colleague", hal, hue, false, false, -1},
		{"the help desk and an administrator", hal, ana, false, false, -1},
		{"the help desk and itself", hal, hal, false, false, -1},
		{"the help desk of another organization", hal, else1, false, false, -1},
		{"a person and another", uma, nob, false, false, -1},
		{"a person and herself", uma, uma, false, false, -1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.who.Helps(tt.whom); got != tt.helps {
				t.Errorf("helps: got %v", got)
			}
			if got := tt.who.Manages(tt.whom); got != tt.manages {
				t.Errorf("manages: got %v", got)
			}
			for to := core.NoAccess; to <= core.Administrator; to++ {
				if got := tt.who.MayGrant(tt.whom, to); got != (to <= tt.grants) {
					t.Errorf("grants %d: got %v", to, got)
				}
			}
		})
	}
}
