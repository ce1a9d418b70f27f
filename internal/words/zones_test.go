package words_test

import (
	"slices"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/words"
)

// TestZones: every zone that can be chosen exists, the list is sorted, and what
// is not in it is not known.
func TestZones(t *testing.T) {
	all := words.Zones()
	if !slices.IsSorted(all) || len(all) < 400 {
		t.Fatalf("%d zones, sorted: %v", len(all), slices.IsSorted(all))
	}
	for _, name := range all {
		if _, err := time.LoadLocation(name); err != nil || !words.KnownZone(name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"", "Local", "Mars/Olympus", "europe/london", "Europe/London ", "../Europe/London", "Europe"} {
		if words.KnownZone(name) {
			t.Errorf("%q is known", name)
		}
	}
}

func TestZonePlace(t *testing.T) {
	for name, want := range map[string][2]string{
		"Europe/London":                  {"Europe", "London"},
		"America/Argentina/Buenos_Aires": {"America", "Argentina/Buenos Aires"},
		"UTC":                            {"", "UTC"},
	} {
		if part, place := words.ZonePlace(name); part != want[0] || place != want[1] {
			t.Errorf("%s: %q, %q", name, part, place)
		}
	}
}
