package gate

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// ApplicationAt returns the registered application that an absolute address
// belongs to, so that a sign-in may lead back there (RR1): https, or plain http
// where this deployment is on loopback itself. Anything else gives
// core.ErrNotFound.
func (s *Service) ApplicationAt(ctx context.Context, raw string) (core.Application, error) {
	t, err := ParseURL("GET", raw)
	if err != nil || t.Scheme != "https" && !s.loopback {
		return core.Application{}, core.ErrNotFound
	}
	d, err := s.applications(ctx)
	if err != nil {
		return core.Application{}, err
	}
	a, found := d.find(t)
	if !found {
		return core.Application{}, core.ErrNotFound
	}
	return a, nil
}

// Applications returns an organization's, by name, as the store has them.
func (s *Service) Applications(ctx context.Context, organizationID core.ID) ([]core.Application, error) {
	return s.store.Applications(ctx, organizationID)
}

// LetsProgramsIn returns the application that a request is for, where there is one
// that lets programs in.
func (s *Service) LetsProgramsIn(ctx context.Context, target Target) (a core.Application, found bool, err error) {
	d, err := s.applications(ctx)
	if err != nil {
		return a, false, err
	}
	a, found = d.find(target)
	return a, found && a.Machines, nil
}
