package httpx_test

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

const mostBytes = 1 << 20

// sent is one part of a form: a field, or a file where named is set.
type sent struct{ name, value, named string }

// multi writes a form with the parts in their order.
func multi(t testing.TB, parts ...sent) (body []byte, media string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for _, p := range parts {
		var part io.Writer
		var err error
		if p.named != "" {
			part, err = w.CreateFormFile(p.name, p.named)
		} else {
			part, err = w.CreateFormField(p.name)
		}
		if err == nil {
			_, err = io.WriteString(part, p.value)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), w.FormDataContentType()
}

// uploadSite takes files at /form.
func uploadSite(t testing.TB) *httpx.Site {
	t.Helper()
	c := config(t, base)
	c.Uploads, c.LargeUploads = []string{"/form"}, []string{"/large"}
	return newSite(t, c)
}

// uploadRequest is the POST of a body by a browser that holds the pre-session.
func uploadRequest(s *httpx.Site, path string, body io.Reader, media, pre string) *http.Request {
	r := httptest.NewRequest("POST", base+path, body)
	r.Header.Set("Content-Type", media)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Cookie", s.CookieName(httpx.CookiePreSession)+"="+pre)
	return r
}

// TestUploadRules: the file and its fields come whole, or the upload is refused.
func TestUploadRules(t *testing.T) {
	s := uploadSite(t)
	token, pre := page(t, s, "", "")
	good := sent{name: httpx.FormField, value: token}
	file := func(size int) sent { return sent{"photo", strings.Repeat("x", size), "me.png"} }
	for _, tt := range []struct {
		name  string
		parts []sent
		code  string // of the error; empty: none
		size  int    // of the file that came
	}{
		{"a file", []sent{good, {name: "a", value: "b"}, file(1000)}, "", 1000},
		{"a field after it", []sent{good, file(9), {name: "a", value: "b"}}, "", 9},
		{"none chosen", []sent{good, {name: "photo"}}, "", 0},
		{"no file at all", []sent{good}, "", 0},
		{"just small enough", []sent{good, file(mostBytes)}, "", mostBytes},
		{"too large", []sent{good, file(mostBytes + 1)}, "upload.too_large", 0},
		{"far too large", []sent{good, file(40 << 20)}, "upload.too_large", 0},
		{"no token", []sent{file(9)}, "request.form_expired", 0},
		{"the token after the file", []sent{file(9), good}, "request.form_expired", 0},
		{"another token", []sent{{name: httpx.FormField, value: "x"}, file(9)}, "request.form_expired", 0},
		{"two tokens", []sent{good, good, file(9)}, "request.repeated", 0},
		{"two files", []sent{good, file(9), file(9)}, "request.repeated", 9},
		{"a large field", []sent{good, {name: "a", value: strings.Repeat("x", 4097)}}, "request.malformed", 0},
		{"NUL in a field", []sent{good, {name: "a", value: "x\x00"}}, "request.characters", 0},
		{"no UTF-8 in a field", []sent{good, {name: "a", value: "\xff"}}, "request.characters", 0},
		{"a field without a name", []sent{good, {name: "", value: "x"}}, "request.malformed", 0},
		{"a file under another name", []sent{good, {"other", strings.Repeat("x", 9000), "x.png"}}, "request.malformed", 0},
		{"many parts", append([]sent{good}, make([]sent, 40)...), "request.malformed", 0},
		{"nothing", nil, "request.form_expired", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			body, media := multi(t, tt.parts...)
			answer(s, uploadRequest(s, "/form", bytes.NewReader(body), media, pre), func(w http.ResponseWriter, r *http.Request) error {
				form, got, err := s.ReadUpload(w, r, "photo", mostBytes)
				switch {
				case tt.code == "" && err != nil || tt.code != "" && core.CodeOf(err) != tt.code:
					t.Errorf("error %v, want %q", err, tt.code)
				case len(got) != tt.size:
					t.Errorf("%d bytes, want %d", len(got), tt.size)
				case tt.code == "" && len(tt.parts) > 2 && form.Get("a") != "b":
					t.Error("the field is lost")
				}
				return err
			})
		})
	}
}

// TestUploadForms: other media, a boundary that is none, a body cut short.
func TestUploadForms(t *testing.T) {
	s := uploadSite(t)
	token, pre := page(t, s, "", "")
	body, media := multi(t, sent{name: httpx.FormField, value: token}, sent{"photo", "xxxx", "me.png"})
	for _, tt := range []struct {
		name, media, code string
		body              []byte
	}{
		{"a plain form", "application/x-www-form-urlencoded", "request.media", body},
		{"no boundary", "multipart/form-data", "request.malformed", body},
		{"mixed", strings.Replace(media, "form-data", "mixed", 1), "request.media", body},
		{"cut short", media, "request.malformed", body[:len(body)-30]},
	} {
		answer(s, uploadRequest(s, "/form", bytes.NewReader(tt.body), tt.media, pre), func(w http.ResponseWriter, r *http.Request) error {
			if _, _, err := s.ReadUpload(w, r, "photo", mostBytes); core.CodeOf(err) != tt.code {
				t.Errorf("%s: %v, want %s", tt.name, err, tt.code)
			}
			return nil
		})
	}
}

// TestOtherPathsStaySmall: the limit of a body is raised where files are taken
// and nowhere else.
func TestOtherPathsStaySmall(t *testing.T) {
	s := uploadSite(t)
	for path, most := range map[string]int{"/form": 32 << 20, "/form/": httpx.BodyLimit, "/other": httpx.BodyLimit, "/FORM": httpx.BodyLimit} {
		answer(s, uploadRequest(s, path, strings.NewReader(strings.Repeat("x", most+100)), "text/plain", "x"), func(_ http.ResponseWriter, r *http.Request) error {
			got, err := io.Copy(io.Discard, r.Body)
			if err == nil || got != int64(most) {
				t.Errorf("%s: took %d bytes with %v, want %d", path, got, err, most)
			}
			return nil
		})
	}
}

// TestUploadsAtOnce: what more arrives at the same time is told to come back.
func TestUploadsAtOnce(t *testing.T) {
	s := uploadSite(t)
	token, pre := page(t, s, "", "")
	body, media := multi(t, sent{name: httpx.FormField, value: token}, sent{"photo", "xxxx", "me.png"})
	read := func(from io.Reader) (code string) {
		answer(s, uploadRequest(s, "/form", from, media, pre), func(w http.ResponseWriter, r *http.Request) error {
			_, _, err := s.ReadUpload(w, r, "photo", mostBytes)
			if err != nil {
				code = core.CodeOf(err)
			}
			return err
		})
		return code
	}
	var slow sync.WaitGroup
	var ends []*io.PipeWriter
	for range 8 {
		from, to := io.Pipe()
		ends = append(ends, to)
		slow.Go(func() { read(from) })
		if _, err := to.Write(body[:10]); err != nil { // now it is being read
			t.Fatal(err)
		}
	}
	if got := read(bytes.NewReader(body)); got != "busy" {
		t.Errorf("the ninth: %q, want busy", got)
	}
	for _, to := range ends {
		if err := to.CloseWithError(io.ErrUnexpectedEOF); err != nil {
			t.Error(err)
		}
	}
	slow.Wait()
	if got := read(bytes.NewReader(body)); got != "" {
		t.Errorf("afterwards: %q", got)
	}
}

// FuzzUpload: whatever the body is, reading it ends, and no file comes without
// the token.
func FuzzUpload(f *testing.F) {
	s := uploadSite(f)
	body, media := multi(f, sent{name: httpx.FormField, value: "x"}, sent{"photo", "xxxx", "me.png"})
	f.Add(body, media)
	f.Add([]byte("--x\r\n\r\n--x--"), "multipart/form-data; boundary=x")
	f.Add([]byte("--x\r\nContent-Disposition: form-data; name=photo\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=41\r\n--x--"), "multipart/form-data; boundary=x")
	f.Fuzz(func(t *testing.T, body []byte, media string) {
		answer(s, uploadRequest(s, "/form", bytes.NewReader(body), media, "x"), func(w http.ResponseWriter, r *http.Request) error {
			_, file, err := s.ReadUpload(w, r, "photo", mostBytes)
			if err == nil || file != nil {
				t.Errorf("took %d bytes without a token: %v", len(file), err)
			}
			return nil
		})
	})
}
