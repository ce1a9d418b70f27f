package session

import (
	"sync"

	"github.com/sallyport/sallyport/internal/core"
)

// organizations keeps what many sessions have in common: one copy of each
// organization as it was read last, with its list of networks read once.
type organizations struct {
	mu   sync.Mutex
	last map[core.ID]sharedOrganization
}

type sharedOrganization struct {
	core.Organization
	allowed core.AllowedNetworks
}

// organizationsKept bounds the memory: beyond it all are read anew.
const organizationsKept = 1000

// share gives a view the common copy of its organization and returns the
// networks that it allows. A list that cannot be read is an error, not an empty
// one: nobody is let in by a fault.
func (o *organizations) share(v *core.SessionView) (core.AllowedNetworks, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if known, ok := o.last[v.Organization.ID]; ok && known.Organization == v.Organization {
		v.Organization = known.Organization
		return known.allowed, nil
	}
	allowed, bad := core.ParseNetworks(v.Organization.Policy.AllowedNetworks)
	if bad != nil {
		return nil, bad
	}
	if o.last == nil || len(o.last) >= organizationsKept {
		o.last = map[core.ID]sharedOrganization{}
	}
	o.last[v.Organization.ID] = sharedOrganization{v.Organization, allowed}
	return allowed, nil
}
