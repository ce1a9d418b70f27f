package audit

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"slices"

	"github.com/sallyport/sallyport/internal/core"
)

// fileLine bounds a line of a file: a seal of SealRows rows is far below it.
const fileLine = 8 << 20

// FileReport is what a verification found in a file.
type FileReport struct {
	Chains []Report // one for each organization in it
	// Picked: the rows were filtered when the file was written. It is then
	// unchanged since, but what it leaves out cannot be told.
	Picked bool
	// Stream: the file was written by the stream, and may begin anywhere.
	Stream bool
	// Skipped counts lines of a stream that were torn when a server stopped.
	Skipped int
	Keys    []string // the public keys that signed; the first is the oldest
}

// Fault returns the first fault of all chains, or nil.
func (r FileReport) Fault() *core.Error {
	for _, c := range r.Chains {
		if c.Fault != nil {
			return c.Fault
		}
	}
	return nil
}

// VerifyFile checks an exported file, or one that the stream wrote, without any
// secret. What it rests on is the public key: pinned ones are those of kept
// checkpoints and of pins; without either the report says which key signed.
func VerifyFile(in io.Reader, points []Checkpoint, pins []string) (FileReport, error) {
	v := &fileVerifier{points: points, chains: map[core.ID]*fileChain{}, public: map[core.ID]string{}, keys: map[core.ID]keyLine{}}
	scan := bufio.NewScanner(in)
	scan.Buffer(make([]byte, 256<<10), fileLine)
	for number := 1; scan.Scan(); number++ {
		if f := v.line(scan.Bytes(), number); f != nil {
			return v.done(f), nil
		}
	}
	if err := scan.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			return v.done(fault("audit.file_line")), nil
		}
		return FileReport{}, err
	}
	return v.done(v.end(pins)), nil
}

type fileVerifier struct {
	report  FileReport
	points  []Checkpoint
	head    fileHead
	begun   bool   // there was a head
	digest  string // of the head, until a seal names it
	chains  map[core.ID]*fileChain
	order   []core.ID
	current *fileChain
	pending []pendingRow // events since the last seal
	text    []byte       // their lines
	keys    map[core.ID]keyLine
	public  map[core.ID]string
	last    Checkpoint // of the last seal
	ended   bool       // the last line was a checkpoint
}

type fileChain struct{ chain }

// pendingRow is an event line that no seal named yet; its id is read only where
// something is wrong.
type pendingRow struct {
	digest [digestLength]byte // as text
	line   []byte             // a part of the verifier's text
}

// is reports whether the row has a digest.
func (p *pendingRow) is(digest string) bool { return string(p.digest[:]) == digest }

func (p pendingRow) id() core.ID {
	var e struct {
		ID core.ID `json:"id"`
	}
	_ = json.Unmarshal(p.line, &e) // a line that was changed may be no JSON
	return e.ID
}

// inside returns the value of a line {"kind":value}.
func inside(line []byte, kind string) ([]byte, bool) {
	value, ok := bytes.CutPrefix(line, []byte(`{"`+kind+`":`))
	if !ok || !bytes.HasSuffix(value, []byte("}")) {
		return nil, false
	}
	return value[:len(value)-1], true
}

func (v *fileVerifier) line(line []byte, number int) *core.Error {
	line = bytes.TrimSuffix(line, []byte("\r"))
	if value, ok := inside(line, "event"); ok {
		v.ended = false
		from := len(v.text)
		v.text = append(v.text, value...) // the line's own bytes are read over
		row := pendingRow{line: v.text[from:len(v.text):len(v.text)]}
		sum := sha256.Sum256(value)
		text.Encode(row.digest[:], sum[:])
		v.pending = append(v.pending, row)
		return nil
	}
	bad := fault("audit.file_line").With("line", number)
	for kind, take := range map[string]func([]byte) (*core.Error, error){
		"seal": v.seal, "key": v.key, "cut": v.cut, "file": v.file, "checkpoint": v.checkpoint, "note": v.note,
	} {
		value, ok := inside(line, kind)
		if !ok {
			continue
		}
		f, err := take(value)
		if err != nil && v.begun {
			return bad.Because(err)
		}
		if err != nil {
			v.report.Skipped++
		}
		return f
	}
	if v.begun {
		return bad
	}
	v.report.Skipped++ // torn, where a server stopped while it wrote
	return nil
}

func (v *fileVerifier) note([]byte) (*core.Error, error) { return nil, nil }

func (v *fileVerifier) file(value []byte) (*core.Error, error) {
	if v.begun || len(v.order) > 0 || len(v.pending) > 0 {
		return fault("audit.file_line"), nil
	}
	if err := json.Unmarshal(value, &v.head); err != nil {
		return nil, err
	}
	if v.head.Format != format {
		return nil, core.NewError(core.Invalid, "audit.file_foreign")
	}
	v.begun, v.digest, v.report.Picked = true, digestOf(value), !v.head.Whole
	return nil, nil
}

func (v *fileVerifier) key(value []byte) (*core.Error, error) {
	var k keyLine
	if err := json.Unmarshal(value, &k); err != nil {
		return nil, err
	}
	if before, twice := v.keys[k.ID]; twice && before.Public != k.Public {
		return fault("audit.key_unknown").With("key", k.ID).With("seal", int64(0)), nil
	} else if !twice {
		v.report.Keys = append(v.report.Keys, k.Public)
	}
	v.keys[k.ID], v.public[k.ID] = k, k.Public
	return nil, nil
}

// chain returns an organization's chain, new where it is the first line of it.
func (v *fileVerifier) chain(id core.ID) *fileChain {
	c, ok := v.chains[id]
	if !ok {
		c = &fileChain{chain{report: Report{OrganizationID: id}, public: v.public}}
		c.expect(v.points)
		if v.begun { // an export begins where its head says
			c.started, c.n = true, v.head.FirstSeal-1
		}
		v.chains[id] = c
		v.order = append(v.order, id)
	}
	v.current = c
	return c
}

func (v *fileVerifier) cut(value []byte) (*core.Error, error) {
	var l cutLine
	if err := json.Unmarshal(value, &l); err != nil {
		return nil, err
	}
	cut := l.cut()
	if !v.begun || cut.OrganizationID != v.head.Organization || cut.N != v.head.FirstSeal-1 {
		return fault("audit.cut_changed").With("at", cut.At), nil
	}
	return v.chain(cut.OrganizationID).cut(&cut), nil
}

func (v *fileVerifier) seal(value []byte) (*core.Error, error) {
	l, err := readSeal(value)
	if err != nil {
		return nil, err
	}
	if v.begun && l.OrganizationID != v.head.Organization {
		return fault("audit.seal_changed").With("seal", l.N), nil
	}
	c := v.chain(l.OrganizationID)
	rows := v.pending
	v.pending = v.pending[:0] // the next line comes when this one is done
	defer func() { v.text = v.text[:0] }()
	if !v.begun && c.started && l.N <= c.n {
		if l.N == c.n && l.Hash != c.hash {
			return fault("audit.seal_changed").With("seal", l.N), nil
		}
		return nil, nil // the stream sent it again
	}
	if f := c.link(&l); f != nil {
		return f, nil
	}
	v.last = checkpointOf(&l, v.public[l.Signer])
	v.ended = false
	return v.rows(c, &l, rows), nil
}

// rows compares the rows before a seal with those it names. The stream may have
// sent some twice.
func (v *fileVerifier) rows(c *fileChain, l *core.AuditSeal, got []pendingRow) *core.Error {
	var want []rowDigest
	head := true
	_ = eachRow(l.Rows, func(id core.ID, digest string) error { // it returns none
		if id == fileRow && l.Kind == core.SealExport {
			head = digest == v.digest
			v.digest = ""
			return nil
		}
		want = append(want, rowDigest{id, digest})
		return nil
	})
	if !head {
		return fault("audit.file_head")
	}
	if !v.begun && len(got) > len(want) {
		got = got[len(got)-len(want):]
	}
	for i, w := range want {
		if i < len(got) && got[i].is(w.digest) {
			continue
		}
		return differs(want, got, i).With("seal", l.N)
	}
	if len(got) > len(want) {
		return fault("audit.row_added").With("row", got[len(want)].id()).With("at", l.At).With("seal", l.N)
	}
	c.report.Rows += len(want)
	return nil
}

// differs names the first row that is not as it was sealed.
func differs(want []rowDigest, got []pendingRow, i int) *core.Error {
	w := want[i]
	if i >= len(got) {
		return fault("audit.row_missing").With("row", w.id)
	}
	here := got[i].id()
	later := slices.ContainsFunc(got[i+1:], func(p pendingRow) bool { return p.is(w.digest) })
	switch known := slices.ContainsFunc(want, func(r rowDigest) bool { return r.id == here }); {
	case here == w.id || here == "":
		return fault("audit.row_changed").With("row", w.id)
	case later && known:
		return fault("audit.row_moved").With("row", here)
	case later:
		return fault("audit.row_added").With("row", here)
	case known:
		return fault("audit.row_missing").With("row", w.id)
	}
	return fault("audit.row_changed").With("row", w.id)
}

func (v *fileVerifier) checkpoint(value []byte) (*core.Error, error) {
	var kept string
	if err := json.Unmarshal(value, &kept); err != nil {
		return nil, err
	}
	if kept != v.last.String() {
		if v.begun {
			return fault("audit.cut_off").With("seal", v.last.N).With("kept", int64(0)).With("at", v.last.At), nil
		}
		return nil, nil // of another chain of the stream
	}
	v.ended = true
	return nil, nil
}

// end checks what only the end of a file can tell.
func (v *fileVerifier) end(pins []string) *core.Error {
	if len(v.order) == 0 {
		return core.NewError(core.Invalid, "audit.file_empty")
	}
	for _, id := range v.order {
		c := v.chains[id]
		c.report.Waiting = len(v.pending)
		if f := c.agree(v.points); f != nil && !v.report.Picked {
			c.report.Fault = f
			return f
		}
	}
	if v.begun && (!v.ended || v.digest != "" || len(v.pending) > 0) {
		return fault("audit.file_short")
	}
	v.report.Stream = !v.begun
	for _, p := range v.points {
		pins = append(pins, p.Public)
	}
	if len(pins) > 0 && !v.rooted(pins) {
		return fault("audit.key_other")
	}
	return nil
}

// rooted reports whether the key of the last seal is a pinned one, or was
// endorsed by one through keys in the file, or endorsed one.
func (v *fileVerifier) rooted(pins []string) bool {
	reach := func(from core.ID) bool {
		for seen := 0; seen <= len(v.keys); seen++ {
			k, ok := v.keys[from]
			if !ok {
				return false
			}
			if slices.Contains(pins, k.Public) {
				return true
			}
			before, ok := v.keys[k.EndorsedBy]
			if !ok || !signed(before.Public, keyStatement(k.ID, k.Public), k.Endorsed) {
				return false
			}
			from = before.ID
		}
		return false
	}
	for id, k := range v.keys {
		if k.Public == v.last.Public {
			return reach(id)
		}
	}
	return false
}

// done finishes the report with what was found.
func (v *fileVerifier) done(f *core.Error) FileReport {
	for _, id := range v.order {
		v.report.Chains = append(v.report.Chains, v.chains[id].report)
	}
	if f == nil || v.report.Fault() != nil {
		return v.report
	}
	if v.current == nil {
		v.report.Chains = append(v.report.Chains, Report{OrganizationID: cmp.Or(v.head.Organization, "")})
	}
	at := len(v.report.Chains) - 1
	for i, c := range v.report.Chains {
		if v.current != nil && c.OrganizationID == v.current.report.OrganizationID {
			at = i
		}
	}
	v.report.Chains[at].Fault = f
	return v.report
}
