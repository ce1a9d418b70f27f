package sqlstore

import (
	"context"
	"database/sql"
	"errors"

	"github.com/sallyport/sallyport/internal/core"
)

// warranted asks once more, in the transaction, whether somebody may do what they
// do. It comes after the locks of the rows concerned, so that it sees what whoever
// held them has stored.
func (t *tx) warranted(w core.Warrant) error {
	if w.ActorID == "" {
		return nil
	}
	by, of := core.User{OrganizationID: w.OrganizationID}, core.User{ID: w.UserID, OrganizationID: w.OrganizationID}
	err := t.queryRow(`SELECT h.id, h.user_type, h.status, COALESCE((SELECT u.user_type FROM person u WHERE u.id = $3 AND u.organization_id = $2), 0)
		FROM person h WHERE h.id = $1 AND h.organization_id = $2`, string(w.ActorID), string(w.OrganizationID), string(w.UserID)).
		Scan(&by.ID, &by.Type, &by.Status, &of.Type)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	return w.Holds(by, of)
}

// refuse keeps what a record would have told of as refused, after its transaction
// was undone for want of a right: nothing that is refused for rights goes
// unwritten, whoever asked.
func (s *Store) refuse(ctx context.Context, e core.Event, why error) error {
	e.ID, e.Result, e.Detail = s.newID(), "refused", map[string]string{core.DetailReason: core.CodeOf(why)}
	e.Origin.Bulk, e.Origin.Call = "", ""
	return s.tryTx(ctx, func(t *tx) error { return t.insertEvents([]core.Event{e}) })
}
