package web

const (
	loadPath     = "/data-loader"
	loadNewPath  = loadPath + "/new"
	loadFilePath = loadPath + "/files/{id}"
	loadRunPath  = loadPath + "/runs/{id}"
	loadKeepPath = loadFilePath + "/package"
	packagePath  = loadPath + "/packages/{id}"
)

// loadRoutes are the Data Loader in the browser (ux §5). Nothing is written of
// people but by the start of a load; stopping one asks for no confirmation: it only
// keeps things as they are. Packages ask as loads do: they may hold the right to change
// what leads into accounts.
func (s *Site) loadRoutes() []Route {
	return []Route{
		{"GET", loadPath, Administering, s.loadList},
		{"GET", loadHistoryPath, Administering, s.loadHistory},
		{"GET", loadConnectPath, Administering, s.loadConnect},
		{"GET", loadNewPath, Administering, s.loadNew},
		{"POST", loadNewPath, Administering, s.loadUpload},
		{"GET", loadQueryPath, Administering, s.loadQuery},
		{"POST", loadQueryPath, AdministeringConfirmed, s.loadQueryAsk},
		{"GET", loadPath + "/template", Administering, s.loadTemplate},
		{"GET", loadFilePath, Administering, s.loadMapShow},
		{"POST", loadFilePath, Administering, s.loadMap},
		{"POST", loadFilePath + "/reading", Administering, s.loadRead},
		{"GET", loadFilePath + "/preview", Administering, s.loadPreview},
		{"POST", loadFilePath + "/look", Administering, s.loadLook},
		{"POST", loadFilePath + "/preview", AdministeringConfirmed, s.loadStart},
		{"GET", loadKeepPath, Administering, s.loadKeepShow},
		{"POST", loadKeepPath, AdministeringConfirmed, s.loadKeep},
		{"GET", packagePath, Administering, s.loadPackageShow},
		{"GET", packagePath + "/edit", Administering, s.loadPackageEdit},
		{"POST", packagePath + "/edit", AdministeringConfirmed, s.loadPackageSave},
		{"POST", packagePath + "/duplicate", AdministeringConfirmed, s.loadPackageCopy},
		{"GET", packagePath + "/delete", Administering, s.loadPackageDeleteShow},
		{"POST", packagePath + "/delete", AdministeringConfirmed, s.loadPackageDelete},
		{"GET", loadRunPath, Administering, s.loadRun},
		{"POST", loadRunPath + "/stop", Administering, s.loadStop},
		{"POST", loadRunPath, AdministeringConfirmed, s.loadFailed},
		{"GET", loadRunPath + "/undo", Administering, s.loadUndoShow},
		{"POST", loadRunPath + "/undo", AdministeringConfirmed, s.loadUndo},
		{"POST", loadRunPath + "/results", AdministeringConfirmed, s.loadResults},
	}
}
