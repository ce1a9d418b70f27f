package profile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/picture"
)

// MaxPhoto is how many bytes a file for a picture may have.
const MaxPhoto = picture.MaxBytes

// waitingPhotos bounds how many files wait to be decoded, each in memory.
const waitingPhotos = 8

// SetPhoto makes a picture of a file and stores it as the person's.
func (s *Service) SetPhoto(ctx context.Context, v core.SessionView, o core.Origin, file []byte) error {
	made, err := s.square(ctx, file)
	if err != nil {
		var e *core.Error
		if errors.As(err, &e) && e.Kind == core.Invalid {
			return core.InField("photo", e)
		}
		return err
	}
	sum := sha256.Sum256(made)
	return s.setPhoto(ctx, v, o, core.EventPhotoChanged, hex.EncodeToString(sum[:16]), made)
}

// RemovePhoto leaves the person's initials in the place of the picture.
func (s *Service) RemovePhoto(ctx context.Context, v core.SessionView, o core.Origin) error {
	return s.setPhoto(ctx, v, o, core.EventPhotoRemoved, "", nil)
}

// setPhoto stores it; the audit log hears that, and never holds a picture.
func (s *Service) setPhoto(ctx context.Context, v core.SessionView, o core.Origin, kind, name string, made []byte) error {
	u, now := v.Account.User, s.Clock()
	err := s.Store.SetPhoto(ctx, core.PhotoChange{
		OrganizationID: u.OrganizationID, UserID: u.ID, Name: name, Image: made, At: now, Record: s.record(s.event(kind, u, o, now), u),
	})
	if errors.Is(err, core.ErrStale) {
		return nil // it is there already
	}
	return err
}

// square decodes one file at a time: each may take much more memory than it has
// bytes.
func (s *Service) square(ctx context.Context, file []byte) ([]byte, error) {
	select {
	case s.waiting <- struct{}{}:
		defer func() { <-s.waiting }()
	default:
		return nil, core.NewError(core.Unavailable, "busy").With("wait", 5*time.Second)
	}
	select {
	case s.decoding <- struct{}{}:
		defer func() { <-s.decoding }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return picture.Square(file)
}

// Photo returns a picture by its name: the person's own, or that of somebody in
// the same organization where the session is open.
func (s *Service) Photo(ctx context.Context, v core.SessionView, open bool, name string) ([]byte, error) {
	u := v.Account.User
	if !open && name != u.Photo {
		return nil, core.ErrNotFound
	}
	return s.Store.Photo(ctx, u.OrganizationID, name)
}
