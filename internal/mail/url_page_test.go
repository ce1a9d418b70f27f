package mail_test

import (
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/mail"
)

// TestNoCallToNowhere: an address at which no mail server can be is not called,
// whoever named it.
func TestNoCallToNowhere(t *testing.T) {
	for _, host := range []string{"169.254.169.254", "fe80::1", "0.0.0.0", "::", "224.0.0.1"} {
		s := &mail.SMTP{Server: mail.Server{Host: host, Port: 25}, Hello: "id.example", Timeout: 5 * time.Second}
		began := time.Now()
		if got := codeOf(s.Send(t.Context(), letter())); got != "mail.connect" || time.Since(began) > 3*time.Second {
			t.Errorf("%s: %q after %v, want it refused at once", host, got, time.Since(began))
		}
	}
}
