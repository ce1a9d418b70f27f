package table

import (
	"archive/zip"
	"io"
	"strings"
)

// archive is the container of a workbook behind its gate: how much is unpacked of
// it is counted while that happens, whatever its headers say (UP1).
type archive struct {
	files  map[string]*zip.File // by name in lower case, as the format compares them
	size   int64
	limits Limits
	left   int64 // bytes that may still be unpacked, of all parts
}

// allowance bounds what is read while the directory of an archive is: it may claim
// a million entries, each of which would take memory before anybody counts them.
type allowance struct {
	in   io.ReaderAt
	left int64
	off  bool
}

// ReadAt implements io.ReaderAt.
func (a *allowance) ReadAt(p []byte, at int64) (int, error) {
	if !a.off {
		if a.left -= int64(len(p)); a.left < 0 {
			return 0, errParts
		}
	}
	return a.in.ReadAt(p, at)
}

func openArchive(s *Source, l Limits) (*archive, error) {
	if s.size > l.Packed {
		return nil, sizeError(s.size, l.Packed)
	}
	in := &allowance{in: s, left: mega}
	z, err := zip.NewReader(in, s.size)
	if in.left < 0 || err == nil && len(z.File) > l.Parts {
		return nil, errParts.With("limit", l.Parts)
	}
	if err != nil {
		return nil, damaged(err)
	}
	in.off = true
	a := &archive{files: map[string]*zip.File{}, size: s.size, limits: l, left: l.Unpacked}
	for _, f := range z.File {
		name := partName(f.Name)
		if a.files[name] != nil {
			return nil, errDamaged // two parts of one name: programs would disagree which it is
		}
		a.files[name] = f
	}
	return a, nil
}

// partName is how a part is looked up.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// open opens a part. What is not opened is not unpacked.
func (a *archive) open(name string) (*part, error) {
	f := a.files[partName(name)]
	if f == nil {
		return nil, errDamaged
	}
	in, err := f.Open()
	if err != nil {
		return nil, damaged(err)
	}
	packed := a.size
	if f.CompressedSize64 < uint64(a.size) { // what it claims beyond is not there
		packed = int64(f.CompressedSize64)
	}
	return &part{in: in, of: a, packed: packed}, nil
}

// part is an open part of an archive that counts what comes out.
type part struct {
	in     io.ReadCloser
	of     *archive
	packed int64
	total  int64
}

// Read implements io.Reader.
func (p *part) Read(b []byte) (int, error) {
	n, err := p.in.Read(b)
	p.total += int64(n)
	p.of.left -= int64(n)
	if p.of.left < 0 || p.total > mega && p.total/p.of.limits.Ratio > p.packed {
		return 0, errUnpacked.With("limit", p.of.limits.Unpacked/mega).With("ratio", p.of.limits.Ratio)
	}
	return n, err
}

// Close implements io.Closer.
func (p *part) Close() error { return p.in.Close() }
