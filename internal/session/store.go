package session

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Store keeps sessions and the change table.
type Store interface {
	// SessionByToken returns the session of a cookie's digest with its account,
	// organization and whether its device lives, in one read. ErrNotFound: none.
	SessionByToken(ctx context.Context, tokenHash string) (core.SessionView, error)
	// TouchSessions moves LastSeenAt forward.
	TouchSessions(ctx context.Context, touches []core.SessionTouch) error
	// EndSession ends one session; ending an ended one changes nothing.
	EndSession(ctx context.Context, e core.SessionEnd) error
	// ChangesSince returns the changes at or after since, oldest first.
	ChangesSince(ctx context.Context, since time.Time) ([]core.Change, error)
}

// Devices keeps what a person may see and end of where they are signed in and
// remembered.
type Devices interface {
	// OpenSessions returns a person's sessions that nobody ended, the one used
	// last first.
	OpenSessions(ctx context.Context, organizationID, userID core.ID) ([]core.Session, error)
	// SessionOf returns one session of a person, ended or not; ErrNotFound.
	SessionOf(ctx context.Context, organizationID, userID, id core.ID) (core.Session, error)
	// EndOtherSessions ends all of a person's sessions but the one that asks;
	// ErrStale where that one has ended itself.
	EndOtherSessions(ctx context.Context, e core.OtherSessionsEnd) error
	// RememberedDevices returns a person's devices that nobody ended, newest first.
	RememberedDevices(ctx context.Context, organizationID, userID core.ID) ([]core.Device, error)
	// RenameDevice gives a device another name; ErrNotFound where it is not theirs.
	RenameDevice(ctx context.Context, c core.DeviceRename) error
	// ForgetDevices ends one or all; where none is left it changes nothing.
	// ErrNotFound where the one is not theirs.
	ForgetDevices(ctx context.Context, f core.DeviceForget) error
}
