package core

import (
	"path"
	"strings"
	"time"
	"unicode/utf8"
)

// LoadSourceKind is where a schedule takes rows from.
type LoadSourceKind string

// The kinds.
const (
	LoadFromFile  LoadSourceKind = "file"  // one file of a folder
	LoadFromWatch LoadSourceKind = "watch" // whatever is put into a folder
	LoadFromQuery LoadSourceKind = "query" // a query on a database
)

// LoadSourceKinds are all kinds, in the order in which they are offered.
func LoadSourceKinds() []LoadSourceKind {
	return []LoadSourceKind{LoadFromFile, LoadFromWatch, LoadFromQuery}
}

// The numbers of schedules.
const (
	LoadSchedulesPerOrganization = 50
	// LoadScheduleFailures is how often a schedule fails in a row before it stops.
	LoadScheduleFailures = 5
	// LoadScheduleLease is how long reading what a schedule loads may take.
	LoadScheduleLease = 10 * time.Minute
	// LoadScheduleName is how many characters the name of a file may have.
	LoadScheduleName = 120
	// LoadScheduleQuery is how many bytes a query may have.
	LoadScheduleQuery = 64 << 10
)

// LoadPlace is a folder or a database that the operator configured, by the name that
// people see.
type LoadPlace struct {
	Query bool // a database; otherwise it is a folder
	Name  string
}

// LoadSource is where a schedule takes rows from.
type LoadSource struct {
	Kind  LoadSourceKind
	Place string // name of a folder or a database
	Name  string // of the file; of LoadFromWatch a pattern with * and ?
	Query string
}

// In returns the place of the source.
func (s LoadSource) In() LoadPlace { return LoadPlace{s.Kind == LoadFromQuery, s.Place} }

// Check says what is wrong with a source. A name is that of a file in the folder
// itself: nothing in it leads elsewhere, and files that begin with a dot are not
// those that people put there.
func (s LoadSource) Check() error {
	switch s.Kind {
	case LoadFromFile, LoadFromWatch:
		pattern := s.Kind == LoadFromWatch
		_, bad := path.Match(s.Name, "x")
		if !plainName(s.Name) || strings.ContainsAny(s.Name, `[]`) || !pattern && strings.ContainsAny(s.Name, `*?`) || pattern && bad != nil {
			return InField("file", NewError(Invalid, "schedule.file"))
		}
	case LoadFromQuery:
		if strings.TrimSpace(s.Query) == "" || len(s.Query) > LoadScheduleQuery || strings.IndexByte(s.Query, 0) >= 0 {
			return InField("query", NewError(Invalid, "schedule.query"))
		}
	default:
		return InField("kind", NewError(Invalid, "schedule.kind"))
	}
	return nil
}

func plainName(name string) bool {
	return name != "" && utf8.RuneCountInString(name) <= LoadScheduleName && cleanLine(name) && !strings.HasPrefix(name, ".") &&
		!strings.ContainsAny(name, `/\:`)
}

// Takes reports whether a file of a watched folder is one that the source is for.
func (s LoadSource) Takes(name string) bool {
	ok, err := path.Match(s.Name, name)
	return ok && err == nil && plainName(name)
}

// LoadFault is why a schedule failed: the code of an error, with what its sentence
// needs.
type LoadFault struct {
	Code   string         `json:",omitempty"`
	Params map[string]any `json:",omitempty"`
}

// LoadSchedule loads what a source has, again and again, as the person of a key.
type LoadSchedule struct {
	ID             ID
	OrganizationID ID
	By             Actor // the key's person, who saved it
	PackageID      ID
	KeyID          ID
	Source         LoadSource
	Cron           string // five fields; empty where a folder is watched
	Zone           string // in which they are meant
	NextAt         time.Time
	Stopped        bool
	Failures       int // in a row
	Fault          LoadFault
	LastAt         time.Time // when it was last its turn
	LastRun        ID        // the load that began then; empty: none did
	Settled        bool      // what became of that load is counted
	LastHash       string    // of the file that was taken last
	CreatedAt      time.Time
	Version        int // of what a person said; turns do not change it
}

// Failed is the schedule after one more failure: at the last that is allowed it stops.
func (s LoadSchedule) Failed(why LoadFault) LoadSchedule {
	s.Failures++
	s.Fault = why
	s.Stopped = s.Stopped || s.Failures >= LoadScheduleFailures
	return s
}

// LoadScheduleTurn stores what became of a turn; ErrStale where somebody else has the
// lease, or where a person changed the schedule meanwhile.
type LoadScheduleTurn struct {
	Is     LoadSchedule
	Owner  string
	Record Record
}

// Title is how people know a source apart: its place, and the file where there is one.
func (s LoadSource) Title() string {
	if s.Kind == LoadFromQuery {
		return s.Place
	}
	return s.Place + ": " + s.Name
}
