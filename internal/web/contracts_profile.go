package web

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/profile"
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

// EmailChanges changes the addresses of a person who is signed in (package
// profile). An error of kind core.Gone says that a change is over.
type EmailChanges interface {
	// Pending returns what waits for its code; core.ErrNotFound where nothing does.
	Pending(ctx context.Context, v core.SessionView, kind core.AddressKind) (profile.Pending, error)
	Change(ctx context.Context, v core.SessionView, o core.Origin, kind core.AddressKind, typed string) error
	SendAgain(ctx context.Context, v core.SessionView, o core.Origin, kind core.AddressKind) error
	// Prove gives back a token where that renewed the session.
	Prove(ctx context.Context, v core.SessionView, o core.Origin, kind core.AddressKind, typed string) (sessionToken string, err error)
	GiveUp(ctx context.Context, v core.SessionView, kind core.AddressKind) error
	RemoveNotification(ctx context.Context, v core.SessionView, o core.Origin) error
}

// EmailUndos takes a change of the sign-in address back, for whoever has the
// mail to the address before (package profile).
type EmailUndos interface {
	Undo(ctx context.Context, token string) (profile.Undo, error)
	TakeBack(ctx context.Context, token, browserToken string, o core.Origin) error
}
