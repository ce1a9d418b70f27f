package devtools_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/devmail"
	"github.com/sallyport/sallyport/internal/devtools"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/words"
)

// noon is 12 seconds into a time step.
var noon = time.Date(2026, 11, 23, 12, 0, 12, 0, time.UTC)

// mailbox is a box in memory.
type mailbox struct{ mails []devmail.Mail }

func (b *mailbox) Messages() []devmail.Mail { return append([]devmail.Mail(nil), b.mails...) }

func (b *mailbox) Clear() { b.mails = nil }

func (b *mailbox) Get(id string) (devmail.Mail, bool) {
	for _, m := range b.mails {
		if m.ID == id {
			return m, true
		}
	}
	return devmail.Mail{}, false
}

func twoMails() *mailbox {
	return &mailbox{mails: []devmail.Mail{
		{
			ID: "2", At: noon, From: "no-reply@id.example", To: []string{"Ana@Northwind.example"}, Code: "482913",
			Subject: "Your <b>Northwind</b> sign-in code (KRQD)",
			Text:    "482913 is your code. Go to http://localhost:8080/help.\n<script>alert(1)</script>",
			HTML:    `<p>482913</p><script>alert(1)</script>`,
			Header:  map[string][]string{"Subject": {"Your =?x"}, "X-Odd": {"a\xff"}}, Raw: []byte("Subject: Your =?x\r\n\r\nbytes \xff"),
		},
		{ID: "1", At: noon.Add(-time.Hour), To: []string{"ben@northwind.example"}, Text: "no code here"},
	}}
}

// wrap answers errors with their code, as the edge would.
func wrap(h httpx.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			status := http.StatusInternalServerError
			if core.KindOf(err) == core.NotFound {
				status = http.StatusNotFound
			}
			http.Error(w, err.Error(), status)
		}
	})
}

func site(t testing.TB, box *mailbox, apps func(context.Context) ([]devtools.App, error)) http.Handler {
	t.Helper()
	catalogue, err := words.Load()
	if err != nil {
		t.Fatal(err)
	}
	tools, err := devtools.New(devtools.Config{
		Mailbox: box, Apps: apps, Clock: func() time.Time { return noon }, Words: catalogue,
		StyleSheet: "/static/hash/style.css", Wrap: wrap,
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	tools.Mount(mux)
	return mux
}

func ask(h http.Handler, method, target string, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, strings.NewReader(form.Encode()))
	r.RemoteAddr, r.Host = "127.0.0.1:40000", "localhost:8080"
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestOnlyThisMachine(t *testing.T) {
	h := site(t, twoMails(), nil)
	for name, tc := range map[string]struct {
		peer, host string
		want       int
	}{
		"localhost":              {"127.0.0.1:1", "localhost:8080", 200},
		"a forwarded port":       {"127.0.0.1:1", "localhost:49152", 200},
		"a name below localhost": {"127.0.0.1:1", "id.localhost:8080", 200},
		"IPv6":                   {"[::1]:1", "[::1]:8080", 200},
		"IPv4 within IPv6":       {"[::ffff:127.0.0.1]:1", "127.0.0.1", 200},
		"another machine":        {"192.0.2.7:1", "localhost:8080", 404},
		"another name":           {"127.0.0.1:1", "id.example.com", 404},
		"a name that looks near": {"127.0.0.1:1", "localhost.example.com", 404},
		"an address by name":     {"127.0.0.1:1", "127.0.0.1.example.com", 404},
		"no peer":                {"", "localhost", 404},
		"no host":                {"127.0.0.1:1", "", 404},
	} {
		t.Run(name, func(t *testing.T) {
			for _, target := range []string{
				"GET /dev/mail", "GET /dev/mail.json", "GET /dev/mail/2", "GET /dev/mail/2/frame", "GET /dev/authenticator",
				"GET /dev/static/dev.css", "POST /dev/mail/delete", "POST /dev/authenticator",
			} {
				method, path, _ := strings.Cut(target, " ")
				if method == http.MethodPost && tc.want == 200 {
					continue
				}
				r := httptest.NewRequest(method, path, nil)
				r.RemoteAddr, r.Host = tc.peer, tc.host
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if w.Code != tc.want {
					t.Errorf("%s: got %d, want %d", target, w.Code, tc.want)
				}
			}
		})
	}
}

func TestMailList(t *testing.T) {
	box := twoMails()
	h := site(t, box, nil)
	page := ask(h, http.MethodGet, "/dev/mail", nil).Body.String()
	for _, want := range []string{
		"Development mode: emails are not sent", "Ana@Northwind.example", "Your &lt;b&gt;Northwind&lt;/b&gt; sign-in code (KRQD)",
		`href="/dev/mail/2"`, ">482913<", "12:00:12", "(no subject)", `<noscript><meta http-equiv="refresh" content="5"></noscript>`,
		`href="/static/hash/style.css"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the list does not hold %q", want)
		}
	}
	if strings.Index(page, "/dev/mail/2") > strings.Index(page, "/dev/mail/1") {
		t.Error("the older message comes first")
	}
	for filter, want := range map[string]string{
		"": "21", "ana@northwind.example": "2", " ANA@northwind.example ": "2", "northwind": "21", "ben": "1",
		"n@northwind.example": "", "eve": "",
	} {
		var got []struct{ ID string }
		body := ask(h, http.MethodGet, "/dev/mail.json?to="+url.QueryEscape(filter), nil).Body.Bytes()
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%v in %s", err, body)
		}
		ids := ""
		for _, m := range got {
			ids += m.ID
		}
		if ids != want {
			t.Errorf("messages to %q: got %q, want %q", filter, ids, want)
		}
	}
	if page := ask(h, http.MethodGet, "/dev/mail?to=<eve>", nil).Body.String(); !strings.Contains(page, "No messages to &lt;eve&gt;.") {
		t.Error("the list does not say that nothing matches")
	}
	if w := ask(h, http.MethodPost, "/dev/mail/delete", url.Values{}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/dev/mail" {
		t.Errorf("delete: got %d to %q", w.Code, w.Header().Get("Location"))
	}
	page = ask(h, http.MethodGet, "/dev/mail", nil).Body.String()
	if len(box.mails) != 0 || !strings.Contains(page, "No messages yet. Sign in to send one.") {
		t.Errorf("after delete %d messages are left", len(box.mails))
	}
	if got := ask(h, http.MethodGet, "/dev/mail.json", nil).Body.String(); got != "[]\n" {
		t.Errorf("an empty box as JSON: got %q, want []", got)
	}
}

func TestMailShow(t *testing.T) {
	h := site(t, twoMails(), nil)
	for target, wants := range map[string][]string{
		"/dev/mail/2":              {">482 913<", `data-copy-text="482913"`, "Copy code", `<a href="http://localhost:8080/help">http://localhost:8080/help</a>.`, "&lt;script&gt;"},
		"/dev/mail/2?view=html":    {`<iframe class="dev-frame"`, `sandbox src="/dev/mail/2/frame"`},
		"/dev/mail/2?view=raw":     {"Subject: Your =?x", "bytes \ufffd"},
		"/dev/mail/2?view=headers": {"<dt>X-Odd</dt><dd>a\ufffd</dd>"},
		"/dev/mail/1?view=html":    {"This message has no HTML."},
	} {
		w := ask(h, http.MethodGet, target, nil)
		for _, want := range wants {
			if !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s does not hold %q", target, want)
			}
		}
		if strings.Contains(w.Body.String(), "<script>") || !strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'self'") {
			t.Errorf("%s: a script of the message got out", target)
		}
	}
	if page := ask(h, http.MethodGet, "/dev/mail/1", nil).Body.String(); strings.Contains(page, "Copy code") {
		t.Error("a message without a code offers to copy one")
	}
	frame := ask(h, http.MethodGet, "/dev/mail/2/frame", nil)
	if got := frame.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "sandbox; default-src 'none';") || strings.Contains(got, "allow-") {
		t.Errorf("the frame's policy is %q", got)
	}
	for _, target := range []string{"/dev/mail/3", "/dev/mail/3/frame", "/dev/static/none.css"} {
		if w := ask(h, http.MethodGet, target, nil); w.Code != http.StatusNotFound {
			t.Errorf("%s: got %d, want 404", target, w.Code)
		}
	}
	r := httptest.NewRequest(http.MethodPost, "/dev/mail/delete", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "localhost:8080"
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusForbidden {
		t.Errorf("delete from another site: got %d, want 403", w.Code)
	}
}

var secret = []byte("12345678901234567890")

func TestAuthenticator(t *testing.T) {
	apps := []devtools.App{{Owner: "ben@northwind.example", Label: "<Phone>", Secret: secret}}
	var failure error
	h := site(t, twoMails(), func(context.Context) ([]devtools.App, error) { return apps, failure })
	code := func(at time.Time) string { c := otp.TOTP(secret, at).String(); return c[:3] + " " + c[3:] }
	page := ask(h, http.MethodGet, "/dev/authenticator", nil).Body.String()
	for _, want := range []string{"ben@northwind.example", "&lt;Phone&gt;", ">" + code(noon) + "<", "Next: " + code(noon.Add(30*time.Second)), "The codes change in 18 seconds."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	add := func(key string) *httptest.ResponseRecorder {
		return ask(h, http.MethodPost, "/dev/authenticator", url.Values{"key": {key}})
	}
	if w := add("gezd gnbv gy3t qojq"); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/dev/authenticator?added=1" {
		t.Fatalf("a key: got %d to %q", w.Code, w.Header().Get("Location"))
	}
	page = ask(h, http.MethodGet, "/dev/authenticator?added=1", nil).Body.String()
	if !strings.Contains(page, "Pasted key") || !strings.Contains(page, "The codes of your key are shown first.") || strings.Count(page, "<li>\n") != 2 {
		t.Errorf("the pasted key is not there:\n%s", page)
	}
	add(otp.URI("Northwind", "ben@northwind.example", secret))
	if page := ask(h, http.MethodGet, "/dev/authenticator", nil).Body.String(); strings.Count(page, "<li>\n") != 2 {
		t.Error("a pasted key that is somebody's app is shown twice")
	}
	for range 3 {
		add(otp.EncodeKey([]byte("another secret")))
	}
	if page := ask(h, http.MethodGet, "/dev/authenticator", nil).Body.String(); strings.Count(page, "<li>\n") != 3 {
		t.Error("a key that was pasted three times is shown three times")
	}
	for i := range 30 {
		add(otp.EncodeKey([]byte{byte(i), 1, 2, 3, 4, 5, 6, 7, 8, 9}))
	}
	if page := ask(h, http.MethodGet, "/dev/authenticator", nil).Body.String(); strings.Count(page, "<li>\n") != 21 {
		t.Errorf("got %d apps, want 20 pasted and 1", strings.Count(page, "<li>\n"))
	}
	failure = errors.New("store is away")
	if w := ask(h, http.MethodGet, "/dev/authenticator", nil); w.Code != http.StatusInternalServerError {
		t.Errorf("a store that is away: got %d, want 500", w.Code)
	}
}

func TestAuthenticatorRefusesOtherKeys(t *testing.T) {
	h := site(t, twoMails(), nil)
	for typed, want := range map[string]string{
		"":                       "That is not a setup key.",
		"not a key <1>":          "That is not a setup key.",
		"otpauth://totp/x":       "That is not a setup key.",
		"otpauth://%zz":          "That is not a setup key.",
		strings.Repeat("A", 9e3): "That is not a setup key.",
		"otpauth://hotp/x?secret=GEZDGNBVGY3TQOJQ":           "another kind of code",
		"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&digits=8":  "another kind of code",
		"otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ&period=60": "another kind of code",
	} {
		w := ask(h, http.MethodPost, "/dev/authenticator", url.Values{"key": {typed}})
		page := w.Body.String()
		if w.Code != http.StatusUnprocessableEntity || !strings.Contains(page, want) || !strings.Contains(page, "<title>Error: ") {
			t.Errorf("%.40q: got %d without %q", typed, w.Code, want)
		}
	}
	page := ask(h, http.MethodPost, "/dev/authenticator", url.Values{"key": {"not a key <1>"}}).Body.String()
	if !strings.Contains(page, `value="not a key &lt;1&gt;"`) || !strings.Contains(page, `aria-invalid="true"`) {
		t.Error("what was typed is lost")
	}
}

func TestReadKey(t *testing.T) {
	for name, tc := range map[string]struct{ typed, owner, label string }{
		"plain":      {"GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "", ""},
		"groups":     {"gezd gnbv gy3t qojq gezd gnbv gy3t qojq", "", ""},
		"address":    {otp.URI("Northwind City", "ana+1@northwind.example", secret), "ana+1@northwind.example", "Northwind City"},
		"for Apple":  {otp.AppleURI("Northwind", "ana@northwind.example", secret, "id.northwind.example"), "ana@northwind.example", "Northwind"},
		"no issuer":  {"otpauth://totp/ana?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "ana", ""},
		"upper case": {"OTPAUTH://TOTP/ana?secret=gezdgnbvgy3tqojqgezdgnbvgy3tqojq&algorithm=sha1&issuer=N", "ana", "N"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := devtools.ReadKey(tc.typed)
			if err != nil || got.Owner != tc.owner || got.Label != tc.label || string(got.Secret) != string(secret) {
				t.Errorf("%q: got %+v and %v, want owner %q, label %q", tc.typed, got, err, tc.owner, tc.label)
			}
		})
	}
}

func TestPagesNameOnlyTextsThatExist(t *testing.T) {
	h := site(t, twoMails(), nil)
	missing := regexp.MustCompile(`⟦[^⟧]*⟧`)
	for _, target := range []string{"/dev/mail", "/dev/mail/2", "/dev/mail/2?view=html", "/dev/mail/2?view=headers", "/dev/authenticator", "/dev/authenticator?added=1"} {
		if page := ask(h, http.MethodGet, target, nil).Body.String(); missing.MatchString(page) || !strings.HasSuffix(page, "</html>\n") {
			t.Errorf("%s: missing texts %v", target, missing.FindAllString(page, -1))
		}
	}
}

func FuzzReadKey(f *testing.F) {
	f.Add("gezd gnbv gy3t qojq")
	f.Add(otp.URI("Northwind", "ana@northwind.example", secret))
	f.Add("otpauth://totp/:?secret=A")
	f.Fuzz(func(t *testing.T, typed string) {
		app, err := devtools.ReadKey(typed)
		if (err == nil) != (len(app.Secret) > 0) {
			t.Errorf("%q: got %+v and %v", typed, app, err)
		}
	})
}
