package profile

import (
	"context"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/identifier"
)

// saveTries bounds how often a save starts over because another one came
// between.
const saveTries = 5

// Save stores what was typed. was is the profile that the form was shown with:
// only lines that differ from it were typed, and all others stay as they are
// now, so that two tabs that changed different lines are both heard. Where both
// changed the same line, the error names it with what is stored, and nothing is
// saved: the person sees both and decides.
func (s *Service) Save(ctx context.Context, v core.SessionView, o core.Origin, typed, was core.Profile) error {
	for _, f := range typed.Fields() {
		*f.Value = identifier.Line(*f.Value)
	}
	if err := typed.Validate(); err != nil {
		return err
	}
	u := v.Account.User
	for range saveTries {
		acc, _, err := s.Store.AccountByID(ctx, u.OrganizationID, u.ID)
		if err != nil {
			return err
		}
		err = s.save(ctx, acc.User, o, typed, was)
		if !errors.Is(err, core.ErrStale) {
			return err
		}
	}
	return core.ErrStale
}

// save merges and stores once.
func (s *Service) save(ctx context.Context, u core.User, o core.Origin, typed, was core.Profile) error {
	now, is := u.Profile(), u.Profile()
	detail, clash := map[string]string{}, map[string]*core.Error{}
	stored, before, next := now.Fields(), was.Fields(), is.Fields()
	for i, f := range typed.Fields() {
		switch {
		case *f.Value == *before[i].Value, *f.Value == *stored[i].Value:
			continue
		case *before[i].Value != *stored[i].Value:
			clash[f.Name] = changedElsewhere(*stored[i].Value)
			continue
		}
		*next[i].Value = *f.Value
		detail[f.Name+"_before"], detail[f.Name+"_after"] = *stored[i].Value, *f.Value
	}
	switch {
	case len(clash) > 0:
		return &core.Error{Kind: core.Conflict, Code: "form.invalid", Fields: clash}
	case len(detail) == 0:
		return nil
	case is.TimeZone != now.TimeZone && is.TimeZone != "" && !s.Zone(is.TimeZone):
		return core.InField("time_zone", core.NewError(core.Invalid, "user.time_zone").With("zone", is.TimeZone))
	case is.Language != now.Language && is.Language != "" && !s.Language(is.Language):
		return core.InField("language", core.NewError(core.Invalid, "user.language"))
	}
	e := s.event(core.EventProfileChanged, u, o, s.Clock())
	e.Detail = detail
	return s.Store.SaveProfile(ctx, core.ProfileChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, Was: now, Is: is, Record: s.record(e, u),
	})
}

// changedElsewhere says what another tab or an administrator stored.
func changedElsewhere(value string) *core.Error {
	if value == "" {
		return core.NewError(core.Conflict, "profile.emptied")
	}
	return core.NewError(core.Conflict, "profile.changed").With("value", value)
}
