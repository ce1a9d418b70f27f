package api

import (
	"net/http"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Key is an API key without its secret.
type Key struct {
	ID         string     `json:"id"`
	Name       string     `json:"name"`
	AccessKey  string     `json:"access_key"`
	PersonID   string     `json:"person_id"`
	Scopes     []string   `json:"scopes" nullable:"false"`
	Networks   []string   `json:"networks" nullable:"false"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty"`
}

func key(k core.APIKey) Key {
	out := Key{
		ID: string(k.ID), Name: k.Name, AccessKey: k.Access, PersonID: string(k.UserID), Scopes: []string{}, Networks: []string{},
		CreatedAt: k.CreatedAt.UTC(), ExpiresAt: k.ExpiresAt.UTC(), LastUsedAt: moment(k.LastUsedAt),
	}
	for _, s := range k.Scopes {
		out.Scopes = append(out.Scopes, string(s))
	}
	for _, n := range k.Networks {
		out.Networks = append(out.Networks, n.String())
	}
	return out
}

// Me says who a key is.
type Me struct {
	Key          Key          `json:"key"`
	Person       Whoever      `json:"person"`
	Organization Organization `json:"organization"`
}

// Whoever is the person that a key acts as.
type Whoever struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Type  string `json:"type" enum:"no-access,user,help-desk,administrator"`
}

// Organization is the one that the person belongs to.
type Organization struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// MeAnswer is the answer with it.
type MeAnswer struct{ Body Me }

// KeysAsked is which page of the keys is asked for: they come fifty at a time.
type KeysAsked struct {
	Cursor string `query:"cursor" maxLength:"300"`
}

// addKeys adds the keys there are. None makes or widens another (AK4).
func (a *Resources) addKeys() {
	add(a, operation{"list-own-keys", http.MethodGet, "/me/keys", "keys", needRead, http.StatusOK}, func(c *call, _ *Nothing) (*Listed[Key], error) {
		own, err := a.Keys.Own(c.ctx(), c.view)
		return listed(c, "", "", keysOf(own)), err
	})
	add(a, operation{"list-keys", http.MethodGet, "/keys", "keys", needRead, http.StatusOK}, func(c *call, in *KeysAsked) (*Listed[Key], error) {
		list := digest("keys", string(c.view.Organization.ID))
		after, err := Page{Cursor: in.Cursor}.after(list)
		if err != nil {
			return nil, err
		}
		found, more, err := a.Keys.All(c.ctx(), c.view, core.ID(after))
		if err != nil {
			return nil, gone(err, after)
		}
		if after = ""; more {
			after = string(found[len(found)-1].Key.ID)
		}
		return listed(c, list, after, keysOf(found)), nil
	})
}

func keysOf(found []core.KeyView) []Key {
	all := make([]Key, len(found))
	for i, v := range found {
		all[i] = key(v.Key)
	}
	return all
}

// addMe adds who a key is, which every key may ask that reads.
func (a *Resources) addMe() {
	add(a, operation{"who-am-i", http.MethodGet, "/me", "me", needNothing, http.StatusOK}, func(c *call, _ *Nothing) (*MeAnswer, error) {
		u, o := c.view.Account.User, c.view.Organization
		return &MeAnswer{Me{
			Key: key(c.key.Key), Person: Whoever{ID: string(u.ID), Name: u.Name(), Email: u.Email, Type: u.Type.Name()},
			Organization: Organization{ID: string(o.ID), Name: o.Name},
		}}, nil
	})
}
