package mail_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"

	"github.com/sallyport/sallyport/internal/mail"
)

// TestProbe: a look at the mail server says what a mail would run into, and
// sends nothing.
func TestProbe(t *testing.T) {
	cert, trusted := certificate(t, mailHost)
	secured := &tls.Config{Certificates: []tls.Certificate{cert}}
	for name, c := range map[string]struct {
		serves behaviour
		want   string
	}{
		"fine":               {behaviour{tls: secured}, ""},
		"no STARTTLS":        {behaviour{}, "mail.starttls"},
		"a sender not taken": {behaviour{tls: secured, from: func(string) error { return &smtp.SMTPError{Code: 550, Message: "not you"} }}, "mail.sender"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, c.serves)
			var steps []string
			err := toward(s, trusted).Probe(t.Context(), "no-reply@id.example", func(s mail.Step) { steps = append(steps, s.Line) })
			if got := codeOf(err); got != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if len(s.taken()) > 0 || strings.Contains(strings.Join(steps, "\n"), "RCPT") {
				t.Errorf("something was sent: %q", steps)
			}
			if len(steps) == 0 || !strings.HasPrefix(steps[0], "connect to ") {
				t.Errorf("the steps were not told: %q", steps)
			}
		})
	}
}
