package table

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"
)

// The encodings that are guessed. A file that is none of the first three is taken
// for the fourth, in which every byte is a letter: the others of one byte cannot be
// told from it without knowing the language, so people choose those.
const (
	UTF8        = "UTF-8"
	UTF16LE     = "UTF-16LE"
	UTF16BE     = "UTF-16BE"
	Windows1252 = "Windows-1252"
)

// charset is an encoding with the name people know. UTF-8 needs no decoder.
type charset struct {
	name string
	of   encoding.Encoding
}

// charsets are all that can be read, those that are guessed first.
func charsets() []charset {
	return []charset{
		{UTF8, nil},
		{UTF16LE, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)},
		{UTF16BE, unicode.UTF16(unicode.BigEndian, unicode.UseBOM)},
		{Windows1252, charmap.Windows1252},
		{"ISO-8859-1", charmap.ISO8859_1},
		{"ISO-8859-15", charmap.ISO8859_15},
		{"Macintosh", charmap.Macintosh},
		{"IBM437", charmap.CodePage437},
		{"IBM850", charmap.CodePage850},
		{"Windows-1250", charmap.Windows1250},
		{"ISO-8859-2", charmap.ISO8859_2},
		{"Windows-1251", charmap.Windows1251},
		{"ISO-8859-5", charmap.ISO8859_5},
		{"KOI8-R", charmap.KOI8R},
		{"KOI8-U", charmap.KOI8U},
		{"Windows-1253", charmap.Windows1253},
		{"ISO-8859-7", charmap.ISO8859_7},
		{"Windows-1254", charmap.Windows1254},
		{"ISO-8859-9", charmap.ISO8859_9},
		{"Windows-1255", charmap.Windows1255},
		{"Windows-1256", charmap.Windows1256},
		{"Windows-1257", charmap.Windows1257},
		{"Windows-1258", charmap.Windows1258},
		{"Windows-874", charmap.Windows874},
		{"Shift_JIS", japanese.ShiftJIS},
		{"EUC-JP", japanese.EUCJP},
		{"GBK", simplifiedchinese.GBK},
		{"GB18030", simplifiedchinese.GB18030},
		{"Big5", traditionalchinese.Big5},
		{"EUC-KR", korean.EUCKR},
	}
}

// Encodings are the names of the encodings that can be chosen, those that are
// guessed first.
func Encodings() []string {
	var names []string
	for _, c := range charsets() {
		names = append(names, c.name)
	}
	return names
}

// charsetOf finds an encoding by its name, in whatever case.
func charsetOf(name string) (charset, error) {
	for _, c := range charsets() {
		if strings.EqualFold(c.name, name) {
			return c, nil
		}
	}
	return charset{}, errEncoding.With("name", name)
}

// decoded returns a text as UTF-8, without a mark of its byte order.
func (c charset) decoded(in io.Reader) io.Reader {
	if c.of != nil {
		in = c.of.NewDecoder().Reader(in)
	}
	return &unmarked{in: in}
}

// unmarked leaves a byte order mark at the beginning out.
type unmarked struct {
	in    io.Reader
	begun bool
}

// Read implements io.Reader.
func (u *unmarked) Read(p []byte) (int, error) {
	if u.begun || len(p) < 3 {
		return u.in.Read(p)
	}
	u.begun = true
	n, err := io.ReadAtLeast(u.in, p, 3)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	if bytes.HasPrefix(p[:n], []byte("\ufeff")) {
		n = copy(p, p[3:n])
	}
	return n, err
}

// looked is how much of a file is looked at to guess its encoding: all of what a
// browser may send.
const looked = 64 * mega

// guessEncoding says in which encoding a text most likely is.
func guessEncoding(in io.Reader) (string, error) {
	buffer := make([]byte, 64<<10)
	held := 0
	for total := 0; total < looked; {
		n, err := io.ReadFull(in, buffer[held:])
		if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
			return "", err
		}
		text := buffer[:held+n]
		if name := wide(text); total == 0 && name != "" {
			return name, nil
		}
		valid := validUpTo(text)
		if tail := text[valid:]; len(tail) > 0 && (err != nil || utf8.FullRune(tail)) {
			return Windows1252, nil
		}
		if err != nil {
			return UTF8, nil
		}
		total += n
		held = copy(buffer, text[valid:])
	}
	return UTF8, nil
}

// wide recognises UTF-16, by its mark or because every other byte is mostly zero.
func wide(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return UTF16LE
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return UTF16BE
	}
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i%2]++
		}
	}
	switch half := len(b) / 2; {
	case half > 0 && zeros[1]*10 > half*3 && zeros[0]*20 < half:
		return UTF16LE
	case half > 0 && zeros[0]*10 > half*3 && zeros[1]*20 < half:
		return UTF16BE
	}
	return ""
}

// validUpTo is how many bytes at the beginning are whole letters of UTF-8, where at
// most the last letter is cut; and else fewer than that.
func validUpTo(b []byte) int {
	for cut := 0; cut < utf8.UTFMax && cut <= len(b); cut++ {
		if utf8.Valid(b[:len(b)-cut]) {
			return len(b) - cut
		}
	}
	return 0
}
