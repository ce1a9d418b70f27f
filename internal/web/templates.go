package web

import (
	"embed"
	"fmt"
	"html"
	"html/template"
	"io"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/sallyport/sallyport/internal/words"
)

//go:embed pages
var pageFiles embed.FS

// templates are all pages, parsed at start, once for each language: a text is
// then found by its id alone in the templates.
type templates struct {
	catalogue  *words.Catalogue
	byLanguage map[string]map[string]*template.Template
}

// parseTemplates parses pages/layout.html, pages/partials and each page for
// every language of the catalogue.
func parseTemplates(catalogue *words.Catalogue, files *assets) (*templates, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	all := &templates{catalogue: catalogue, byLanguage: map[string]map[string]*template.Template{}}
	for _, language := range catalogue.Languages() {
		p := catalogue.Printer(language)
		base, err := template.New("layout.html").Option("missingkey=error").Funcs(functions(p, files)).
			ParseFS(pageFiles, "pages/layout.html", "pages/partials/*.html")
		if err != nil {
			return nil, fmt.Errorf("parse layout: %w", err)
		}
		pages := map[string]*template.Template{}
		for _, name := range names {
			if path.Base(name) == "layout.html" {
				continue
			}
			t, err := template.Must(base.Clone()).ParseFS(pageFiles, name)
			if err != nil {
				return nil, fmt.Errorf("parse page: %w", err)
			}
			pages[path.Base(name)] = t
		}
		all.byLanguage[language] = pages
	}
	return all, nil
}

// execute writes a page whole, in the nearest language there is to the one of
// its frame.
func (t *templates) execute(w io.Writer, page Page) error {
	f := page.frame()
	f.Language = t.catalogue.Printer(f.Language).Language()
	name := templateName(page)
	tmpl, ok := t.byLanguage[f.Language][name]
	if !ok {
		return fmt.Errorf("page %T has no template %s", page, name)
	}
	if err := tmpl.ExecuteTemplate(w, "layout.html", page); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}

// templateName turns the type name of a page into its file: *VerifyCodePage is
// verify_code.html.
func templateName(page Page) string {
	name := strings.TrimSuffix(reflect.TypeOf(page).Elem().Name(), "Page")
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String() + ".html"
}

// functions are what templates may call. Texts reach a page only through t, te
// and heading; everything else is layout.
func functions(p words.Printer, files *assets) template.FuncMap {
	return template.FuncMap{
		"t":       func(id string, pairs ...any) string { return say(p, id, pairs) },
		"list":    func(pairs ...any) []any { return pairs },
		"tl":      func(id string, pairs []any) string { return say(p, id, pairs) },
		"te":      func(err error) string { return p.Error(err) },
		"page":    func(page Page) string { return strings.TrimSuffix(templateName(page), ".html") },
		"heading": func(page Page) string { return say(p, page.frame().Title, page.frame().TitleWith) },
		"tm":      func(at time.Time, zone string) template.HTML { return timeElement(at, p.Time(at, zone)) },
		"date":    func(at time.Time, zone string) template.HTML { return timeElement(at, p.Date(at, zone)) },
		"day":     func(at time.Time, zone string) Day { return Day{At: at, Zone: zone} },
		"dur":     p.Duration,
		"seconds": func(n int) time.Duration { return time.Duration(n) * time.Second },
		"asset":   files.address,
		"part":    newPart,
	}
}

// say renders a text; days among its values are put into words first.
func say(p words.Printer, id string, pairs []any) string {
	told := slices.Clone(pairs)
	for i, v := range told {
		if day, ok := v.(Day); ok {
			told[i] = p.Date(day.At, day.Zone)
		}
	}
	return p.T(id, told...)
}

// timeElement wraps a moment in words so that programs can read it too.
func timeElement(at time.Time, words string) template.HTML {
	// Both parts are escaped or made of digits.
	return template.HTML(`<time datetime="` + at.UTC().Format(time.RFC3339) + `">` + html.EscapeString(words) + `</time>`)
}

// Part is a frame with one value beside it, for a partial that needs both.
type Part struct {
	*Frame
	Of any
}

func newPart(page Page, of any) Part { return Part{Frame: page.frame(), Of: of} }
