package core

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Group is a named set of people of an organization. Applications can be limited
// to groups by name.
type Group struct {
	ID             ID
	OrganizationID ID
	Name           string
	Description    string
	Members        int // as counted when it was read
	CreatedAt      time.Time
}

// NameKey is the name of a group or an organization as names are compared: without case,
// and with one space where there are several.
func NameKey(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }

// The bounds of groups.
const (
	GroupsPerOrganization = 1000
	maxGroupName          = 80
	maxGroupDescription   = 300
)

// Validate checks what was typed, trimmed.
func (g Group) Validate() error {
	fields := map[string]*Error{}
	if strings.TrimSpace(g.Name) == "" || utf8.RuneCountInString(g.Name) > maxGroupName || !cleanName(g.Name) {
		fields["name"] = NewError(Invalid, "group.name")
	}
	if utf8.RuneCountInString(g.Description) > maxGroupDescription || !cleanText(g.Description) {
		fields["description"] = NewError(Invalid, "group.description")
	}
	if len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

// GroupFields is what people write of a group.
type GroupFields struct {
	Name        string
	Description string
}

// Fields returns the group's.
func (g Group) Fields() GroupFields { return GroupFields{Name: g.Name, Description: g.Description} }

// GroupChange gives a group another name or description where it still is as it
// was read. Applications that are limited to it follow the name.
type GroupChange struct {
	OrganizationID ID
	GroupID        ID
	Was, Is        Group // of both, Name and Description
	Record         Record
}

// GroupRemoval removes a group with its memberships; [ErrGroupInUse] where an
// application is limited to it.
type GroupRemoval struct {
	OrganizationID ID
	GroupID        ID
	Record         Record
}

// GroupMember puts a person into a group or takes them out.
type GroupMember struct {
	OrganizationID ID
	GroupID        ID
	UserID         ID
	Record         Record // stored where it changed anything
}

// ErrGroupInUse names in Params["application"] what is limited to the group.
var ErrGroupInUse = NewError(Conflict, "group.in_use")
