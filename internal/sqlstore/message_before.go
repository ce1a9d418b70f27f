package sqlstore

import (
	"database/sql"
	"errors"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// addressed returns the messages of a record with one to each previous address,
// and one to each administrator, in the place of that to all of them (PR7): what the record is of is stored
// already, so a change of address counts with it.
func (t *tx) addressed(r core.Record) ([]core.Message, error) {
	all := make([]core.Message, 0, len(r.Messages))
	for _, m := range r.Messages {
		switch m.Recipient {
		case core.ToPrevious:
		case core.ToAdministrators:
			told, err := t.administrators(m, r.Events)
			if err != nil {
				return nil, err
			}
			all = append(all, told...)
			continue
		default:
			all = append(all, m)
			continue
		}
		told, err := t.previousAddresses(m, r.Events)
		if err != nil {
			return nil, err
		}
		for i, c := range told {
			one := m
			one.Recipient = core.ToBefore(c.ID)
			if i > 0 {
				one.ID = t.store.newID()
			}
			all = append(all, one)
		}
	}
	return all, nil
}

// previousAddresses are the changes whose address of before a notice goes to.
// However often a person goes to and fro, each address is read once, and no more
// than can count: those told and the three that may hear of it already.
func (t *tx) previousAddresses(m core.Message, events []core.Event) ([]core.AddressChange, error) {
	acc, _, err := person(t, `u.id = $1 AND u.organization_id = $2`, string(m.UserID), string(m.OrganizationID))
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	rows, err := t.query(`SELECT `+addressColumns+` FROM address_change a WHERE a.user_id = $1 AND a.organization_id = $2
		AND a.kind = 'signin' AND a.done_at > $3 AND a.ended_at = 0
		AND NOT EXISTS (SELECT 1 FROM address_change b WHERE b.user_id = $1 AND b.organization_id = $2 AND b.kind = 'signin'
			AND b.done_at > $3 AND b.ended_at = 0 AND b.old_key = a.old_key AND (b.done_at < a.done_at OR b.done_at = a.done_at AND b.id < a.id))
		ORDER BY a.done_at, a.id LIMIT $4`,
		string(m.UserID), string(m.OrganizationID), stamp(m.CreatedAt.Add(-core.PreviousEmailTold)), int64(core.PreviousEmailsTold+3))
	changes, err := collect(rows, err, func(r *sql.Rows) (c core.AddressChange, err error) { return c, r.Scan(addressFields(&c)...) })
	if err != nil {
		return nil, err
	}
	return acc.User.PreviousAddresses(changes, eventOf(m, events), m.CreatedAt), nil
}

// addressBefore is the login address before a change that a message goes to;
// empty where the change was taken back or is long ago.
func (t *tx) addressBefore(m core.Message) (string, error) {
	id, ok := m.Recipient.Change()
	if !ok {
		return "", nil
	}
	var address string
	err := t.queryRow(`SELECT a.old_address FROM address_change a WHERE a.id = $1 AND a.user_id = $2 AND a.organization_id = $3
		AND a.kind = 'signin' AND a.done_at > 0 AND a.ended_at = 0`, string(id), string(m.UserID), string(m.OrganizationID)).Scan(&address)
	if errors.Is(noRows(err), core.ErrNotFound) {
		return "", nil
	}
	return address, err
}

// administratorsToTell are in no order: asked for one, the embedded database looks
// through everybody.
const administratorsToTell = `SELECT id FROM person WHERE organization_id = $1 AND user_type = 3 AND COALESCE(status, '') = 'active'
	AND email <> '' AND id <> $2 AND id <> $3`

// administrators are the messages that take the place of one to all other
// administrators: one to the login address of each, but who did it and who it is
// about.
func (t *tx) administrators(m core.Message, events []core.Event) ([]core.Message, error) {
	e := eventOf(m, events)
	rows, err := t.query(administratorsToTell, string(m.OrganizationID), string(e.SubjectID), string(e.Actor.ID))
	ids, err := collect(rows, err, func(r *sql.Rows) (id core.ID, err error) { return id, r.Scan(&id) })
	if err != nil {
		return nil, err
	}
	slices.Sort(ids)
	all := make([]core.Message, len(ids))
	for i, id := range ids {
		all[i] = m
		all[i].UserID, all[i].Recipient = id, core.ToLogin
		if i > 0 {
			all[i].ID = t.store.newID()
		}
	}
	return all, nil
}

// eventOf is the event that a message tells of, among those stored with it.
func eventOf(m core.Message, events []core.Event) core.Event {
	if i := slices.IndexFunc(events, func(e core.Event) bool { return e.ID == m.SubjectID }); i >= 0 {
		return events[i]
	}
	return core.Event{}
}
