package logship

import (
	"bytes"
	"errors"
	"io"
	"os"
)

// File appends lines to a file. It is opened for every batch, so whoever rotates
// it needs to tell nobody.
type File struct{ Path string }

// String names the target.
func (f File) String() string { return f.Path }

// Append writes lines, each with its end, and returns when they are on disk. A
// line that was torn when a machine stopped is ended first.
func (f File) Append(lines [][]byte) error {
	file, err := os.OpenFile(f.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	err = endLine(file)
	if err == nil {
		_, err = file.Write(bytes.Join(lines, nil))
	}
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// endLine ends a file's last line where it has no end.
func endLine(file *os.File) error {
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return err
	}
	var last [1]byte
	if _, err := file.ReadAt(last[:], size-1); err != nil || last[0] == '\n' {
		return err
	}
	_, err = file.Write([]byte("\n"))
	return err
}
