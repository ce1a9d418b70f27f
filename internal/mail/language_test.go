package mail_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
)

// TestEveryMailInSpanish: the same facts, in other words. Some are compared with
// a golden file.
func TestEveryMailInSpanish(t *testing.T) {
	r := renderer(t, mail.Settings{})
	kept := []string{"e1_signin", "e2_new_browser", "e3_reset", "e7_on", "e14_helped", "e19_invited_by", "e27_waits", "e34_load"}
	for name, j := range everyMail() {
		t.Run(name, func(t *testing.T) {
			english, err := r.Render(j, "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			j.User.Language = "es"
			m, err := r.Render(j, "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(m.HTML, `<html lang="es"`) || m.Subject == english.Subject || strings.Contains(m.Subject+m.Text+m.HTML, "⟦") {
				t.Errorf("it is not in Spanish, or a text is missing: %s\n%s", m.Subject, m.Text)
			}
			said := strings.Split(english.Text, "\n")
			for _, line := range strings.Split(m.Text, "\n") {
				link := strings.HasPrefix(line, "http") || strings.HasPrefix(line, "@")
				if line != "" && !link && !strings.HasPrefix(line, "App: ") && slices.Contains(said, line) {
					t.Errorf("both mails say %q", line)
				}
			}
			if slices.Contains(kept, name) {
				goldenMail(t, filepath.Join("es", name), m)
			}
		})
	}
}

func TestMailLanguage(t *testing.T) {
	r := renderer(t, mail.Settings{})
	for _, tt := range []struct{ name, person, organization, want string }{
		{"the person's", "es", "en", "es"},
		{"the organization's", "", "es", "es"},
		{"nobody's", "", "", "en"},
		{"one that is gone", "tlh", "es", "es"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := purpose(core.PurposeSignIn)
			j.User.Language, j.Organization.Language = tt.person, tt.organization
			m, err := r.Render(j, "ana@northwind.example")
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(m.HTML, `<html lang="`+tt.want+`"`) {
				t.Errorf("it is not in %s", tt.want)
			}
		})
	}
}
