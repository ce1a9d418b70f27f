package audit

import (
	"context"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Log reads events.
type Log interface {
	AuditPage(ctx context.Context, organizationID core.ID, f core.AuditFilter) (core.AuditPage, error)
	// AuditEvents goes from oldest to newest, behind a place.
	AuditEvents(ctx context.Context, organizationID core.ID, after core.EventMark, until time.Time, limit int) ([]core.StoredEvent, error)
	AuditEventsByID(ctx context.Context, organizationID core.ID, ids []core.ID) ([]core.StoredEvent, error)
	AuditMarks(ctx context.Context, organizationID core.ID, after core.EventMark, until time.Time, limit int) ([]core.EventMark, error)
	AuditOrganizations(ctx context.Context) ([]core.ID, error)
}

// Seals stores the chains.
type Seals interface {
	AuditChain(ctx context.Context, organizationID core.ID) (core.AuditChain, error)
	AuditSeals(ctx context.Context, organizationID core.ID, after int64, limit int) ([]core.AuditSeal, error)
	AuditSealsOver(ctx context.Context, organizationID core.ID, from, until time.Time) ([]core.AuditSeal, error)
	AuditSealed(ctx context.Context, organizationID core.ID) (int64, error)
	AddAuditSeal(ctx context.Context, l core.AuditSeal) error
	TrimAudit(ctx context.Context, trim core.AuditTrim) error
}

// Tasks are leases of work that one process does at a time.
type Tasks interface {
	TakeAuditTask(ctx context.Context, task core.AuditTask, owner string, now, until time.Time) (position string, ok bool, err error)
	MoveAuditTask(ctx context.Context, task core.AuditTask, owner, position string) error
}

// People finds whom a filter names, and whom events are about.
type People interface {
	AuditPeople(ctx context.Context, organizationID core.ID, ids []core.ID) (map[core.ID]core.AuditPerson, error)
	AuditPerson(ctx context.Context, organizationID, id core.ID, login string) (core.AuditPerson, error)
}

// Organizations tells how long each keeps its log.
type Organizations interface {
	Organizations(ctx context.Context) ([]core.Organization, error)
}

// Recorder stores events of the log's own: exports and verifications.
type Recorder interface {
	Note(ctx context.Context, r core.Record) error
}
