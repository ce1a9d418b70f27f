package httpx_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

func TestSealedCookies(t *testing.T) {
	c := config(t, base)
	now := noon
	c.Clock = func() time.Time { return now }
	s := newSite(t, c)
	w := httptest.NewRecorder()
	if !s.SetSealed(w, "sp_typed", "ana", "My phone", noon.Add(time.Hour)) {
		t.Fatal("a short text was refused")
	}
	cookie := w.Result().Cookies()[0]
	if strings.Contains(cookie.Value, "phone") || !cookie.HttpOnly || cookie.MaxAge != 3600 {
		t.Errorf("cookie %v", cookie)
	}
	other := config(t, base)
	other.TokenKeys = func() [][]byte { return [][]byte{[]byte(strings.Repeat("k", 32))} }
	changed := config(t, base)
	changed.TokenKeys = func() [][]byte { return append(other.TokenKeys(), c.TokenKeys()...) }
	tests := []struct {
		name, cookie, value string
		owner               core.ID
		site                *httpx.Site
		at                  time.Time
		want                string
	}{
		{"hers", "sp_typed", cookie.Value, "ana", s, noon, "My phone"},
		{"a moment before its end", "sp_typed", cookie.Value, "ana", s, noon.Add(time.Hour - time.Second), "My phone"},
		{"too old", "sp_typed", cookie.Value, "ana", s, noon.Add(time.Hour), ""},
		{"somebody else's", "sp_typed", cookie.Value, "bea", s, noon, ""},
		{"nobody's", "sp_typed", cookie.Value, "", s, noon, ""},
		{"under another name", "sp_wanted", cookie.Value, "ana", s, noon, ""},
		{"changed", "sp_typed", cookie.Value[1:] + cookie.Value[:1], "ana", s, noon, ""},
		{"cut", "sp_typed", cookie.Value[:10], "ana", s, noon, ""},
		{"not ours", "sp_typed", "!", "ana", s, noon, ""},
		{"none", "sp_typed", "", "ana", s, noon, ""},
		{"after a change of keys", "sp_typed", cookie.Value, "ana", newSite(t, changed), noon, "My phone"},
		{"another server's", "sp_typed", cookie.Value, "ana", newSite(t, other), noon, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			now = tt.at
			r := httptest.NewRequest("GET", base, nil)
			r.Header.Set("Cookie", s.CookieName(tt.cookie)+"="+tt.value)
			got, ok := tt.site.Sealed(r, tt.cookie, tt.owner)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q, %v, want %q", got, ok, tt.want)
			}
		})
	}
	if s.SetSealed(httptest.NewRecorder(), "sp_typed", "ana", strings.Repeat("x", 2801), noon) {
		t.Error("a text was kept that does not fit")
	}
	w = httptest.NewRecorder()
	long := strings.Repeat("x", 2800)
	s.SetSealed(w, "sp_typed", "ana", long, noon.Add(time.Hour))
	now = noon
	r := httptest.NewRequest("GET", base, nil)
	r.AddCookie(w.Result().Cookies()[0])
	if got, _ := s.Sealed(r, "sp_typed", "ana"); got != long {
		t.Errorf("the longest text came back with %d bytes", len(got))
	}
}
