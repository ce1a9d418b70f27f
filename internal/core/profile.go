package core

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Profile is what people say about themselves on the Profile tab (ux 3.3): all
// of it, and nothing else, is theirs to write without a confirmation (AD8).
type Profile struct {
	FirstName  string
	LastName   string
	Title      string
	Phone      string
	Department string
	// Manager is whom the person reports to, as a text that they and
	// administrators may write. It refers to no account: whom somebody reports to
	// gives nobody a right here, so that a typed name can never open anything.
	Manager  string
	TimeZone string // IANA; empty: the organization's
	Language string // BCP 47; empty: the organization's
}

// Profile returns the person's.
func (u User) Profile() Profile {
	return Profile{
		FirstName: u.FirstName, LastName: u.LastName, Title: u.Title, Phone: u.Phone, Department: u.Department, Manager: u.Manager, TimeZone: u.TimeZone,
		Language: u.Language,
	}
}

// ProfileField is one line of a profile.
type ProfileField struct {
	Name  string // as in forms, errors and the audit log
	Value *string
}

// Fields returns the lines of a profile, each to be read or set.
func (p *Profile) Fields() []ProfileField {
	return []ProfileField{
		{"first_name", &p.FirstName},
		{"last_name", &p.LastName},
		{"title", &p.Title},
		{"phone", &p.Phone},
		{"department", &p.Department},
		{"manager", &p.Manager},
		{"time_zone", &p.TimeZone},
		{"language", &p.Language},
	}
}

// The longest lines, in code points.
const (
	maxName  = 80
	maxPhone = 40
)

// Validate checks what was typed, but for the time zone and the language, whose
// lists are not core's. The error names each field.
func (p Profile) Validate() error {
	fields := p.problems()
	if len(fields) > 0 {
		return &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return nil
}

func (p Profile) problems() map[string]*Error {
	fields := map[string]*Error{}
	note := func(field string, good bool) {
		if !good {
			fields[field] = NewError(Invalid, "user."+field)
		}
	}
	note("first_name", strings.TrimSpace(p.FirstName) != "" && cleanName(p.FirstName))
	note("last_name", strings.TrimSpace(p.LastName) != "" && cleanName(p.LastName))
	note("title", cleanName(p.Title))
	note("department", cleanName(p.Department))
	note("manager", cleanName(p.Manager))
	note("phone", p.Phone == "" || validPhone(p.Phone))
	return fields
}

// cleanName reports whether s is a line of at most 80 characters that shows
// what it holds.
func cleanName(s string) bool {
	return utf8.RuneCountInString(s) <= maxName && cleanLine(s)
}

// misleads reports whether a character changes how those around it are shown:
// the direction of a line, or where it ends.
func misleads(r rune) bool {
	return unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}

// validPhone reports whether s is written as telephone numbers are: digits,
// spaces, + - ( ) . and one "ext", with at least one digit.
func validPhone(s string) bool {
	bare := strings.Replace(strings.ToLower(s), "ext", "", 1)
	const digits, marks = "0123456789", " +-()."
	return utf8.RuneCountInString(s) <= maxPhone && strings.ContainsAny(bare, digits) &&
		!strings.ContainsFunc(bare, func(r rune) bool { return !strings.ContainsRune(digits+marks, r) })
}

// ProfileChange stores a profile where it still is as it was read, so that of
// two tabs neither undoes the other unseen.
type ProfileChange struct {
	OrganizationID ID
	UserID         ID
	Was, Is        Profile
	Record         Record
}

// PhotoChange stores a person's picture, or removes it where Name is empty.
type PhotoChange struct {
	OrganizationID ID
	UserID         ID
	Name           string // made of the content
	Image          []byte // JPEG, made by us
	At             time.Time
	Record         Record
}
