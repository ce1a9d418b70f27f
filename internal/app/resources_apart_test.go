package app_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// TestAPIOrganizationsAreApart walks every route of the API with a key of one
// organization's administrator and every id of another one (law 10).
func TestAPIOrganizationsAreApart(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := twoOrganizations(t)
		acc, _, err := w.Accounts.Find(t.Context(), "ana@southwind-b.example")
		if err != nil {
			t.Fatal(err)
		}
		p := w.program(acc.User, core.KeyScopes()...)
		before := w.rowsOf(w.Org.ID)
		walked := 0
		for _, route := range w.APIRoutes() {
			method, pattern, _ := strings.Cut(route, " ")
			pattern = strings.TrimPrefix(pattern, "/api/v1")
			for _, path := range w.addresses(pattern) {
				if walked%500 == 499 {
					w.advance(time.Minute) // the key's ration is whole again
				}
				got := p.asked(method, path, bodyOf(route), headed("If-Match", "*"))
				if walked++; path != pattern && got.StatusCode != http.StatusNotFound {
					t.Errorf("%s %s: %d %s, want 404", method, path, got.StatusCode, got.text)
				}
				w.tellsNone(route, got)
			}
		}
		for _, ids := range w.ids {
			for _, id := range ids {
				for _, path := range []string{"/people?group=" + id, "/people?q=" + id, "/audit?person=" + id, "/audit?q=" + id} {
					w.tellsNone(path, p.asked("GET", path, ""))
				}
			}
		}
		w.unchanged(before)
		if walked < 100 {
			t.Errorf("walked %d addresses", walked)
		}
	})
}

// addresses are those of a pattern with each id of the first organization in one
// parameter, and in the other, where there is one, an own one.
func (w *apart) addresses(pattern string) []string {
	if !strings.Contains(pattern, "{") {
		return []string{pattern}
	}
	var all []string
	own := strings.NewReplacer("{id}", w.own["person_group"][0], "{person}", w.own["person"][0])
	for _, ids := range w.ids {
		for _, id := range ids {
			for _, parameter := range []string{"{id}", "{person}"} {
				if strings.Contains(pattern, parameter) {
					all = append(all, own.Replace(strings.ReplaceAll(pattern, parameter, id)))
				}
			}
		}
	}
	return all
}

// bodyOf is a body that a route would take.
func bodyOf(route string) string {
	switch {
	case strings.HasSuffix(route, "POST /api/v1/people"):
		return somebody("walker")
	case strings.HasSuffix(route, "POST /api/v1/groups"):
		return `{"name":"Walkers"}`
	case strings.HasSuffix(route, "/rows"):
		return `{"rows":[{"row":9,"cells":["x"]}]}`
	case strings.HasSuffix(route, "POST /api/v1/loads"), strings.HasSuffix(route, "POST /api/v1/load-previews"):
		return `{"name":"walk.csv","target":"people","first_row":2,"column_names":["Email"]}`
	case strings.HasSuffix(route, "/load-packages"), strings.HasPrefix(route, "PUT /api/v1/load-packages"):
		return `{"name":"Walk","order":{"target":"people","key_field":"email","columns":[{"column":"Email","field":"email","enabled":true}]}}`
	case strings.HasPrefix(route, "PATCH"), strings.HasSuffix(route, "/sign-out"):
		return `{}`
	}
	return ""
}

func (w *apart) tellsNone(route string, got told) {
	w.t.Helper()
	if i := slices.IndexFunc(w.texts(), func(text string) bool { return strings.Contains(got.text, text) }); i >= 0 {
		w.t.Errorf("%s tells of %s: %s", route, w.texts()[i], got.text)
	}
}
