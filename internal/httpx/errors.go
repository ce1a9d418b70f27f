package httpx

import (
	"encoding/json"
	"errors"
	"html"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The errors of the edge itself. Those whose kind has another status than they
// need are listed in StatusOf.
var (
	errInternal    = core.NewError(core.Internal, "internal")
	errNoPage      = core.NewError(core.NotFound, "request.no_page")
	errMethod      = core.NewError(core.Invalid, "request.method")
	errMalformed   = core.NewError(core.Invalid, "request.malformed")
	errRepeated    = core.NewError(core.Invalid, "request.repeated")
	errCharacters  = core.NewError(core.Invalid, "request.characters")
	errMedia       = core.NewError(core.Invalid, "request.media")
	errTooLarge    = core.NewError(core.Invalid, "request.too_large")
	errWrongHost   = core.NewError(core.Invalid, "request.wrong_host") // Params["Address"]
	errCrossOrigin = core.NewError(core.Forbidden, "request.cross_origin")
	errFormExpired = core.NewError(core.Forbidden, "request.form_expired")
)

// Malformed returns the error for a request that makes no sense (400), with its
// cause for the log.
func Malformed(cause error) error { return errMalformed.Because(cause) }

// NoPage returns the error of an address at which there is nothing, or nothing
// for whoever asks: both look alike.
func NoPage() error { return errNoPage }

// Media returns the error for a body of a kind that is not read (415).
func Media() error { return errMedia }

// FormExpired reports whether err says that a form's token was not the right
// one: the page was open too long, or the form came from elsewhere.
func FormExpired(err error) bool { return errors.Is(err, errFormExpired) }

// Handler answers a request or returns an error, which [Site.Wrap] turns into
// an answer. A handler that has begun to write should not return one.
type Handler func(w http.ResponseWriter, r *http.Request) error

// Wrap makes a Handler servable. It is the one place where an error is logged
// and becomes a status.
func (s *Site) Wrap(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x, ok := w.(*exchange); ok {
			x.wrapped = true
		}
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// fail logs what is our fault and answers.
func (s *Site) fail(w http.ResponseWriter, r *http.Request, err error) {
	var e *core.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &e):
	case errors.As(err, &large):
		e = errTooLarge
	default:
		e = errInternal
	}
	route := r.Pattern
	switch {
	case e.Kind != core.Internal && e.Kind != core.Unavailable:
	case r.Context().Err() != nil:
		// The browser went away; what failed then is nobody's fault.
		s.config.Logger.Info("request given up", "request", RequestID(r), "route", route, "error", err)
	case e.Kind == core.Internal:
		s.config.Logger.Error("request failed", "request", RequestID(r), "route", route, "error", err)
	default:
		s.config.Logger.Warn("request refused, busy or down", "request", RequestID(r), "route", route, "error", err)
	}
	if x, ok := w.(*exchange); ok {
		if x.status != 0 {
			return // too late for another answer
		}
		x.wrapped = true
	}
	s.answerError(w, r, e)
}

// answerError writes an error as JSON or as a page.
func (s *Site) answerError(w http.ResponseWriter, r *http.Request, e *core.Error) {
	if x, ok := w.(*exchange); ok {
		x.wrapped = true
	}
	status := StatusOf(e)
	h := w.Header()
	for _, stale := range []string{"Content-Type", "Content-Length", "Etag", "Last-Modified", "Content-Encoding"} {
		h.Del(stale)
	}
	h["Cache-Control"] = []string{"no-store"}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		h.Set("Retry-After", retryAfter(core.WaitOf(e)))
	}
	switch {
	case ofAPI(r):
		s.writeProblem(w, r, status, e)
	case ofLoader(r):
		s.Refuse(w, r, e)
	case WantsJSON(r):
		s.writeJSONError(w, r, status, e)
	case s.config.Pages != nil:
		s.config.Pages.RenderError(w, r, status, e)
	default:
		s.PlainError(w, r, e)
	}
}

// PlainError answers with an error's status and its bare sentence: where a page
// of ours would not work, because it is shown under another server's name, so
// that our style sheet is not there. A person gets a link to a page of ours
// with it, a program the sentence alone.
func (s *Site) PlainError(w http.ResponseWriter, r *http.Request, err *core.Error) {
	sentence, body := s.sentence(r, err), ""
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		text, home := html.EscapeString(sentence), html.EscapeString(s.origin+"/home")
		body = "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\n" +
			"<title>" + text + "</title>\n<main><h1>" + text + "</h1>\n<p><a href=\"" + home + "\">" + home + "</a></p></main>\n</html>\n"
	} else {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		body = sentence + "\n"
	}
	w.WriteHeader(StatusOf(err))
	_, _ = w.Write([]byte(body)) // the client is gone: there is nobody to tell
}

// StatusOf returns the status of an error: by its kind, but for a few of our
// own.
func StatusOf(err error) int {
	switch core.CodeOf(err) {
	case errMethod.Code:
		return http.StatusMethodNotAllowed
	case ErrChanged.Code:
		return http.StatusPreconditionFailed
	case ErrVersionNeeded.Code:
		return http.StatusPreconditionRequired
	case errMalformed.Code, errRepeated.Code, errCharacters.Code, ErrBody.Code, core.ErrKeyLong.Code:
		return http.StatusBadRequest
	case errMedia.Code:
		return http.StatusUnsupportedMediaType
	case errTooLarge.Code:
		return http.StatusRequestEntityTooLarge
	case errWrongHost.Code:
		return http.StatusMisdirectedRequest
	}
	switch core.KindOf(err) {
	case core.Invalid:
		return http.StatusUnprocessableEntity
	case core.NotFound:
		return http.StatusNotFound
	case core.Conflict:
		return http.StatusConflict
	case core.Gone:
		return http.StatusGone
	case core.Unauthenticated:
		return http.StatusUnauthorized
	case core.Forbidden:
		return http.StatusForbidden
	case core.RateLimited:
		return http.StatusTooManyRequests
	case core.Unavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// retryAfter rounds up to whole seconds, at least one.
func retryAfter(wait time.Duration) string {
	return strconv.Itoa(max(1, int(math.Ceil(wait.Seconds()))))
}

// WantsJSON reports whether a program asks rather than a person: by the path,
// or by an Accept header that names JSON and no page.
func WantsJSON(r *http.Request) bool {
	if strings.HasPrefix(r.URL.Path, "/api/") {
		return true
	}
	accept := r.Header.Get("Accept")
	return strings.Contains(accept, "application/json") && !strings.Contains(accept, "text/html")
}

// jsonError is the shape of every error to a program.
type jsonError struct {
	Error jsonErrorBody `json:"error"`
}

type jsonErrorBody struct {
	Code      string            `json:"code"`
	Message   string            `json:"message"`
	Fields    map[string]string `json:"fields,omitempty"` // field name to code
	RequestID string            `json:"request_id,omitempty"`
}

func (s *Site) writeJSONError(w http.ResponseWriter, r *http.Request, status int, e *core.Error) {
	body := jsonErrorBody{Code: e.Code, Message: s.sentence(r, e), RequestID: RequestID(r)}
	for name, f := range e.Fields {
		if body.Fields == nil {
			body.Fields = map[string]string{}
		}
		body.Fields[name] = f.Code
	}
	encoded, err := json.Marshal(jsonError{body})
	if err != nil {
		s.config.Logger.Error("error answer not encoded", "request", RequestID(r), "error", err)
		encoded = []byte(`{"error":{"code":"internal","message":"internal"}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(encoded, '\n')) // the client is gone: there is nobody to tell
}

// Refuse answers a program of before there was a JSON API: the code and the
// sentence side by side, as clients of Data Loader 1.0 read them (ux §5). Of several
// fields that are wrong it tells of the first.
func (s *Site) Refuse(w http.ResponseWriter, r *http.Request, err error) {
	e := errInternal
	errors.As(err, &e)
	if len(e.Fields) > 0 {
		e = e.Fields[slices.Min(slices.Collect(maps.Keys(e.Fields)))]
	}
	status := StatusOf(e)
	h := w.Header()
	h["Cache-Control"] = []string{"no-store"}
	h.Set("Content-Type", "application/json")
	if status == http.StatusTooManyRequests {
		h.Set("Retry-After", retryAfter(core.WaitOf(e)))
	}
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false) // as it is written in the manual of the client
	_ = encoder.Encode(struct {
		Error   string `json:"error"`
		Message string `json:"message"`
	}{e.Code, s.sentence(r, e)}) // the client is gone: there is nobody to tell
}

func (s *Site) sentence(r *http.Request, e *core.Error) string {
	if s.config.Sentence == nil {
		return e.Code
	}
	return s.config.Sentence(r, e)
}
