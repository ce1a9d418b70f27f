package web_test

import (
	"context"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/profile"
)

// fakeProfiles answers for package profile: it writes down what it is asked to
// do, and fail is what the next change returns.
type fakeProfiles struct {
	typed, was core.Profile
	file       []byte
	calls      []string
	fail       error
}

func (f *fakeProfiles) did(call string) error {
	f.calls = append(f.calls, call)
	return f.fail
}

func (f *fakeProfiles) SetPhoto(_ context.Context, _ core.SessionView, _ core.Origin, file []byte) error {
	f.file = file
	return f.did("set photo")
}

func (f *fakeProfiles) RemovePhoto(context.Context, core.SessionView, core.Origin) error {
	return f.did("remove photo")
}

func (f *fakeProfiles) Photo(_ context.Context, v core.SessionView, open bool, name string) ([]byte, error) {
	if name != "0123456789abcdef0123456789abcdef" || !open && v.Account.User.Photo != name {
		return nil, core.ErrNotFound
	}
	return []byte("a picture"), nil
}

func (f *fakeProfiles) Save(_ context.Context, _ core.SessionView, _ core.Origin, typed, was core.Profile) error {
	f.typed, f.was = typed, was
	return f.did("save")
}

// fakeEmails answers for the changes of addresses.
type fakeEmails struct {
	pending *profile.Pending
	undo    *profile.Undo
	token   string // what a change that renews the session returns
	calls   []string
	fail    error
}

func (f *fakeEmails) did(call ...string) error {
	f.calls = append(f.calls, strings.Join(call, " "))
	return f.fail
}

func (f *fakeEmails) Pending(context.Context, core.SessionView, core.AddressKind) (profile.Pending, error) {
	if f.pending == nil {
		return profile.Pending{}, core.ErrNotFound
	}
	return *f.pending, nil
}

func (f *fakeEmails) Change(_ context.Context, _ core.SessionView, _ core.Origin, kind core.AddressKind, typed string) error {
	return f.did("change", string(kind), typed)
}

func (f *fakeEmails) SendAgain(_ context.Context, _ core.SessionView, _ core.Origin, kind core.AddressKind) error {
	return f.did("again", string(kind))
}

func (f *fakeEmails) Prove(_ context.Context, _ core.SessionView, _ core.Origin, kind core.AddressKind, typed string) (string, error) {
	return f.token, f.did("prove", string(kind), typed)
}

func (f *fakeEmails) GiveUp(_ context.Context, _ core.SessionView, kind core.AddressKind) error {
	return f.did("give up", string(kind))
}

func (f *fakeEmails) RemoveNotification(context.Context, core.SessionView, core.Origin) error {
	return f.did("remove")
}

func (f *fakeEmails) Undo(_ context.Context, token string) (profile.Undo, error) {
	if f.undo == nil || token != "0change.k1.sum" {
		return profile.Undo{}, core.NewError(core.Gone, "address.undo_over")
	}
	return *f.undo, nil
}

func (f *fakeEmails) TakeBack(ctx context.Context, token, browserToken string, _ core.Origin) error {
	if _, err := f.Undo(ctx, token); err != nil {
		return err
	}
	return f.did("take back", browserToken)
}
