package profile

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// Post turns what happened into the emails to queue.
type Post interface {
	Code(c core.Challenge, u core.User, now time.Time) core.Message
	Notices(e core.Event, u core.User) []core.Message
}

// Codes checks the code that went to a new address (package factor).
type Codes interface {
	Check(v factor.Verification) (core.FactorUse, error)
}

// Deps are the parts a Service works with.
type Deps struct {
	Store     Store
	Addresses Addresses
	Tries     Tries
	Codes     Codes
	Post      Post
	Ring      *secret.Ring
	Clock     core.Clock
	Random    core.Random
	// Zone reports whether a time zone is one that can be chosen.
	Zone func(name string) bool
	// Language reports whether there is a language.
	Language func(tag string) bool
}

// Service looks after profiles. It is safe for concurrent use.
type Service struct {
	Deps
	decoding chan struct{} // the one file that is being decoded
	waiting  chan struct{} // those behind it
}

// New returns a Service.
func New(d Deps) *Service {
	return &Service{Deps: d, decoding: make(chan struct{}, 1), waiting: make(chan struct{}, waitingPhotos)}
}

func (s *Service) newID() core.ID { return core.NewID(s.Clock(), s.Random) }

func (s *Service) event(kind string, u core.User, o core.Origin, now time.Time) core.Event {
	return core.Event{
		ID: core.NewID(now, s.Random), OrganizationID: u.OrganizationID, At: now, Kind: kind, Result: "ok",
		Actor: core.Actor{Kind: "person", ID: u.ID, Name: u.Name()}, SubjectID: u.ID, Origin: o,
	}
}

// record is an event with its mails, and the change that drops cached facts
// about the person (law 9).
func (s *Service) record(e core.Event, u core.User) core.Record {
	return core.Record{
		Events: []core.Event{e}, Messages: s.Post.Notices(e, u),
		Changes: []core.Change{{ID: core.NewID(e.At, s.Random), At: e.At, Kind: core.ChangeUser, SubjectID: u.ID}},
	}
}
