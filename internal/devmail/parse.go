package devmail

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"regexp"
	"strings"
	"time"
)

// Mail is one message as a person reads it.
type Mail struct {
	ID      string // "1", "2", … in the order of arrival
	At      time.Time
	From    string   // envelope sender
	To      []string // envelope recipients
	Subject string   // decoded
	Text    string   // the text/plain part, decoded, lines ended by \n
	HTML    string   // the text/html part, decoded
	Code    string   // the 6-digit code in it; empty where there is none
	Header  mail.Header
	Raw     []byte // as it came over SMTP
}

// maxDepth bounds parts within parts.
const maxDepth = 5

// Parse takes a message apart. It never fails: of what cannot be read, Raw is
// there to look at.
func Parse(raw []byte) Mail {
	m := Mail{Raw: raw}
	message, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return m
	}
	m.Header = message.Header
	m.Subject = m.Header.Get("Subject")
	if s, err := new(mime.WordDecoder).DecodeHeader(m.Subject); err == nil {
		m.Subject = s
	}
	m.read(message.Header.Get, message.Body, maxDepth)
	m.Code = findCode(m.Text)
	return m
}

// read takes one part, and the parts within it.
func (m *Mail) read(header func(string) string, body io.Reader, depth int) {
	kind, params, err := mime.ParseMediaType(header("Content-Type"))
	if err != nil {
		kind = "text/plain"
	}
	if strings.HasPrefix(kind, "multipart/") && depth > 0 {
		parts := multipart.NewReader(body, params["boundary"])
		for {
			p, err := parts.NextRawPart()
			if err != nil {
				return
			}
			m.read(p.Header.Get, p, depth-1)
		}
	}
	text := decode(header("Content-Transfer-Encoding"), body)
	switch {
	case kind == "text/plain" && m.Text == "":
		m.Text = text
	case kind == "text/html" && m.HTML == "":
		m.HTML = text
	}
}

func decode(encoding string, body io.Reader) string {
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	}
	// What could be read of a damaged part is better than nothing of it.
	b, _ := io.ReadAll(body)
	return strings.ToValidUTF8(strings.ReplaceAll(string(b), "\r\n", "\n"), "\uFFFD")
}

// findCode finds the code by the lines that phones look at: "@host #482913",
// or one that begins "482913 is your".
func findCode(text string) string {
	m := codeLines().FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	return m[1] + m[2]
}

func codeLines() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^@\S+ #(\d{6})$|^(\d{6}) is your `)
}
