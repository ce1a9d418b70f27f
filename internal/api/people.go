package api

import (
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/people"
)

// Person is somebody of the organization. What stands on their Profile tab, and
// the version, only administrators see.
type Person struct {
	ID           string     `json:"id"`
	Email        string     `json:"email"`
	Username     string     `json:"username,omitempty"`
	FirstName    string     `json:"first_name"`
	LastName     string     `json:"last_name"`
	Title        string     `json:"title,omitempty"`
	Phone        string     `json:"phone,omitempty"`
	Department   string     `json:"department,omitempty"`
	Manager      string     `json:"manager,omitempty"`
	TimeZone     string     `json:"time_zone,omitempty"`
	Language     string     `json:"language,omitempty"`
	Type         string     `json:"type" enum:"no-access,user,help-desk,administrator"`
	Status       string     `json:"status" enum:"active,invited,inactive"`
	TwoFactor    string     `json:"two_factor" enum:"off,email,app,pending,exempt"`
	Groups       []string   `json:"groups" nullable:"false"`
	CreatedAt    time.Time  `json:"created_at"`
	LastSignInAt *time.Time `json:"last_sign_in_at,omitempty"`
	Version      string     `json:"version,omitempty"`
}

func (a *Resources) person(c *call, acc core.Account) Person {
	u := acc.User
	p := Person{
		ID: string(u.ID), Email: u.Email, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName,
		Type: u.Type.Name(), Status: string(u.Status),
		TwoFactor: string(acc.SecondStep(c.view.Organization.Policy, a.Clock())), Groups: acc.Groups, CreatedAt: u.CreatedAt.UTC(),
		LastSignInAt: moment(u.LastSignInAt),
	}
	if p.Groups == nil {
		p.Groups = []string{}
	}
	if people.RightsOf(c.view.Account.User, u).Edit {
		p.Title, p.Phone, p.Department, p.Manager, p.TimeZone, p.Language = u.Title, u.Phone, u.Department, u.Manager, u.TimeZone, u.Language
		p.Version = versionOf(u)
	}
	return p
}

// moment is a time that may not have come.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// versionOf changes with whatever of somebody can be changed.
func versionOf(u core.User) string {
	texts := []string{string(u.ID), string(u.Status)}
	for _, name := range people.FieldNames() {
		texts = append(texts, people.Text(u.Fields(), name))
	}
	return digest(texts...)[:22]
}

func etag(version string) string {
	if version == "" {
		return ""
	}
	return `"` + version + `"`
}

// met compares If-Match with a version (RFC 9110 §13.1.1).
func met(ifMatch, version string) error {
	if ifMatch == "" {
		return httpx.ErrVersionNeeded
	}
	for one := range strings.SplitSeq(ifMatch, ",") {
		if one = strings.TrimSpace(one); one == "*" || one == etag(version) {
			return nil
		}
	}
	return httpx.ErrChanged
}

// PeopleAsked is which people are asked for.
type PeopleAsked struct {
	Page
	Text       string `query:"q" maxLength:"200"`
	Status     string `query:"status" enum:"active,invited,inactive"`
	Type       string `query:"type" enum:"no-access,user,help-desk,administrator"`
	TwoFactor  string `query:"two_factor" enum:"off,email,app,pending,exempt"`
	LastSignIn string `query:"last_sign_in" enum:"7-days,30-days,over-90-days,never"`
	Group      string `query:"group" maxLength:"64"`
	Sort       string `query:"sort" enum:"name,-name,email,-email,type,-type,last-sign-in,-last-sign-in" default:"name"`
}

// PersonAnswer is somebody with their version as an ETag.
type PersonAnswer struct {
	ETag string `header:"ETag"`
	Body Person
}

// NewPerson is what a new account is made of.
type NewPerson struct {
	Email     string `json:"email,omitempty" maxLength:"320"`
	Username  string `json:"username,omitempty" maxLength:"320"`
	Type      string `json:"type,omitempty" enum:"no-access,user" default:"user"`
	FirstName string `json:"first_name" maxLength:"400"`
	LastName  string `json:"last_name" maxLength:"400"`
	Lines
}

// ProfileFields are the Profile tab.
type ProfileFields struct {
	FirstName *string `json:"first_name,omitempty" maxLength:"400"`
	LastName  *string `json:"last_name,omitempty" maxLength:"400"`
	Lines
}

// Lines are what else stands on the Profile tab.
type Lines struct {
	Title      *string `json:"title,omitempty" maxLength:"400"`
	Phone      *string `json:"phone,omitempty" maxLength:"400"`
	Department *string `json:"department,omitempty" maxLength:"400"`
	Manager    *string `json:"manager,omitempty" maxLength:"400"`
	TimeZone   *string `json:"time_zone,omitempty" maxLength:"100"`
	Language   *string `json:"language,omitempty" maxLength:"100"`
}

// into writes what was sent into the fields; what was not stays as it is.
func (p ProfileFields) into(f *core.PersonFields) {
	for name, value := range map[string]*string{
		"first_name": p.FirstName, "last_name": p.LastName, "title": p.Title, "phone": p.Phone, "department": p.Department,
		"manager": p.Manager, "time_zone": p.TimeZone, "language": p.Language,
	} {
		if value != nil {
			people.Put(f, name, *value)
		}
	}
}

// PersonMade is the request for a new account.
type PersonMade struct{ Body NewPerson }

// PersonMadeAnswer is a new account and where it is.
type PersonMadeAnswer struct {
	Location string `header:"Location"`
	ETag     string `header:"ETag"`
	Body     Person
}

// PersonChanged is a change of somebody's profile.
type PersonChanged struct {
	Named
	IfMatch string `header:"If-Match" maxLength:"200"`
	Body    ProfileFields
}

func (a *Resources) addPeople() {
	add(a, operation{"list-people", http.MethodGet, "/people", "people", needRead, http.StatusOK}, a.listPeople)
	add(a, operation{"create-person", http.MethodPost, "/people", "people", needWrite, http.StatusCreated}, a.createPerson)
	add(a, operation{"get-person", http.MethodGet, "/people/{id}", "people", needRead, http.StatusOK}, a.getPerson)
	add(a, operation{"update-person", http.MethodPatch, "/people/{id}", "people", needWrite, http.StatusOK}, a.updatePerson)
}

func (a *Resources) listPeople(c *call, in *PeopleAsked) (*Listed[Person], error) {
	f := core.PersonFilter{
		Text: strings.TrimSpace(in.Text), Status: core.Status(in.Status), SecondStep: core.SecondStep(in.TwoFactor), Seen: core.LastSeen(in.LastSignIn),
		GroupID: core.ID(in.Group), Limit: in.Limit,
	}
	by, down := strings.CutPrefix(in.Sort, "-")
	f.Sort, f.Descending = core.PersonSort(by), down
	if in.Type != "" {
		kind, _ := core.UserTypeNamed(in.Type) // the schema has let it through
		f.Type = &kind
	}
	list := digest("people", string(c.view.Organization.ID), f.Text, in.Status, in.TwoFactor, in.LastSignIn, in.Group, in.Type, in.Sort)
	return a.peoplePage(c, in.Page, list, f)
}

// peoplePage is a page of the people that a filter selects.
func (a *Resources) peoplePage(c *call, page Page, list string, f core.PersonFilter) (*Listed[Person], error) {
	after, err := page.after(list)
	if err != nil {
		return nil, err
	}
	f.After, f.Limit = core.ID(after), page.Limit
	found, err := a.People.Search(c.ctx(), c.view, f)
	if err != nil {
		return nil, gone(err, after)
	}
	all := make([]Person, len(found.People.People))
	for i, acc := range found.People.People {
		all[i] = a.person(c, acc)
	}
	after = ""
	if found.Later && len(all) > 0 {
		after = all[len(all)-1].ID
	}
	return listed(c, list, after, all), nil
}

func (a *Resources) getPerson(c *call, in *Named) (*PersonAnswer, error) {
	p, err := a.People.Get(c.ctx(), c.view, core.ID(in.ID))
	if err != nil {
		return nil, err
	}
	body := a.person(c, p.Account)
	return &PersonAnswer{etag(body.Version), body}, nil
}

func (a *Resources) createPerson(c *call, in *PersonMade) (*PersonMadeAnswer, error) {
	f := core.PersonFields{Email: in.Body.Email, Username: in.Body.Username}
	f.Type, _ = core.UserTypeNamed(in.Body.Type)
	ProfileFields{&in.Body.FirstName, &in.Body.LastName, in.Body.Lines}.into(&f)
	u, err := a.People.Add(c.ctx(), c.view, c.origin, f)
	if err != nil {
		return nil, err
	}
	made, err := a.getPerson(c, &Named{string(u.ID)})
	if err != nil {
		return nil, err
	}
	return &PersonMadeAnswer{Location: httpx.APIPrefix + "people/" + made.Body.ID, ETag: made.ETag, Body: made.Body}, nil
}

func (a *Resources) updatePerson(c *call, in *PersonChanged) (*PersonAnswer, error) {
	p, err := a.People.Get(c.ctx(), c.view, core.ID(in.ID))
	if err != nil {
		return nil, err
	}
	if p.May.Edit { // the others are refused below, which is recorded
		if err := met(in.IfMatch, versionOf(p.Account.User)); err != nil {
			return nil, err
		}
	}
	was := p.Account.User.Fields()
	typed := was
	in.Body.into(&typed)
	if err := a.People.Save(c.ctx(), c.view, c.origin, p.Account.User.ID, typed, was); err != nil {
		return nil, err
	}
	return a.getPerson(c, &in.Named)
}
