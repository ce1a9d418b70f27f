package app_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestProgramsAnswersTakeAlike: what looks like an app password and is none takes
// the same time for a name that nobody has, for somebody without any, and for
// somebody with as many as there can be (EN2).
func TestProgramsAnswersTakeAlike(t *testing.T) { inTurn(t, programsAnswersTakeAlike) }

func programsAnswersTakeAlike(t *testing.T) {
	s := start(t, behindProxy)
	score := s.machines("Scorecard", "https://app.example.com")
	with := s.person("with@example.com")
	s.person("without@example.com")
	for range core.AppPasswordsPerUser {
		s.appPassword(with, score.ID, core.Origin{Address: "198.51.100.7", Network: "198.51.100.0/24"})
	}
	program := s.browser()
	kinds := []string{"with", "without", "nobody"}
	took := map[string][]time.Duration{}
	for i := range samples / 4 {
		// In no fixed order: whoever is always next to clean up memory would be slower.
		for _, k := range rand.Perm(len(kinds)) {
			kind := kinds[k]
			from := fmt.Sprintf("10.%d.%d.7", k, i) // nobody is slowed for what others did
			began := time.Now()
			p := asProgram(program, kind+"@example.com", "0000-0000-0000-0000", from)
			took[kind] = append(took[kind], time.Since(began))
			if p.StatusCode != http.StatusUnauthorized {
				t.Fatalf("%s: status %d %s", kind, p.StatusCode, p.Body)
			}
		}
	}
	base := undisturbed(took["nobody"])
	for _, kind := range kinds {
		m := undisturbed(took[kind])
		t.Logf("%s: %v", kind, m)
		if (m - base).Abs() > timingMargin {
			t.Errorf("%s: %v, an unknown name %v: more than %v apart", kind, m, base, timingMargin)
		}
	}
}

// undisturbed is how long the quickest tenth took at most: what else the machine
// does slows the others down.
func undisturbed(d []time.Duration) time.Duration {
	slices.Sort(d)
	return d[len(d)/10]
}
