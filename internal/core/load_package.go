package core

import (
	"strings"
	"time"
	"unicode/utf8"
)

// LoadPackage is an order that is kept under a name, so that the next file of the
// same shape is loaded without being mapped again.
type LoadPackage struct {
	ID             ID
	OrganizationID ID
	Name           string // in one organization no two are alike, in any case
	Order          LoadOrder
	By             Actor // who made it
	CreatedAt      time.Time
	ChangedAt      time.Time
	Version        int
	LastRun        ID // the latest load that used it; empty: none did
}

// What packages may be.
const (
	LoadPackageName             = 80 // characters
	LoadPackagesPerOrganization = 200
)

// CheckName says what is wrong with the name of a package.
func (p LoadPackage) CheckName() error {
	if strings.TrimSpace(p.Name) == "" || utf8.RuneCountInString(p.Name) > LoadPackageName || !cleanName(p.Name) {
		return InField("name", NewError(Invalid, "load.package_name").With("count", LoadPackageName))
	}
	return nil
}
