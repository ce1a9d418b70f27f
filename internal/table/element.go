package table

import (
	"bytes"
	"strconv"
	"unicode/utf8"
)

// element reads the start of an element and how many bytes that takes, none where
// more must be read first.
func (m *markup) element(rest []byte) (int, error) {
	at := 1
	for at < len(rest) && !closing(rest[at]) {
		at++
	}
	name := rest[1:at]
	m.attributes = m.attributes[:0]
	for {
		for at < len(rest) && space(rest[at]) {
			at++
		}
		if at >= len(rest) {
			return 0, nil
		}
		switch rest[at] {
		case '>':
			return m.started(name, rest[:at+1], false)
		case '/':
			if at+1 >= len(rest) {
				return 0, nil
			}
			if rest[at+1] != '>' {
				return 0, errDamaged
			}
			return m.started(name, rest[:at+2], true)
		}
		n, err := m.attribute(rest[at:])
		if n == 0 || err != nil {
			return 0, err
		}
		at += n
	}
}

// started takes an element whose end was found.
func (m *markup) started(name, whole []byte, closes bool) (int, error) {
	if !proper(name) || !legible(whole) {
		return 0, errDamaged
	}
	m.name, m.closes = m.known(local(name)), closes
	return len(whole), nil
}

// attribute reads one attribute, and how many bytes that takes.
func (m *markup) attribute(rest []byte) (int, error) {
	at := 0
	for at < len(rest) && rest[at] != '=' && !closing(rest[at]) {
		at++
	}
	name := rest[:at]
	for at < len(rest) && space(rest[at]) {
		at++
	}
	if at >= len(rest) {
		return 0, nil
	}
	if rest[at] != '=' || !proper(name) {
		return 0, errDamaged
	}
	for at++; at < len(rest) && space(rest[at]); {
		at++
	}
	if at >= len(rest) {
		return 0, nil
	}
	quote := rest[at]
	if quote != '"' && quote != '\'' {
		return 0, errDamaged
	}
	n := bytes.IndexByte(rest[at+1:], quote)
	if n < 0 {
		return 0, nil
	}
	written := rest[at+1 : at+1+n]
	value, ok := resolved(written, true)
	if !ok || bytes.IndexByte(written, '<') >= 0 {
		return 0, errDamaged
	}
	m.attributes = append(m.attributes, attribute{local(name), value})
	return at + 1 + n + 1, nil
}

// known returns a name as a string, of which there is one for each of the few names
// that a part has.
func (m *markup) known(name []byte) string {
	if s, ok := m.names[string(name)]; ok {
		return s
	}
	s := string(name)
	if len(m.names) < 256 && len(s) < 64 {
		m.names[s] = s
	}
	return s
}

// local is a name without the prefix of its namespace.
func local(name []byte) []byte { return name[bytes.LastIndexByte(name, ':')+1:] }

// proper reports whether a name is one, with a prefix or without. Which letters it
// is of does not matter: nothing looks for one that XML would not have.
func proper(name []byte) bool {
	colon := bytes.IndexByte(name, ':')
	return len(name) > 0 && (colon < 0 || colon > 0 && colon < len(name)-1 && bytes.LastIndexByte(name, ':') == colon)
}

// space reports whether a byte is space in markup.
func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// closing reports whether a byte ends the name of an element.
func closing(c byte) bool { return c == '>' || c == '/' || space(c) }

// legible reports whether bytes are text that XML may hold.
func legible(text []byte) bool {
	for _, c := range text {
		if c < 0x20 && !space(c) {
			return false
		}
	}
	return utf8.Valid(text) && !bytes.Contains(text, []byte("\uffff")) && !bytes.Contains(text, []byte("\ufffe"))
}

// resolved is a text with its line ends as one sign and, where it is escaped, with
// what its references stand for. It is the text itself where it has neither.
func resolved(text []byte, escaped bool) ([]byte, bool) {
	if bytes.IndexByte(text, '\r') < 0 && (!escaped || bytes.IndexByte(text, '&') < 0) {
		return text, true
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\r':
			out = append(out, '\n')
			if i+1 < len(text) && text[i+1] == '\n' {
				i++
			}
		case c == '&' && escaped:
			end := bytes.IndexByte(text[i:min(i+12, len(text))], ';')
			if end < 0 {
				return nil, false
			}
			r, ok := referred(string(text[i+1 : i+end]))
			if !ok {
				return nil, false
			}
			out = utf8.AppendRune(out, r)
			i += end
		default:
			out = append(out, c)
		}
	}
	return out, true
}

// referred is what a reference stands for: one of the five that XML knows, or the
// number of a letter.
func referred(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(name) < 2 || name[0] != '#' {
		return 0, false
	}
	digits, base := name[1:], 10
	if digits[0] == 'x' {
		digits, base = digits[1:], 16
	}
	n, err := strconv.ParseUint(digits, base, 31)
	r := rune(n)
	return r, err == nil && utf8.ValidRune(r) && (r >= 0x20 || space(byte(r))) && r != 0xfffe && r != 0xffff
}

// foreignEncoding reports whether a part says of itself that it is not UTF-8.
func foreignEncoding(declaration []byte) bool {
	_, said, ok := bytes.Cut(declaration, []byte("encoding"))
	if !bytes.HasPrefix(declaration, []byte("xml ")) || !ok {
		return false
	}
	said = bytes.ToLower(bytes.Trim(said, " \t\r\n=\"'"))
	return !bytes.HasPrefix(said, []byte("utf-8")) && !bytes.HasPrefix(said, []byte("utf8")) && !bytes.HasPrefix(said, []byte("us-ascii"))
}
