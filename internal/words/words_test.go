package words_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/words"
)

func load(t *testing.T) *words.Catalogue {
	t.Helper()
	c, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestErrorSentences(t *testing.T) {
	p := load(t).Printer("en")
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"plain", core.NewError(core.Invalid, "signin.login.empty"), "Enter your username or email"},
		{"a length of time", core.NewError(core.RateLimited, "signin.limited").With("wait", 61*time.Second), "Too many tries. Wait 2 minutes, or reset your password."},
		{"plural", core.NewError(core.Invalid, "code.wrong").With("left", 3), "That code is not right. 3 tries left."},
		{"singular", core.NewError(core.Invalid, "code.wrong").With("left", 1), "That code is not right. 1 try left."},
		{"wrapped", errors.Join(errors.New("outer"), core.ErrStale), "This was changed meanwhile. Reload the page and try again."},
		{"foreign", errors.New("pq: secret things"), "Something went wrong. It is not your fault."},
		{"a fault of ours", core.NewError(core.Internal, "key.damaged"), "Something went wrong. It is not your fault."},
		{"a code without sentence", core.NewError(core.Invalid, "no.such"), "⟦error.no.such⟧"},
		{"a missing value", core.NewError(core.RateLimited, "signin.limited"), "⟦error.signin.limited⟧"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := p.Error(tt.err); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestErrorLeavesParametersAlone(t *testing.T) {
	e := core.NewError(core.RateLimited, "signin.limited").With("wait", time.Minute)
	if got := load(t).Printer("en").Error(e); !strings.Contains(got, "1 minute") {
		t.Fatalf("got %q, want a minute in it", got)
	}
	if got := core.WaitOf(e); got != time.Minute {
		t.Errorf("got wait %v after printing, want 1m0s", got)
	}
}

func TestMissingTextIsSeen(t *testing.T) {
	c := load(t)
	if got, want := c.Printer("en").T("no.such.text"), "⟦no.such.text⟧"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if c.Has("no.such.text") {
		t.Error("Has reports a text that does not exist")
	}
	if !c.Has("error.internal") {
		t.Error("Has does not report error.internal")
	}
}

func TestDuration(t *testing.T) {
	p := load(t).Printer("en")
	tests := map[time.Duration]string{
		-time.Second: "0 seconds", 0: "0 seconds", time.Millisecond: "1 second", 30 * time.Second: "30 seconds",
		time.Minute: "1 minute", 61 * time.Second: "2 minutes", 10 * time.Minute: "10 minutes",
		59*time.Minute + time.Second: "1 hour", time.Hour: "1 hour", 90 * time.Minute: "90 minutes",
		121 * time.Minute: "3 hours", 24 * time.Hour: "24 hours", 48 * time.Hour: "2 days", 7 * 24 * time.Hour: "7 days",
	}
	for d, want := range tests {
		if got := p.Duration(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestTimes(t *testing.T) {
	p := load(t).Printer("en")
	at := time.Date(2026, 11, 23, 23, 42, 5, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"moment", p.Time(at, "UTC"), "23 November 2026, 23:42"},
		{"another day there", p.Time(at, "Asia/Tokyo"), "24 November 2026, 08:42"},
		{"unknown zone", p.Time(at, "Nowhere/Else"), "23 November 2026, 23:42"},
		{"today there", p.Recent(at, at.Add(20*time.Minute), "Europe/Paris"), "Today, 00:42"},
		{"yesterday there", p.Recent(at, at.Add(20*time.Minute), "Europe/London"), "Yesterday, 23:42"},
		{"the day before", p.Recent(at, at.Add(48*time.Hour), ""), "23 November 2026, 23:42"},
		{"in the future", p.Recent(at.Add(48*time.Hour), at, ""), "25 November 2026, 23:42"},
		{"zone named", p.TimeAndZone(at, "Europe/Paris"), "24 November 2026, 00:42 Europe/Paris"},
		{"unknown zone named", p.TimeAndZone(at, "../etc/passwd"), "23 November 2026, 23:42 UTC"},
		{"clock with zone", p.ClockAndZone(at, "Europe/London"), "23:42 Europe/London"},
		{"clock", p.Clock(at, "Asia/Tokyo"), "08:42:05"},
		{"date", p.Date(at, "Asia/Tokyo"), "24 November 2026"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestSpanishTimesAndNumbers(t *testing.T) {
	p := load(t).Printer("es-MX,es;q=0.9,en;q=0.5")
	at := time.Date(2026, 9, 1, 7, 5, 0, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"language", p.Language(), "es"},
		{"date", p.Date(at, ""), "1 de septiembre de 2026"},
		{"moment", p.Time(at, "Europe/Madrid"), "1 de septiembre de 2026, 09:05"},
		{"with its zone", p.TimeAndZone(at, "America/Bogota"), "1 de septiembre de 2026, 02:05 (America/Bogota)"},
		{"today", p.Recent(at, at, ""), "Hoy, 07:05"},
		{"yesterday", p.Recent(at, at.Add(24*time.Hour), ""), "Ayer, 07:05"},
		{"one", p.Duration(time.Second), "1 segundo"},
		{"some", p.Duration(3 * 24 * time.Hour), "3 días"},
		{"four digits", p.Number(9999), "9999"},
		{"five", p.Number(10000), "10\u00a0000"},
		{"below zero", p.Number(-1234567), "-1\u00a0234\u00a0567"},
		{"a million of them", p.T("time.days", "count", 1_000_000), "1\u00a0000\u00a0000 días"},
		{"a browser", p.Device("Firefox on Windows"), "Firefox en Windows"},
		{"one among values", p.T("activity.detail_name", "Name", words.Device("Safari on iOS")), "Nombre: Safari en iOS"},
		{"a person's own name for one", p.Device("The one on the desk"), "The one on the desk"},
		{"a part of the world", p.ZonePart("Europe"), "Europa"},
		{"one of old names", p.ZonePart("Etc"), "Etc"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
	if got := load(t).Printer("en").Number(100_000); got != "100,000" {
		t.Errorf("in English %q, want 100,000", got)
	}
}

// TestAnotherLanguageIsOneFile: a file in a folder named by its tag is all that a
// language takes.
func TestAnotherLanguageIsOneFile(t *testing.T) {
	c, err := words.LoadFS(fstest.MapFS{
		"en/a.toml": {Data: []byte("\"a.b\" = \"until {{.until}}\"\n\"a.c\" = { one = \"{{.count}} code\", other = \"{{.count}} codes\" }")},
		"de/a.toml": {Data: []byte("\"a.b\" = \"bis {{.until}}\"\n\"language.name\" = \"Deutsch\"")},
		"en/time.toml": {Data: []byte("\"time.moment\" = \"{{.clock}}\"\n\"time.moment_zone\" = \"{{.clock}} {{.zone}}\"\n" +
			"\"time.date\" = \"{{.day}}\"\n\"time.month.5\" = \"May\"")},
	})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 3, 10, 42, 0, 0, time.UTC)
	tests := []struct{ name, got, want string }{
		{"header", c.Printer("de-AT,de;q=0.9,en;q=0.5").T("a.b", "until", at), "bis 10:42 UTC"},
		{"in a zone", c.Printer("de").In("Europe/Berlin").T("a.b", "until", at), "bis 12:42"},
		{"missing there", c.Printer("de").T("a.c", "count", 2), "2 codes"},
		{"unknown language", c.Printer("xx-nonsense-!!", "fr").T("a.c", "count", 1), "1 code"},
		{"language", c.Printer("de-CH").Language(), "de"},
		{"nothing asked for", c.Printer().Language(), "en"},
		{"all of them", strings.Join(c.Languages(), " "), "en de"},
		{"its own name", c.Name("de"), "Deutsch"},
		{"of one that does not say", c.Name("en"), "en"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.got != tt.want {
				t.Errorf("got %q, want %q", tt.got, tt.want)
			}
		})
	}
}

func TestKnownLanguages(t *testing.T) {
	c := load(t)
	for name, want := range map[string]bool{
		"en": true, "es": true, "": false, "ES": false, "es-MX": false, "fr": false, "es,en": false, "../es": false, "und": false,
	} {
		if got := c.Known(name); got != want {
			t.Errorf("%q is known: %v, want %v", name, got, want)
		}
	}
}

func TestBadCataloguesAreRefused(t *testing.T) {
	tests := map[string]fstest.MapFS{
		"no English":     {"de/a.toml": {Data: []byte(`"a.b" = "x"`)}},
		"the same twice": {"en/a.toml": {Data: []byte(`"a.b" = "x"`)}, "en/b.toml": {Data: []byte(`"a.b" = "y"`)}},
		"empty text":     {"en/a.toml": {Data: []byte(`"a.b" = ""`)}},
		"not TOML":       {"en/a.toml": {Data: []byte(`a.b: x`)}},
		"not a language": {"en/a.toml": {Data: []byte(`"a.b" = "x"`)}, "notalanguage/a.toml": {Data: []byte(`"a.b" = "x"`)}},
	}
	for name, fsys := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := words.LoadFS(fsys); err == nil {
				t.Error("got no error, want one")
			}
		})
	}
}
