package web_test

import (
	"io/fs"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/web"
	"github.com/sallyport/sallyport/internal/words"
)

// speaking is a browser whose settings name languages.
func (b *browser) speaking(languages string) *browser {
	b.languages = languages
	return b
}

// TestLanguageControl: a visitor chooses a language at the foot of a page, comes
// back to that page, and the browser keeps it.
func TestLanguageControl(t *testing.T) {
	b := newBrowser(t, nil).speaking("fr, es;q=0.3")
	b.get("/signin?next=/account/activity").shows(t, http.StatusOK, `<html lang="es">`, "Nombre de usuario o correo",
		`<span lang="es" aria-current="true">Español</span>`, `<button class="button-link" name="language" value="en" lang="en">English</button>`)
	b.post("/language", "language", "en", "next", "/signin?next=/account/activity").leadsTo(t, "/signin?next=/account/activity")
	b.get("/signin").shows(t, http.StatusOK, `<html lang="en">`, "Username or email")
	b.get("/no-such-page").shows(t, http.StatusNotFound, `<html lang="en">`)
	b.get("/help")
	b.post("/language", "language", "es", "next", "/help").leadsTo(t, "/help")
	a := b.get("/help")
	a.shows(t, http.StatusOK, `<html lang="es">`)
	if a.header.Get("Content-Language") != "es" || a.header.Get("Vary") != "Accept-Language, Cookie" {
		t.Errorf("it is told as %q, varying with %q", a.header.Get("Content-Language"), a.header.Get("Vary"))
	}
	b.get("/no-such-page").shows(t, http.StatusNotFound, `<html lang="es">`, "Página no encontrada")
}

// TestLanguageRefused: only a language there is, only from a page of ours, and
// never away from here.
func TestLanguageRefused(t *testing.T) {
	for name, tag := range map[string]string{
		"none": "", "unknown": "tlh", "two": "es,en", "a path": "../es", "a header more": "es\r\nSet-Cookie: a=b", "a megabyte": strings.Repeat("e", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, nil)
			b.get("/signin")
			if a := b.post("/language", "language", tag, "next", "/signin"); a.status < 400 || a.status > 499 {
				t.Errorf("got %d, want a refusal", a.status)
			}
			if b.cookies["sp_language"] != "" {
				t.Error("it was kept")
			}
		})
	}
	b := newBrowser(t, nil)
	b.get("/signin")
	b.post("/language", "language", "es", "next", "//elsewhere.example/").leadsTo(t, "/")
	b.token = "another"
	if a := b.post("/language", "language", "en", "next", "/"); a.status != http.StatusForbidden {
		t.Errorf("with a strange form: %d, want 403", a.status)
	}
	b.cookies["sp_language"] = "tlh"
	b.get("/signin").shows(t, http.StatusOK, `<html lang="en">`)
}

// TestLanguageOfAccount: what the person chose comes first, then what the
// organization did, then what the browser asks for; only then is there a choice
// at the foot.
func TestLanguageOfAccount(t *testing.T) {
	for _, tt := range []struct{ name, own, organizations, browser, want string }{
		{"the person's", "es", "en", "en", "es"},
		{"the organization's", "", "es", "en", "es"},
		{"the browser's", "", "", "es-AR", "es"},
		{"nobody's", "", "", "", "en"},
		{"one that is gone", "tlh", "es", "en", "es"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			v := bea()
			v.Account.User.Language, v.Organization.Language = tt.own, tt.organizations
			p := signedIn(t, v, nil)
			p.languages = tt.browser
			for _, path := range []string{"/account/profile", "/no-such-page"} {
				body := p.get(path).Body.String()
				if !strings.Contains(body, `<html lang="`+tt.want+`">`) || strings.Contains(body, "/language") {
					t.Errorf("%s is not in %s, or offers a choice:\n%.200s", path, tt.want, body)
				}
			}
		})
	}
}

// TestProfileLanguage: each language by its own name, the organization's by
// default, and one that is gone is kept until another is chosen.
func TestProfileLanguage(t *testing.T) {
	v := bea()
	v.Account.User.Language, v.Organization.Language = "tlh", "es"
	p := signedIn(t, v, nil)
	body := p.get("/account/profile").Body.String()
	for _, want := range []string{
		`<option value="">El mismo que su organización: Español</option>`, `<option value="es" lang="es">Español</option>`,
		`<option value="tlh" lang="tlh" selected>tlh</option>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the tab does not show %s", want)
		}
	}
}

// TestAnotherLanguageIsOneFile: one file more, and the language is offered to
// visitors, to people and to administrators; what it lacks is in English.
func TestAnotherLanguageIsOneFile(t *testing.T) {
	files := fstest.MapFS{
		"eo/eo.toml": {Data: []byte("\"language.name\" = \"Esperanto\"\n\"signin.title\" = \"Ensaluti\"\n" +
			"\"time.days\" = { one = \"{{.count}} tago\", other = \"{{.count}} tagoj\" }\n")},
	}
	err := fs.WalkDir(os.DirFS("../words"), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, ".toml") {
			return err
		}
		body, err := fs.ReadFile(os.DirFS("../words"), name)
		files[name] = &fstest.MapFile{Data: body}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	catalogue, err := words.LoadFS(files)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, func(d *web.Deps) { d.Words = catalogue })
	b.get("/signin").shows(t, http.StatusOK, `name="language" value="eo" lang="eo">Esperanto</button>`)
	b.post("/language", "language", "eo", "next", "/signin")
	b.get("/signin").shows(t, http.StatusOK, `<html lang="eo">`, "Ensaluti", "Username or email")
	v := bea()
	v.Account.User.Type, v.Session.Level = core.Administrator, core.LevelStrong
	sessions := &fakeSessions{views: map[string]core.SessionView{"live": v}}
	b = newBrowser(t, func(d *web.Deps) { d.Words, d.Sessions = catalogue, sessions })
	b.cookies["sp_session"] = "live"
	for _, path := range []string{"/account/profile", "/admin/system-settings/setup/organizations-and-security/general"} {
		b.get(path).shows(t, http.StatusOK, `<option value="eo" lang="eo">Esperanto</option>`)
	}
}

// TestSpanishPages renders every fixture in Spanish: no text is missing, and
// none is left in English. Some are compared with a golden file.
func TestSpanishPages(t *testing.T) {
	site, _ := newSite(t, nil)
	kept := map[string]bool{
		"signin_wrong": true, "verify_choose": true, "verify_email_sent": true, "not_you": true, "error_410_link": true,
	}
	for _, f := range signedOutFixtures() {
		t.Run(f.name, func(t *testing.T) {
			web.FrameOf(f.page).Language = "en"
			english := render(t, site, f.page)
			for _, again := range signedOutFixtures() {
				if again.name != f.name {
					continue
				}
				web.FrameOf(again.page).Language = "es"
				spanish := render(t, site, again.page)
				compareLanguages(t, english, spanish)
				if kept[f.name] {
					golden(t, "es/"+f.name, spanish)
				}
			}
		})
	}
}

// keptInSpanish are the pages of people who are signed in that have a golden file
// in Spanish too.
func keptInSpanish() map[string]bool {
	return map[string]bool{"home_few_codes": true, "profile": true, "security_on": true, "setup_app": true, "help_two_factor": true}
}

// compareLanguages fails where both pages say the same in words.
func compareLanguages(t *testing.T, english, spanish []byte) {
	t.Helper()
	if !strings.Contains(string(spanish), `<html lang="es">`) || strings.Contains(string(spanish), "⟦") {
		t.Errorf("the page is not in Spanish, or lacks a text")
	}
	said := map[string]bool{}
	for _, text := range textsOf(english) {
		said[text] = true
	}
	for _, text := range textsOf(spanish) {
		if said[text] && !data.MatchString(text) {
			t.Errorf("both pages say %q: that belongs in the catalogue, or among the data of this test where it is no words of ours", text)
		}
	}
}

// data matches what is no words of ours: names, addresses, codes, and lines that
// hold nothing else.
var data = regexp.MustCompile(`^(English|Español|Northwind.*|[^a-zA-Z]*|.*@.*|.*://.*|.*\.(example|png|txt)\S*|\(\d+ more\)|UTC|Error:|` +
	`([A-Z0-9],? ?)+|([a-z0-9]{4}(-[a-z0-9]{4}){3}\s?)+|sallyport admin create.*|` +
	`(Google|Microsoft|LastPass) Authenticator|Twilio Authy|iOS|Android|` +
	`Bea Ito|Ana Diaz|Kim Lee|adiaz|Ask the IT desk\.|My phone|Tablet &lt;2&gt;|Vault|Scorecard|the IT desk, extension 4411|We are moving house\.|Back on Monday at 08:00\.)$`)

// tags are markup, and the options that name a place.
var tags = regexp.MustCompile(`(?s)<option value="[A-Z][^>]*>[^<]*|<(script|style).*?</(script|style)>|<[^>]*>`)

// textsOf are the texts between the tags of a page, and its labels.
func textsOf(page []byte) []string {
	var all []string
	for _, text := range strings.Split(tags.ReplaceAllString(string(page), "\n"), "\n") {
		if text = strings.TrimSpace(text); text != "" {
			all = append(all, text)
		}
	}
	for _, found := range regexp.MustCompile(`(?:aria-label|alt|title|placeholder|data-[a-z-]*text)="([^"]+)"`).FindAllStringSubmatch(string(page), -1) {
		all = append(all, found[1])
	}
	return all
}

// TestHelpPicturesSpeakToo: a help page shows the screens in its language.
func TestHelpPicturesSpeakToo(t *testing.T) {
	for _, language := range []string{"en", "es"} {
		a := newBrowser(t, nil).speaking(language).get("/help/two-factor")
		if n := strings.Count(a.body, "/help/"+language+"/"); n != 4 {
			t.Errorf("%d of 4 pictures are in %q", n, language)
		}
	}
}
