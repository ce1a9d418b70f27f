package core

import (
	"errors"
	"fmt"
	"maps"
	"strconv"
	"time"
)

// Kind groups errors by what the caller can do about them. Transports map a
// kind to their own status; there are no HTTP numbers here.
type Kind int

// The kinds. Anything that is not an *[Error] counts as Internal.
const (
	Internal        Kind = iota // our fault or the machine's; details only in the log
	Invalid                     // what was typed cannot be taken; Fields says where
	NotFound                    // there is no such thing, or not for this person
	Conflict                    // it was changed, used or taken meanwhile
	Unauthenticated             // a sign-in, or more of one, is needed
	Forbidden                   // signed in, but not allowed
	RateLimited                 // too many tries; Params["wait"] is a time.Duration
	Unavailable                 // busy or a part is down; trying again later helps
	Gone                        // a link or step that is over
)

// Error is the one error type that reaches people. Code is stable and names a
// sentence in the catalogue; Params fill it. The cause is for the log only.
type Error struct {
	Kind   Kind
	Code   string
	Params map[string]any
	// Fields says which form field is wrong and why: field name to Error
	// without Fields of its own.
	Fields map[string]*Error
	cause  error
}

// Errorf is absent on purpose: a sentence belongs to the catalogue, not here.

// NewError returns an error of kind k with a stable code, for example
// NewError(Invalid, "signin.login.empty").
func NewError(k Kind, code string) *Error { return &Error{Kind: k, Code: code} }

// With returns a copy that carries one more parameter for the sentence.
func (e *Error) With(name string, value any) *Error {
	c := *e
	c.Params = maps.Clone(e.Params)
	if c.Params == nil {
		c.Params = map[string]any{}
	}
	c.Params[name] = value
	return &c
}

// Because returns a copy that remembers its cause for the log. The cause is
// never shown to people.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// InField returns an Invalid error that says what is wrong with one field.
func InField(field string, e *Error) *Error {
	return &Error{Kind: Invalid, Code: "form.invalid", Fields: map[string]*Error{field: e}}
}

// Error implements error for logs: the code, the fields' codes and the cause.
func (e *Error) Error() string {
	s := e.Code
	for name, f := range e.Fields {
		s += fmt.Sprintf(" %s=%s", name, f.Code)
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As the cause.
func (e *Error) Unwrap() error { return e.cause }

// Is makes two errors with the same code equal for errors.Is, whatever their
// parameters.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// KindOf returns the kind of err: Internal for anything that is not an *Error.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// CodeOf returns the code of err, "internal" for anything that is not an *Error.
func CodeOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return "internal"
}

// ReasonOf returns the code of err with the status that a server answered, where
// there was one: what may be stored of it, since nothing in it names a person.
func ReasonOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		if status, ok := e.Params["status"].(int); ok {
			return e.Code + " " + strconv.Itoa(status)
		}
	}
	return CodeOf(err)
}

// WaitOf returns how long the caller should wait before trying again; zero
// where err says nothing about it.
func WaitOf(err error) time.Duration {
	var e *Error
	if errors.As(err, &e) {
		if d, ok := e.Params["wait"].(time.Duration); ok {
			return d
		}
	}
	return 0
}

// The errors that stores return and services branch on. A store returns no
// others, except ones that wrap the driver's and so count as Internal.
var (
	// ErrNotFound: no row, or not in this organization.
	ErrNotFound = NewError(NotFound, "not_found")
	// ErrStale: the row changed since it was read (compare-and-swap lost), or
	// was ended. Reading again and deciding again is right; repeating is not.
	ErrStale = NewError(Conflict, "stale")
	// ErrUsed: a single-use thing (code, time step, link) was used already.
	ErrUsed = NewError(Conflict, "used")
	// ErrTaken: a unique name or address belongs to somebody else.
	ErrTaken = NewError(Conflict, "taken")
	// ErrLimit: a counted allowance (sends, tries, rows per person) is spent.
	ErrLimit = NewError(RateLimited, "limit")
)
