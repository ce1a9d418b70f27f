package loader

import (
	"context"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
)

// deed is one call of an administrator about one person.
type deed func(ctx context.Context, s *Service, v core.SessionView, o core.Origin) error

// update says what a row changes of somebody who exists.
func (s *Service) update(p *plan, st *step) {
	r, u := &st.person, st.known.User
	was := u.Fields()
	is := r.fields(was)
	st.changes = changesOf(was, is)
	change := core.LoadChange{UserID: u.ID, Was: was.Profile, Is: is.Profile}
	moved := is.Email != was.Email || is.Username != was.Username || is.Type != was.Type
	if moved {
		change.Is = was.Profile // all of it goes by the one call
		st.deeds = append(st.deeds, func(ctx context.Context, s *Service, v core.SessionView, o core.Origin) error {
			return s.People.Save(ctx, v, o, u.ID, is, was)
		})
	}
	s.updateState(st, u)
	s.updateGroups(p, st, &change)
	s.updateSecrets(p, st, &change)
	by := p.caller.View.Account.User
	switch {
	case len(r.wrong) > 0:
	case len(st.deeds) == 0 && change.PasswordSealed == "" && len(change.Credentials) == 0:
	case !p.layout.order.Identity || !p.caller.Identity:
		r.note(p.layout, p.identityField(st), ErrIdentity)
	case u.Type > by.Type:
		r.note(p.layout, p.layout.order.Key, core.NewError(core.Forbidden, "people.above"))
	case u.ID == by.ID: // a password or an app of one's own neither (AK4)
		r.note(p.layout, p.layout.order.Key, core.NewError(core.Forbidden, "people.self"))
	}
	if len(r.wrong) > 0 {
		st.action, st.deeds = Reject, nil
		return
	}
	if len(st.changes) == 0 {
		st.action = Same
		return
	}
	st.action = Update
	if change.Is != change.Was || len(change.Join)+len(change.Leave)+len(change.Credentials) > 0 || change.PasswordSealed != "" {
		p.changes = append(p.changes, change)
	}
}

// identityField is the first field of a row that changes what leads into an
// account.
func (p *plan) identityField(st *step) string {
	for _, c := range st.changes {
		switch c.Field {
		case "email", "username", "type", "active", "password_hash", "app_secret":
			return c.Field
		}
	}
	return p.layout.order.Key
}

// updateState says whether somebody is deactivated or let in again.
func (s *Service) updateState(st *step, u core.User) {
	if _, says := st.person.says["active"]; !says || st.person.active == (u.Status != core.Inactive) {
		return
	}
	c := Change{Field: "active", Before: yesNo(!st.person.active), After: yesNo(st.person.active)}
	st.changes = append(st.changes, c)
	active := st.person.active
	st.deeds = append(st.deeds, func(ctx context.Context, s *Service, v core.SessionView, o core.Origin) error {
		if active {
			return s.People.Reactivate(ctx, v, o, u.ID)
		}
		return s.People.Deactivate(ctx, v, o, u.ID)
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// updateGroups says which groups somebody comes into, and which they leave. Names
// are compared without case, as the store keeps them.
func (s *Service) updateGroups(p *plan, st *step, change *core.LoadChange) {
	if _, says := st.person.says["groups"]; !says {
		return
	}
	in := func(groups []string, name string) bool {
		return slices.ContainsFunc(groups, func(g string) bool { return strings.EqualFold(g, name) })
	}
	after := slices.Clone(st.known.Groups)
	for _, name := range st.person.groups {
		if !in(after, name) {
			change.Join = append(change.Join, name)
			after = append(after, name)
		}
	}
	if p.layout.order.Exact {
		for _, name := range st.known.Groups {
			if !in(st.person.groups, name) {
				change.Leave = append(change.Leave, name)
				after = slices.DeleteFunc(after, func(g string) bool { return g == name })
			}
		}
	}
	st.join, st.leave = change.Join, change.Leave
	if len(change.Join)+len(change.Leave) > 0 {
		st.changes = append(st.changes, Change{Field: "groups", Before: joined(st.known.Groups), After: joined(after)})
	}
}

// updateSecrets gives somebody the password or app of the row where they have
// none. One that they have stays: what they chose here is newer than any file.
func (s *Service) updateSecrets(p *plan, st *step, change *core.LoadChange) {
	r, u := &st.person, st.known.User
	if hash := r.says["password_hash"]; hash != "" && u.PasswordSealed == "" {
		sealed, err := s.Secrets.Password(u.ID, hash)
		if err != nil {
			r.note(p.layout, "password_hash", asError(err))
		}
		change.PasswordSealed = sealed
		st.changes = append(st.changes, Change{Field: "password_hash"})
	}
	if text := r.says["app_secret"]; text != "" && st.known.Apps == 0 {
		app, err := s.Secrets.App(u.ID, text)
		if err != nil {
			r.note(p.layout, "app_secret", asError(err))
		}
		change.Credentials = append(change.Credentials, app)
		st.changes = append(st.changes, Change{Field: "app_secret"})
	}
}

// changesOf says what differs between what is stored and what would be. Was with a
// type of -1 is nobody.
func changesOf(was, is core.PersonFields) []Change {
	var all []Change
	note := func(field, before, after string) {
		if before != after {
			all = append(all, Change{field, before, after})
		}
	}
	note("email", was.Email, is.Email)
	note("username", was.Username, is.Username)
	old := was.Profile.Fields()
	for i, line := range is.Profile.Fields() {
		note(line.Name, *old[i].Value, *line.Value)
	}
	before := was.Type.Name()
	if was.Type < core.NoAccess {
		before = ""
	}
	note("type", before, is.Type.Name())
	return all
}

// tell tells people who exist that a load gave them an authenticator app (ML1): it is
// a way in that they have not set up themselves.
func (s *Service) tell(c Caller, run core.LoadRun, p *plan, b *core.LoadBatch) {
	known := map[core.ID]core.User{}
	for i := range p.steps {
		known[p.steps[i].known.User.ID] = p.steps[i].known.User
	}
	for _, change := range b.Change {
		for _, app := range change.Credentials {
			e := core.Event{
				ID: core.NewID(b.At, s.Random), OrganizationID: b.OrganizationID, At: b.At, Kind: core.EventAppAdded, Result: "ok",
				Actor: c.actor(), SubjectID: change.UserID, Target: app.Label, Origin: c.Origin, Detail: map[string]string{"load": string(run.ID)},
			}
			b.Record.Events = append(b.Record.Events, e)
			b.Record.Messages = append(b.Record.Messages, s.Post.Notices(e, known[change.UserID])...)
		}
	}
}
