package mail_test

import (
	"crypto/tls"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
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
		"no STARTTLS":        {behaviour{}, "mail.tls"},
		"a sender not taken": {behaviour{tls: secured, from: func(string) error { return &smtp.SMTPError{Code: 550, Message: "not you"} }}, "mail.sender"},
	} {
		t.Run(name, func(t *testing.T) {
			s := startServer(t, c.serves)
			var steps []string
			err := toward(s, trusted).Probe(t.Context(), "no-reply@id.example", func(line string) { steps = append(steps, line) })
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
