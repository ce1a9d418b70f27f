package web

import (
	"net/http"

	"github.com/sallyport/sallyport/internal/adoption"
	"github.com/sallyport/sallyport/internal/httpx"
)

// ControlPanelPage is the first page of administrators (ux 4.1).
type ControlPanelPage struct {
	Frame
	Tiles  []Tile
	Health []HealthLine // of the deployment none where it is the operator's alone
	Fix    []HealthLine // what of it needs somebody
	Charts []Chart
}

// SystemSettingsPage leads to everything that can be set, by tile or by name
// (ux 4.2).
type SystemSettingsPage struct {
	Frame
	Tiles    []Tile
	Query    string
	Searched bool
	Found    []FoundSetting
}

// SystemSetupPage groups what is set up once (ux 4.3).
type SystemSetupPage struct {
	Frame
	Groups []TileGroup
}

// Tile is one way on from a page of tiles.
type Tile struct {
	Name string // text id
	Note string // text id: what is there
	Link string
}

// TileGroup is tiles under a heading.
type TileGroup struct {
	Name  string // text id
	Tiles []Tile
}

// crumbs are the pages above one, outermost first.
func crumbs(path ...Crumb) []Crumb { return path }

func crumbAdmin() Crumb    { return Crumb{Text: "admin.panel.title", Link: adminPath} }
func crumbSettings() Crumb { return Crumb{Text: "admin.settings.title", Link: systemSettingsPath} }
func crumbSetup() Crumb    { return Crumb{Text: "admin.setup.title", Link: systemSetupPath} }

// to answers with another page of ours.
func to(path string) httpx.Handler {
	return func(w http.ResponseWriter, r *http.Request) error { return see(w, r, path) }
}

// controlPanelShow is GET /admin.
func (s *Site) controlPanelShow(w http.ResponseWriter, r *http.Request) error {
	page := &ControlPanelPage{
		Frame: Frame{Title: "admin.panel.title", Section: "admin"},
		Tiles: []Tile{
			{"admin.settings.title", "admin.tile.settings", systemSettingsPath},
			{"admin.audit.title", "admin.tile.audit", auditPath},
		},
	}
	h, ours, err := s.deps.Health.Health(r.Context())
	if err != nil {
		return err
	}
	if ours {
		v := visitOf(r).view
		page.Health = healthLines(h, s.deps.Clock(), firstOf(v.Account.User.TimeZone, v.Organization.TimeZone))
	}
	for _, line := range page.Health {
		if line.Bad {
			page.Fix = append(page.Fix, line)
		}
	}
	picture, err := s.deps.Adoption.Picture(r.Context(), visitOf(r).view)
	if err != nil {
		return err
	}
	if line, counted := coverageLine(picture); counted {
		page.Health = append(page.Health, line)
	}
	page.Charts = adoptionCharts(picture, adoption.Zone(visitOf(r).view.Organization), ours)
	return s.Render(w, r, http.StatusOK, page)
}

// systemSettingsShow is GET /admin/system-settings, with ?q= the search.
func (s *Site) systemSettingsShow(w http.ResponseWriter, r *http.Request) error {
	query, err := httpx.ReadQuery(r)
	if err != nil {
		return err
	}
	mail, err := s.deps.Mail.May(r.Context(), visitOf(r).view)
	if err != nil {
		return err
	}
	page := &SystemSettingsPage{
		Frame: Frame{Title: "admin.settings.title", Section: "admin", Trail: crumbs(crumbAdmin())},
		Tiles: []Tile{
			{"users.title", "users.tile", usersPath},
			{"admin.setup.title", "admin.tile.setup", systemSetupPath},
			{"groups.title", "groups.tile", groupsPath},
			{"admin.audit.title", "admin.tile.audit", auditPath},
		},
		Query: query.Trimmed("q"), Searched: query.Trimmed("q") != "",
	}
	if mail {
		page.Tiles = append(page.Tiles, Tile{"admin.email.title", "admin.tile.email", mailSettingsPath})
	}
	if page.Searched {
		page.Found = s.findSettings(s.printer(r, visitOf(r).view), page.Query, mail)
	}
	return s.Render(w, r, http.StatusOK, page)
}

// systemSetupShow is GET /admin/system-settings/setup.
func (s *Site) systemSetupShow(w http.ResponseWriter, r *http.Request) error {
	return s.Render(w, r, http.StatusOK, &SystemSetupPage{
		Frame: Frame{Title: "admin.setup.title", Section: "admin", Trail: crumbs(crumbAdmin(), crumbSettings())},
		Groups: []TileGroup{
			{"admin.setup.group_system", []Tile{{"admin.organization.title", "admin.tile.organization", orgSecurityPath}}},
			{"admin.setup.group_programs", []Tile{
				{"keys.loader.tile", "keys.loader.tile_note", loaderKeysPath}, {"keys.title", "keys.tile_note", allKeysPath},
			}},
		},
	})
}
