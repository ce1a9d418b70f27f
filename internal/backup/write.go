package backup

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"unicode/utf8"
)

// Writer writes a backup. It is a [Sink]; Close writes the end, without which
// the file counts as cut off.
type Writer struct {
	head    Head
	schema  int64
	out     *bufio.Writer
	closers []io.Closer // inside out
	line    bytes.Buffer
	json    *json.Encoder
	sum     hash.Hash
	table   string
	rows    map[string]int64
}

// NewWriter begins a backup that s seals.
func NewWriter(to io.Writer, s Seal, h Head) (*Writer, error) {
	w := &Writer{head: h, sum: sha256.New(), rows: map[string]int64{}}
	sealed, err := s.wrap(to)
	if err != nil {
		return nil, err
	}
	packed, err := gzip.NewWriterLevel(sealed, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	w.closers = []io.Closer{packed, sealed}
	w.out = bufio.NewWriterSize(packed, 64<<10)
	w.json = json.NewEncoder(&w.line)
	w.json.SetEscapeHTML(false)
	return w, nil
}

// Schema implements [Sink].
func (w *Writer) Schema(version int64) error {
	w.schema = version
	return w.write(headLine{formatName, formatVersion, version, w.head.TakenAt.UTC(), w.head.MadeBy, w.head.From})
}

// Table implements [Sink].
func (w *Writer) Table(name string, columns []string) error {
	w.table, w.rows[name] = name, 0
	return w.write(tableLine{name, columns})
}

// Row implements [Sink].
func (w *Writer) Row(values []any) error {
	w.rows[w.table]++
	for i, v := range values {
		if text, ok := v.(string); ok && !utf8.ValidString(text) {
			values[i] = rawCell{[]byte(text)}
		}
	}
	return w.write(values)
}

func (w *Writer) write(v any) error {
	w.line.Reset()
	if err := w.json.Encode(v); err != nil {
		return err
	}
	if w.line.Len() > maxLine {
		return fmt.Errorf("backup: a row of %s is too long", w.table)
	}
	w.sum.Write(w.line.Bytes())
	_, err := w.out.Write(w.line.Bytes())
	return err
}

// Close writes the end and says what the backup holds.
func (w *Writer) Close() (Summary, error) {
	err := w.write(endLine{true, w.rows, hex.EncodeToString(w.sum.Sum(nil))})
	err = errors.Join(err, w.out.Flush())
	for _, c := range w.closers {
		err = errors.Join(err, c.Close())
	}
	return Summary{Head: w.head, Schema: w.schema, Rows: w.rows}, err
}
