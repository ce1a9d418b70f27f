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
	"io"
	"maps"
)

// Read hands everything in a backup to to, and makes sure at the end that
// nothing was missing or changed: what to did counts only when Read returns no
// error. An error of to is returned as it is.
func Read(from io.Reader, k Key, to Sink) (Summary, error) {
	opened, err := k.open(from)
	if err != nil {
		return Summary{}, err
	}
	packed, err := gzip.NewReader(opened)
	if err != nil {
		return Summary{}, ErrDamaged.Because(err)
	}
	packed.Multistream(false)
	r := &reader{in: bufio.NewReaderSize(packed, 64<<10), to: to, rows: map[string]int64{}}
	s, err := r.all()
	if err != nil {
		return Summary{}, err
	}
	// Reading on to the end is what makes the seal speak about the last piece.
	for _, rest := range []io.Reader{packed, opened} {
		if n, err := io.Copy(io.Discard, rest); err != nil || n > 0 {
			return Summary{}, ErrDamaged.Because(fmt.Errorf("%d bytes behind the end: %w", n, errors.Join(err)))
		}
	}
	return s, nil
}

// reader reads the lines of a backup.
type reader struct {
	in      *bufio.Reader
	to      Sink
	sum     []byte // of the lines before the present one
	table   string
	width   int
	rows    map[string]int64
	values  []any
	scratch []byte
}

func (r *reader) all() (Summary, error) {
	hash := sha256.New()
	line, err := r.next()
	if err != nil {
		return Summary{}, err
	}
	var head headLine
	if json.Unmarshal(line, &head) != nil || head.Format != formatName {
		return Summary{}, ErrForeign
	}
	if head.Version != formatVersion {
		return Summary{}, ErrForeign.Because(fmt.Errorf("format %d", head.Version))
	}
	if err := r.to.Schema(head.Schema); err != nil {
		return Summary{}, err
	}
	s := Summary{Head: Head{head.TakenAt, head.MadeBy, head.From}, Schema: head.Schema, Rows: r.rows}
	for {
		hash.Write(line)
		if line, err = r.next(); err != nil {
			return s, err
		}
		r.sum = hash.Sum(r.sum[:0])
		done, err := r.line(line)
		if done || err != nil {
			return s, err
		}
	}
}

// next returns one line with its end; it is good until the next call.
func (r *reader) next() ([]byte, error) {
	r.scratch = r.scratch[:0]
	for {
		piece, err := r.in.ReadSlice('\n')
		r.scratch = append(r.scratch, piece...)
		switch {
		case err == nil:
			return r.scratch, nil
		case errors.Is(err, bufio.ErrBufferFull) && len(r.scratch) <= maxLine:
		default:
			return nil, ErrDamaged.Because(err)
		}
	}
}

// line takes one line; done is true after the last.
func (r *reader) line(line []byte) (done bool, err error) {
	if line[0] == '[' {
		return false, r.row(line)
	}
	var x struct {
		tableLine
		endLine
	}
	if err := json.Unmarshal(line, &x); err != nil {
		return false, ErrDamaged.Because(err)
	}
	switch {
	case x.End && x.Sum == hex.EncodeToString(r.sum) && maps.Equal(x.Rows, r.rows):
		return true, nil
	case x.End:
		return false, ErrDamaged.Because(errors.New("the sum or the counts differ"))
	case x.Table == "" || len(x.Columns) == 0:
		return false, ErrDamaged.Because(errors.New("a line that is neither table nor row"))
	}
	if _, twice := r.rows[x.Table]; twice {
		return false, ErrDamaged.Because(fmt.Errorf("%s twice", x.Table))
	}
	r.table, r.width, r.rows[x.Table] = x.Table, len(x.Columns), 0
	return false, r.to.Table(x.Table, x.Columns)
}

func (r *reader) row(line []byte) error {
	r.values = r.values[:0]
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	if err := d.Decode(&r.values); err != nil {
		return ErrDamaged.Because(err)
	}
	if r.table == "" || len(r.values) != r.width {
		return ErrDamaged.Because(fmt.Errorf("a row of %q has %d values", r.table, len(r.values)))
	}
	for i, v := range r.values {
		cell, err := value(v)
		if err != nil {
			return err
		}
		r.values[i] = cell
	}
	r.rows[r.table]++
	return r.to.Row(r.values)
}

// value turns what JSON holds into a string, an int64 or a bool.
func value(v any) (any, error) {
	switch v := v.(type) {
	case string, bool:
		return v, nil
	case json.Number:
		n, err := v.Int64()
		if err != nil {
			return nil, ErrDamaged.Because(err)
		}
		return n, nil
	case map[string]any:
		var raw rawCell
		again, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(again, &raw)
		}
		if err != nil || len(v) != 1 || raw.Base64 == nil {
			return nil, ErrDamaged.Because(err)
		}
		return string(raw.Base64), nil
	}
	return nil, ErrDamaged.Because(fmt.Errorf("a value of %T", v))
}
