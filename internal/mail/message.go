package mail

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// MaxBytes is the most a message of ours weighs (interop §4.6).
const MaxBytes = 20_000

// Message is one email to one recipient, ready to be put into bytes.
type Message struct {
	ID       string // unique; with Host it becomes the Message-ID
	Host     string // our own domain
	FromName string // the organization
	From     string // one stable address
	ReplyTo  string // the help contact; may be empty
	To       string
	Subject  string
	Text     string // lines ended by \n
	HTML     string
	At       time.Time
}

// Bytes returns the message as it goes over the wire, lines ended by CRLF. It
// refuses a header value with a line break or any other control character, an
// address that is not one plain address (ML3), and a message of more than
// [MaxBytes].
func (m Message) Bytes() ([]byte, error) {
	from, to, err := m.addresses()
	if err != nil {
		return nil, err
	}
	boundary := "=_" + m.ID
	if m.ID == "" || strings.ContainsFunc(m.ID, notIDRune) || strings.Contains(m.Text+m.HTML, boundary) {
		return nil, errors.New("mail: the message has no usable id")
	}
	var b bytes.Buffer
	header := func(name, value string) { writeHeader(&b, name, value) }
	header("Date", m.At.Format("Mon, 02 Jan 2006 15:04:05 -0700"))
	header("From", from)
	if m.ReplyTo != "" {
		header("Reply-To", (&mail.Address{Address: m.ReplyTo}).String())
	}
	header("To", to)
	header("Subject", mime.QEncoding.Encode("utf-8", m.Subject))
	header("Message-ID", "<"+m.ID+"@"+m.Host+">")
	header("Auto-Submitted", "auto-generated")
	header("X-Auto-Response-Suppress", "All")
	header("MIME-Version", "1.0")
	header("Content-Type", `multipart/alternative; boundary="`+boundary+`"`)
	writePart(&b, boundary, "text/plain", m.Text)
	writePart(&b, boundary, "text/html", m.HTML)
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	if b.Len() > MaxBytes {
		return nil, fmt.Errorf("mail: the message is %d bytes, more than %d", b.Len(), MaxBytes)
	}
	return b.Bytes(), nil
}

// addresses checks everything that goes into a header and returns From and To
// as written there.
func (m Message) addresses() (from, to string, err error) {
	for name, value := range map[string]string{
		"subject": m.Subject, "sender's name": m.FromName, "host": m.Host, "id": m.ID,
	} {
		if !cleanLine(value) {
			return "", "", fmt.Errorf("mail: the %s holds a control character", name)
		}
	}
	if m.Host == "" || strings.ContainsAny(m.Host, "<>@ ") {
		return "", "", errors.New("mail: the host is not a domain")
	}
	if !ValidAddress(m.From) || !ValidAddress(m.To) || m.ReplyTo != "" && !ValidAddress(m.ReplyTo) {
		return "", "", errAddress
	}
	from = (&mail.Address{Name: m.FromName, Address: m.From}).String()
	return from, (&mail.Address{Address: m.To}).String(), nil
}

// errAddress tells no address: errors go to logs.
var errAddress = errors.New("mail: an address is not one plain address")

// ValidAddress reports whether s is one bare address, without a name, comment,
// quotes, route or control character, so that it means the same to every mail
// server on the way.
func ValidAddress(s string) bool {
	if len(s) > 254 || !cleanLine(s) || strings.ContainsAny(s, "\"\\<>()[],;: ") || strings.Count(s, "@") != 1 {
		return false
	}
	a, err := mail.ParseAddress(s)
	return err == nil && a.Name == "" && a.Address == s
}

func cleanLine(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}

func notIDRune(r rune) bool {
	return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '.'
}
