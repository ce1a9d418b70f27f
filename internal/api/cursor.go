package api

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// errCursor says that a cursor leads nowhere.
func errCursor() error { return core.InField("cursor", core.NewError(core.Invalid, "api.cursor")) }

// Page is which part of a list is asked for.
type Page struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"300"`
}

// cursorOf is a place in a list: after what, and of which list. It is no secret,
// and opens nothing: the list is looked up within the organization whatever it
// says. That it is of the same list is checked, so that a program which mixes two
// of them up hears of it.
func cursorOf(list, after string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(list[:8] + after))
}

// after reads a cursor; empty where there is none.
func (p Page) after(list string) (string, error) {
	if p.Cursor == "" {
		return "", nil
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(p.Cursor)
	if err != nil || base64.RawURLEncoding.EncodeToString(text) != p.Cursor { // the decoder passes over line breaks
		return "", errCursor()
	}
	after, ok := strings.CutPrefix(string(text), list[:8])
	if !ok || after == "" || !plain(after) {
		return "", errCursor()
	}
	return after, nil
}

// plain reports whether a text can be part of an id or a moment.
func plain(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return (r < '0' || r > '9') && (r < 'a' || r > 'z') && r != '-' && r != '.' })
}

// gone says of a place that is not in the list any more that the list must be
// begun anew.
func gone(err error, after string) error {
	if after != "" && core.KindOf(err) == core.NotFound {
		return errCursor()
	}
	return err
}

// next is the address of the next page as a header (RFC 8288); empty where there
// is none.
func next(r *http.Request, cursor string) string {
	if cursor == "" {
		return ""
	}
	q := url.Values{}
	for name, values := range r.URL.Query() {
		q[name] = values
	}
	q.Set("cursor", cursor)
	return "<" + httpx.APIPrefix + strings.TrimPrefix(r.URL.Path, httpx.APIPrefix) + "?" + q.Encode() + `>; rel="next"`
}
