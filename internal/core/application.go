package core

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// Application is a web application behind forward-auth, shown on Home to those
// who may open it.
type Application struct {
	ID             ID
	OrganizationID ID
	Name           string
	URL            string   // scheme://host[:port][/path], canonical
	Groups         []string // names; empty means everybody in the organization
	Level          Level    // the least level, 1 to 3
	// Machines lets programs in that show an API key, whatever the Level: a key is
	// made by somebody who has shown a second step.
	Machines  bool
	CreatedAt time.Time
}

// MayOpen reports whether a person of these groups may open it. Level is asked
// separately: a level can be raised, a membership cannot.
func (a Application) MayOpen(groups []string) bool {
	if len(a.Groups) == 0 {
		return true
	}
	for _, want := range a.Groups {
		for _, have := range groups {
			if want == have {
				return true
			}
		}
	}
	return false
}

// Validate checks an application as typed and returns its canonical form.
func (a Application) Validate() (Application, error) {
	fields := map[string]*Error{}
	if strings.TrimSpace(a.Name) == "" || utf8.RuneCountInString(a.Name) > 80 || !cleanLine(a.Name) {
		fields["name"] = NewError(Invalid, "application.name")
	}
	if a.Level < LevelPassword || a.Level > LevelStrong {
		fields["level"] = NewError(Invalid, "application.level")
	}
	u, err := url.Parse(a.URL)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(a.URL, "\\\x00") {
		fields["url"] = NewError(Invalid, "application.url")
	} else {
		a.URL = u.Scheme + "://" + CanonicalHost(u.Scheme, u.Host) + strings.TrimRight(u.EscapedPath(), "/")
	}
	if len(fields) > 0 {
		return a, &Error{Kind: Invalid, Code: "form.invalid", Fields: fields}
	}
	return a, nil
}

// CanonicalHost lower-cases a host, takes off a trailing dot and the default
// port of its scheme (FA2).
func CanonicalHost(scheme, host string) string {
	host = strings.ToLower(host)
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
	}
	name = strings.TrimSuffix(name, ".")
	if port == "" || scheme == "https" && port == "443" || scheme == "http" && port == "80" {
		return name
	}
	return name + ":" + port
}
