package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/words"
)

const languagePath = "/language"

// languageKept is how long a browser keeps the language that was chosen in it.
const languageKept = 365 * 24 * time.Hour

// Language is one language to choose, by the name it has for itself.
type Language struct{ Tag, Name string }

// LanguageChoice is the control at the foot of a page whose language follows the
// browser: of a visitor who is not known, or whose account names no language.
type LanguageChoice struct {
	All  []Language
	Next string // the page to come back to
}

// languages are all there are.
func (s *Site) languages() []Language {
	var all []Language
	for _, tag := range s.deps.Words.Languages() {
		all = append(all, Language{Tag: tag, Name: s.deps.Words.Name(tag)})
	}
	return all
}

// languagesWith are all there are, and the one that is stored where that is gone.
func (s *Site) languagesWith(own string) []Language {
	all := s.languages()
	if own != "" && !s.deps.Words.Known(own) {
		all = append(all, Language{Tag: own, Name: own})
	}
	return all
}

// Language returns what a browser asks for: the language that was chosen in it,
// or else its Accept-Language header.
func (s *Site) Language(r *http.Request) string {
	if chosen := s.edge.Cookie(r, httpx.CookieLanguage); s.deps.Words.Known(chosen) {
		return chosen
	}
	return r.Header.Get("Accept-Language")
}

// languageOf is the language an account asks for, and the one to take where that
// is gone; empty: that of the browser.
func languageOf(u core.User, o core.Organization) string {
	return strings.Trim(u.Language+","+o.Language, ",")
}

// printer prints in the language of the pages that the person sees.
func (s *Site) printer(r *http.Request, v core.SessionView) words.Printer {
	return s.deps.Words.Printer(firstOf(languageOf(v.Account.User, v.Organization), s.Language(r)))
}

// chooseLanguage is POST /language. It is kept in the browser alone; a person who
// is signed in has the Profile tab.
func (s *Site) chooseLanguage(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r, "language", "next")
	if err != nil {
		return err
	}
	tag := form.Value("language")
	if !s.deps.Words.Known(tag) {
		return core.NewError(core.Invalid, "request.malformed")
	}
	s.edge.SetCookie(w, httpx.CookieLanguage, tag, s.deps.Clock().Add(languageKept))
	return see(w, r, httpx.LocalPath(form.Value("next")))
}

// tellLanguage names the language of a page, and what it was chosen by, to
// whatever keeps copies.
func tellLanguage(h http.Header, f *Frame) {
	h.Set("Content-Language", f.Language)
	h.Add("Vary", "Accept-Language, Cookie")
}
