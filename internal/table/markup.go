package table

import (
	"bytes"
	"errors"
	"io"
	"io/fs"

	"github.com/sallyport/sallyport/internal/core"
)

// deepest is how many elements may be open at once; workbooks need a dozen.
const deepest = 64

// token is what a part of XML is read as.
type token int

const (
	starts token = iota // of an element: name and attributes
	ends                // of an element: name
	chars               // text within an element
)

// markup reads one part as XML, token by token, in a buffer that no token may
// outgrow. What a token consists of is good until the next one. A document type
// definition ends it, since entities come of those; no address is followed, as
// nothing here could.
//
// It is not encoding/xml for two reasons: that holds a token however long it is,
// and takes most of the time that reading a sheet takes (ADR 31). What both take,
// both take alike; a test holds them side by side.
type markup struct {
	part   io.ReadCloser
	buffer []byte // what was read and is not a token yet: buffer[at:]
	at     int
	ended  bool
	most   int // bytes of a token

	name       string // local, of the element
	attributes []attribute
	text       []byte
	open       []string // local names of the elements that are open
	closes     bool     // the element that was started ends at once
	begun      bool
	names      map[string]string
}

// attribute is one of an element.
type attribute struct{ name, value []byte }

func (a *archive) markup(name string) (*markup, error) {
	p, err := a.open(name)
	if err != nil {
		return nil, err
	}
	return newMarkup(p, a.limits.Row), nil
}

func newMarkup(part io.ReadCloser, most int) *markup {
	return &markup{part: part, buffer: make([]byte, 0, 64<<10), most: most, names: map[string]string{}}
}

// more reads on behind what is in the buffer. A token that has filled it makes it
// larger, up to the most.
func (m *markup) more() error {
	if m.ended {
		return errDamaged // in the midst of a token
	}
	rest := m.buffer[m.at:]
	if len(rest) >= m.most {
		return errCell.With("limit", m.most/mega)
	}
	if m.at > 0 {
		m.buffer = m.buffer[:copy(m.buffer, rest)]
		m.at = 0
	}
	if len(m.buffer) == cap(m.buffer) {
		m.buffer = append(make([]byte, 0, 2*cap(m.buffer)), m.buffer...)
	}
	n, err := m.part.Read(m.buffer[len(m.buffer):cap(m.buffer)])
	m.buffer = m.buffer[:len(m.buffer)+n]
	if err == io.EOF {
		m.ended, err = true, nil
	}
	if err != nil {
		return damaged(err)
	}
	return nil
}

// next reads the next token; io.EOF comes behind the end of the last element.
func (m *markup) next() (token, error) {
	if m.closes {
		m.closes = false
		return ends, m.leave()
	}
	for {
		rest := m.buffer[m.at:]
		if len(rest) == 0 {
			if m.ended && len(m.open) == 0 && m.begun {
				return 0, io.EOF
			}
			if err := m.more(); err != nil {
				return 0, err
			}
			continue
		}
		if !m.begun {
			m.begun = true
			if err := m.mark(); err != nil {
				return 0, err
			}
			continue
		}
		is, found, err := m.token(rest)
		if err != nil {
			return 0, err
		}
		if found {
			return is, nil
		}
	}
}

// mark passes over a byte order mark.
func (m *markup) mark() error {
	for len(m.buffer) < 3 && !m.ended {
		if err := m.more(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(m.buffer, []byte("\ufeff")) {
		m.at = 3
	}
	return nil
}

// token reads what the rest of the buffer begins with. It is not found where there
// was nothing to tell, or more must be read first.
func (m *markup) token(rest []byte) (is token, found bool, err error) {
	if rest[0] != '<' {
		n := bytes.IndexByte(rest, '<')
		if n < 0 && !m.ended {
			return 0, false, m.more()
		}
		if n < 0 {
			n = len(rest)
		}
		m.at += n
		return m.said(rest[:n], true)
	}
	if len(rest) < 2 {
		return 0, false, m.more()
	}
	switch rest[1] {
	case '?':
		inside, err := m.until(rest, "<?", "?>")
		if err == nil && inside != nil && foreignEncoding(inside) {
			err = errDamaged
		}
		return 0, false, err
	case '!':
		return m.special(rest)
	case '/':
		n := bytes.IndexByte(rest, '>')
		if n < 0 {
			return 0, false, m.more()
		}
		name := bytes.TrimRight(rest[2:n], " \t\r\n")
		if !proper(name) {
			return 0, false, errDamaged
		}
		m.at += n + 1
		m.name = m.known(local(name))
		return ends, true, m.leave()
	}
	n, err := m.element(rest)
	if err != nil || n == 0 {
		if err == nil {
			err = m.more()
		}
		return 0, false, err
	}
	m.at += n
	return starts, true, m.enter()
}

// special reads what begins with <! and may be there: a comment, or text that is
// taken as it stands.
func (m *markup) special(rest []byte) (token, bool, error) {
	const comment, text = "<!--", "<![CDATA["
	switch {
	case bytes.HasPrefix(rest, []byte(comment)):
		_, err := m.until(rest, comment, "-->")
		return 0, false, err
	case bytes.HasPrefix(rest, []byte(text)):
		inside, err := m.until(rest, text, "]]>")
		if err != nil || inside == nil {
			return 0, false, err
		}
		return m.said(inside, false)
	case len(rest) < len(text) && !m.ended && (bytes.HasPrefix([]byte(text), rest) || bytes.HasPrefix([]byte(comment), rest)):
		return 0, false, m.more()
	}
	return 0, false, errDoctype
}

// until passes over what stands between two marks and returns it, nil where more
// must be read first.
func (m *markup) until(rest []byte, from, to string) ([]byte, error) {
	n := bytes.Index(rest[len(from):], []byte(to))
	if n < 0 {
		return nil, m.more()
	}
	m.at += len(from) + n + len(to)
	return rest[len(from) : len(from)+n], nil
}

// said takes text within an element; between the elements of a part there is none
// but space.
func (m *markup) said(text []byte, escaped bool) (token, bool, error) {
	if len(m.open) == 0 {
		if len(bytes.TrimSpace(text)) > 0 {
			return 0, false, errDamaged
		}
		return 0, false, nil
	}
	if !legible(text) {
		return 0, false, errDamaged
	}
	var ok bool
	if m.text, ok = resolved(text, escaped); !ok {
		return 0, false, errDamaged
	}
	return chars, true, nil
}

// enter notes that an element is open.
func (m *markup) enter() error {
	if len(m.open) == deepest {
		return errDamaged
	}
	m.open = append(m.open, m.name)
	return nil
}

// leave notes the end of the innermost element, which must be the one that is open.
func (m *markup) leave() error {
	last := len(m.open) - 1
	if last < 0 || m.open[last] != m.name {
		return errDamaged
	}
	m.open = m.open[:last]
	return nil
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

// parent is the name of the element around the innermost one.
func (m *markup) parent() string {
	if len(m.open) < 2 {
		return ""
	}
	return m.open[len(m.open)-2]
}

// raw is the value of an attribute, empty where there is none.
func (m *markup) raw(name string) []byte {
	for _, a := range m.attributes {
		if string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// value is the value of an attribute as a text to keep.
func (m *markup) value(name string) string { return string(m.raw(name)) }

// elements calls what for every start of a part, and closes the part.
func (a *archive) elements(name string, what func(m *markup) error) error {
	m, err := a.markup(name)
	if err != nil {
		return err
	}
	for err == nil {
		var is token
		if is, err = m.next(); err == nil && is == starts {
			err = what(m)
		}
	}
	if err == io.EOF {
		err = nil
	}
	return errors.Join(err, m.part.Close())
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
