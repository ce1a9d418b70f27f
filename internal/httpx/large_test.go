package httpx_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// TestLargeUploads: a large file is handed on while it arrives, under the rules of a
// small one.
func TestLargeUploads(t *testing.T) {
	s := uploadSite(t)
	token, pre := page(t, s, "", "")
	good := sent{name: httpx.FormField, value: token}
	file := sent{"file", strings.Repeat("x", 40<<20), "staff.csv"}
	refused := core.NewError(core.Invalid, "table.kind")
	for _, tt := range []struct {
		name  string
		parts []sent
		code  string
		got   string
		size  int64
		with  error
	}{
		{"a large file", []sent{good, {name: "a", value: "b"}, file}, "", "file staff.csv ", 40 << 20, nil},
		{"a text in its place", []sent{good, {name: "text", value: strings.Repeat("y", 100_000)}}, "", "text  ", 100_000, nil},
		{"refused", []sent{good, file}, "table.kind", "file staff.csv ", 40 << 20, refused},
		{"no token", []sent{file}, "request.form_expired", "", 0, nil},
		{"the token after it", []sent{file, good}, "request.form_expired", "", 0, nil},
		{"two files", []sent{good, {"file", "x", "a"}, {"file", "y", "b"}}, "request.repeated", "file a ", 1, nil},
		{"far too large", []sent{good, {"file", strings.Repeat("x", 129<<20), "a"}}, "request.too_large", "", 0, nil},
	} {
		body, media := multi(t, tt.parts...)
		answer(s, uploadRequest(s, "/large", bytes.NewReader(body), media, pre), func(w http.ResponseWriter, r *http.Request) error {
			got, size := "", int64(0)
			_, err := s.ReadLarge(w, r, []string{"file", "text"}, func(_ httpx.Form, field, name string, in io.Reader) error {
				n, err := io.Copy(io.Discard, in)
				if err != nil {
					return err
				}
				got, size = got+field+" "+name+" ", size+n
				return tt.with
			})
			if core.CodeOf(err) != tt.code && (err != nil || tt.code != "") || got != tt.got || size != tt.size {
				t.Errorf("%s: %q, %d bytes, %v", tt.name, got, size, err)
			}
			return nil
		})
	}
}
