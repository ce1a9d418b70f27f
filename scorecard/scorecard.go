package scorecard

import (
	"bytes"
	"embed"
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

//go:embed page.html style.css
var files embed.FS

type application struct {
	store *store
	page  *template.Template
}

// New returns the application; it keeps its measures in dir, which it makes
// where it is missing, beginning with a few sample measures.
func New(dir string) (http.Handler, error) {
	s, err := openStore(dir)
	if err != nil {
		return nil, err
	}
	page, err := template.New("page.html").Funcs(template.FuncMap{"number": number}).ParseFS(files, "page.html")
	if err != nil {
		return nil, err
	}
	a := &application{store: s, page: page}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.show)
	mux.HandleFunc("POST /upload", a.upload)
	mux.HandleFunc("GET /measures.csv", a.download)
	mux.Handle("GET /style.css", http.FileServerFS(files))
	return headers(http.NewCrossOriginProtection().Handler(identified(mux))), nil
}

// headers are the same for every answer. There is no form-action: when the
// session has ended, the proxy sends a form on to the sign-in page, which is
// another origin.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// identified refuses to work without exactly one name of a person: without a
// proxy in front everybody could write the header.
func identified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if users := r.Header.Values("Remote-User"); len(users) != 1 || users[0] == "" {
			http.Error(w, "Scorecard: no identity header: put it behind a proxy that signs people in and sets Remote-User.", http.StatusInternalServerError)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// person is who the proxy says is here.
type person struct {
	User, Name, Email string
	Groups            []string
}

func whoIs(r *http.Request) person {
	get := func(name string) string { return strings.ToValidUTF8(r.Header.Get(name), "�") }
	p := person{User: get("Remote-User"), Name: get("Remote-Name"), Email: get("Remote-Email")}
	if p.Name == "" {
		p.Name = p.User
	}
	for g := range strings.SplitSeq(get("Remote-Groups"), ",") {
		if g = strings.TrimSpace(g); g != "" {
			p.Groups = append(p.Groups, g)
		}
	}
	return p
}

// view is what the page shows.
type view struct {
	Person   person
	Measures []Measure
	Chosen   Measure
	Charts   []chart
	Loaded   int // rows, after an upload
	Problems []Problem
	More     int // problems that are not listed
}

func (a *application) show(w http.ResponseWriter, r *http.Request) {
	loaded, _ := strconv.ParseUint(r.URL.Query().Get("loaded"), 10, 16) // anything else shows no banner
	a.render(w, r, http.StatusOK, view{Loaded: int(loaded)})
}

func (a *application) render(w http.ResponseWriter, r *http.Request, status int, v view) {
	v.Person, v.Measures = whoIs(r), a.store.all()
	for i, m := range v.Measures {
		if i == 0 || m.Name == r.URL.Query().Get("measure") {
			v.Chosen = m
		}
	}
	if len(v.Measures) > 0 {
		v.Charts = []chart{newChart("wide", v.Chosen, 760, 320), newChart("narrow", v.Chosen, 330, 280)}
	}
	if v.More = len(v.Problems) - maxProblems; v.More > 0 {
		v.Problems = v.Problems[:maxProblems]
	}
	var out bytes.Buffer
	if err := a.page.Execute(&out, v); err != nil {
		http.Error(w, "Scorecard could not draw this page.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = out.WriteTo(w) // the browser went away; there is nobody to tell
}

func (a *application) upload(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload)
	file, _, err := r.FormFile("file")
	if err != nil {
		status, text := http.StatusUnprocessableEntity, "Choose a CSV file first."
		if tooLong := new(http.MaxBytesError); errors.As(err, &tooLong) {
			status, text = http.StatusRequestEntityTooLarge, "The file is larger than 1 MB. Split it."
		}
		a.refuse(w, r, status, Problem{Text: text})
		return
	}
	defer file.Close()
	rows, problems := parse(file)
	if len(problems) > 0 {
		a.refuse(w, r, http.StatusUnprocessableEntity, problems...)
		return
	}
	fits, err := a.store.load(rows)
	switch {
	case err != nil:
		a.refuse(w, r, http.StatusInternalServerError, Problem{Text: "The measures could not be saved. Nothing changed."})
		return
	case !fits:
		text := fmt.Sprintf("A scorecard holds %d measures of %d periods at most.", maxMeasures, maxValues)
		a.refuse(w, r, http.StatusUnprocessableEntity, Problem{Text: text})
		return
	}
	if !forPerson(r) {
		plain(w, http.StatusOK, fmt.Sprintf("Loaded %d values.", len(rows)))
		return
	}
	to := url.Values{"measure": {rows[0].measure}, "loaded": {strconv.Itoa(len(rows))}}
	http.Redirect(w, r, "/?"+to.Encode(), http.StatusSeeOther)
}

// forPerson reports whether a page would be read by a person. A program that loads
// measures needs no form token: it has no cookies that others could use.
func forPerson(r *http.Request) bool { return strings.Contains(r.Header.Get("Accept"), "text/html") }

func plain(w http.ResponseWriter, status int, lines ...string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	fmt.Fprintln(w, strings.Join(lines, "\n")) // the program went away; there is nobody to tell
}

// refuse says what is wrong with an upload; nothing was loaded.
func (a *application) refuse(w http.ResponseWriter, r *http.Request, status int, problems ...Problem) {
	if forPerson(r) {
		a.render(w, r, status, view{Problems: problems})
		return
	}
	lines := make([]string, len(problems))
	for i, p := range problems {
		if lines[i] = p.Text; p.Row > 0 {
			lines[i] = fmt.Sprintf("Row %d: %s", p.Row, p.Text)
		}
	}
	plain(w, status, lines...)
}

func (a *application) download(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/csv; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="measures.csv"`)
	out := csv.NewWriter(w)
	defer out.Flush()
	_ = out.Write([]string{"measure", "period", "value"}) // a failed write means that the browser went away
	for _, m := range a.store.all() {
		for _, v := range m.Values {
			_ = out.Write([]string{m.Name, v.Period, strconv.FormatFloat(v.Value, 'f', -1, 64)}) // as above
		}
	}
}
