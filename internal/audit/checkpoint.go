package audit

import (
	"regexp"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Checkpoint says how far a log reached at a time, signed. Kept elsewhere it
// proves that the tail was not cut since (AU4).
type Checkpoint struct {
	OrganizationID core.ID
	Kind           core.SealKind
	N              int64
	At             time.Time
	Hash           string
	Public         string // of the key that signed it
	Signature      string
}

// checkpointOf is the checkpoint that a seal is.
func checkpointOf(l *core.AuditSeal, public string) Checkpoint {
	return Checkpoint{OrganizationID: l.OrganizationID, Kind: l.Kind, N: l.N, At: l.At, Hash: l.Hash, Public: public, Signature: l.Signature}
}

// String is the one line to keep.
func (c Checkpoint) String() string {
	return c.statement() + " " + c.Public + " " + c.Signature
}

func (c Checkpoint) statement() string {
	return statement(&core.AuditSeal{OrganizationID: c.OrganizationID, Kind: c.Kind, N: c.N, At: c.At, Hash: c.Hash})
}

// holds reports whether the key it names signed it.
func (c Checkpoint) holds() bool { return signed(c.Public, c.statement(), c.Signature) }

var checkpointForm = regexp.MustCompile(format + ` (log|export) (-|[0-9a-zA-Z_-]{1,64}) ([1-9][0-9]{0,18}) (\S{20,40}) ([0-9A-Za-z_-]{43}) ([0-9A-Za-z_-]{43}) ([0-9A-Za-z_-]{86})`)

// Checkpoints finds every checkpoint in a text, which may be a whole log of a
// server. One whose signature does not hold gives an error that names it.
func Checkpoints(in string) ([]Checkpoint, error) {
	var all []Checkpoint
	for _, m := range checkpointForm.FindAllStringSubmatch(in, -1) {
		n, err := strconv.ParseInt(m[3], 10, 64)
		at, timeErr := time.Parse(timeForm, m[4])
		c := Checkpoint{Kind: core.SealKind(m[1]), OrganizationID: idOf(m[2]), N: n, At: at, Hash: m[5], Public: m[6], Signature: m[7]}
		if err != nil || timeErr != nil || !c.holds() {
			return nil, core.NewError(core.Invalid, "audit.checkpoint").With("checkpoint", m[0])
		}
		all = append(all, c)
	}
	if len(all) == 0 {
		return nil, core.NewError(core.Invalid, "audit.no_checkpoint")
	}
	return all, nil
}
