package words_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"github.com/sallyport/sallyport/internal/words"
)

// alike are the texts that may read as in English in any language: they hold a
// name, a sign, or nothing but values.
func alike() []string {
	return []string{
		"account.setup.app.store_android", "admin.health.backup_at", "adoption.day", "admin.organization.utc", "account.setup.app.store_ios", "dev.mail.view_html", "error.password.message", "layout.error_prefix",
		"mail.code.subject_with_code", "mail.fact.app", "time.moment", "time.zone.asia", "time.zone.australia",
		"users.column.two_factor", "users.person.title", "users.security.apps_count", "users.step.app",
	}
}

// others are the languages of the program but English.
func others(c *words.Catalogue) []string { return c.Languages()[1:] }

// TestLanguagesAreComplete: a language that ships says everything that English
// says, with the same values.
func TestLanguagesAreComplete(t *testing.T) {
	c := load(t)
	for _, name := range others(c) {
		for _, id := range c.IDsIn(name) {
			if !c.Has(id) {
				t.Errorf("%s has a text %q that English has not", name, id)
			}
		}
		for _, id := range c.IDs() {
			forms, english := c.FormsIn(name, id), c.Forms(id)
			if forms == nil {
				t.Errorf("%s lacks the text %q: %q", name, id, english["other"])
				continue
			}
			if maps.Equal(forms, english) && !slices.Contains(alike(), id) {
				t.Errorf("%s: %s reads as in English: %q", name, id, forms["other"])
			}
			for form, text := range forms {
				if strings.TrimSpace(text) == "" && id != "number.group" {
					t.Errorf("%s: %s (%s) is empty", name, id, form)
				}
			}
			if got, want := parametersOf(t, id, forms["other"]), parametersOf(t, id, english["other"]); !slices.Equal(got, want) {
				t.Errorf("%s: %s is given %v, and shows %v: %q", name, id, want, got, forms["other"])
			}
			if got, want := numbers(forms["other"]), numbers(english["other"]); !slices.Equal(got, want) {
				t.Errorf("%s: %s has the numbers %v, English %v: %q", name, id, got, want, forms["other"])
			}
		}
	}
}

// TestPluralForms: a text with plural has the forms its language asks for below
// a million, and none that it never does.
func TestPluralForms(t *testing.T) {
	c := load(t)
	for _, name := range c.Languages() {
		wanted := categories(name)
		for _, id := range c.IDs() {
			forms := c.FormsIn(name, id)
			if len(c.Forms(id)) == 1 && len(forms) <= 1 {
				continue
			}
			if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, wanted) {
				t.Errorf("%s: %s has the forms %v, want %v", name, id, got, wanted)
			}
		}
	}
}

// categories are the CLDR categories of the whole numbers below a million.
func categories(name string) []string {
	names := map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many", plural.Other: "other",
	}
	found := map[string]bool{"other": true}
	for n := range 1_000_000 {
		if n < 1000 || n%1000 == 0 {
			found[names[plural.Cardinal.MatchPlural(language.Make(name), n, 0, 0, 0, 0)]] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// numbers are the numbers in a text, sorted, without the marks between groups of
// digits: a translated limit is still the limit.
func numbers(text string) []string {
	whole := regexp.MustCompile(`([0-9])[,.\x{a0} ]([0-9]{3})\b`).ReplaceAllString(plainText(text), "$1$2")
	found := regexp.MustCompile(`[0-9]+`).FindAllString(whole, -1)
	slices.Sort(found)
	return found
}

// TestSpanish: it says usted, in the words of the glossary (CONTRIBUTING.md) and
// with the signs of Spanish.
func TestSpanish(t *testing.T) {
	c := load(t)
	never := []string{
		"tu", "tus", "tú", "te", "ti", "contigo", "vuestra", "vuestro", // it says usted
		"token", "login", "logout", "password", "email", "mail", "link", "click", "clic", "spam", "ok", "otp", "mfa",
		"loguearse", "autenticador", "factores", "ingresar", "aplicativo", "correo-e",
	}
	for _, id := range c.IDsIn("es") {
		anything := strings.HasPrefix(id, "dev.") || strings.HasPrefix(id, "cli.") || strings.HasPrefix(id, "admin.find.")
		for form, text := range c.FormsIn("es", id) {
			plain := plainText(text)
			for _, word := range strings.FieldsFunc(strings.ToLower(plain), notLetter) {
				if slices.Contains(never, word) && !anything {
					t.Errorf("%s (%s) says %q: %q", id, form, word, text)
				}
			}
			if strings.Count(plain, "?") != strings.Count(plain, "¿") || strings.Count(plain, "!") != strings.Count(plain, "¡") {
				t.Errorf("%s (%s) opens a question or an exclamation that it does not close, or the other way: %q", id, form, text)
			}
			if strings.ContainsAny(plain, "\"“”'") || strings.Count(plain, "«") != strings.Count(plain, "»") {
				t.Errorf("%s (%s) quotes without « and »: %q", id, form, text)
			}
			if strings.HasSuffix(strings.TrimSpace(c.Forms(id)["other"]), ".") != strings.HasSuffix(strings.TrimSpace(text), ".") {
				t.Errorf("%s (%s) ends with a full stop where English does not, or the other way: %q", id, form, text)
			}
		}
	}
}
