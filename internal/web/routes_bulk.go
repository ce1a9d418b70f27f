package web

const (
	bulkPath     = usersPath + "/bulk"
	bulkReview   = bulkPath + "/{id}/review"
	bulkProgress = bulkPath + "/{id}/progress"
)

// bulkRoutes are actions for many people (ux 4.5). What stops a job asks for no
// confirmation: it only keeps things as they are.
func (s *Site) bulkRoutes() []Route {
	return []Route{
		{"GET", bulkPath, Administering, s.bulkList},
		{"POST", bulkPath, Administering, s.bulkAsk},
		{"GET", bulkReview, Administering, s.bulkReviewShow},
		{"POST", bulkReview, AdministeringConfirmed, s.bulkStart},
		{"POST", bulkPath + "/{id}/choose", Administering, s.bulkChoose},
		{"POST", bulkPath + "/{id}/stop", Administering, s.bulkStop},
		{"GET", bulkProgress, Administering, s.bulkProgressShow},
		{"GET", exportPath, Administering, s.usersExportShow},
		{"POST", exportPath, AdministeringConfirmed, s.usersExport},
		{"POST", bulkProgress, AdministeringConfirmed, s.bulkFile},
	}
}
