package table

import (
	"bytes"
	"fmt"
	"io"
)

// Tokens reads a part of a workbook as XML, for comparison with another reader.
func Tokens(part []byte) ([]string, error) {
	m := newMarkup(io.NopCloser(bytes.NewReader(part)), mega)
	var all []string
	for {
		is, err := m.next()
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
		switch is {
		case starts:
			text := "<" + m.name
			for _, a := range m.attributes {
				text += fmt.Sprintf(" %s=%q", a.name, a.value)
			}
			all = append(all, text)
		case ends:
			all = append(all, "</"+m.name)
		case chars:
			all = append(all, string(m.text))
		}
	}
}
