package web

import "net/http"

// fileAnswer is a file that is sent while it is made. Each part of it has the time
// of a whole answer, so that a long file is not cut off while it moves.
type fileAnswer struct {
	site  *Site
	w     http.ResponseWriter
	begun bool
}

func (s *Site) sendFile(w http.ResponseWriter, name, kind string) *fileAnswer {
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", `attachment; filename="`+name+`"`)
	return &fileAnswer{site: s, w: w}
}

// Write implements io.Writer.
func (f *fileAnswer) Write(b []byte) (int, error) {
	f.begun = true
	f.site.edge.MoreTimeToSend(f.w)
	return f.w.Write(b)
}

// done ends the answer. An error before the first byte is an answer of its own;
// later the connection is cut off, so that half a file does not look whole.
func (f *fileAnswer) done(err error) error {
	if err != nil && f.begun {
		panic(http.ErrAbortHandler)
	}
	if err != nil {
		f.w.Header().Del("Content-Disposition")
	}
	return err
}
