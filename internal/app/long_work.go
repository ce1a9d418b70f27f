package app

import (
	"context"
	"io"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/organization"
	"github.com/sallyport/sallyport/internal/throttle"
)

// auditInTurn are the exports of an organization, a few at a time: each may read
// the whole log.
type auditInTurn struct {
	*audit.Service
	turns *throttle.Service
}

// Export writes a file when it is the organization's turn.
func (a auditInTurn) Export(ctx context.Context, by audit.By, what audit.Export, form audit.Format, to io.Writer) (int, error) {
	leave, err := a.turns.EnterLong(ctx, what.OrganizationID)
	if err != nil {
		return 0, err
	}
	defer leave()
	return a.Service.Export(ctx, by, what, form, to)
}

// rehearsalsInTurn are the rehearsals of an organization, a few at a time: each
// reads everybody.
type rehearsalsInTurn struct {
	*organization.Rehearser
	turns *throttle.Service
}

// Rehearse rehearses when it is the organization's turn.
func (r rehearsalsInTurn) Rehearse(ctx context.Context, a organization.Asking) (organization.Rehearsal, error) {
	leave, err := r.turns.EnterLong(ctx, a.Is.ID)
	if err != nil {
		return organization.Rehearsal{}, err
	}
	defer leave()
	return r.Rehearser.Rehearse(ctx, a)
}

// EachStuck rehearses when it is the organization's turn.
func (r rehearsalsInTurn) EachStuck(ctx context.Context, a organization.Asking, each func(organization.Stuck) error) error {
	leave, err := r.turns.EnterLong(ctx, a.Is.ID)
	if err != nil {
		return err
	}
	defer leave()
	return r.Rehearser.EachStuck(ctx, a, each)
}
