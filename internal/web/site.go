package web

import (
	"fmt"
	"net/http"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/httpx"
	"github.com/sallyport/sallyport/internal/words"
)

// Deps are what the pages are built on. Package app fills them.
type Deps struct {
	Name  string // of the deployment, shown while nobody is known
	Clock core.Clock
	Words *words.Catalogue

	Kinds     []core.FactorKind // of all factors this build has
	SignIn    SignIn
	Sessions  Sessions
	Links     Links
	Resets    Resets
	Offers    Offers
	Alarms    Alarms
	Readiness Readiness
	Addresses Addresses
	// OwnSessions and Activity show people what their account does.
	OwnSessions OwnSessions
	Activity    Activity

	EmailChanges EmailChanges
	EmailUndos   EmailUndos
	Profiles     Profiles
	TwoFactor    TwoFactor
	Pauses       Pauses
	AppPasswords AppPasswords
	SetUp        SetUp
	SetUpEnd     SetUpEnd
	Passwords    Passwords
	Applications Applications
	Confirmation Confirmation

	FactorResets FactorResets
	ResetStops   ResetStops
	Exempting    Exempting
	Groups       Groups
	APIKeys      APIKeys

	People     People
	UserDeeds  UserDeeds
	Reports    Reports
	Bulk       Bulk
	GroupNames GroupNames

	LoadFiles    LoadFiles
	LoadKept     LoadKept
	LoadQueries  LoadQueries
	LoadPackages LoadPackages
	Loads        Loads
	LoadUndo     LoadUndo
	Schedules    Schedules

	Organizations Organizations
	Rehearsals    Rehearsals
	Audit         AuditLog
	Health        Health
	Mail          Mail
	Adoption      Adoption
	// Reference returns the OpenAPI document of the API, once there is one.
	Reference func() []byte
}

// Site is the set of all pages.
type Site struct {
	deps      Deps
	edge      *httpx.Site
	templates *templates
	assets    *assets
	shown     map[string]bool     // patterns that have a page of their own
	keeps     map[string][]string // what is kept of a form, by its pattern
}

// New parses all pages and reads all static files, so that a fault in one is
// found at start.
func New(deps Deps) (*Site, error) {
	files, err := loadAssets()
	if err != nil {
		return nil, err
	}
	pages, err := parseTemplates(deps.Words, files)
	if err != nil {
		return nil, fmt.Errorf("web: %w", err)
	}
	return &Site{deps: deps, templates: pages, assets: files, keeps: keeps()}, nil
}

// see sends the browser to a local address after a POST (law 8).
func see(w http.ResponseWriter, r *http.Request, to string) error {
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// StyleSheet returns the address of the product's style sheet, for the pages of
// development tools.
func (s *Site) StyleSheet() (string, error) { return s.assets.address(styleSheet) }
