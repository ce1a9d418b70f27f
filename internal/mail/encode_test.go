package mail_test

import (
	"io"
	"mime/quotedprintable"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/mail"
)

// TestSpacesAtTheEndOfALineStay: a decoder of quoted-printable drops them where
// they are not encoded (RFC 2045 §6.7).
func TestSpacesAtTheEndOfALineStay(t *testing.T) {
	for name, text := range map[string]string{
		"one": "é \nb", "several": "é   \nb", "a tab": "é\t\nb", "a space and a tab": "é \t\nb", "only spaces": "   \né",
		"none": "é\nb", "an empty line": "\né\n\nb", "at the very end of a long line": strings.Repeat("é ", 60) + "\nb",
	} {
		t.Run(name, func(t *testing.T) {
			m := mail.Message{ID: "m1", Host: "id.example", From: "a@id.example", To: "b@id.example", Subject: "S", Text: text, HTML: "x", At: now}
			raw, err := m.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			_, part, _ := strings.Cut(string(raw), "Content-Transfer-Encoding: quoted-printable\r\n\r\n")
			body, _, _ := strings.Cut(part, "\r\n--=_m1")
			got, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body)))
			if err != nil {
				t.Fatal(err)
			}
			if want := strings.ReplaceAll(text, "\n", "\r\n"); string(got) != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}
