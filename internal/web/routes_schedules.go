package web

import (
	"context"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/loadschedule"
)

// Schedules are what the Data Loader loads by itself (package loadschedule).
type Schedules interface {
	List(ctx context.Context, c loader.Caller) ([]loadschedule.Listed, error)
	Get(ctx context.Context, c loader.Caller, id core.ID) (core.LoadSchedule, error)
	// Offers returns what one can be made of.
	Offers(ctx context.Context, c loader.Caller) (loadschedule.Offers, error)
	// Save stores a new one, or changes one that has an id.
	Save(ctx context.Context, c loader.Caller, is core.LoadSchedule) (core.ID, error)
	Stop(ctx context.Context, c loader.Caller, id core.ID) error
	Resume(ctx context.Context, c loader.Caller, id core.ID) error
	Delete(ctx context.Context, c loader.Caller, id core.ID) error
	// RunNow makes it its turn.
	RunNow(ctx context.Context, c loader.Caller, id core.ID) error
}

const (
	schedulesPath   = loadPath + "/schedules"
	newSchedulePath = schedulesPath + "/new"
	schedulePattern = schedulesPath + "/{id}"
)

// scheduleRoutes are the schedules of the Data Loader (ux §5). What is saved loads
// people later with nobody there, so every change asks to confirm that it's you.
func (s *Site) scheduleRoutes() []Route {
	return []Route{
		{"GET", schedulesPath, Administering, s.schedulesShow},
		{"GET", newSchedulePath, Administering, s.scheduleNewShow},
		{"POST", newSchedulePath, AdministeringConfirmed, s.scheduleNew},
		{"GET", schedulePattern, Administering, s.scheduleShow},
		{"POST", schedulePattern, AdministeringConfirmed, s.scheduleSave},
		{"POST", schedulePattern + "/stop", AdministeringConfirmed, s.scheduleDo(Schedules.Stop, "schedule-stopped")},
		{"POST", schedulePattern + "/resume", AdministeringConfirmed, s.scheduleDo(Schedules.Resume, "schedule-resumed")},
		{"POST", schedulePattern + "/run", AdministeringConfirmed, s.scheduleDo(Schedules.RunNow, "schedule-run")},
		{"POST", schedulePattern + "/delete", AdministeringConfirmed, s.scheduleDo(Schedules.Delete, "schedule-deleted")},
	}
}
