package httpx

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// The limits of forms and queries.
const (
	valueLimit = 4096 // bytes in one value; longer ones are an error of their field
	fieldLimit = 200  // fields in one form
)

// Form holds the values of a form or of a query, each name once.
type Form struct{ values map[string]string }

// Get returns a value as typed, empty where the name is absent.
func (f Form) Get(name string) string { return f.values[name] }

// Trimmed returns a value without white space around it.
func (f Form) Trimmed(name string) string { return strings.TrimSpace(f.values[name]) }

// Has reports whether the name is there, as a ticked box is.
func (f Form) Has(name string) bool { _, ok := f.values[name]; return ok }

// ReadForm reads the body of a POST: at most 64 KiB of form, every name once,
// UTF-8 without control characters (IN1, IN2), and the right form token (CS3).
// The form comes back with the error where it could be read, so that a page can
// keep what was typed.
func (s *Site) ReadForm(r *http.Request) (Form, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return Form{}, errMedia
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			return Form{}, errTooLarge
		}
		return Form{}, errMalformed.Because(err)
	}
	f, err := parseValues(string(body))
	if err != nil {
		return f, err
	}
	if !s.checkToken(r, f.Get(FormField)) {
		return f, errFormExpired
	}
	return f, nil
}

// ReadQuery reads the query of an address under the same rules.
func ReadQuery(r *http.Request) (Form, error) { return parseValues(r.URL.RawQuery) }

func parseValues(encoded string) (Form, error) {
	f := Form{values: map[string]string{}}
	if strings.Count(encoded, "&") >= fieldLimit {
		return f, errMalformed
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		return f, errMalformed.Because(err)
	}
	long := map[string]*core.Error{}
	for name, v := range values {
		switch {
		case len(v) != 1:
			return f, errRepeated
		case !cleanValue(name, false) || !cleanValue(v[0], true):
			return f, errCharacters
		case len(v[0]) > valueLimit:
			long[name] = core.NewError(core.Invalid, "form.too_long")
			continue
		}
		f.values[name] = v[0]
	}
	if len(long) > 0 {
		return f, &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: long}
	}
	return f, nil
}

// cleanValue refuses what no keyboard makes: broken UTF-8, NUL and the other
// control characters, but for tabs and line breaks where lines says so.
func cleanValue(s string, lines bool) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c == 0x7f || c < ' ' && !(lines && (c == '\n' || c == '\r' || c == '\t')) {
			return false
		}
	}
	return true
}

// Names returns the names in the form that begin with start, without it, in no
// order: the boxes of a list that were ticked.
func (f Form) Names(start string) []string {
	var names []string
	for name := range f.values {
		if rest, ok := strings.CutPrefix(name, start); ok {
			names = append(names, rest)
		}
	}
	return names
}
