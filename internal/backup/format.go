package backup

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The first line of every backup.
const (
	formatName    = "sallyport-backup"
	formatVersion = 1
)

// maxLine bounds one line: a row with a picture is far below it.
const maxLine = 16 << 20

// Sink takes what a backup holds: the version of the schema, then table by
// table. A value is a string, an int64 or a bool.
type Sink interface {
	Schema(version int64) error
	Table(name string, columns []string) error
	Row(values []any) error
}

// Head says where and when a backup was made.
type Head struct {
	TakenAt time.Time
	MadeBy  string // the version of the program
	From    string // the kind of database; any other can take it in
}

// Summary is what a whole backup holds.
type Summary struct {
	Head
	Schema int64
	Rows   map[string]int64 // by table
}

// Total returns how many rows there are.
func (s Summary) Total() int64 {
	var n int64
	for _, rows := range s.Rows {
		n += rows
	}
	return n
}

// The errors of reading.
var (
	// ErrDamaged: the file was cut off, or changed after it was written.
	ErrDamaged = core.NewError(core.Invalid, "backup.damaged")
	// ErrForeign: the file is something else, or of a format to come.
	ErrForeign = core.NewError(core.Invalid, "backup.foreign")
	// ErrSealed: the key or passphrase given does not open it.
	ErrSealed = core.NewError(core.Invalid, "backup.sealed")
	// ErrKeyNeeded: it is sealed, and neither key nor passphrase was given.
	ErrKeyNeeded = core.NewError(core.Invalid, "backup.key_needed")
)

// headLine is the first line.
type headLine struct {
	Format  string    `json:"format"`
	Version int       `json:"version"`
	Schema  int64     `json:"schema"`
	TakenAt time.Time `json:"taken_at"`
	MadeBy  string    `json:"made_by"`
	From    string    `json:"from"`
}

// tableLine begins a table; its rows follow, each a JSON array.
type tableLine struct {
	Table   string   `json:"table"`
	Columns []string `json:"columns"`
}

// endLine is the last line.
type endLine struct {
	End  bool             `json:"end"`
	Rows map[string]int64 `json:"rows"`
	Sum  string           `json:"sha256"` // of every byte before this line
}

// rawCell is a text that JSON cannot hold as it is.
type rawCell struct {
	Base64 []byte `json:"base64"`
}
