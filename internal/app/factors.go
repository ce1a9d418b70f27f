package app

import (
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// factors is the explicit list of ways to verify it's you. A new kind is one
// file in package factor and one line here.
func factors(ring *secret.Ring, random core.Random) (*factor.Registry, error) {
	return factor.NewRegistry(
		factor.Spec{Kind: core.KindEmail, Factor: factor.NewEmail(ring)},
		factor.Spec{Kind: core.KindApp, Factor: factor.NewApp(ring, random)},
		factor.Spec{Kind: core.KindRecovery, Factor: factor.NewRecovery(ring, random)},
	)
}
