package web_test

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// fakeProfiles answers for package profile: it writes down what it is asked to
// do, and fail is what the next change returns.
type fakeProfiles struct {
	typed, was core.Profile
	calls      []string
	fail       error
}

func (f *fakeProfiles) did(call string) error {
	f.calls = append(f.calls, call)
	return f.fail
}

func (f *fakeProfiles) Save(_ context.Context, _ core.SessionView, _ core.Origin, typed, was core.Profile) error {
	f.typed, f.was = typed, was
	return f.did("save")
}
