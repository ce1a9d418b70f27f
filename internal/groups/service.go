package groups

import (
	"context"
	"errors"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// Store keeps groups and their members.
type Store interface {
	// Groups returns an organization's groups by name.
	Groups(ctx context.Context, organizationID core.ID) ([]core.Group, error)
	// GroupByID returns a group of an organization.
	GroupByID(ctx context.Context, organizationID, id core.ID) (core.Group, error)
	// CreateGroup stores a group; ErrTaken, ErrLimit.
	CreateGroup(ctx context.Context, g core.Group, r core.Record) error
	// ChangeGroup stores another name or description; ErrStale, ErrTaken.
	ChangeGroup(ctx context.Context, c core.GroupChange) error
	// RemoveGroup removes a group; ErrGroupInUse where an application is limited
	// to it.
	RemoveGroup(ctx context.Context, c core.GroupRemoval) error
	// JoinGroup makes somebody a member.
	JoinGroup(ctx context.Context, m core.GroupMember) error
	// LeaveGroup takes somebody out.
	LeaveGroup(ctx context.Context, m core.GroupMember) error
}

// People finds people.
type People interface {
	// SearchPeople returns a page of people.
	SearchPeople(ctx context.Context, f core.PersonFilter) (core.People, error)
	// Applications returns an organization's applications.
	Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error)
}

// Journal is the audit log, for who changed a group last.
type Journal interface {
	// Events returns an organization's events, newest first.
	Events(ctx context.Context, organizationID core.ID, f core.EventFilter) ([]core.Event, error)
}

// Service looks after groups. It is safe for concurrent use.
type Service struct {
	store   Store
	people  People
	journal Journal
	clock   core.Clock
	random  core.Random
}

// New returns a Service.
func New(store Store, people People, journal Journal, clock core.Clock, random core.Random) *Service {
	return &Service{store, people, journal, clock, random}
}

// administers returns core.ErrNotFound for everybody but administrators.
func administers(v core.SessionView) error {
	if u := v.Account.User; u.Status != core.Active || u.Type != core.Administrator {
		return core.ErrNotFound
	}
	return nil
}

// List returns the organization's groups by name.
func (s *Service) List(ctx context.Context, v core.SessionView) ([]core.Group, error) {
	if v.Account.User.Type < core.HelpDesk { // the help desk filters by them
		return nil, core.ErrNotFound
	}
	return s.store.Groups(ctx, v.Account.User.OrganizationID)
}

// MembersPage is how many members a page shows.
const MembersPage = 50

// Group is a group with a page of its members.
type Group struct {
	core.Group
	Page core.People
	// Opens are the names of the applications that are limited to it.
	Opens []string
}

// Get returns a group and the members after one of them, or before, by name.
func (s *Service) Get(ctx context.Context, v core.SessionView, id, after, before core.ID) (Group, error) {
	if err := administers(v); err != nil {
		return Group{}, err
	}
	org := v.Account.User.OrganizationID
	g, err := s.store.GroupByID(ctx, org, id)
	if err != nil {
		return Group{}, err
	}
	out := Group{Group: g}
	if out.Page, err = s.people.SearchPeople(ctx, core.PersonFilter{
		OrganizationID: org, GroupID: id, After: after, Before: before, Limit: MembersPage, Now: s.clock(),
	}); err != nil {
		return out, err
	}
	applications, err := s.people.Applications(ctx, org)
	for _, a := range applications {
		for _, name := range a.Groups {
			if name == g.Name {
				out.Opens = append(out.Opens, a.Name)
			}
		}
	}
	return out, err
}

// The bounds of a search for people to add: how many are offered, and how much
// of what was typed is looked at, in bytes.
const (
	foundSome = 20
	foundText = 200
)

// Find returns people to add, by what was typed of a name or address, and
// whether there are more.
func (s *Service) Find(ctx context.Context, v core.SessionView, text string) ([]core.Account, bool, error) {
	if err := administers(v); err != nil {
		return nil, false, err
	}
	if strings.TrimSpace(text) == "" {
		return nil, false, nil
	}
	if len(text) > foundText {
		text = strings.ToValidUTF8(text[:foundText], "")
	}
	page, err := s.people.SearchPeople(ctx, core.PersonFilter{
		OrganizationID: v.Account.User.OrganizationID, Text: text, Limit: foundSome, Now: s.clock(),
	})
	return page.People, page.Later, err
}

// clean is a group as it is stored: browsers end lines with two characters.
func clean(t core.GroupFields) core.GroupFields {
	return core.GroupFields{
		Name:        strings.Join(strings.Fields(identifier.Line(t.Name)), " "),
		Description: strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(t.Description)),
	}
}

// Create makes a group.
func (s *Service) Create(ctx context.Context, v core.SessionView, o core.Origin, typed core.GroupFields) (core.Group, error) {
	if err := administers(v); err != nil {
		return core.Group{}, err
	}
	typed = clean(typed)
	now := s.clock()
	g := core.Group{
		ID: core.NewID(now, s.random), OrganizationID: v.Account.User.OrganizationID, Name: typed.Name, Description: typed.Description, CreatedAt: now,
	}
	if err := g.Validate(); err != nil {
		return g, err
	}
	return g, told(s.store.CreateGroup(ctx, g, s.record(v, o, core.EventGroupCreated, g, "", nil)))
}

// saveTries bounds how often a save starts over because another one came
// between.
const saveTries = 5

// Save stores another name or description. was is what the form was shown with.
// Where somebody else changed the same line meanwhile, nothing is saved: the
// error, of kind Conflict, says what is stored (Params["value"] of the field), who
// changed it and when (Params["by"], Params["at"]). met says that somebody changed
// the other line, which stays as they left it.
func (s *Service) Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.GroupFields) (met bool, err error) {
	if err := administers(v); err != nil {
		return false, err
	}
	typed = clean(typed)
	for range saveTries {
		now, err := s.store.GroupByID(ctx, v.Account.User.OrganizationID, id)
		if err != nil {
			return false, err
		}
		m := merge(now, typed, was)
		switch {
		case len(m.clash) > 0:
			return false, s.clash(ctx, now, m.clash)
		case len(m.detail) == 0:
			return m.met, nil
		}
		if err := m.is.Validate(); err != nil {
			return false, err
		}
		err = s.store.ChangeGroup(ctx, core.GroupChange{
			OrganizationID: now.OrganizationID, GroupID: id, Was: now, Is: m.is, Record: s.record(v, o, core.EventGroupChanged, m.is, "", m.detail),
		})
		if !errors.Is(err, core.ErrStale) {
			return m.met, told(err)
		}
	}
	return false, core.ErrStale
}

// merged is what becomes of a group where two administrators save.
type merged struct {
	is     core.Group
	detail map[string]string      // each line before and after
	clash  map[string]*core.Error // what both changed
	met    bool                   // somebody changed what was not touched here
}

func merge(now core.Group, typed, was core.GroupFields) merged {
	m := merged{is: now, detail: map[string]string{}, clash: map[string]*core.Error{}}
	line := func(name string, into *string, typed, was string) {
		switch {
		case typed == was, typed == *into:
			m.met = m.met || was != *into
		case was != *into:
			m.clash[name] = core.NewError(core.Conflict, "group.changed").With("value", *into)
		default:
			m.detail[name+"_before"], m.detail[name+"_after"] = *into, typed
			*into = typed
		}
	}
	line("name", &m.is.Name, typed.Name, was.Name)
	line("description", &m.is.Description, typed.Description, was.Description)
	return m
}

// changesSeen is how many of the last changes of groups are looked through for
// who made one.
const changesSeen = 20

// clash is the error of a save that met another one, with who was first.
func (s *Service) clash(ctx context.Context, now core.Group, fields map[string]*core.Error) error {
	last, err := s.journal.Events(ctx, now.OrganizationID, core.EventFilter{Kinds: []string{core.EventGroupChanged}, Limit: changesSeen})
	if err != nil {
		return err
	}
	e := (&core.Error{Kind: core.Conflict, Code: "form.invalid", Fields: fields}).With("by", "")
	for _, one := range last {
		if one.Target == now.Name {
			return e.With("by", one.Actor.Name).With("at", one.At)
		}
	}
	return e
}

// Remove removes a group. It is refused while an application is limited to it:
// without the group nobody could open that, or everybody.
func (s *Service) Remove(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	g, err := s.group(ctx, v, id)
	if err != nil {
		return err
	}
	return s.store.RemoveGroup(ctx, core.GroupRemoval{
		OrganizationID: g.OrganizationID, GroupID: id, Record: s.record(v, o, core.EventGroupRemoved, g, "", nil),
	})
}

// Join makes somebody a member.
func (s *Service) Join(ctx context.Context, v core.SessionView, o core.Origin, id, user core.ID) error {
	g, err := s.group(ctx, v, id)
	if err != nil {
		return err
	}
	return s.store.JoinGroup(ctx, core.GroupMember{
		OrganizationID: g.OrganizationID, GroupID: id, UserID: user, Record: s.record(v, o, core.EventGroupJoined, g, user, nil),
	})
}

// Leave takes somebody out.
func (s *Service) Leave(ctx context.Context, v core.SessionView, o core.Origin, id, user core.ID) error {
	g, err := s.group(ctx, v, id)
	if err != nil {
		return err
	}
	return s.store.LeaveGroup(ctx, core.GroupMember{
		OrganizationID: g.OrganizationID, GroupID: id, UserID: user, Record: s.record(v, o, core.EventGroupLeft, g, user, nil),
	})
}

func (s *Service) group(ctx context.Context, v core.SessionView, id core.ID) (core.Group, error) {
	if err := administers(v); err != nil {
		return core.Group{}, err
	}
	return s.store.GroupByID(ctx, v.Account.User.OrganizationID, id)
}

// record is the event of a change, about a person where there is one.
func (s *Service) record(v core.SessionView, o core.Origin, kind string, g core.Group, user core.ID, detail map[string]string) core.Record {
	now, by := s.clock(), v.Account.User
	return core.Record{Warrant: v.Warrant(core.Administrator, user), Events: []core.Event{{
		ID: core.NewID(now, s.random), OrganizationID: by.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()}, SubjectID: user, Target: g.Name, Detail: detail, Origin: o,
	}}}
}

// told puts the store's refusals into words of groups.
func told(err error) error {
	switch core.CodeOf(err) {
	case core.ErrTaken.Code:
		return core.InField("name", core.NewError(core.Conflict, "group.taken").Because(err))
	case core.ErrLimit.Code:
		return core.InField("name", core.NewError(core.Conflict, "group.limit").Because(err))
	}
	return err
}
