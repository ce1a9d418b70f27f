package web_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

const portraitName = "0123456789abcdef0123456789abcdef"

// upload sends a file as the form of the Profile tab does.
func (p *person) upload(file []byte) *httptest.ResponseRecorder {
	p.t.Helper()
	token := formToken.FindString(p.get("/help").Body.String())
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	if err := form.WriteField("form_token", strings.TrimSuffix(strings.TrimPrefix(token, `name="form_token" value="`), `"`)); err != nil {
		p.t.Fatal(err)
	}
	part, err := form.CreateFormFile("photo", `"><script>.png`)
	if err == nil {
		_, err = part.Write(file)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost:8080/account/profile/photo", &body)
	r.Header.Set("Cookie", "sp_session=live")
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Origin", "http://localhost:8080")
	w := httptest.NewRecorder()
	p.handler.ServeHTTP(w, r)
	return w
}

func TestPhotoUpload(t *testing.T) {
	for _, tt := range []struct {
		name  string
		size  int
		fail  error
		want  int
		shows string
	}{
		{"good", 1 << 20, nil, http.StatusSeeOther, ""},
		{"over 5 MB", 5<<20 + 1, nil, http.StatusUnprocessableEntity, "Choose a picture under 5 MB."},
		{"no picture", 10, core.InField("photo", core.NewError(core.Invalid, "picture.kind")), http.StatusUnprocessableEntity, "That file is not a PNG or JPEG picture. Choose another."},
		{"busy", 10, core.NewError(core.Unavailable, "busy").With("wait", 5*time.Second), http.StatusServiceUnavailable, "Sallyport is busy."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := signedIn(t, bea(), nil)
			p.profile.fail = tt.fail
			w := p.upload(make([]byte, tt.size))
			if w.Code != tt.want || !strings.Contains(w.Body.String(), tt.shows) {
				t.Errorf("got %d, want %d with %q", w.Code, tt.want, tt.shows)
			}
			if tt.shows != "" && (!strings.Contains(w.Body.String(), `href="#photo"`) || !strings.Contains(w.Body.String(), `name="first_name" type="text" maxlength="80" autocomplete="given-name" value="Bea"`)) {
				t.Error("the page names no field, or lost what is stored")
			}
			if tt.want == http.StatusSeeOther && len(p.profile.file) != tt.size {
				t.Errorf("%d bytes arrived", len(p.profile.file))
			}
		})
	}
}

func TestPhotoRemove(t *testing.T) {
	p := signedIn(t, bea(), nil)
	w := p.post("/account/profile/photo/remove", "user_id", "cal")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account/profile?done=photo-removed" || len(p.profile.calls) != 1 {
		t.Errorf("got %d to %q after %q", w.Code, w.Header().Get("Location"), p.profile.calls)
	}
}

// TestPhotoShow: the picture comes as what it is and may be kept by this browser
// alone.
func TestPhotoShow(t *testing.T) {
	p := signedIn(t, bea(), nil)
	w := p.get("/photo/" + portraitName)
	for name, want := range map[string]string{
		"Content-Type": "image/jpeg", "Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff",
		"Cross-Origin-Resource-Policy": "same-origin", "Content-Disposition": "inline", "Content-Length": "9",
	} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if !strings.HasPrefix(w.Header().Get("Content-Security-Policy"), "default-src 'none'") || w.Body.String() != "a picture" {
		t.Errorf("%q under %q", w.Body, w.Header().Get("Content-Security-Policy"))
	}
	for _, name := range []string{strings.Repeat("f", 32), "..", "%00", "%ff", "x/y"} {
		if w := p.get("/photo/" + name); w.Code == http.StatusOK {
			t.Errorf("%s: got %d", name, w.Code)
		}
	}
	owing := signedIn(t, beaWith(func(v *core.SessionView) { usingApp(v); v.Session.Level = core.LevelPassword }), nil)
	if w := owing.get("/photo/" + portraitName); w.Code != http.StatusNotFound {
		t.Errorf("a second step is owed: got %d, want 404", w.Code)
	}
	out := signedIn(t, beaWith(func(v *core.SessionView) { v.Session.EndedAt = noon }), nil)
	if w := out.get("/photo/" + portraitName); w.Code == http.StatusOK {
		t.Errorf("signed out: got %d", w.Code)
	}
}
