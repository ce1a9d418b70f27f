package web_test

import (
	"context"
	"slices"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/session"
)

func (f *fakeAccount) Own(context.Context, core.SessionView) (session.Own, error) {
	return f.own, nil
}

func (f *fakeAccount) EndOne(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID) error {
	if !slices.ContainsFunc(f.own.Sessions, func(s core.Session) bool { return s.ID == id }) {
		return core.ErrNotFound
	}
	return f.did("end", string(id))
}

func (f *fakeAccount) EndOthers(context.Context, core.SessionView, core.Origin) error {
	return f.did("end-others")
}

func (f *fakeAccount) Device(_ context.Context, _ core.SessionView, id core.ID) (core.Device, error) {
	for _, d := range f.own.Devices {
		if d.ID == id {
			return d, nil
		}
	}
	return core.Device{}, core.ErrNotFound
}

func (f *fakeAccount) RenameDevice(_ context.Context, _ core.SessionView, _ core.Origin, id core.ID, label string) error {
	return f.did("rename-device", string(id), label)
}

func (f *fakeAccount) ForgetDevice(ctx context.Context, v core.SessionView, _ core.Origin, id core.ID) error {
	if _, err := f.Device(ctx, v, id); err != nil {
		return err
	}
	return f.did("forget", string(id))
}

func (f *fakeAccount) ForgetDevices(context.Context, core.SessionView, core.Origin) error {
	return f.did("forget-all")
}

// Activity serves the events of the fake as package account would: filtered and
// page by page.
func (f *fakeAccount) Activity(_ context.Context, _ core.SessionView, filter core.EventFilter) ([]core.Event, bool, error) {
	if filter.Limit == 0 {
		filter.Limit = 50
	}
	var found []core.Event
	for _, e := range f.events {
		if len(filter.Kinds) > 0 && !slices.Contains(filter.Kinds, e.Kind) ||
			!filter.From.IsZero() && e.At.Before(filter.From) || !filter.Until.IsZero() && !e.At.Before(filter.Until) ||
			!filter.After.At.IsZero() && !e.At.Before(filter.After.At) {
			continue
		}
		if len(found) == filter.Limit {
			return found, true, nil
		}
		found = append(found, e)
	}
	return found, false, nil
}

// threeBrowsers are where bea is signed in and remembered.
func threeBrowsers() session.Own {
	here := bea().Session
	here.Methods = []string{"pwd", "otp", "mfa"}
	return session.Own{
		Sessions: []core.Session{
			here,
			{ID: "phone", Device: "Safari on iOS", Network: "198.51.100.0/24", SignedInAt: noon.Add(-3 * time.Hour), LastSeenAt: noon.Add(-20 * time.Minute), Methods: []string{"pwd"}, DeviceID: "pocket"},
			{ID: "odd", Network: "2001:db8:1::/64", SignedInAt: noon.AddDate(0, 0, -1), LastSeenAt: noon.AddDate(0, 0, -1), Methods: []string{"pwd", "otp", "mfa", "recovery"}},
		},
		Devices: []core.Device{
			{ID: "pocket", Label: "My <phone>", CreatedAt: noon.AddDate(0, 0, -5), ExpiresAt: noon.AddDate(0, 0, 25), LastUsedAt: noon.Add(-3 * time.Hour)},
			{ID: "desk", Label: "Firefox on Windows", CreatedAt: noon.AddDate(0, 0, -20), ExpiresAt: noon.AddDate(0, 0, 10), LastUsedAt: noon.AddDate(0, 0, -2)},
		},
	}
}

// happened are events about bea, newest first, one a minute.
func happened(events ...core.Event) []core.Event {
	for i := range events {
		e := &events[i]
		e.ID, e.At, e.SubjectID = core.ID("event-"+string(rune('a'+i))), noon.Add(-time.Duration(i+1)*time.Minute), "bea"
		if e.Result == "" {
			e.Result = "ok"
		}
		if e.Actor == (core.Actor{}) {
			e.Actor = core.Actor{Kind: "person", ID: "bea", Name: "Bea Ito"}
		}
		if e.Origin == (core.Origin{}) && e.Actor.ID == "bea" {
			e.Origin = core.Origin{Network: "203.0.113.0/24", Device: "Firefox on Windows"}
		}
	}
	return events
}

// someEvents have a bit of everything.
func someEvents() []core.Event {
	return happened(
		core.Event{Kind: core.EventSignInCompleted, Detail: map[string]string{core.DetailMethod: "app", core.DetailNewBrowser: "yes"}},
		core.Event{Kind: core.EventCodeWrong, Result: "refused", Detail: map[string]string{core.DetailMethod: "email"}},
		core.Event{Kind: core.EventPasswordWrong, Result: "refused"},
		core.Event{Kind: core.EventSignInCompleted, Detail: map[string]string{core.DetailMethod: "password", core.DetailDevice: "remembered"}},
		core.Event{Kind: core.EventDeviceRenamed, Target: "Firefox on Windows", Detail: map[string]string{core.DetailTo: "=HYPERLINK(\"https://evil.example\")"}},
		core.Event{Kind: core.EventProfileChanged, Detail: map[string]string{"phone_before": "", "phone_after": "+1 555 0100", "title_before": "CFO", "title_after": "CEO"}},
		core.Event{Kind: core.EventSessionEnded, SubjectID: "bea", Detail: map[string]string{core.DetailAll: "yes"}},
		core.Event{Kind: core.EventTwoFactorReset, Actor: core.Actor{Kind: "person", ID: "ada", Name: "Ada <Admin>"}, Detail: map[string]string{"reason": "phoned me"}},
		core.Event{Kind: core.EventUserCreated, Actor: core.Actor{Kind: "operator", Name: "root@host"}, Target: "bea@example.com"},
		core.Event{Kind: "tomorrow.unheard_of", Target: "secret"},
	)
}
