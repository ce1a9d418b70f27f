package httpx

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// APIPrefix is what the addresses of the documented API begin with. What fails
// there is told as RFC 9457 wants it, whoever found it.
const APIPrefix = "/api/v1/"

// LoaderPrefix is what the addresses of old bulk clients begin with (Data Loader
// 1.0). What fails there is told as [Site.Refuse] does, whoever found it.
const LoaderPrefix = "/loader/v1/"

// The errors of the API that have a status of their own.
var (
	// ErrBody: the body cannot be read as the JSON that was asked for (400).
	ErrBody = core.NewError(core.Invalid, "api.body")
	// ErrChanged: it is not any more what If-Match says (412, RFC 9110 §13.1.1).
	ErrChanged = core.NewError(core.Conflict, "api.changed")
	// ErrVersionNeeded: a change must say what it was made from (428, RFC 6585 §3).
	ErrVersionNeeded = core.NewError(core.Invalid, "api.version_needed")
)

// Problem is an error as a program of the API gets it (RFC 9457). Code is stable;
// the sentences are in the language that was asked for and may change.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Code      string         `json:"code"`
	Errors    []ProblemField `json:"errors,omitempty"`
	RequestID string         `json:"request_id,omitempty"`
}

// ProblemField says what is wrong with one field of a body or of an address.
type ProblemField struct {
	Field  string `json:"field"`
	Code   string `json:"code"`
	Detail string `json:"detail"`
}

// problem is an error with its sentences. Nothing of what was sent is in it but
// the names of fields.
func (s *Site) problem(r *http.Request, status int, e *core.Error) Problem {
	p := Problem{
		Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: s.sentence(r, e), Code: e.Code, RequestID: RequestID(r),
	}
	for _, name := range slices.Sorted(maps.Keys(e.Fields)) {
		f := e.Fields[name]
		p.Errors = append(p.Errors, ProblemField{Field: name, Code: f.Code, Detail: s.sentence(r, f)})
	}
	return p
}

func (s *Site) writeProblem(w http.ResponseWriter, r *http.Request, status int, e *core.Error) {
	encoded, err := json.Marshal(s.problem(r, status, e))
	if err != nil { // texts and numbers always encode
		encoded = []byte(`{"type":"about:blank","title":"Internal Server Error","status":500,"detail":"","code":"internal"}`)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(append(encoded, '\n')) // the client is gone: there is nobody to tell
}

func ofAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, APIPrefix) }

func ofLoader(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, LoaderPrefix) }
