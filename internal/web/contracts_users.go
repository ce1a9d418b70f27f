package web

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/people"
)

// People finds people and changes what is known of them (package people).
type People interface {
	Search(ctx context.Context, v core.SessionView, f core.PersonFilter) (people.List, error)
	Get(ctx context.Context, v core.SessionView, id core.ID) (people.Person, error)
	Activity(ctx context.Context, v core.SessionView, id core.ID, f core.EventFilter) (core.Account, []core.Event, bool, error)
	Add(ctx context.Context, v core.SessionView, o core.Origin, typed core.PersonFields) (core.User, error)
	// Save merges what was typed with what is stored; an error of kind Conflict
	// says what somebody else changed meanwhile.
	Save(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, typed, was core.PersonFields) error
}

// UserDeeds are what is done to a person by one button (package people).
type UserDeeds interface {
	Deactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	Reactivate(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	// SendLink mails a link and says of which kind it is.
	SendLink(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) (core.LinkKind, error)
	LetTry(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	RequirePassword(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	RequireTwoFactor(ctx context.Context, v core.SessionView, o core.Origin, id core.ID) error
	SignOut(ctx context.Context, v core.SessionView, o core.Origin, id core.ID, forget bool) error
}

// GroupNames lists the groups that people can be filtered by.
type GroupNames interface {
	List(ctx context.Context, v core.SessionView) ([]core.Group, error)
}
