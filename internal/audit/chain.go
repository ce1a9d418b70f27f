package audit

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Report is what a verification found of one chain.
type Report struct {
	OrganizationID core.ID
	From           time.Time // the first row that was looked at
	Until          time.Time // when the last seal was made
	Rows, Seals    int
	Waiting        int   // rows that are too new to be sealed
	Removed        int64 // by retention, since the log began
	Checkpoint     string
	// Fault is the first thing that is wrong; nil: the log is unbroken. Its code
	// says what, its params which row or seal.
	Fault *core.Error
}

// fault makes what a verification finds.
func fault(code string) *core.Error { return core.NewError(core.Conflict, code) }

// chain walks over the seals of one organization.
type chain struct {
	report  Report
	n       int64 // of the last seal, 0 before the first
	hash    string
	started bool
	public  map[core.ID]string // the keys that may sign
	hashes  map[int64]string   // of the seals that a checkpoint asks for
}

// cut begins a chain behind what retention removed.
func (c *chain) cut(cut *core.AuditCut) *core.Error {
	if cut.N == 0 {
		return nil
	}
	if key, ok := c.public[cut.Signer]; !ok || !signed(key, cutStatement(cut), cut.Signature) {
		return fault("audit.cut_changed").With("at", cut.At)
	}
	c.n, c.hash, c.started = cut.N, cut.Hash, true
	c.report.Removed = cut.Rows
	c.keep(cut.N, cut.Hash)
	return nil
}

// link takes the next seal: its number, what it says of the one before, its hash
// and its signature.
func (c *chain) link(l *core.AuditSeal) *core.Error {
	switch {
	case c.started && l.N != c.n+1:
		return fault("audit.seal_missing").With("seal", c.n+1)
	case l.Hash != sealHash(l), c.started && l.Previous != c.hash:
		return fault("audit.seal_changed").With("seal", l.N)
	}
	key, ok := c.public[l.Signer]
	switch {
	case !ok:
		return fault("audit.key_unknown").With("seal", l.N).With("key", l.Signer)
	case !signed(key, statement(l), l.Signature):
		return fault("audit.seal_changed").With("seal", l.N)
	}
	c.n, c.hash, c.started = l.N, l.Hash, true
	c.report.Seals++
	c.report.Until = l.At
	if c.report.From.IsZero() {
		c.report.From = l.From
	}
	c.report.Checkpoint = checkpointOf(l, key).String()
	c.keep(l.N, l.Hash)
	return nil
}

// expect names the checkpoints that the chain must agree with.
func (c *chain) expect(points []Checkpoint) {
	c.hashes = map[int64]string{}
	for _, p := range points {
		if p.OrganizationID == c.report.OrganizationID && p.Kind == core.SealLog {
			c.hashes[p.N] = ""
		}
	}
}

func (c *chain) keep(n int64, hash string) {
	if _, asked := c.hashes[n]; asked {
		c.hashes[n] = hash
	}
}

// agree compares the chain with checkpoints that were kept elsewhere. One from
// before what is looked at says nothing.
func (c *chain) agree(points []Checkpoint) *core.Error {
	for _, p := range points {
		if p.OrganizationID != c.report.OrganizationID || p.Kind != core.SealLog {
			continue
		}
		hash := c.hashes[p.N]
		switch {
		case p.N > c.n:
			return fault("audit.cut_off").With("seal", c.n).With("kept", p.N).With("at", p.At)
		case hash != "" && hash != p.Hash:
			return fault("audit.rewritten").With("seal", p.N).With("at", p.At)
		}
	}
	return nil
}
