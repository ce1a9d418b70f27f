package web

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// Form is what was typed and what is wrong with it. Its zero value is an empty
// form without problems.
type Form struct {
	order  []string
	values map[string]string
	wrong  map[string]*core.Error
}

// Problem is one line of the summary: what is wrong, and the field it links to.
type Problem struct {
	Field string
	Err   *core.Error
}

// readForm reads the named fields of a POST through the edge, which checks the
// form token and refuses what no form of ours can send. The form comes back
// with the error too, so that what was typed is kept where Failed can show it.
func (s *Site) readForm(r *http.Request, fields ...string) (Form, error) {
	sent, err := s.edge.ReadForm(r)
	f := Form{order: fields, values: map[string]string{}}
	for _, name := range fields {
		if sent.Has(name) {
			f.values[name] = sent.Get(name)
		}
	}
	return f, err
}

// Value returns what was typed into a field.
func (f Form) Value(name string) string { return f.values[name] }

// Ticked reports whether a box was ticked.
func (f Form) Ticked(name string) bool {
	_, ok := f.values[name]
	return ok
}

// With returns a copy in which a field holds value, for a form that is shown
// with something in it already.
func (f Form) With(name, value string) Form {
	f.values = maps.Clone(f.values)
	if f.values == nil {
		f.values = map[string]string{}
	}
	f.values[name] = value
	return f
}

// Without returns a copy in which fields are empty: passwords and codes are
// never sent back (ux §1.2).
func (f Form) Without(names ...string) Form {
	f.values = maps.Clone(f.values)
	for _, n := range names {
		delete(f.values, n)
	}
	return f
}

// Wrong returns a copy with one more field in error.
func (f Form) Wrong(field string, err *core.Error) Form {
	f.wrong = maps.Clone(f.wrong)
	if f.wrong == nil {
		f.wrong = map[string]*core.Error{}
	}
	f.wrong[field] = err
	return f
}

// Failed returns the form with the problems of err in it, and true where err
// is one that the person can mend on this page; a request that makes no sense is
// not. Errors without fields of their
// own belong to the field named by otherwise, so that every message has a
// place to link to.
func (f Form) Failed(err error, otherwise string) (Form, bool) {
	var e *core.Error
	if !errors.As(err, &e) {
		return f, false
	}
	if httpx.FormExpired(err) {
		return f.Wrong(otherwise, e), true
	}
	if strings.HasPrefix(e.Code, "request.") {
		return f, false
	}
	switch e.Kind {
	case core.Invalid, core.RateLimited, core.Unauthenticated, core.Conflict, core.Unavailable:
	default:
		return f, false
	}
	if len(e.Fields) == 0 {
		return f.Wrong(otherwise, e), true
	}
	for name, problem := range e.Fields {
		f = f.Wrong(name, problem)
	}
	return f, true
}

// Error returns what is wrong with a field, or nil.
func (f Form) Error(name string) *core.Error { return f.wrong[name] }

// Problems lists what is wrong in the order of the fields on the page.
func (f Form) Problems() []Problem {
	var all []Problem
	rest := maps.Clone(f.wrong)
	for _, name := range f.order {
		if e, ok := rest[name]; ok {
			all = append(all, Problem{name, e})
			delete(rest, name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(rest)) {
		all = append(all, Problem{name, rest[name]})
	}
	return all
}

// Field returns what a template needs around one input.
func (f Form) Field(name string) Field {
	return Field{Name: name, Value: f.values[name], Err: f.wrong[name]}
}

// Field is one input of a form.
type Field struct {
	Name  string
	Value string
	Err   *core.Error
}

// statusOf returns the status of a page that shows err beside its field: 429
// with Retry-After where a wait is meant, 503 where we are busy, 422 otherwise
// (ux §1.2).
func statusOf(w http.ResponseWriter, err error) int {
	wait := core.WaitOf(err)
	if wait > 0 {
		seconds := int64((wait + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	switch core.KindOf(err) {
	case core.RateLimited:
		return http.StatusTooManyRequests
	case core.Unavailable:
		return http.StatusServiceUnavailable
	case core.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusUnprocessableEntity
}
