package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/apikey"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
)

// APIKeys looks after API keys (package apikey). Keys that the visitor may not
// change are core.ErrNotFound.
type APIKeys interface {
	Own(ctx context.Context, v core.SessionView) ([]core.KeyView, error)
	// All returns a page of the organization's, and whether there are more.
	All(ctx context.Context, v core.SessionView, after core.ID) ([]core.KeyView, bool, error)
	Get(ctx context.Context, v core.SessionView, id core.ID) (core.KeyView, error)
	Create(ctx context.Context, v core.SessionView, o core.Origin, w apikey.Wanted) (apikey.Made, error)
	Edit(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, e apikey.Edited) error
	Roll(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, overlap time.Duration) (apikey.Made, error)
	Release(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	Delete(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
}

const (
	ownKeysPath    = "/account/api-keys"
	allKeysPath    = "/admin/api-keys"
	loaderKeysPath = systemSetupPath + "/data-loader"
)

// keyPlace is where keys are looked after: one's own under Edit Profile, all of the
// organization in the Control Panel.
type keyPlace struct {
	base string
	all  bool
}

func ownKeys() keyPlace { return keyPlace{base: ownKeysPath} }
func allKeys() keyPlace { return keyPlace{base: allKeysPath, all: true} }

// of is the address of a key's page.
func (p keyPlace) of(id core.ID, page string) string {
	return p.base + "/" + url.PathEscape(string(id)) + page
}

// frame is what the pages of a place have around them, below the list where within.
func (p keyPlace) frame(title string, within bool, form Form, banners ...Banner) Frame {
	f := Frame{Title: title, Section: "account", Form: form, Banners: banners}
	if p.all {
		f.Section, f.Trail = "admin", crumbs(crumbAdmin(), crumbSettings(), crumbSetup())
	}
	if within {
		f.Trail = append(f.Trail, Crumb{Text: "keys.title", Link: p.base})
	}
	return f
}

// KeysPage lists API keys (ux 3.10, 4.6).
type KeysPage struct {
	Frame
	Tab   string // "api-keys"
	Base  string
	All   bool // of the whole organization
	Keys  []KeyRow
	First string // address of the first page; empty: this is it
	Later string // of the next one; empty: none
}

// KeyRow is one key as it is shown.
type KeyRow struct {
	ID           core.ID
	Name         string
	Person       core.User // whom it acts as
	Access       string
	Scopes       []string // text ids
	Networks     string
	CreatedAt    time.Time
	ExpiresAt    time.Time
	LastUsedAt   time.Time
	LastUsedFrom string
	State        string // "live", "soon", "expired", "held"
	Link         string
}

// keyShown is how long before its end a key is shown in amber.
const keySoon = 30 * 24 * time.Hour

func (s *Site) keyRow(v core.KeyView, p keyPlace) KeyRow {
	k, now := v.Key, s.deps.Clock()
	row := KeyRow{
		ID: k.ID, Name: k.Name, Person: v.Account.User, Access: k.Access, Networks: k.Networks.String(), CreatedAt: k.CreatedAt,
		ExpiresAt: k.ExpiresAt, LastUsedAt: k.LastUsedAt, LastUsedFrom: k.LastUsedFrom, State: "live", Link: p.of(k.ID, ""),
	}
	for _, scope := range k.Scopes {
		row.Scopes = append(row.Scopes, scopeText(scope))
	}
	switch {
	case k.Expired(now):
		row.State = "expired"
	case k.Held:
		row.State = "held"
	case k.Expired(now.Add(keySoon)):
		row.State = "soon"
	}
	return row
}

// scopeText names a scope.
func scopeText(scope core.KeyScope) string {
	switch scope {
	case core.ScopeLoader:
		return "keys.scope_loader"
	case core.ScopeLoaderIdentity:
		return "keys.scope_identity"
	case core.ScopeRead:
		return "keys.scope_read"
	}
	return "keys.scope_full"
}

// keysShow lists the keys of a place; of all, a page after the key in ?after=.
func (s *Site) keysShow(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		page := &KeysPage{Frame: p.frame("keys.title", false, Form{}), Tab: "api-keys", Base: p.base, All: p.all}
		query, err := httpx.ReadQuery(r)
		if err != nil {
			return err
		}
		var found []core.KeyView
		more, after := false, core.ID(query.Get("after"))
		if p.all {
			found, more, err = s.deps.APIKeys.All(r.Context(), visitOf(r).view, after)
		} else {
			found, err = s.deps.APIKeys.Own(r.Context(), visitOf(r).view)
		}
		if err != nil {
			return err
		}
		for _, one := range found {
			page.Keys = append(page.Keys, s.keyRow(one, p))
		}
		if p.all && after != "" {
			page.First = p.base
		}
		if more {
			page.Later = p.base + "?after=" + url.QueryEscape(string(found[len(found)-1].Key.ID))
		}
		return s.Render(w, r, http.StatusOK, page)
	}
}

// KeyPage is one key: what is known of it, and what may be changed.
type KeyPage struct {
	Frame
	Base  string
	All   bool
	Key   KeyRow
	First string // first day that may be chosen for its end
	Last  string
}

// keyFields are what may be changed of a key.
func keyFields() []string { return []string{"name", "expires", "networks"} }

func (s *Site) keyShow(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		found, err := s.deps.APIKeys.Get(r.Context(), visitOf(r).view, core.ID(r.PathValue("id")))
		if err != nil {
			return err
		}
		k := found.Key
		form := Form{order: keyFields()}.With("name", k.Name).With("networks", k.Networks.String()).
			With("expires", k.ExpiresAt.In(s.zoneOf(r)).Format(time.DateOnly))
		form, kept := s.typed(w, r, form)
		return s.keyRender(w, r, http.StatusOK, p, found, form, keptBanner(kept)...)
	}
}

func (s *Site) keyRender(w http.ResponseWriter, r *http.Request, status int, p keyPlace, found core.KeyView, form Form, banners ...Banner) error {
	page := &KeyPage{Frame: p.frame("keys.one.title", true, form, banners...), Base: p.base, All: p.all, Key: s.keyRow(found, p)}
	page.TitleWith = []any{"Name", found.Key.Name}
	page.First, page.Last = s.keyDays(r)
	return s.Render(w, r, status, page)
}

// keySave stores what was changed of a key.
func (s *Site) keySave(p keyPlace) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		form, err := s.readForm(r, keyFields()...)
		v, id := visitOf(r).view, core.ID(r.PathValue("id"))
		found, failure := s.deps.APIKeys.Get(r.Context(), v, id)
		if failure != nil {
			return failure
		}
		if err == nil {
			err = s.deps.APIKeys.Edit(r.Context(), v, origin(r), id, apikey.Edited{
				Name: form.Value("name"), Networks: form.Value("networks"), ExpiresAt: s.keyEnd(r, form.Value("expires"), found.Key.ExpiresAt),
			})
		}
		if err == nil {
			return see(w, r, p.base+"?done=key-changed")
		}
		failed, here := keyFailed(form, err, "name")
		if !here {
			return err
		}
		return s.keyRender(w, r, statusOf(w, err), p, found, failed)
	}
}

// keyFailed is Failed, also where a second step is missing.
func keyFailed(form Form, err error, otherwise string) (Form, bool) {
	if core.CodeOf(err) == apikey.ErrLevel.Code {
		return form.Wrong(otherwise, apikey.ErrLevel), true
	}
	return form.Failed(err, otherwise)
}

func (s *Site) zoneOf(r *http.Request) *time.Location {
	v := visitOf(r).view
	return locationOf(firstOf(v.Account.User.TimeZone, v.Organization.TimeZone))
}

// keyDays are the days between which a key may end.
func (s *Site) keyDays(r *http.Request) (first, last string) {
	now := s.deps.Clock().In(s.zoneOf(r))
	return now.AddDate(0, 0, 1).Format(time.DateOnly), now.Add(core.KeyLife).Format(time.DateOnly)
}

// keyEnd is when a key ends whose last day was chosen: with that day, but never
// after a year. A day that is the one of now changes nothing; none is no end.
func (s *Site) keyEnd(r *http.Request, day string, now time.Time) time.Time {
	zone := s.zoneOf(r)
	if now.In(zone).Format(time.DateOnly) == day {
		return now
	}
	at, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return time.Time{}
	}
	end, most := at.AddDate(0, 0, 1).Add(-time.Second), s.deps.Clock().Add(core.KeyLife)
	if end.After(most) && at.Before(most) {
		return most
	}
	return end
}

// LoaderKeysPage is where administrators give people keys for the Data Loader (ux
// 4.6).
type LoaderKeysPage struct {
	Frame
	Keys  []KeyRow
	More  bool // there are more keys than are looked through here
	Query string
	Found []core.User
	Most  bool // there are more people than were found
}

// Find is the form that looks for whom to give one.
func (p *LoaderKeysPage) Find() PersonFind { return keyFind(loaderKeysPath, p.Query) }

// loaderKeysShow is GET /admin/system-settings/setup/data-loader, with ?q= a search
// for people.
func (s *Site) loaderKeysShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	v := visitOf(r).view
	page := &LoaderKeysPage{
		Frame: Frame{Title: "keys.loader.title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings(), crumbSetup())}, Query: query.Trimmed("q"),
	}
	all, more, err := s.deps.APIKeys.All(r.Context(), v, "")
	if err != nil {
		return err
	}
	page.More = more
	for _, one := range all {
		if one.Key.Has(core.ScopeLoader) {
			page.Keys = append(page.Keys, s.keyRow(one, allKeys()))
		}
	}
	found, most, err := s.deps.Groups.Find(r.Context(), v, page.Query)
	for _, acc := range slices.DeleteFunc(found, func(a core.Account) bool { return !a.User.MaySignIn() }) {
		page.Found = append(page.Found, acc.User)
	}
	if err != nil {
		return err
	}
	page.Most = most
	return s.Render(w, r, http.StatusOK, page)
}
