package core

import (
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxContacts is how many Points of Contact an organization may name.
const maxContacts = 10

// Contact is somebody whom people may ask: of the organization or from outside.
type Contact struct {
	Name  string
	Email string
}

// String returns the contact as it is stored and typed: Kim Lee <kim@example.com>.
func (c Contact) String() string {
	if c.Name == "" {
		return c.Email
	}
	return c.Name + " <" + c.Email + ">"
}

// PointsOfContact returns whom people may ask, as the organization put them.
func (o Organization) PointsOfContact() []Contact {
	all, _ := ParseContacts(o.Contacts)
	return all
}

// Ask returns whom people may ask, in words: the organization's own, then its
// Points of Contact, one a line. Empty: nobody is named.
func (o Organization) Ask() string {
	var lines []string
	if o.Help != "" {
		lines = append(lines, o.Help)
	}
	for _, c := range o.PointsOfContact() {
		lines = append(lines, c.String())
	}
	return strings.Join(lines, "\n")
}

// ParseContacts reads contacts, one a line: a name and an address as in
// [Contact.String], or an address alone. Its error names the line that is none.
func ParseContacts(text string) ([]Contact, *Error) {
	var all []Contact
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		c, ok := parseContact(line)
		if !ok {
			return nil, NewError(Invalid, "organization.contacts").With("line", firstRunes(line, 60))
		}
		if all = append(all, c); len(all) > maxContacts {
			return nil, NewError(Invalid, "organization.contacts_many").With("count", maxContacts)
		}
	}
	return all, nil
}

func parseContact(line string) (Contact, bool) {
	if len(line) > 400 || !cleanLine(line) {
		return Contact{}, false
	}
	c := Contact{Email: line}
	if open := strings.LastIndexByte(line, '<'); open >= 0 {
		c.Name, c.Email = strings.TrimSpace(line[:open]), strings.TrimSuffix(line[open+1:], ">")
	}
	c.Email = strings.TrimSpace(c.Email)
	a, err := mail.ParseAddress(c.Email)
	// What follows one of these in a link to write to somebody is read as more than
	// the address: another recipient, a subject.
	return c, err == nil && !strings.ContainsAny(c.Email, "?&%#/") && a.Name == "" && a.Address == c.Email && len(c.Email) <= 254 &&
		!strings.ContainsAny(c.Name, "<>") && utf8.RuneCountInString(c.Name) <= 80
}

func checkContacts(text string) *Error {
	_, err := ParseContacts(text)
	return err
}

// validLogoutURL reports whether a browser may be sent to an address after
// signing out: a full one, over https, with nothing in it that signs in.
func validLogoutURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && len(text) <= 500 && u.Scheme == "https" && u.Hostname() != "" && validPort(u.Port()) && u.User == nil && u.Opaque == "" &&
		!strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '\\' || r > 0x7e })
}

// validPort reports whether a port may stand in an address; none may.
func validPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil
}
