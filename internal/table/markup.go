package table

import (
	"encoding/xml"
	"errors"
	"io"
	"io/fs"

	"github.com/sallyport/sallyport/internal/core"
)

// deepest is how many elements may be open at once; workbooks need a dozen.
const deepest = 64

// markup reads one part as XML, token by token. A token takes a bounded amount of
// memory, and so do the names of the elements that are open. A document type
// definition ends it, since entities come of those; no address is followed, as
// nothing here could.
type markup struct {
	part    io.ReadCloser
	decoder *xml.Decoder
	open    []string // local names of the elements that are open
	buffer  []byte
	at, end int
	left    int // bytes that the token may still take
	most    int
}

func (a *archive) markup(name string) (*markup, error) {
	p, err := a.open(name)
	if err != nil {
		return nil, err
	}
	m := &markup{part: p, buffer: make([]byte, 32<<10), most: a.limits.Row}
	m.decoder = xml.NewDecoder(m)
	return m, nil
}

// ReadByte implements io.ByteReader, through which the decoder reads: it is what
// bounds a token.
func (m *markup) ReadByte() (byte, error) {
	if m.left == 0 {
		return 0, errCell.With("limit", m.most/mega)
	}
	m.left--
	for m.at == m.end {
		n, err := m.part.Read(m.buffer)
		m.at, m.end = 0, n
		if n == 0 && err != nil {
			return 0, err
		}
	}
	c := m.buffer[m.at]
	m.at++
	return c, nil
}

// Read implements io.Reader, which a decoder takes; it reads byte by byte.
func (m *markup) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	c, err := m.ReadByte()
	if err != nil {
		return 0, err
	}
	p[0] = c
	return 1, nil
}

// next returns a start, an end or a text; io.EOF behind the last end.
func (m *markup) next() (xml.Token, error) {
	for {
		m.left = m.most
		token, err := m.decoder.RawToken()
		if err == io.EOF && len(m.open) == 0 {
			return nil, io.EOF
		}
		if err != nil {
			return nil, damaged(err)
		}
		switch is := token.(type) {
		case xml.StartElement:
			if len(m.open) == deepest {
				return nil, errDamaged
			}
			m.open = append(m.open, is.Name.Local)
			return is, nil
		case xml.EndElement:
			if len(m.open) == 0 || m.open[len(m.open)-1] != is.Name.Local {
				return nil, errDamaged
			}
			m.open = m.open[:len(m.open)-1]
			return is, nil
		case xml.CharData:
			if len(m.open) > 0 {
				return is, nil
			}
		case xml.Directive:
			return nil, errDoctype
		}
	}
}

// in reports whether an element is open, the innermost of its kind or not.
func (m *markup) in(name string) bool {
	for _, open := range m.open {
		if open == name {
			return true
		}
	}
	return false
}

// within reports whether the innermost open element has that name.
func (m *markup) within(name string) bool {
	return len(m.open) > 0 && m.open[len(m.open)-1] == name
}

// elements calls what for every start of a part, with the one around it, and
// closes the part.
func (a *archive) elements(name string, what func(parent string, e xml.StartElement) error) error {
	m, err := a.markup(name)
	if err != nil {
		return err
	}
	err = func() error {
		for {
			token, err := m.next()
			if err != nil {
				return err
			}
			e, ok := token.(xml.StartElement)
			if !ok {
				continue
			}
			parent := ""
			if n := len(m.open); n > 1 {
				parent = m.open[n-2]
			}
			if err := what(parent, e); err != nil {
				return err
			}
		}
	}()
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, m.part.Close())
}

// attribute is the value of an attribute, empty where there is none.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// damaged makes an error of what an archive and its parts are written in one of
// ours, and leaves those of the disk as they are.
func damaged(err error) error {
	var ours *core.Error
	var disk *fs.PathError
	if errors.As(err, &ours) {
		return ours
	}
	if errors.As(err, &disk) {
		return err
	}
	return errDamaged.Because(err)
}
