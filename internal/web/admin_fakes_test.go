package web_test

import (
	"context"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/web"
)

// ana is an administrator whose app is set up.
func ana() core.SessionView {
	v := beaWith(usingApp)
	v.Account.User.ID, v.Account.User.FirstName, v.Account.User.LastName = "ana", "Ana", "Diaz"
	v.Account.User.Email, v.Account.User.Type = "ana@example.com", core.Administrator
	v.Organization.Policy = core.DefaultPolicy()
	v.Organization.TimeZone = "Europe/London"
	return v
}

func anaWith(change func(v *core.SessionView)) core.SessionView {
	v := ana()
	change(&v)
	return v
}

// fakeOrganizations answers for package organization.
type fakeOrganizations struct {
	typed  []organization.Typed
	stored core.Organization
	fail   error
	acts   []string
}

func (f *fakeOrganizations) Preview(o core.Organization, typed map[string]string) (core.Organization, error) {
	return organization.New(organization.Deps{Clock: func() time.Time { return noon }, Language: func(string) bool { return true }}).Preview(o, typed)
}

func (f *fakeOrganizations) AskAgain(context.Context, core.SessionView, core.Origin) error {
	f.acts = append(f.acts, "ask again")
	return f.fail
}

func (f *fakeOrganizations) ResetPasswords(_ context.Context, _ core.SessionView, _ core.Origin, atOnce bool) error {
	f.acts = append(f.acts, "reset passwords "+strconv.FormatBool(atOnce))
	return f.fail
}

func (f *fakeOrganizations) Change(_ context.Context, _ core.SessionView, _ core.Origin, typed organization.Typed) (core.Organization, error) {
	f.typed = append(f.typed, typed)
	return f.stored, f.fail
}

// changedByAbe is what saving says when another administrator was first.
func changedByAbe(fields ...string) error {
	e := core.NewError(core.Conflict, "form.invalid").With("by", "Abe Kane").With("at", noon.Add(-time.Minute))
	e.Fields = map[string]*core.Error{}
	for _, name := range fields {
		e.Fields[name] = core.NewError(core.Conflict, "policy.changed")
	}
	return e
}

// administering is a browser of a person who is signed in, with everything that
// pages of administrators ask.
func administering(change func(d *web.Deps)) func(d *web.Deps) {
	return func(d *web.Deps) {
		d.Organizations, d.Health, d.Mail, d.Audit, d.Groups = &fakeOrganizations{}, fakeHealth{}, &fakeMail{}, &fakeAudit{}, newGroups()
		d.Rehearsals = &fakeRehearsals{}
		d.Adoption = fakeAdoption(false)
		if change != nil {
			change(d)
		}
	}
}

// fakeHealth is a deployment that does so; several organizations are in it where
// it is nil.
type fakeHealth []core.Health

func (f fakeHealth) Health(context.Context) (core.Health, bool, error) {
	if len(f) == 0 {
		return core.Health{}, false, nil
	}
	return f[0], true, nil
}

// fakeAdoption is a picture with something in it, or with nothing.
type fakeAdoption bool

func (f fakeAdoption) Picture(context.Context, core.SessionView) (adoption.Picture, error) {
	today := core.DayOf(noon, time.UTC)
	p := adoption.Picture{From: today - adoption.Days + 1, Until: today, Of: map[core.FigureName][]int{}}
	if !f {
		return p, nil
	}
	for i, name := range []core.FigureName{
		core.PeopleFigure(core.SecondStepApp), core.PeopleFigure(core.SecondStepOff), core.FigureSignInApp, core.FigureMailSent, core.FigureMailRefused,
	} {
		values := make([]int, adoption.Days)
		for day := 60; day < adoption.Days; day++ {
			values[day] = (day-59)*(i+1) + i
		}
		p.Of[name] = values
	}
	return p, nil
}
