package storetest

import (
	"maps"
	"slices"
	"testing"
)

// test is one rule of the suite.
type test = func(*world)

// Run runs the whole suite; fresh gives each test a database of its own.
func Run(t *testing.T, fresh func(t *testing.T) Database) {
	t.Helper()
	groups := map[string]map[string]test{
		"columns":       columnTests(),
		"parallel":      parallelTests(),
		"scope":         {"other organizations see and change nothing": otherOrganizations},
		"signin":        signInTests(),
		"codes":         codeTests(),
		"alarm":         alarmTests(),
		"audit":         auditTests(),
		"throttle":      throttleTests(),
		"factors":       factorTests(),
		"links":         linkTests(),
		"people":        peopleTests(),
		"search":        searchTests(),
		"admin":         administerTests(),
		"groups":        groupTests(),
		"password":      passwordTests(),
		"address":       addressTests(),
		"profile":       profileTests(),
		"sessions":      sessionTests(),
		"mail":          mailTests(),
		"servers":       mailServerTests(),
		"keys":          keyTests(),
		"api keys":      apiKeyTests(),
		"upkeep":        upkeepTests(),
		"reset":         resetTests(),
		"exempt":        exemptionTests(),
		"pause":         pauseTests(),
		"app passwords": appPasswordTests(),
		"figures":       figureTests(),
		"rehearse":      rehearsalTests(),
		"bulk":          bulkTests(),
		"load":          loadTests(),
		"loadresult":    loadResultTests(),
		"loadundo":      loadUndoTests(),
		"loadfile":      loadFileTests(),
		"loadpackage":   loadPackageTests(),
		"loadschedule":  scheduleTests(),
		"calls":         callTests(),
	}
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		for _, name := range slices.Sorted(maps.Keys(groups[group])) {
			t.Run(group+"/"+name, func(t *testing.T) {
				t.Parallel()
				groups[group][name](newWorld(t, fresh(t)))
			})
		}
	}
}
