package factor

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/core"
)

// Spec is one line of the registry: a kind and what serves it.
type Spec struct {
	Kind   core.FactorKind
	Factor Factor
}

// Registry finds the factor of a kind. It never changes after NewRegistry.
type Registry struct {
	factors map[core.FactorKind]Factor
	kinds   []core.FactorKind
}

// NewRegistry returns a registry of specs, in their order. It fails where a
// kind comes twice, has no factor, or is not the one its factor names.
func NewRegistry(specs ...Spec) (*Registry, error) {
	r := &Registry{factors: make(map[core.FactorKind]Factor, len(specs))}
	for _, s := range specs {
		switch {
		case s.Factor == nil:
			return nil, fmt.Errorf("factor %q: nothing serves it", s.Kind)
		case s.Kind != s.Factor.Kind():
			return nil, fmt.Errorf("factor %q: its factor is %q", s.Kind, s.Factor.Kind())
		case r.factors[s.Kind] != nil:
			return nil, fmt.Errorf("factor %q: given twice", s.Kind)
		}
		r.factors[s.Kind] = s.Factor
		r.kinds = append(r.kinds, s.Kind)
	}
	return r, nil
}

// Get returns the factor of a kind.
func (r *Registry) Get(kind core.FactorKind) (Factor, bool) {
	f, ok := r.factors[kind]
	return f, ok
}

// Kinds returns the kinds in the order they were given.
func (r *Registry) Kinds() []core.FactorKind {
	return append([]core.FactorKind(nil), r.kinds...)
}

// Further returns the kinds that package core has no rule of its own for, in
// the order they were given.
func (r *Registry) Further() []core.KindSpec {
	var further []core.KindSpec
	for _, k := range r.kinds {
		switch k {
		case core.KindEmail, core.KindApp, core.KindRecovery:
		default:
			further = append(further, core.KindSpec{Kind: k, Level: r.factors[k].Level()})
		}
	}
	return further
}
