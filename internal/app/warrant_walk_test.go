package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/web"
)

// TestRightsAreAskedForWhenItIsDone walks every form of administrators and of the
// help desk as somebody who was one a moment ago: the session is still known as an
// administrator's, the row of the account says otherwise. Nothing is done, and
// what was tried is written down as refused (AD2, AD3). A new route is walked by
// itself.
func TestRightsAreAskedForWhenItIsDone(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := twoOrganizations(t)
		w.bob = w.browser()
		w.bob.signIn("ana@southwind-b.example", password).must(t, 200, "Home")
		w.signed = ""
		forms := w.preparedForms()
		if len(forms) < 40 {
			t.Errorf("%d forms were filled in: the walk says little", len(forms))
		}
		w.bob.get("/admin").must(t, 200, "Control Panel")
		// No change is announced, so that what is known of the session stays as it is.
		if _, err := w.database().ExecContext(t.Context(), `UPDATE person SET user_type = 1 WHERE email = 'ana@southwind-b.example'`); err != nil {
			t.Fatal(err)
		}
		before := w.rowsOf(w.other)
		refused := 0
		for _, f := range forms {
			p := w.bob.do(http.MethodPost, f.path, f.values)
			if p.StatusCode >= 500 || strings.HasPrefix(p.Header.Get("Location"), "/signin") || strings.HasPrefix(p.Header.Get("Location"), "/confirm") {
				t.Errorf("POST %s: got %d to %q", f.path, p.StatusCode, p.Header.Get("Location"))
			}
			if p.StatusCode == http.StatusForbidden {
				refused++
			}
		}
		w.bob.get("/admin").must(t, 200, "Control Panel") // it was known as that all the time
		if refused < 20 {
			t.Errorf("%d forms were refused for want of a right, want at least 20", refused)
		}
		written := 0
		for key, row := range w.rowsOf(w.other) {
			if _, had := before[key]; !had && strings.HasPrefix(key, "event ") {
				if written++; !strings.Contains(row, "|refused|") {
					t.Errorf("it was done: %s", row)
				}
				before[key] = row
			}
		}
		if d := cmp.Diff(before, w.rowsOf(w.other)); d != "" {
			t.Errorf("something was written (-before +after):\n%s", d)
		}
		if written < 15 {
			t.Errorf("%d refusals were written down, want at least 15", written)
		}
	})
}

// prepared is a form that is filled in, to be sent later.
type prepared struct {
	path   string
	values url.Values
}

// preparedForms are all forms of administrators and of the help desk, about what
// the walker's organization has.
func (w *apart) preparedForms() (all []prepared) {
	w.t.Helper()
	for _, r := range w.Routes() {
		if r.Method != http.MethodPost || r.Access < web.Helping {
			continue
		}
		for _, path := range pathsOf(withOwnNames(r.Pattern), w.own) {
			values := w.filled(path)
			values.Set("form_token", w.token())
			all = append(all, prepared{path, values})
		}
	}
	return all
}
