package words_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/words"
)

// dynamic lists the ids that programs put together, by their beginning. Nothing
// else may: an id that stands nowhere as written cannot be found by a search.
func dynamic() map[string]string {
	return map[string]string{
		"admin.find.":                 "organization.Settings names the setting",
		"admin.setting.":              "organization.Settings names the setting",
		"api.field.":                  "the document of the API names the field",
		"api.need.":                   "the document of the API names the scope",
		"api.op.":                     "the document of the API names the operation",
		"api.tag.":                    "the document of the API names the part",
		"error.code.empty.":           "the code page adds its method",
		"error.code.letters.recovery": "the code page adds its method",
		"error.code.long.recovery":    "the code page adds its method",
		"error.code.short.recovery":   "the code page adds its method",
		"error.code.used.":            "the code page adds its method",
		"error.code.wrong.":           "the code page adds its method",
		"error.method.":               "signin names the state of the method",
		"error.policy.":               "core.Policy.Validate names the setting",
		"error.user.":                 "core.User.Validate names the field",
		"signin.method.":              "the pages of a further kind of factor add its name",
		"time.month.":                 "the number of the month",
		"time.zone.":                  "the part of the world that a time zone begins with",
		"loading.field.":              "package loader names the fields of a file",
		"loading.fix.":                "the problem of a row is named by its code",
		"loading.wrong.":              "the problem of a row is named by its code",
	}
}

// implicit are values that a kind of caller always adds, by its folder.
func implicit(folder string) []string {
	if folder == "internal/mail" {
		return []string{"org"}
	}
	return nil
}

func TestEveryTextThatIsUsedExists(t *testing.T) {
	c, h := load(t), readHouse(t)
	for _, u := range h.uses {
		if !c.Has(u.id) {
			t.Errorf("%s: there is no text %q", u.where, u.id)
		}
	}
	areas := areasOf(c)
	for _, m := range h.likely {
		area, _, _ := strings.Cut(m.id, ".")
		if areas[area] && !c.Has(m.id) && !c.Has("error."+m.id) && !h.errorCodes[m.id] {
			t.Errorf("%s: %q looks like a text, and there is none", m.where, m.id)
		}
	}
}

func TestEveryTextIsUsed(t *testing.T) {
	c, h := load(t), readHouse(t)
	for _, id := range c.IDs() {
		code, isError := strings.CutPrefix(id, "error.")
		if !h.mentions[id] && !(isError && h.mentions[code]) && dynamicID(id) == "" {
			t.Errorf("nothing uses the text %q", id)
		}
	}
}

func TestEveryTextIsGivenItsValues(t *testing.T) {
	c, h := load(t), readHouse(t)
	for _, u := range h.uses {
		if u.values == nil || !c.Has(u.id) {
			continue
		}
		given := append(implicit(u.folder), u.values...)
		for _, name := range parameters(t, c, u.id) {
			if !slices.Contains(given, name) {
				t.Errorf("%s: the text %q needs the value %q", u.where, u.id, name)
			}
		}
	}
}

func TestErrorsCanBeGivenTheirValues(t *testing.T) {
	c, h := load(t), readHouse(t)
	for _, id := range c.IDs() {
		if !strings.HasPrefix(id, "error.") {
			continue
		}
		for _, name := range parameters(t, c, id) {
			if !h.errorValues[name] {
				t.Errorf("the text %q needs the value %q, and no error is ever given one of that name", id, name)
			}
		}
	}
}

func TestDynamicIDsAreStillThere(t *testing.T) {
	c := load(t)
	for _, prefix := range slices.Sorted(maps.Keys(dynamic())) {
		found := slices.ContainsFunc(c.IDs(), func(id string) bool { return strings.HasPrefix(id, prefix) })
		if !found {
			t.Errorf("no text begins with %q: take it out of the table", prefix)
		}
	}
	for _, u := range readHouse(t).built {
		if dynamicID(u.id) == "" {
			t.Errorf("%s: ids that begin with %q are put together; write them out, or add them to the table with a reason", u.where, u.id)
		}
	}
}

func TestWordsForPeople(t *testing.T) {
	c := load(t)
	never := []string{"otp", "mfa", "token", "tokens", "blacklist", "whitelist", "superuser", "oops", "please", "login", "invalid"}
	for _, id := range c.IDs() {
		if strings.HasPrefix(id, "cli.") || strings.HasPrefix(id, "dev.") {
			continue // for operators and developers, who know flags and their names
		}
		if strings.HasPrefix(id, "admin.find.") {
			continue // what other products call a setting
		}
		for form, text := range c.Forms(id) {
			for _, word := range strings.FieldsFunc(strings.ToLower(plainText(text)), notLetter) {
				if slices.Contains(never, word) {
					t.Errorf("%s (%s) says %q (ux §14): %q", id, form, word, text)
				}
			}
		}
	}
}

func TestTextsHoldNoMarkup(t *testing.T) {
	c := load(t)
	for _, id := range c.IDs() {
		for _, text := range c.Forms(id) {
			text := strings.ReplaceAll(text, " > ", " ") // a way through menus, where a program reads it (ux §5)
			if strings.ContainsAny(text, "<>") && !strings.HasPrefix(id, "cli.") || strings.Contains(text, "&amp;") {
				t.Errorf("%s holds markup: %q", id, text)
			}
		}
	}
}

func TestPagesHoldNoTextOfTheirOwn(t *testing.T) {
	for _, p := range readHouse(t).pages {
		for _, literal := range literals(p.source) {
			t.Errorf("%s: the text %q belongs in the catalogue", p.path, literal)
		}
	}
}

func TestLiteralsAreFound(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"text", `<p>{{t "a"}} Hello there</p>`, "[Hello there]"},
		{"attribute", `<img alt="A QR code" src="x.png">`, "[A QR code]"},
		{"attribute from the catalogue", `<img alt="{{t "a"}}" src="x.png">`, "[]"},
		{"script, style and comments", `<style>a{b:c}</style><!-- hi --><script>let x</script>{{/* words */}}`, "[]"},
		{"an action in a tag", `<a href="{{if gt 1 2}}x{{end}}" class="big">{{.Name}}</a>·&nbsp;—`, "[]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fmt.Sprint(literals(tt.page)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUsesAreFound(t *testing.T) {
	h := newHouse()
	h.readPage(t, "internal/web/pages/x.html",
		`{{define "x"}}{{if .Err}}<p title="{{t "a.one" "name" .X "count" 2}}">{{(t "a.two")}}</p>{{else}}{{t .Title | printf "%s"}}{{end}}{{template "y" (list "a.three")}}{{end}}`)
	h.readGo(t, "internal/web/x.go", `package web
		var e = core.NewError(core.Invalid, "some.code").With("wait", 1)
		var f = core.NewError(core.Internal, "some.fault")
		var g = core.NewError(core.Invalid, "some."+field)
		func (p Page) show() string { return p.printer.T("b.one", "who", x) + p.T("b.two", pairs...) }
		var h = Frame{Title: "signin.title"}`)
	var got []string
	for _, u := range h.uses {
		got = append(got, fmt.Sprint(u.id, u.values))
	}
	slices.Sort(got)
	want := "[a.one[name count] a.two[] b.one[who] b.two[] error.some.code[]]"
	if fmt.Sprint(got) != want {
		t.Errorf("uses are %v, want %s", got, want)
	}
	if !h.mentions["signin.title"] || !h.mentions["a.three"] || !h.mentions["some.fault"] {
		t.Errorf("mentions are %v, want the title, a.three and some.fault among them", h.mentions)
	}
	if len(h.built) != 1 || h.built[0].id != "error.some." {
		t.Errorf("ids put together are %v, want error.some.", h.built)
	}
}

func areasOf(c *words.Catalogue) map[string]bool {
	areas := map[string]bool{}
	for _, id := range c.IDs() {
		area, _, _ := strings.Cut(id, ".")
		areas[area] = true
	}
	return areas
}

func dynamicID(id string) string {
	for prefix, reason := range dynamic() {
		if strings.HasPrefix(id, prefix) {
			return reason
		}
	}
	return ""
}
