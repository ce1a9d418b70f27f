package mail

import (
	"bytes"
	"fmt"
	"strings"
)

// softLine is the longest line of quoted-printable, its final = included
// (RFC 2045 §6.7).
const softLine = 76

// headerLine is the longest header line where it can be helped: that of a line
// with an encoded word (RFC 2047 §2).
const headerLine = 76

// plainLine is the longest line sent as it is; RFC 5321 allows 998.
const plainLine = 900

// writeHeader writes one header line, folded at spaces (RFC 5322 §2.2.3). The
// value holds no control character; encoding was done before.
func writeHeader(b *bytes.Buffer, name, value string) {
	line := name + ":"
	for word := range strings.SplitSeq(value, " ") {
		if len(line)+1+len(word) > headerLine {
			b.WriteString(line + "\r\n")
			line = ""
		}
		line += " " + word
	}
	b.WriteString(line + "\r\n")
}

// writePart writes one body: as it is where that is safe, so that no code and
// no link is ever broken; otherwise as quoted-printable.
func writePart(b *bytes.Buffer, boundary, kind, body string) {
	encoding := "7bit"
	if !plain(body) {
		encoding, body = "quoted-printable", quotedPrintable(body)
	}
	fmt.Fprintf(b, "\r\n--%s\r\nContent-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
		boundary, kind, encoding)
	b.WriteString(strings.ReplaceAll(strings.TrimRight(body, "\n"), "\n", "\r\n"))
}

// plain reports whether every byte is ASCII and every line short enough.
func plain(body string) bool {
	for line := range strings.SplitSeq(body, "\n") {
		if len(line) > plainLine {
			return false
		}
	}
	return !strings.ContainsFunc(body, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' })
}

// quotedPrintable encodes (RFC 2045 §6.7) and breaks lines before a word
// rather than in it: a code or a link that fits on a line stays whole even for
// a reader that does not decode. The standard library's writer breaks anywhere.
func quotedPrintable(body string) string {
	var b strings.Builder
	for i, line := range strings.Split(body, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		width, words := 0, strings.SplitAfter(line, " ")
		if n := len(words) - 1; words[n] == "" {
			words = words[:n] // the line ends with a space, which a decoder would take for padding
		}
		for j, word := range words {
			width = writeWord(&b, word, width, j == len(words)-1)
		}
	}
	return b.String()
}

// writeWord writes a word with the space behind it and returns the new width
// of the line. The last word of a line needs no room for a soft break.
func writeWord(b *strings.Builder, word string, width int, last bool) int {
	encoded := encodeWord(word, last)
	whole := strings.Join(encoded, "")
	if width > 0 && width+len(whole) >= softLine {
		b.WriteString("=\n")
		width = 0
	}
	for _, part := range encoded {
		if width+len(part) >= softLine {
			b.WriteString("=\n")
			width = 0
		}
		b.WriteString(part)
		width += len(part)
	}
	return width
}

// encodeWord returns the pieces that must stay together: one a character.
func encodeWord(word string, last bool) []string {
	var pieces []string
	for i, r := range word {
		switch {
		case r == ' ' && !(last && i == len(word)-1), r > ' ' && r <= '~' && r != '=':
			pieces = append(pieces, string(r))
		default:
			piece := ""
			for _, c := range []byte(string(r)) {
				piece += fmt.Sprintf("=%02X", c)
			}
			pieces = append(pieces, piece)
		}
	}
	return pieces
}
