package sqlstore

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
)

// Stats counts what the operator's metrics show.
func (s *Store) Stats(ctx context.Context) (core.Stats, error) {
	var n core.Stats
	err := s.reading(ctx).queryRow(`SELECT (SELECT count(*) FROM organization), (SELECT count(*) FROM person),
		(SELECT count(*) FROM session WHERE ended_at = 0), (SELECT count(*) FROM outbox WHERE delivery = 'queued')`).
		Scan(&n.Organizations, &n.People, &n.Sessions, &n.QueuedMail)
	return n, failed("stats", err)
}
