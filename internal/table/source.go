package table

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
)

// Source is a file that can be read from its beginning more than once, and that
// notices when somebody writes to it meanwhile.
type Source struct {
	data  io.ReaderAt
	size  int64
	was   fs.FileInfo
	again func() (fs.FileInfo, error)
}

// File returns an open file as a source, which keeps its name while it is read. The
// caller closes it.
func File(f *os.File) (*Source, error) {
	is, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !is.Mode().IsRegular() {
		return nil, errKind
	}
	// By its name: a program that saves a file anew leaves the one we hold as it was.
	again := func() (fs.FileInfo, error) { return os.Stat(f.Name()) }
	return &Source{data: f, size: is.Size(), was: is, again: again}, nil
}

// Data returns what nobody but the caller can write to as a source: an upload that
// was put aside, under a name or none.
func Data(in io.ReaderAt, size int64) *Source { return &Source{data: in, size: size} }

// Bytes returns what is in memory as a source: what was pasted, or a small file.
func Bytes(b []byte) *Source { return Data(bytes.NewReader(b), int64(len(b))) }

// ReadAt implements io.ReaderAt. What was written behind the end since the file
// was opened is not read.
func (s *Source) ReadAt(p []byte, at int64) (int, error) {
	if at >= s.size {
		return 0, io.EOF
	}
	short := int64(len(p)) > s.size-at
	if short {
		p = p[:s.size-at]
	}
	n, err := s.data.ReadAt(p, at)
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

// Size is how many bytes it has.
func (s *Source) Size() int64 { return s.size }

// Sum is the SHA-256 of the whole, in hexadecimal.
func (s *Source) Sum() (string, error) {
	h := sha256.New()
	if _, err := io.Copy(h, io.NewSectionReader(s, 0, s.size)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// changed reports whether the file is another one than when it was opened.
func (s *Source) changed() bool {
	if s.again == nil {
		return false
	}
	is, err := s.again()
	return err != nil || is.Size() != s.size || !is.ModTime().Equal(s.was.ModTime()) || !os.SameFile(is, s.was)
}
