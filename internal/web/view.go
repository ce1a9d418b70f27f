package web

import (
	"bytes"
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Page is a page ready to be shown: a pointer to a struct that embeds [Frame].
// The template is found by the struct's type: SigninPage is pages/signin.html.
type Page interface {
	frame() *Frame
}

// Frame is what every page has around its own content. A handler sets Title
// and what it must; Render fills the rest from the request.
type Frame struct {
	Title     string  // text id of the h1, which is also the title (ux §1.3)
	TitleWith []any   // name and value pairs for Title
	Section   string  // "home", "account", "admin", "users" or "load": the part of the menu we are in
	Trail     []Crumb // the pages above this one, outermost first (ux 4.3)

	Organization string    // its name, or the deployment's while nobody is known
	User         *Person   // nil while signed out
	Language     string    // BCP 47, for <html lang>
	Zone         string    // IANA name: times are shown in it
	Now          time.Time // when the page was made

	FormToken string          // the value of the hidden field in every form (CS3)
	Done      string          // text id of the green banner; empty: none (ux §1.8)
	DoneWith  []any           // name and value pairs for Done
	Banners   []Banner        // amber and red lines above the content
	Form      Form            // what was typed and what is wrong with it
	Ends      *Ends           // when the session will end by itself; nil while signed out
	Here      string          // the page to come back to, where that is not its own address
	Refresh   *Refresh        // leave for another address by itself; nil: stay
	Card      bool            // one centred card, also for a person who is signed in
	Step      bool            // reached by a step: the focus goes to the h1 (ux §13)
	Wide      bool            // a card that needs more than the usual width
	Languages *LanguageChoice // nil: the account says which language
	Demo      bool            // the person was made by the demo: a ribbon says so
}

func (f *Frame) frame() *Frame { return f }

// Failed reports whether the page shows errors, so that its title says so.
func (f *Frame) Failed() bool { return len(f.Form.Problems()) > 0 }

// Person is the signed-in person as the header shows them.
type Person struct {
	Name          string
	Email         string
	Initials      string
	Photo         string // address of the picture; empty: the initials stand for it
	Administrator bool
	Helps         bool // the help desk, and administrators
}

// Crumb is one page above the one shown.
type Crumb struct {
	Text string // text id
	Name string // instead of a text: the name of a person or thing
	Link string
}

// Banner is one line above the content of every signed-in page.
type Banner struct {
	Tone string // "notice" or "danger"
	Text string // text id
	With []any  // name and value pairs
	Link string // address of what to do about it; empty: none
	Act  string // text id of that link
	Post string // instead of a link: what a button with that text sends to
}

// Refresh sends the browser on without a redirect: a redirect that follows a
// form would be stopped by form-action 'self' (law 8).
type Refresh struct {
	Seconds int
	To      string
	// Follow: a page of something under way. With scripts it takes its marked parts
	// from there, again and again, and is not loaded anew.
	Follow  bool
	Percent int64 // of it that is done
}

// followEvery is how often the page of something that is under way comes anew, in
// seconds (ux §5).
const followEvery = 5

// follow makes a page one of something that is under way, of which so much is done.
func (f *Frame) follow(to string, done, total int64) {
	f.Refresh = &Refresh{Seconds: followEvery, To: to, Follow: true, Percent: 100 * min(done, total) / max(total, 1)}
}

// Render writes a page: it fills the frame from the request, finds the
// template by the page's type and sends status with it. The page is made in
// memory first, so a failing template never sends half a page.
func (s *Site) Render(w http.ResponseWriter, r *http.Request, status int, page Page) error {
	s.fill(w, r, page.frame())
	var body bytes.Buffer
	if err := s.templates.execute(&body, page); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	tellLanguage(h, page.frame())
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}

// fill completes a frame with what the request says of the visitor. What the
// handler has set stays.
func (s *Site) fill(w http.ResponseWriter, r *http.Request, f *Frame) {
	v := visitOf(r)
	f.Now = s.deps.Clock()
	if f.FormToken == "" {
		f.FormToken = s.edge.FormToken(w, r)
	}
	if f.Done == "" {
		f.Done = doneText(r.URL.Query().Get("done"))
	}
	if f.Organization == "" {
		f.Organization = s.deps.Name
	}
	if v.signedIn {
		f.describe(v.view)
		if r.Method == http.MethodPost {
			f.Here = s.here(r)
		}
	}
	if f.Language == "" {
		f.Language = s.Language(r)
		if !v.signedIn {
			f.Languages = &LanguageChoice{All: s.languages(), Next: firstOf(f.Here, s.here(r))}
		}
	}
	if f.Zone == "" {
		f.Zone = "UTC"
	}
}

// originDemo is the [core.User] Origin of people whom the demo made.
const originDemo = "demo"

// describe puts the signed-in person and organization on the frame.
func (f *Frame) describe(v core.SessionView) {
	u := v.Account.User
	f.Organization = v.Organization.Name
	f.User = &Person{
		Name: u.Name(), Email: u.Email, Initials: initials(u), Photo: photoAddress(u.Photo),
		Administrator: u.Type == core.Administrator, Helps: u.Type >= core.HelpDesk,
	}
	f.Demo = u.Origin == originDemo
	f.Language = languageOf(u, v.Organization)
	f.Zone = firstOf(u.TimeZone, v.Organization.TimeZone)
	f.Ends = endsOf(v, f.Now)
	f.Banners = append(f.Banners, policyBanners(v, f.Now)...)
}

// Day is a moment shown as a date in a zone when it stands in a sentence.
type Day struct {
	At   time.Time
	Zone string
}

// initials returns one or two letters that stand in the profile button.
func initials(u core.User) string {
	var letters []rune
	for _, name := range []string{u.FirstName, u.LastName} {
		for _, r := range name {
			letters = append(letters, r)
			break
		}
	}
	if len(letters) == 0 {
		for _, r := range u.Email {
			letters = append(letters, r)
			break
		}
	}
	return string(bytes.ToUpper([]byte(string(letters))))
}

// firstOf returns the first text that is not empty.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
