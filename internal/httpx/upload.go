package httpx

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
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
	uploadParts   = 16
)

// ErrFileTooLarge says that a file has more bytes than a page takes.
var ErrFileTooLarge = core.NewError(core.Invalid, "upload.too_large")

var errUploadsBusy = core.NewError(core.Unavailable, "busy").With("wait", 5*time.Second)

// bodyLimit is how many bytes a body sent to a path may have.
func (s *Site) bodyLimit(path string) int64 {
	if slices.Contains(s.config.Uploads, path) {
		return uploadBodyLimit
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
	select {
	case s.uploads <- struct{}{}:
		defer func() { <-s.uploads }()
	default:
		return f, nil, errUploadsBusy
	}
	s.moreTime(w)
	u := upload{site: s, request: r, field: field, most: most, form: f}
	err = u.read(multipart.NewReader(r.Body, params["boundary"]))
	return f, u.file, err
}

// moreTime lets the body of this request take longer. What cannot have it, such
// as the recorder of a test, has no limit either.
func (s *Site) moreTime(w http.ResponseWriter) {
	c, until := http.NewResponseController(w), s.config.Clock().Add(uploadTime)
	_ = c.SetReadDeadline(until)                      // no limit to move
	_ = c.SetWriteDeadline(until.Add(uploadTime / 2)) // as above
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
	field   string
	most    int64
	form    Form
	file    []byte
	arrived bool
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
	if name == u.field {
		return u.takeFile(part)
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

// takeFile keeps a file of the right size and drops the rest of another.
func (u *upload) takeFile(part *multipart.Part) error {
	switch {
	case !u.proved:
		return errFormExpired
	case u.arrived:
		return errRepeated
	}
	u.arrived = true
	file, err := io.ReadAll(io.LimitReader(part, u.most+1))
	if err != nil {
		return bodyError(err)
	}
	if u.large = int64(len(file)) > u.most; !u.large {
		u.file = file
	}
	return nil // the next part begins after the rest of this one
}

// bodyError tells a body that is too long from one that makes no sense.
func bodyError(err error) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return errTooLarge
	}
	return errMalformed.Because(err)
}
