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
	var keys int
	err := t.queryRow(`SELECT h.id, h.user_type, h.status, h.alarmed_at, COALESCE((SELECT u.user_type FROM person u WHERE u.id = $3 AND u.organization_id = $2), 0),
			(SELECT count(*) FROM api_key k WHERE k.access = $4 AND k.user_id = h.id AND k.organization_id = $2 AND NOT k.held AND k.expires_at > $5)
		FROM person h WHERE h.id = $1 AND h.organization_id = $2`,
		string(w.ActorID), string(w.OrganizationID), string(w.UserID), w.Key, stamp(t.store.clock())).
		Scan(&by.ID, &by.Type, &by.Status, at(&by.AlarmedAt), &of.Type, &keys)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if err == nil && w.Key != "" && keys == 0 {
		return core.ErrNotAdministrator
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
