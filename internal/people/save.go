package people

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// saveTries bounds how often a save starts over because another one came
// between.
const saveTries = 5

// Save stores what an administrator typed of somebody. was is what the form was
// shown with: only what differs from it was typed, all else stays as it is now.
// Where somebody else changed one of the same fields meanwhile nothing is saved:
// the error, of kind Conflict, names the fields with what is stored
// (Params["value"]), and who changed them and when (Params["by"], Params["at"]).
//
// Another address or type needs a fresh confirmation, and is never one's own
// (AD2): the own address is changed under Edit Profile, where the new one proves
// itself.
func (s *Service) Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error {
	typed, _, err := s.canonical(typed)
	if err != nil {
		return err
	}
	for range saveTries {
		d, err := s.begin(ctx, v, o, id, core.EventUserChanged, editing())
		if err != nil {
			return err
		}
		if err = s.save(ctx, d, typed, was); !errors.Is(err, core.ErrStale) {
			return s.refused(ctx, d, err)
		}
	}
	return core.ErrStale
}

// save merges and stores once.
func (s *Service) save(ctx context.Context, d deed, typed, was core.PersonFields) error {
	now, u := s.Clock(), d.acc.User
	is, detail, clash := merge(u.Fields(), typed, was)
	switch {
	case len(clash) > 0:
		return s.clashed(ctx, u, clash)
	case len(detail) == 0:
		return nil
	}
	by := d.by.Account.User
	own, moved, granted := by.ID == u.ID, is.Email != u.Email, is.Type != u.Type
	switch {
	case own && (moved || granted):
		return errSelf
	case granted && !by.MayGrant(u, is.Type):
		return errAbove
	case (moved || granted || is.Username != u.Username) && !d.by.Session.Confirmed(now):
		return ErrConfirm
	}
	wasKeys, err := keysOf(u.Fields())
	if err != nil {
		return err
	}
	keys, err := keysOf(is)
	if err != nil {
		return err
	}
	after := u
	apply(&after, is)
	e := s.event(d)
	e.Target, e.Detail = after.Email, detail
	if moved {
		e.Detail[core.DetailReplaced] = u.Email
	}
	c := core.PersonChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, Was: u.Fields(), Is: is, WasKeys: wasKeys, Keys: keys, At: now,
		Record: s.record(d, e, after),
	}
	if u.Status == core.Invited && is.Type > core.NoAccess && (moved || u.Type == core.NoAccess) {
		after.PreviousEmail = ""
		l, made, err := s.link(d, after, core.LinkInvitation)
		if err != nil {
			return err
		}
		c.Link = &l
		c.Record.Join(made)
	}
	err = s.Store.SavePerson(ctx, c)
	if errors.Is(err, core.ErrLastAdministrator) {
		e.Result, e.Detail = "refused", map[string]string{core.DetailReason: core.CodeOf(err)}
		if failed := s.Accounts.Note(ctx, core.Record{Events: []core.Event{e}}); failed != nil {
			return failed
		}
		return core.InField("type", core.NewError(core.Conflict, "people.last_type").Because(err))
	}
	return taken(err)
}

// keysOf are the keys of names that are stored, in the form they are compared in.
func keysOf(f core.PersonFields) (keys core.LoginKeys, err error) {
	if f.Email != "" {
		if _, keys.Email, err = identifier.Email(f.Email); err != nil {
			return keys, err
		}
	}
	if f.Username != "" {
		_, keys.Username, err = identifier.Username(f.Username)
	}
	return keys, err
}

// field is one thing that can be changed, as a text.
type field struct {
	name  string
	value string
	set   func(f *core.PersonFields, value string)
}

// fields are all things that can be changed, in the order of the form.
func fields(f core.PersonFields) []field {
	var all []field
	for i, line := range f.Profile.Fields() {
		all = append(all, field{line.Name, *line.Value, func(f *core.PersonFields, v string) { *f.Profile.Fields()[i].Value = v }})
	}
	return append(all,
		field{"email", f.Email, func(f *core.PersonFields, v string) { f.Email = v }},
		field{"username", f.Username, func(f *core.PersonFields, v string) { f.Username = v }},
		field{"type", f.Type.Name(), func(f *core.PersonFields, v string) { f.Type, _ = core.UserTypeNamed(v) }},
	)
}

// FieldNames are the names of what can be changed, in the order of the form.
func FieldNames() []string {
	var names []string
	for _, f := range fields(core.PersonFields{}) {
		names = append(names, f.name)
	}
	return names
}

// Text returns a field as a text, for a form.
func Text(f core.PersonFields, name string) string {
	for _, one := range fields(f) {
		if one.name == name {
			return one.value
		}
	}
	return ""
}

// Put writes the text of a form into a field. What is no type of user is no valid
// one.
func Put(f *core.PersonFields, name, value string) {
	if _, ok := core.UserTypeNamed(value); name == "type" && !ok {
		f.Type = -1
		return
	}
	for _, one := range fields(*f) {
		if one.name == name {
			one.set(f, value)
		}
	}
}

// merge returns what is stored with what was typed in it, what that changes, and
// where somebody else changed the same.
func merge(stored, typed, was core.PersonFields) (is core.PersonFields, detail map[string]string, clash map[string]*core.Error) {
	is, detail, clash = stored, map[string]string{}, map[string]*core.Error{}
	now, before := fields(stored), fields(was)
	for i, f := range fields(typed) {
		switch {
		case f.value == before[i].value, f.value == now[i].value:
			continue
		case before[i].value != now[i].value:
			clash[f.name] = core.NewError(core.Conflict, "people.field_changed").With("value", now[i].value)
			if now[i].value == "" {
				clash[f.name] = core.NewError(core.Conflict, "people.field_emptied").With("value", "")
			}
			continue
		}
		f.set(&is, f.value)
		detail[f.name+"_before"], detail[f.name+"_after"] = now[i].value, f.value
	}
	return is, detail, clash
}

// clashed says who changed the same fields meanwhile, and when.
func (s *Service) clashed(ctx context.Context, u core.User, clash map[string]*core.Error) error {
	e := &core.Error{Kind: core.Conflict, Code: "form.invalid", Fields: clash}
	last, err := s.Accounts.Events(ctx, u.OrganizationID, core.EventFilter{
		SubjectID: u.ID, Kinds: []string{core.EventUserChanged, core.EventProfileChanged, core.EventEmailChanged, core.EventEmailRestored}, Limit: 5,
	})
	if err != nil {
		return err
	}
	for _, event := range last {
		if event.Result == "ok" {
			return e.With("by", event.Actor.Name).With("at", event.At)
		}
	}
	return e
}
