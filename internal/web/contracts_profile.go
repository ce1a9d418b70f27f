package web

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Profiles changes what people say about themselves (package profile).
type Profiles interface {
	// Save stores typed, as far as it differs from was, which the form was shown
	// with.
	Save(ctx context.Context, v core.SessionView, o core.Origin, typed, was core.Profile) error
	// SetPhoto makes a picture of a file.
	SetPhoto(ctx context.Context, v core.SessionView, o core.Origin, file []byte) error
	RemovePhoto(ctx context.Context, v core.SessionView, o core.Origin) error
	// Photo returns a picture; of other people's only where the session is open.
	Photo(ctx context.Context, v core.SessionView, open bool, name string) ([]byte, error)
}
