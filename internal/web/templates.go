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
	byLanguage map[string]*template.Template
}

// contentName is the template that layout.html puts into <main>. Each page file
// defines one; in the set it is kept under contentName and the file's name.
const contentName = "content"

// parseTemplates parses pages/layout.html, pages/partials and each page for
// every language of the catalogue.
func parseTemplates(catalogue *words.Catalogue, files *assets) (*templates, error) {
	all := &templates{catalogue: catalogue, byLanguage: map[string]*template.Template{}}
	for _, language := range catalogue.Languages() {
		set, err := parseSet(functions(catalogue.Printer(language), files))
		if err != nil {
			return nil, err
		}
		all.byLanguage[language] = set
	}
	return all, nil
}

// parseSet parses everything into one set, in which layout and partials stand
// once. A copy of them for each page, which html/template's Clone makes, would
// be most of what the collector has to walk through after every password hash.
func parseSet(f template.FuncMap) (*template.Template, error) {
	set := template.New("layout.html").Option("missingkey=error").Funcs(f)
	set.Funcs(template.FuncMap{contentName: func(page Page) (template.HTML, error) {
		var b strings.Builder
		err := set.ExecuteTemplate(&b, contentName+" "+templateName(page), page)
		// It is a template's output, escaped for the inside of an element.
		return template.HTML(b.String()), err
	}})
	if _, err := set.ParseFS(pageFiles, "pages/layout.html", "pages/partials/*.html"); err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	for _, name := range names {
		if path.Base(name) == "layout.html" {
			continue
		}
		if err := parsePage(set, f, name); err != nil {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
	}
	if _, err := set.New(contentName).Parse("{{" + contentName + " .}}"); err != nil {
		return nil, err
	}
	return set, nil
}

// parsePage adds the templates of one page file to the set.
func parsePage(set *template.Template, f template.FuncMap, name string) error {
	file := path.Base(name)
	page, err := template.New(file).Funcs(f).ParseFS(pageFiles, name)
	if err != nil {
		return err
	}
	for _, t := range page.Templates() {
		name := t.Name()
		switch name {
		case file:
			continue // what stands outside of the definitions: nothing
		case contentName:
			name += " " + file
		}
		if set.Lookup(name) != nil {
			return fmt.Errorf("the template %q is defined twice", name)
		}
		if _, err := set.AddParseTree(name, t.Tree); err != nil {
			return err
		}
	}
	return nil
}

// execute writes a page whole, in the nearest language there is to the one of
// its frame.
func (t *templates) execute(w io.Writer, page Page) error {
	f := page.frame()
	f.Language = t.catalogue.Printer(f.Language).Language()
	name := templateName(page)
	set, ok := t.byLanguage[f.Language]
	if !ok || set.Lookup(contentName+" "+name) == nil {
		return fmt.Errorf("page %T has no template %s", page, name)
	}
	if err := set.ExecuteTemplate(w, "layout.html", page); err != nil {
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
		"tm":      func(at time.Time, zone string) template.HTML { return timeElement(at, p.Time(at, zone), "") },
		"recent": func(at, now time.Time, zone string) template.HTML {
			return timeElement(at, p.Recent(at, now, zone), p.Time(at, zone))
		},
		"date":    func(at time.Time, zone string) template.HTML { return timeElement(at, p.Date(at, zone), "") },
		"day":     func(at time.Time, zone string) Day { return Day{At: at, Zone: zone} },
		"moment":  func(at time.Time, zone string) Moment { return Moment{At: at, Zone: zone} },
		"dur":     p.Duration,
		"num":     p.Number,
		"device":  p.Device,
		"part_of": p.ZonePart,
		"seconds": func(n int) time.Duration { return time.Duration(n) * time.Second },
		"asset":   files.address,
		"screen":  func(name string) (HelpPicture, error) { return files.helpPicture(p.Language(), name) },
		"part":    newPart,
	}
}

// say renders a text; days and moments among its values are put into words first.
func say(p words.Printer, id string, pairs []any) string {
	told := slices.Clone(pairs)
	for i, v := range told {
		switch at := v.(type) {
		case Day:
			told[i] = p.Date(at.At, at.Zone)
		case Moment:
			told[i] = p.Time(at.At, at.Zone)
		}
	}
	return p.T(id, told...)
}

// timeElement wraps a moment in words so that programs can read it too; full,
// where it says more than the words, is shown to who points at it (ux §1.8).
func timeElement(at time.Time, words, full string) template.HTML {
	title := ""
	if full != "" && full != words {
		title = ` title="` + html.EscapeString(full) + `"`
	}
	// All parts are escaped or made of digits.
	return template.HTML(`<time datetime="` + at.UTC().Format(time.RFC3339) + `"` + title + `>` + html.EscapeString(words) + `</time>`)
}

// Part is a frame with one value beside it, for a partial that needs both.
type Part struct {
	*Frame
	Of any
}

func newPart(page Page, of any) Part { return Part{Frame: page.frame(), Of: of} }
