package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// bodyDepth is how deep a body may be nested (IN2).
const bodyDepth = 16

// The errors of a field that the shape of a body already shows.
var (
	errTwice      = core.NewError(core.Invalid, "api.field_twice")
	errCharacters = core.NewError(core.Invalid, "api.field_characters")
	errDeep       = core.NewError(core.Invalid, "api.field_deep")
)

// strict checks what a schema does not say: that a body is one JSON value and
// nothing after it, in which no name stands twice, since two readers of it could
// take another one of the two each, and no text has characters that no form of
// ours lets through (IN2).
func strict(body []byte) error {
	if !utf8.Valid(body) {
		return httpx.ErrBody
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	w := &walk{decoder: d}
	if err := w.value("", 0); err != nil {
		var e *core.Error
		if errors.As(err, &e) {
			return err
		}
		return httpx.ErrBody.Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return httpx.ErrBody
	}
	return nil
}

// walk goes through a body by its tokens.
type walk struct{ decoder *json.Decoder }

func (w *walk) value(at string, depth int) error {
	token, err := w.decoder.Token()
	if err != nil {
		return err
	}
	switch token := token.(type) {
	case string:
		if strings.ContainsFunc(token, untyped) {
			return core.InField(named(at), errCharacters)
		}
	case json.Delim:
		if depth++; depth > bodyDepth {
			return core.InField(named(at), errDeep)
		}
		if token == '{' {
			return w.object(at, depth)
		}
		return w.array(at, depth)
	}
	return nil
}

func (w *walk) object(at string, depth int) error {
	seen := map[string]bool{}
	for w.decoder.More() {
		token, err := w.decoder.Token()
		if err != nil {
			return err
		}
		name, _ := token.(string) // the decoder lets nothing else stand here
		field := name
		if at != "" {
			field = at + "." + name
		}
		switch {
		case !spelled(name): // the decoder of the standard library would take it for another one
			return core.InField(named(field), errUnknown)
		case seen[name]:
			return core.InField(named(field), errTwice)
		}
		seen[name] = true
		if err := w.value(field, depth); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

func (w *walk) array(at string, depth int) error {
	for i := 0; w.decoder.More(); i++ {
		if err := w.value(at+"["+strconv.Itoa(i)+"]", depth); err != nil {
			return err
		}
	}
	_, err := w.decoder.Token()
	return err
}

// longestName bounds the name of a field in an answer: it is a stranger's text.
const longestName = 100

// named is a field as an answer names it.
func named(field string) string {
	if field == "" {
		return "body"
	}
	if len(field) > longestName {
		return strings.ToValidUTF8(field[:longestName], "") + "…"
	}
	return field
}

// spelled reports whether a name is spelled as all of ours are.
func spelled(name string) bool {
	return !strings.ContainsFunc(name, func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' })
}

// untyped are the characters that no keyboard makes.
func untyped(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' }
