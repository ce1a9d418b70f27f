package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// Own is what a person sees of where they are signed in (ux 3.11).
type Own struct {
	Sessions []core.Session // the current one first, then as used last
	Devices  []core.Device  // the newest first
}

// Own returns the person's open sessions and live remembered devices (SE7, RD7).
func (s *Service) Own(ctx context.Context, v core.SessionView) (Own, error) {
	u, now := v.Account.User, s.clock()
	var own Own
	all, err := s.devices.OpenSessions(ctx, u.OrganizationID, u.ID)
	if err != nil {
		return own, err
	}
	for _, one := range all {
		switch {
		case one.ID == v.Session.ID:
			one.LastSeenAt = v.Session.LastSeenAt // the store learns of it later
			own.Sessions = slices.Insert(own.Sessions, 0, one)
		case one.Lapsed(v.Organization.Policy, now) == "":
			own.Sessions = append(own.Sessions, one)
		}
	}
	devices, err := s.devices.RememberedDevices(ctx, u.OrganizationID, u.ID)
	if err != nil {
		return own, err
	}
	for _, d := range devices {
		if d.Live(u, v.Organization.Policy, now) {
			own.Devices = append(own.Devices, d)
		}
	}
	return own, nil
}

// EndOne ends one of the person's sessions; another person's is not found. To
// end one that has ended already is no error. No confirmation is asked for:
// ending takes rights away, and somebody who is alarmed must not be held up.
func (s *Service) EndOne(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	u, now := v.Account.User, s.clock()
	one, err := s.devices.SessionOf(ctx, u.OrganizationID, u.ID, id)
	if err != nil {
		return err
	}
	end := core.SessionEnd{
		OrganizationID: u.OrganizationID, UserID: u.ID, SessionID: one.ID, Reason: core.EndByOwner, At: now,
		Record: s.record(core.EventSessionEnded, one.Device, v, o, now, core.ChangeSession, one.ID, nil),
	}
	if err := s.store.EndSession(ctx, end); err != nil {
		return err
	}
	s.cache.apply(end.Record.Changes)
	return nil
}

// EndOthers ends every session of the person but the one that asks. It is not
// an error where there is none; core.ErrStale where this one has just ended.
func (s *Service) EndOthers(ctx context.Context, v core.SessionView, o core.Origin) error {
	u, now := v.Account.User, s.clock()
	end := core.OtherSessionsEnd{
		OrganizationID: u.OrganizationID, UserID: u.ID, KeepSession: v.Session.ID, Reason: core.EndByOwner, At: now,
		Record: s.record(core.EventSessionEnded, "", v, o, now, core.ChangeUser, u.ID, map[string]string{core.DetailAll: "yes"}),
	}
	if err := s.devices.EndOtherSessions(ctx, end); err != nil {
		return err
	}
	s.cache.apply(end.Record.Changes)
	return nil
}

// Device returns one of the person's live devices; core.ErrNotFound.
func (s *Service) Device(ctx context.Context, v core.SessionView, id core.ID) (core.Device, error) {
	own, err := s.Own(ctx, v)
	if err != nil {
		return core.Device{}, err
	}
	i := slices.IndexFunc(own.Devices, func(d core.Device) bool { return d.ID == id })
	if i < 0 {
		return core.Device{}, core.ErrNotFound
	}
	return own.Devices[i], nil
}

// maxLabel is the longest name of a device, in code points.
const maxLabel = 40

// RenameDevice gives a remembered device another name. It changes no right.
func (s *Service) RenameDevice(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, label string) error {
	label = strings.TrimSpace(label)
	if label == "" {
		return core.InField("label", core.NewError(core.Invalid, "device.label_empty"))
	}
	if utf8.RuneCountInString(label) > maxLabel || !utf8.ValidString(label) || strings.ContainsFunc(label, hidden) {
		return core.InField("label", core.NewError(core.Invalid, "device.label"))
	}
	d, err := s.Device(ctx, v, id)
	if err != nil {
		return err
	}
	u, now := v.Account.User, s.clock()
	return s.devices.RenameDevice(ctx, core.DeviceRename{
		OrganizationID: u.OrganizationID, UserID: u.ID, DeviceID: d.ID, Label: label,
		Record: s.record(core.EventDeviceRenamed, d.Label, v, o, now, "", "", map[string]string{core.DetailTo: label}),
	})
}

// hidden are the characters that make a name look like another: controls, and
// those that only change the direction of others.
func hidden(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }

// ForgetDevice ends one remembered device: signing in there asks for a code
// again. Another person's is not found; to forget one that is over is no error.
func (s *Service) ForgetDevice(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error {
	d, err := s.Device(ctx, v, id)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return err
	}
	return s.forget(ctx, v, o, id, d.Label, nil) // the store knows of one that ended already
}

// ForgetDevices ends all remembered devices of the person.
func (s *Service) ForgetDevices(ctx context.Context, v core.SessionView, o core.Origin) error {
	return s.forget(ctx, v, o, "", "", map[string]string{core.DetailAll: "yes"})
}

func (s *Service) forget(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, label string, detail map[string]string) error {
	u, now := v.Account.User, s.clock()
	f := core.DeviceForget{
		OrganizationID: u.OrganizationID, UserID: u.ID, DeviceID: id, At: now,
		Record: s.record(core.EventDeviceEnded, label, v, o, now, core.ChangeUser, u.ID, detail),
	}
	if err := s.devices.ForgetDevices(ctx, f); err != nil {
		return err
	}
	s.cache.apply(f.Record.Changes)
	return nil
}

// record is what one act of the person leaves: its event, and the change that
// every replica hears of; an empty kind of change is none.
func (s *Service) record(kind, target string, v core.SessionView, o core.Origin, now time.Time, change core.ChangeKind, subject core.ID, detail map[string]string) core.Record {
	u := v.Account.User
	o.Session = v.Session.ID
	r := core.Record{Events: []core.Event{{
		ID: core.NewID(now, s.random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, SubjectID: u.ID, Target: target, Detail: detail, Origin: o,
	}}}
	if change != "" {
		r.Changes = []core.Change{{ID: core.NewID(now, s.random), At: now, Kind: change, SubjectID: subject}}
	}
	return r
}
