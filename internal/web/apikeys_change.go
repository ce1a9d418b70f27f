package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// KeyNewPage makes a key (ux 4.7).
type KeyNewPage struct {
	Frame
	Base   string
	All    bool
	Person core.User // whom it acts as
	Own    bool      // that is whoever asks
	First  string    // first day that may be chosen for its end
	Last   string
	Query  string // whom it acts as was searched for
	Found  []core.User
}

// Find is the form that looks for whom it acts as.
func (p *KeyNewPage) Find() PersonFind { return keyFind(p.Base+"/new", p.Query) }

// keyFind is the form that looks for the person of a key.
func keyFind(address, text string) PersonFind {
	return PersonFind{Address: address, Label: "keys.new.find", Hint: "keys.new.find_hint", Text: text}
}

// newKeyFields are the fields of a new key.
func newKeyFields() []string {
	return []string{"name", "user", "grant", "scope", "identity", "life", "expires", "networks"}
}

// keyNewShow is the form, with ?user= whom it acts as, and ?q= a search for people.
func (s *Site) keyNewShow(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		query, err := httpx.ReadQuery(r)
		if err != nil {
			return err
		}
		form := Form{order: newKeyFields()}.With("life", "365").With("scope", string(core.ScopeLoader)).With("user", query.Get("user"))
		form, kept := s.typed(w, r, form)
		return s.keyNewRender(w, r, http.StatusOK, p, form, query.Trimmed("q"), keptBanner(kept)...)
	}
}

func (s *Site) keyNewRender(w http.ResponseWriter, r *http.Request, status int, p keyPlace, form Form, query string, banners ...Banner) error {
	v := visitOf(r).view
	page := &KeyNewPage{Frame: p.frame("keys.new.title", true, form, banners...), Base: p.base, All: p.all, Person: v.Account.User, Own: true, Query: query}
	page.First, page.Last = s.keyDays(r)
	if id := core.ID(form.Value("user")); p.all && id != "" && id != v.Account.User.ID {
		person, err := s.deps.People.Get(r.Context(), v, id)
		if err != nil {
			return err
		}
		page.Person, page.Own = person.Account.User, false
	}
	if p.all && query != "" {
		found, _, err := s.deps.Groups.Find(r.Context(), v, query)
		if err != nil {
			return err
		}
		for _, acc := range found {
			if acc.User.MaySignIn() {
				page.Found = append(page.Found, acc.User)
			}
		}
	}
	return s.Render(w, r, status, page)
}

// errGrant asks to tick that somebody else's rights are given away.
var errGrant = core.NewError(core.Invalid, "key.grant")

// keyNew makes a key and shows it.
func (s *Site) keyNew(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, newKeyFields()...)
		v := visitOf(r).view
		if !p.all {
			form = form.Without("user")
		}
		if user := core.ID(form.Value("user")); err == nil && user != "" && user != v.Account.User.ID && form.Value("grant") == "" {
			err = core.InField("grant", errGrant)
		}
		var made apikey.Made
		if err == nil {
			made, err = s.deps.APIKeys.Create(r.Context(), v, origin(r), s.wantedKey(r, form))
		}
		if err == nil {
			return s.keyMade(w, r, p, made)
		}
		failed, here := keyFailed(form, err, "name")
		if !here {
			return err
		}
		return s.keyNewRender(w, r, statusOf(w, err), p, failed, "")
	}
}

// wantedKey is the key that a form asks for.
func (s *Site) wantedKey(r *http.Request, form Form) apikey.Wanted {
	now := s.deps.Clock()
	w := apikey.Wanted{
		Name: form.Value("name"), UserID: core.ID(form.Value("user")), Networks: form.Value("networks"), Scopes: []core.KeyScope{core.KeyScope(form.Value("scope"))},
	}
	if form.Value("scope") == string(core.ScopeLoader) && form.Value("identity") != "" {
		w.Scopes = append(w.Scopes, core.ScopeLoaderIdentity)
	}
	switch form.Value("life") {
	case "30":
		w.ExpiresAt = now.AddDate(0, 0, 30)
	case "90":
		w.ExpiresAt = now.AddDate(0, 0, 90)
	case "date":
		if w.ExpiresAt = s.keyEnd(r, form.Value("expires"), time.Time{}); w.ExpiresAt.IsZero() {
			w.ExpiresAt = now // refused: no day was chosen
		}
	}
	return w
}

// cookieKey holds a key that was just made until its person has saved it, for ten
// minutes at most: the secret is in no row and on no server. It is sealed for the
// person, as a page that comes again must show it again and no address may.
const (
	cookieKey = "sp_key"
	keyShown  = 10 * time.Minute
)

// newKey is what that cookie holds.
type newKey struct{ ID, Access, Secret string }

// keyMade leads to the page that shows a new secret.
func (s *Site) keyMade(w http.ResponseWriter, r *http.Request, p keyPlace, made apikey.Made) error {
	text, err := json.Marshal(newKey{string(made.Key.ID), made.Key.Access, made.Secret})
	if err != nil {
		return err
	}
	if !s.edge.SetSealed(w, cookieKey, visitOf(r).view.Account.User.ID, string(text), s.deps.Clock().Add(keyShown)) {
		return errors.New("the key does not fit into a cookie")
	}
	return see(w, r, p.of(made.Key.ID, "/saved"))
}

// shownKey returns the new key that waits to be saved; false where it is another
// one, or its time is over.
func (s *Site) shownKey(r *http.Request) (newKey, bool) {
	var k newKey
	text, found := s.edge.Sealed(r, cookieKey, visitOf(r).view.Account.User.ID)
	if !found || json.Unmarshal([]byte(text), &k) != nil || k.ID != r.PathValue("id") {
		return newKey{}, false
	}
	return k, true
}

// KeySavedPage shows a new secret, once, or says that it cannot be shown again.
type KeySavedPage struct {
	Frame
	Base   string
	ID     core.ID
	Name   string
	Access string
	Secret string // empty: it is over
	Try    string // an address of an application that lets programs in
	Server string // our own, where the key loads people; empty where it does not
}

func (s *Site) keySavedShow(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.keySavedRender(w, r, http.StatusOK, p, Form{order: []string{"saved"}})
	}
}

func (s *Site) keySavedRender(w http.ResponseWriter, r *http.Request, status int, p keyPlace, form Form) error {
	v := visitOf(r).view
	found, err := s.deps.APIKeys.Get(r.Context(), v, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	page := &KeySavedPage{Frame: p.frame("keys.saved.title", true, form), Base: p.base, ID: found.Key.ID, Name: found.Key.Name, Access: found.Key.Access, Try: "https://app.example.com/"}
	if k, there := s.shownKey(r); there {
		page.Secret = k.Secret
	} else {
		page.Title = "keys.saved.title_over"
	}
	if found.Key.Has(core.ScopeLoader) && found.Account.User.CanAdminister() {
		page.Server = s.edge.Origin()
	}
	applications, err := s.deps.Applications.Applications(r.Context(), v.Account.User.OrganizationID)
	if err != nil {
		return err
	}
	for _, a := range applications {
		if a.Machines && a.MayOpen(found.Account.Groups) {
			page.Try = strings.TrimRight(a.URL, "/") + "/"
			break
		}
	}
	return s.Render(w, r, status, page)
}

// keyFile is the new key as a file for programs.
func (s *Site) keyFile(w http.ResponseWriter, r *http.Request) error {
	k, there := s.shownKey(r)
	if !there {
		return httpx.NoPage()
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="sallyport.env"`)
	return s.sendPrivate(w, []byte("SALLYPORT_ACCESS_KEY="+k.Access+"\nSALLYPORT_SECRET_KEY="+k.Secret+"\n"))
}

// errSaved asks to tick that the secret is saved.
var errSaved = core.NewError(core.Invalid, "key.saved")

// keySaved ends the showing of a secret.
func (s *Site) keySaved(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "saved")
		if err == nil {
			_, err = s.deps.APIKeys.Get(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
		}
		if err != nil {
			return err
		}
		if _, there := s.shownKey(r); there && form.Value("saved") == "" {
			failed, _ := form.Failed(core.InField("saved", errSaved), "saved")
			return s.keySavedRender(w, r, http.StatusUnprocessableEntity, p, failed)
		}
		s.edge.ClearCookie(w, cookieKey)
		return see(w, r, p.base+"?done=key-saved")
	}
}

// KeyRollPage asks how long the old secret goes on.
type KeyRollPage struct {
	Frame
	Base string
	Key  KeyRow
}

// KeyDeletePage asks before a key is deleted.
type KeyDeletePage struct {
	Frame
	Base string
	Key  KeyRow
}

// askKey shows one of the pages that ask before a deed.
func (s *Site) askKey(w http.ResponseWriter, r *http.Request, status int, p keyPlace, form Form, page func(Frame, KeyRow) Page) error {
	found, err := s.deps.APIKeys.Get(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
	if err != nil {
		return err
	}
	f := p.frame("", true, form)
	f.TitleWith = []any{"Name", found.Key.Name}
	return s.Render(w, r, status, page(f, s.keyRow(found, p)))
}

func rollPage(p keyPlace) func(Frame, KeyRow) Page {
	return func(f Frame, row KeyRow) Page {
		f.Title = "keys.roll.title"
		return &KeyRollPage{f, p.base, row}
	}
}

func deleteKeyPage(p keyPlace) func(Frame, KeyRow) Page {
	return func(f Frame, row KeyRow) Page {
		f.Title = "keys.delete.title"
		return &KeyDeletePage{f, p.base, row}
	}
}

func (s *Site) keyRollShow(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, _ := s.typed(w, r, Form{order: []string{"overlap"}}.With("overlap", "24"))
		return s.askKey(w, r, http.StatusOK, p, form, rollPage(p))
	}
}

func (s *Site) keyRoll(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, "overlap")
		overlap := core.KeyOverlap
		if form.Value("overlap") == "0" {
			overlap = 0
		}
		var made apikey.Made
		if err == nil {
			made, err = s.deps.APIKeys.Roll(r.Context(), visitOf(r).view, origin(r), core.ID(r.PathValue("id")), overlap)
		}
		if err == nil {
			return s.keyMade(w, r, p, made)
		}
		failed, here := keyFailed(form, err, "overlap")
		if !here {
			return err
		}
		return s.askKey(w, r, statusOf(w, err), p, failed, rollPage(p))
	}
}

func (s *Site) keyDeleteShow(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		return s.askKey(w, r, http.StatusOK, p, Form{}, deleteKeyPage(p))
	}
}

func (s *Site) keyDelete(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r)
		if err == nil {
			err = s.deps.APIKeys.Delete(r.Context(), visitOf(r).view, origin(r), core.ID(r.PathValue("id")))
		}
		if err == nil {
			return see(w, r, p.base+"?done=key-deleted")
		}
		failed, here := form.Failed(err, "delete")
		if !here {
			return err
		}
		return s.askKey(w, r, statusOf(w, err), p, failed, deleteKeyPage(p))
	}
}

// keyRelease lets a key work again that a restored backup brought back.
func (s *Site) keyRelease(w http.ResponseWriter, r *http.Request) error {
	form, err := s.readForm(r)
	v, id := visitOf(r).view, core.ID(r.PathValue("id"))
	if err == nil {
		err = s.deps.APIKeys.Release(r.Context(), v, origin(r), id)
	}
	if err == nil {
		return see(w, r, allKeysPath+"?done=key-released")
	}
	failed, here := keyFailed(form, err, "release")
	if !here {
		return err
	}
	found, failure := s.deps.APIKeys.Get(r.Context(), v, id)
	if failure != nil {
		return failure
	}
	return s.keyRender(w, r, statusOf(w, err), allKeys(), found, failed)
}

// forKeys reports whether a page leads to making or changing API keys, for which a
// second step is shown.
func forKeys(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	path, err := url.PathUnescape(path)
	return err == nil && (strings.HasPrefix(path, ownKeysPath+"/") || strings.HasPrefix(path, allKeysPath+"/"))
}
