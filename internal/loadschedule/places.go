package loadschedule

import (
	"context"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// Place is a folder or a database of the configuration.
type Place struct {
	core.LoadPlace
	Path string // of a folder
	// Organization is whose it is; empty: the only one's there is. It is no name: those
	// its administrators change.
	Organization core.ID
}

var errPlace = core.NewError(core.Forbidden, "schedule.place")

// place returns a place that an organization may use. That there is one of another
// organization is not told.
func (s *Service) place(ctx context.Context, o core.Organization, is core.LoadPlace) (Place, error) {
	at := slices.IndexFunc(s.Places, func(p Place) bool { return p.LoadPlace == is })
	if at < 0 {
		return Place{}, errPlace
	}
	ok, err := s.uses(ctx, o, s.Places[at])
	if err == nil && !ok {
		err = errPlace
	}
	return s.Places[at], err
}

func (s *Service) uses(ctx context.Context, o core.Organization, p Place) (bool, error) {
	if p.Organization != "" {
		return p.Organization == o.ID, nil
	}
	return s.Needs.OnlyOrganization(ctx, o.ID)
}

// offered are the places of an organization.
func (s *Service) offered(ctx context.Context, o core.Organization) ([]core.LoadPlace, error) {
	var all []core.LoadPlace
	for _, p := range s.Places {
		ok, err := s.uses(ctx, o, p)
		if err != nil {
			return nil, err
		}
		if ok {
			all = append(all, p.LoadPlace)
		}
	}
	return all, nil
}
