package httpx

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	urlpath "path"
	"slices"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The limits of a form with a file in it, on the addresses of
// [Config.Uploads].
const (
	// uploadBodyLimit is how much is taken in, most of it dropped: a browser
	// shows what is wrong with a file only after it could send it all.
	uploadBodyLimit = 32 << 20
	// uploadTime is for a phone far from an aerial; other forms have 15 s.
	uploadTime = 60 * time.Second
	// uploadsAtOnce bounds the files in memory that are still arriving.
	uploadsAtOnce = 8
	// Of those of [Config.LargeUploads]: a file of up to 50 MB is kept, and what is
	// a little larger is dropped with a sentence that says so.
	largeBodyLimit = 128 << 20
	largeTime      = 120 * time.Second
	uploadParts    = 16
)

// ErrFileTooLarge says that a file has more bytes than a page takes.
var ErrFileTooLarge = core.NewError(core.Invalid, "upload.too_large")

var errUploadsBusy = core.NewError(core.Unavailable, "busy").With("wait", 5*time.Second)

// bodyLimit is how many bytes a body sent to a path may have.
func (s *Site) bodyLimit(path string) int64 {
	if slices.Contains(s.config.Uploads, path) {
		return uploadBodyLimit
	}
	if slices.Contains(s.config.LargeUploads, path) {
		return largeBodyLimit
	}
	for _, pattern := range s.config.WideBodies {
		if match, _ := urlpath.Match(pattern, path); match { // the patterns are ours
			return WideLimit
		}
	}
	return BodyLimit
}

// ReadUpload reads the body of a POST that brings a file: the rules of
// [Site.ReadForm] for its fields, and in field at most so many bytes. The form
// token must come before the file, so that nobody else's file is taken in.
// ErrFileTooLarge comes with the form; a file that was not chosen is empty.
func (s *Site) ReadUpload(w http.ResponseWriter, r *http.Request, field string, most int64) (Form, []byte, error) {
	f := Form{values: map[string]string{}}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return f, nil, errMedia
	}
	u := upload{site: s, request: r, fields: []string{field}, form: f}
	u.take = func(_, _ string, in io.Reader) error { return u.keep(in, most) }
	err = u.run(w, params["boundary"], uploadTime)
	return f, u.file, err
}

// ReadLarge is [Site.ReadUpload] for a file that nobody holds in memory: take gets
// each of the fields while it arrives, with what was sent before it and the name that
// the file has. An error from there ends the reading.
func (s *Site) ReadLarge(w http.ResponseWriter, r *http.Request, fields []string, take func(sent Form, field, name string, in io.Reader) error) (Form, error) {
	f := Form{values: map[string]string{}}
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "multipart/form-data" {
		return f, errMedia
	}
	u := upload{site: s, request: r, fields: fields, form: f}
	u.take = func(field, name string, in io.Reader) error { return take(f, field, name, in) }
	return f, u.run(w, params["boundary"], largeTime)
}

// ReadBody hands a program's file to take while it arrives: the whole body, on an
// address of [Config.LargeUploads]. Forms are for pages, and refused.
func (s *Site) ReadBody(w http.ResponseWriter, r *http.Request, take func(in io.Reader) error) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && strings.HasPrefix(media, "multipart/") {
		return errMedia
	}
	return s.arriving(w, largeTime, func() error { return take(bodyReader{r.Body}) })
}

// run reads the form.
func (u *upload) run(w http.ResponseWriter, boundary string, time time.Duration) error {
	return u.site.arriving(w, time, func() error { return u.read(multipart.NewReader(u.request.Body, boundary)) })
}

// arriving gives what arrives its time, where not too many others do.
func (s *Site) arriving(w http.ResponseWriter, time time.Duration, read func() error) error {
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return errUploadsBusy
	}
	s.moreTime(w, time)
	return read()
}

// moreTime lets the body of this request take longer. What cannot have it, such
// as the recorder of a test, has no limit either.
func (s *Site) moreTime(w http.ResponseWriter, long time.Duration) {
	c, until := http.NewResponseController(w), s.config.Clock().Add(long)
	_ = c.SetReadDeadline(until)                // no limit to move
	_ = c.SetWriteDeadline(until.Add(long / 2)) // as above
}

// MoreTimeToSend gives an answer that is sent in parts as long for the next one as
// a whole answer has.
func (s *Site) MoreTimeToSend(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(s.config.Clock().Add(writeTime)) // as in moreTime
}

// upload is a multipart form being read.
type upload struct {
	site    *Site
	request *http.Request
	fields  []string // those that take gets
	take    func(field, name string, in io.Reader) error
	form    Form
	file    []byte
	arrived []string
	large   bool // the file was
	proved  bool // the form token was right
}

func (u *upload) read(parts *multipart.Reader) error {
	for range uploadParts {
		part, err := parts.NextRawPart()
		switch {
		case errors.Is(err, io.EOF) && !u.proved:
			return errFormExpired
		case errors.Is(err, io.EOF) || u.large && err != nil:
			return u.end()
		case err != nil:
			return bodyError(err)
		}
		if err := u.part(part); err != nil {
			return err
		}
	}
	return errMalformed
}

// end is reached when the whole form was read, or enough of it.
func (u *upload) end() error {
	if u.large {
		return ErrFileTooLarge
	}
	return nil
}

// part reads one field.
func (u *upload) part(part *multipart.Part) error {
	name := part.FormName()
	if slices.Contains(u.fields, name) {
		return u.takeFile(name, part)
	}
	value, err := io.ReadAll(io.LimitReader(part, valueLimit+1))
	_, again := u.form.values[name]
	switch {
	case err != nil:
		return bodyError(err)
	case len(value) > valueLimit || name == "":
		return errMalformed
	case again:
		return errRepeated
	case !cleanValue(name, false) || !cleanValue(string(value), true):
		return errCharacters
	}
	u.form.values[name] = string(value)
	if name == FormField {
		if u.proved = u.site.checkToken(u.request, string(value)); !u.proved {
			return errFormExpired
		}
	}
	return nil
}

// takeFile hands a file on.
func (u *upload) takeFile(name string, part *multipart.Part) error {
	switch {
	case !u.proved:
		return errFormExpired
	case slices.Contains(u.arrived, name):
		return errRepeated
	}
	u.arrived = append(u.arrived, name)
	return u.take(name, part.FileName(), bodyReader{part})
}

// keep keeps a file of the right size and drops the rest of another.
func (u *upload) keep(in io.Reader, most int64) error {
	file, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return err
	}
	if u.large = int64(len(file)) > most; !u.large {
		u.file = file
	}
	return nil // the next part begins after the rest of this one
}

// bodyReader says what is wrong with a body that cannot be read on.
type bodyReader struct{ in io.Reader }

// Read implements io.Reader.
func (b bodyReader) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	if err != nil && err != io.EOF {
		err = bodyError(err)
	}
	return n, err
}

// bodyError tells a body that is too long from one that makes no sense.
func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	return errMalformed.Because(err)
}
