package web_test

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
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
