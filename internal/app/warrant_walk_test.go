package app_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/web"
)

// TestRightsAreAskedForAtOnce walks every form of administrators and of the help
// desk as somebody who was one when it was filled in, on a replica that has not
// heard that they are none any more: there is no such page, and nothing is done
// (AD2, AD3). What is lost between that look and the transaction is refused there
// (package storetest). A new route is walked by itself.
func TestRightsAreAskedForAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		w := twoOrganizations(t)
		w.bob, w.signed = w.browser(), ""
		w.bob.signIn("ana@southwind-b.example", password).must(t, 200, "Home")
		forms := w.preparedForms()
		if len(forms) < 40 {
			t.Errorf("%d forms were filled in: the walk says little", len(forms))
		}
		// No change is announced, so that nothing in memory is known to be old.
		if _, err := w.database().ExecContext(t.Context(), `UPDATE person SET user_type = 1 WHERE email = 'ana@southwind-b.example'`); err != nil {
			t.Fatal(err)
		}
		before := w.rowsOf(w.other)
		for _, f := range forms {
			if p := w.bob.do(http.MethodPost, f.path, f.values); p.StatusCode != http.StatusNotFound {
				t.Errorf("POST %s: got %d to %q, want 404", f.path, p.StatusCode, p.Header.Get("Location"))
			}
		}
		if d := cmp.Diff(before, w.rowsOf(w.other)); d != "" {
			t.Errorf("something was done (-before +after):\n%s", d)
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
