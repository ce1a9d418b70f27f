package storetest

import "testing"

// Run runs the whole suite; open gives each test a database of its own.
func Run(t *testing.T, fresh func(t *testing.T) Opener) {
	t.Helper()
	for _, group := range []map[string]func(*world){smokeTests()} {
		for name, test := range group {
			t.Run(name, func(t *testing.T) { test(newWorld(t, fresh(t))) })
		}
	}
}
