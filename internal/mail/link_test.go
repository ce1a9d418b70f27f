package mail_test

import (
	"bytes"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	ours "github.com/sallyport/sallyport/internal/mail"
)

// TestNamesStayNames: whatever a name holds, a mail with it has the headers of
// any other and one recipient, or is not sent at all (ML3).
func TestNamesStayNames(t *testing.T) {
	r := renderer(t, ours.Settings{})
	for _, template := range []core.Template{core.MailReset, core.MailWelcome, core.MailPassword, core.MailCode} {
		usual := headersOf(t, r, linked(template))
		if len(usual) < 10 {
			t.Fatalf("%s has only %v", template, usual)
		}
		for _, evil := range []string{
			"Ana\r\nBcc: eve@example.com", "Ana\nBcc: eve@example.com", "Ana\rBcc: eve@example.com", "Ana\r\n\r\nA body", "Ana\x00",
			"Ana\u2028Bcc: eve@example.com", "Ana\u0085Bcc: eve@example.com", "=?utf-8?q?=0D=0ABcc:_eve@example.com?=",
			`"Ana" <eve@example.com>, `, "Ana <eve@example.com>", "{{.Secret}}", "<script>alert(1)</script>", strings.Repeat("ä", 80),
		} {
			for place, put := range map[string]func(*core.MailJob){
				"first name":   func(j *core.MailJob) { j.User.FirstName = evil },
				"last name":    func(j *core.MailJob) { j.User.LastName = evil },
				"organization": func(j *core.MailJob) { j.Organization.Name = evil },
				"inviter":      func(j *core.MailJob) { j.Link.Inviter = evil },
				"help":         func(j *core.MailJob) { j.Organization.Help = evil },
				"device":       func(j *core.MailJob) { j.Event.Origin.Device = evil },
			} {
				got := headersOf(t, r, linked(template, put))
				if got != nil && !slices.Equal(got, usual) && !slices.Equal(got, slices.DeleteFunc(slices.Clone(usual), func(h string) bool { return h == "Reply-To" })) {
					t.Errorf("%s with %q as %s has the headers %v, want %v", template, evil, place, got, usual)
				}
			}
		}
	}
}

// headersOf returns the names of a mail's headers, sorted; nil where the mail is
// refused. It fails where somebody else gets it, or a name became markup.
func headersOf(t *testing.T, r *ours.Renderer, j core.MailJob) []string {
	t.Helper()
	m, err := r.Render(j, "ana@northwind.example")
	if err != nil {
		return nil
	}
	raw, err := m.Bytes()
	if err != nil {
		return nil
	}
	read, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	to, err := read.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != "ana@northwind.example" {
		t.Errorf("it goes to %v, %v", to, err)
	}
	from, err := read.Header.AddressList("From")
	if err != nil || len(from) != 1 || from[0].Address != "no-reply@id.northwind.example" {
		t.Errorf("it is from %v, %v", from, err)
	}
	if strings.Contains(m.HTML, "<script") {
		t.Error("a name became markup")
	}
	var names []string
	for name, values := range read.Header {
		for range values {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
