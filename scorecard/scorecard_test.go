package scorecard_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sallyport/sallyport/scorecard"
)

func open(t *testing.T, dir string) http.Handler {
	t.Helper()
	h, err := scorecard.New(dir)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return h
}

// ask sends one request as the proxy would for ana, unless headers say else.
func ask(h http.Handler, r *http.Request, headers ...string) *httptest.ResponseRecorder {
	r.Header.Set("Remote-User", "ana")
	r.Header.Set("Remote-Name", "Ana Diaz")
	r.Header.Set("Remote-Email", "ana@northwind.example")
	r.Header.Set("Remote-Groups", "Finance,Operations")
	for i := 0; i < len(headers); i += 2 {
		r.Header[headers[i]] = nil
		if headers[i+1] != "" {
			r.Header[headers[i]] = strings.Split(headers[i+1], "|")
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func get(h http.Handler, target string) string {
	return ask(h, httptest.NewRequest(http.MethodGet, target, nil)).Body.String()
}

func upload(t testing.TB, content string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "values.csv")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(part, content)
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/upload", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Accept", "text/html")
	return r
}

func TestWhoIsHere(t *testing.T) {
	h := open(t, t.TempDir())
	page := get(h, "/")
	for _, want := range []string{"Signed in as <strong>Ana Diaz</strong> (ana)", "Groups: Finance, Operations", "ana@northwind.example"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for name, tc := range map[string]struct {
		headers []string
		status  int
		text    string
	}{
		"nobody":           {[]string{"Remote-User", ""}, 500, "no identity header"},
		"two people":       {[]string{"Remote-User", "ana|eve"}, 500, "no identity header"},
		"no name":          {[]string{"Remote-Name", ""}, 200, "<strong>ana</strong>"},
		"no groups":        {[]string{"Remote-Groups", ""}, 200, "No groups"},
		"markup is text":   {[]string{"Remote-Name", "<b>Ana</b>"}, 200, "&lt;b&gt;Ana&lt;/b&gt;"},
		"broken UTF-8":     {[]string{"Remote-Name", "Ana\xff"}, 200, "Ana\ufffd"},
		"letters of Spain": {[]string{"Remote-Name", "Ana Díaz"}, 200, "Ana Díaz"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(h, httptest.NewRequest(http.MethodGet, "/", nil), tc.headers...)
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.text) {
				t.Errorf("got %d, want %d with %q in:\n%s", w.Code, tc.status, tc.text, w.Body)
			}
		})
	}
}

func TestUploadAddsAndReplaces(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	w := ask(h, upload(t, "\ufeffMeasure,Period,Value\r\nTrips & <tours>,2026-Q1,10\r\nTrips & <tours>,2026-Q2,1234.5\r\nOrders,2026-10,7\r\n"))
	if got, want := w.Header().Get("Location"), "/?loaded=3&measure=Trips+%26+%3Ctours%3E"; w.Code != http.StatusSeeOther || got != want {
		t.Fatalf("got %d to %q, want 303 to %q: %s", w.Code, got, want, w.Body)
	}
	page := get(h, w.Header().Get("Location"))
	for _, want := range []string{"3 values are loaded.", `<h2 id="chosen">Trips &amp; &lt;tours&gt;</h2>`, "1,234.5", "up 1,224.5 since 2026-Q1"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if again := get(open(t, dir), "/measures.csv"); !strings.Contains(again, "Orders,2026-10,7\n") || strings.Count(again, "Orders,2026-10,") != 1 {
		t.Errorf("after a restart Orders of 2026-10 is not 7 alone:\n%s", again)
	}
	before := get(h, "/measures.csv")
	if w := ask(h, upload(t, before)); w.Code != http.StatusSeeOther || get(h, "/measures.csv") != before {
		t.Errorf("loading the downloaded file again changed something (status %d)", w.Code)
	}
}

func TestUploadRefusesAsAWhole(t *testing.T) {
	h := open(t, t.TempDir())
	before := get(h, "/measures.csv")
	const head = "measure,period,value\nOrders,2026-11,5\n"
	var measures, rows strings.Builder
	for i := range 60 {
		fmt.Fprintf(&measures, "Measure %d,2026,1\n", i)
	}
	for i := range 5001 {
		fmt.Fprintf(&rows, "Measure %d,2026,1\n", i)
	}
	for name, tc := range map[string]struct {
		content string
		status  int
		want    string
	}{
		"empty":             {"", 422, "The first row must be"},
		"no header":         {"Orders,2026-11,5\n", 422, "The first row must be"},
		"header only":       {"measure,period,value\n", 422, "has no rows"},
		"two columns":       {head + "Orders,2026-12\n", 422, "<strong>Row 3.</strong> A row has 3 columns; this one has 2."},
		"no measure":        {head + ",2026-12,1\n", 422, "<strong>Row 3.</strong> A measure is 1 to 60"},
		"formula":           {head + "=HYPERLINK(1),2026-12,1\n", 422, "begins with a letter"},
		"long name":         {head + strings.Repeat("x", 61) + ",2026-12,1\n", 422, "1 to 60 characters"},
		"not UTF-8":         {head + "Caf\xe9,2026-12,1\n", 422, "1 to 60 characters"},
		"control character": {head + "A\x00b,2026-12,1\n", 422, "1 to 60 characters"},
		"month 13":          {head + "Orders,2026-13,1\n", 422, "A period looks like"},
		"words as value":    {head + "Orders,2026-12,many\n", 422, "A value is a number"},
		"not a number":      {head + "Orders,2026-12,NaN\n", 422, "A value is a number"},
		"endless":           {head + "Orders,2026-12,Inf\n", 422, "A value is a number"},
		"far too large":     {head + "Orders,2026-12,1e13\n", 422, "A value is a number"},
		"twice":             {head + "Orders,2026-11,6\n", 422, "<strong>Row 3.</strong> Orders for 2026-11 is in row 2 already."},
		"quotes":            {head + "\"Orders,2026-12,1\n", 422, "quotes in this row do not match"},
		"every row wrong":   {head + strings.Repeat("a\n", 30), 422, "… and 10 more."},
		"markup is text":    {head + "<b>,2026,1\n", 422, "<strong>Row 3.</strong> A measure"},
		"too many measures": {"measure,period,value\n" + measures.String(), 422, "50 measures"},
		"too many rows":     {"measure,period,value\n" + rows.String(), 422, "5000 rows at most"},
		"too large":         {head + strings.Repeat("Orders,2026-12,1\n", 70000), 413, "larger than 1 MB"},
	} {
		t.Run(name, func(t *testing.T) {
			w := ask(h, upload(t, tc.content))
			if w.Code != tc.status || !strings.Contains(w.Body.String(), tc.want) || !strings.Contains(w.Body.String(), "<title>Error: Scorecard") {
				t.Errorf("got %d, want %d with %q in:\n%.2000s", w.Code, tc.status, tc.want, w.Body)
			}
			if got := get(h, "/measures.csv"); got != before {
				t.Errorf("a refused upload changed the measures")
			}
		})
	}
	w := ask(h, httptest.NewRequest(http.MethodPost, "/upload", nil))
	if w.Code != http.StatusUnprocessableEntity || !strings.Contains(w.Body.String(), "Choose a CSV file first.") {
		t.Errorf("without a file: got %d %s", w.Code, w.Body)
	}
	other := upload(t, head)
	other.Header.Set("Sec-Fetch-Site", "cross-site")
	if w := ask(h, other); w.Code != http.StatusForbidden {
		t.Errorf("another site's form: got %d, want 403", w.Code)
	}
}

func TestChartIsWellFormed(t *testing.T) {
	h := open(t, t.TempDir())
	for name, values := range map[string]string{
		"one value": "T,2026,5\n", "all alike": "T,2025,0\nT,2026,0\n", "below zero": "T,2025,-3.25\nT,2026,-0.001\n",
		"far apart": "T,2025,-1000000000000\nT,2026,1000000000000\n", "very near": "T,2025,1000000000\nT,2026,1000000000.000001\n",
		"next to each other": "T,2025,999999999999.9999\nT,2026,1000000000000\n",
	} {
		t.Run(name, func(t *testing.T) {
			if w := ask(h, upload(t, "measure,period,value\n"+values)); w.Code != http.StatusSeeOther {
				t.Fatalf("upload: got %d: %s", w.Code, w.Body)
			}
			page := get(h, "/?measure=T")
			if strings.Contains(page, "NaN") || strings.Contains(page, "Inf") {
				t.Errorf("the page holds a number that is none")
			}
			for i, part := range strings.SplitAfter(page, "</svg>")[:2] {
				svg := part[strings.Index(part, "<svg"):]
				if err := xml.Unmarshal([]byte(svg), new(struct{ XMLName xml.Name })); err != nil {
					t.Errorf("drawing %d: %v in %s", i, err, svg)
				}
				if n := strings.Count(svg, `class="grid"`); n > 12 {
					t.Errorf("drawing %d has %d lines across", i, n)
				}
			}
		})
	}
}

func TestUploadsAtOnceAllStay(t *testing.T) {
	dir := t.TempDir()
	h := open(t, dir)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			ask(h, upload(t, fmt.Sprintf("measure,period,value\nM%d,2026,%d\n", i, i)))
		})
	}
	wg.Wait()
	all := get(open(t, dir), "/measures.csv")
	for i := range 20 {
		if line := fmt.Sprintf("M%d,2026,%d\n", i, i); !strings.Contains(all, line) {
			t.Errorf("%q is missing", line)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".measures-*")); len(left) > 0 {
		t.Errorf("half-written files are left: %v", left)
	}
}

func TestBrokenFileIsNotOverwritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "measures.json")
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := scorecard.New(dir); err == nil {
		t.Error("a broken file was taken")
	}
	if got, _ := os.ReadFile(path); string(got) != "{" {
		t.Errorf("the file became %q", got)
	}
}

func FuzzUpload(f *testing.F) {
	for _, seed := range []string{"measure,period,value\nOrders,2026-09,4120\n", "measure,period,value\n\"a", "\ufeffmeasure,period,value\r\na,2026,1e3\r\n"} {
		f.Add(seed)
	}
	h, err := scorecard.New(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, content string) {
		w := ask(h, upload(t, content))
		if w.Code != http.StatusSeeOther && w.Code != http.StatusUnprocessableEntity && w.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("got %d for %q", w.Code, content)
		}
		if to := w.Header().Get("Location"); to != "" && !strings.Contains(get(h, to), "</html>") {
			t.Errorf("no page after %q", content)
		}
	})
}

// TestProgramsRead: a program that takes no pages gets text.
func TestProgramsRead(t *testing.T) {
	h := open(t, t.TempDir())
	for content, want := range map[string]string{
		"measure,period,value\nOrders,2026-10,7\n":   "200 Loaded 1 values.\n",
		"measure,period,value\nOrders,yesterday,7\n": "422 Row 2: ",
	} {
		w := ask(h, upload(t, content), "Accept", "*/*")
		if got := fmt.Sprint(w.Code, " ", w.Body.String()); !strings.HasPrefix(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
