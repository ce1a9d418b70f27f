package mail_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/mail"
)

const mailHost = "mail.example.com"

func letter() mail.Message {
	return mail.Message{
		ID: "0abc", Host: "id.example", FromName: "Northwind", From: "no-reply@id.example", To: "ana@example.com",
		Subject: "Test", Text: "one\ntwo\n.\nthree\n", HTML: "<p>one</p>", At: now,
	}
}

// toward returns a client of a server under a name that is not loopback, so
// that the rules for foreign servers hold.
func toward(s *server, roots *x509.CertPool) *mail.SMTP {
	return &mail.SMTP{
		Server: mail.Server{Host: mailHost, Port: 587}, Hello: "id.example", Roots: roots,
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.addr.String())
		},
	}
}

// certificate makes a self-signed certificate for host and a pool that trusts it.
func certificate(t *testing.T, host string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	return certificateUntil(t, host, time.Now().Add(time.Hour))
}

func certificateUntil(t *testing.T, host string, end time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: host}, DNSNames: []string{host},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: end, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	return core.CodeOf(err)
}

func TestVerifiedTLSOrNothing(t *testing.T) {
	right, trusted := certificate(t, mailHost)
	wrong, trustsWrong := certificate(t, "other.example.com")
	tests := []struct {
		name   string
		serves *tls.Certificate
		roots  *x509.CertPool
		change func(*mail.SMTP)
		want   string
	}{
		{"trusted", &right, trusted, nil, ""},
		{"self-signed and not trusted", &right, x509.NewCertPool(), nil, "mail.tls_unknown"},
		{"another name", &wrong, trustsWrong, nil, "mail.tls_name"},
		{"no STARTTLS", nil, nil, nil, "mail.starttls"},
		{"no STARTTLS, allowed in clear", nil, nil, func(s *mail.SMTP) { s.InsecureLAN = true }, ""},
		{"loopback in clear", nil, nil, func(s *mail.SMTP) { s.Server.Host = "127.0.0.1" }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := behaviour{}
			if tt.serves != nil {
				b.tls = &tls.Config{Certificates: []tls.Certificate{*tt.serves}}
			}
			s := startServer(t, b)
			c := toward(s, tt.roots)
			if tt.change != nil {
				tt.change(c)
			}
			if got := codeOf(c.Send(t.Context(), letter())); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if got, want := len(s.taken()) == 1, tt.want == ""; got != want {
				t.Errorf("taken: %v, want %v", got, want)
			}
		})
	}
}

func TestImplicitTLS(t *testing.T) {
	cert, trusted := certificate(t, mailHost)
	s := startServer(t, behaviour{tls: &tls.Config{Certificates: []tls.Certificate{cert}}, implicit: true})
	for name, tt := range map[string]struct {
		roots *x509.CertPool
		want  string
	}{"trusted": {trusted, ""}, "not trusted": {x509.NewCertPool(), "mail.tls_unknown"}} {
		t.Run(name, func(t *testing.T) {
			c := toward(s, tt.roots)
			c.Server.Implicit = true
			if got := codeOf(c.Send(t.Context(), letter())); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestAnswersAreJudged(t *testing.T) {
	reply := func(code int) error { return &smtp.SMTPError{Code: code, Message: "about ana@example.com"} }
	tests := []struct {
		name       string
		behaviour  behaviour
		want       string
		wantStatus any
		wantKind   core.Kind
	}{
		{"no such person", behaviour{rcpt: func(string) error { return reply(550) }}, "mail.refused", 550, core.Invalid},
		{"later", behaviour{rcpt: func(string) error { return reply(451) }}, "mail.temporary", 451, core.Unavailable},
		{"refused after the text", behaviour{data: func(_ *smtp.Conn, r io.Reader) error {
			if _, err := io.Copy(io.Discard, r); err != nil {
				return err
			}
			return reply(554)
		}}, "mail.refused", 554, core.Invalid},
		{"our own address", behaviour{from: func(string) error { return reply(553) }}, "mail.sender", 553, core.Unavailable},
		{"broken off", behaviour{data: func(c *smtp.Conn, _ io.Reader) error {
			c.Conn().Close()
			return errors.New("broken off")
		}}, "mail.unanswered", nil, core.Unavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := toward(startServer(t, tt.behaviour), nil)
			c.InsecureLAN = true
			err := c.Send(t.Context(), letter())
			var e *core.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %v, want a core.Error", err)
			}
			if e.Code != tt.want || e.Kind != tt.wantKind || e.Params["status"] != tt.wantStatus {
				t.Errorf("got %s %v %v, want %s %v %v", e.Code, e.Kind, e.Params["status"], tt.want, tt.wantKind, tt.wantStatus)
			}
		})
	}
}

func TestTimeIsUp(t *testing.T) {
	release := make(chan struct{})
	s := startServer(t, behaviour{rcpt: func(string) error {
		<-release
		return nil
	}})
	t.Cleanup(func() { close(release) })
	c := toward(s, nil)
	c.InsecureLAN, c.Timeout = true, 50*time.Millisecond
	if got := codeOf(c.Send(t.Context(), letter())); got != "mail.timeout" {
		t.Errorf("got %q, want mail.timeout", got)
	}
}

func TestLoginAndTrace(t *testing.T) {
	for _, way := range []string{sasl.Plain, sasl.Login} {
		t.Run(way, func(t *testing.T) {
			s := startServer(t, behaviour{login: way, user: "sender", password: "correct horse"})
			c := toward(s, nil)
			c.InsecureLAN, c.Server.User, c.Server.Password = true, "sender", "correct horse"
			var lines []string
			if err := c.Trace(t.Context(), letter(), func(s mail.Step) { lines = append(lines, s.Line) }); err != nil {
				t.Fatal(err)
			}
			told := strings.Join(lines, "\n")
			for _, want := range []string{"connect to " + mailHost, "> EHLO id.example", "> RCPT TO:<ana@example.com>", "the server took the mail"} {
				if !strings.Contains(told, want) {
					t.Errorf("trace lacks %q:\n%s", want, told)
				}
			}
			for _, secret := range []string{"correct horse", "Y29ycmVjdCBob3JzZQ", "AHNlbmRlcgBjb3JyZWN0IGhvcnNl", "one"} {
				if strings.Contains(told, secret) {
					t.Errorf("trace tells %q:\n%s", secret, told)
				}
			}
			c.Server.Password = "wrong"
			if got := codeOf(c.Send(t.Context(), letter())); got != "mail.login" {
				t.Errorf("wrong password: got %q, want mail.login", got)
			}
		})
	}
}

func TestPasswordNeverGoesInClearUnasked(t *testing.T) {
	s := startServer(t, behaviour{login: sasl.Plain, user: "sender", password: "correct horse"})
	c := toward(s, nil)
	c.Server.User, c.Server.Password = "sender", "correct horse"
	var lines []string
	err := c.Trace(t.Context(), letter(), func(s mail.Step) { lines = append(lines, s.Line) })
	if got := codeOf(err); got != "mail.starttls" || strings.Contains(strings.Join(lines, "\n"), "> AUTH") {
		t.Errorf("got %q after %q, want mail.starttls before any sign-in", got, lines)
	}
}

func TestHostileHeadersAreRefused(t *testing.T) {
	tests := map[string]func(*mail.Message){
		"line break in subject":   func(m *mail.Message) { m.Subject = "a\r\nBcc: x@example.com" },
		"NUL in subject":          func(m *mail.Message) { m.Subject = "a\x00b" },
		"line break in name":      func(m *mail.Message) { m.FromName = "North\nwind" },
		"line break in recipient": func(m *mail.Message) { m.To = "ana@example.com\r\nRCPT TO:<x@example.com>" },
		"two recipients":          func(m *mail.Message) { m.To = "ana@example.com, x@example.com" },
		"name with recipient":     func(m *mail.Message) { m.To = "Ana <ana@example.com>" },
		"quoted local part":       func(m *mail.Message) { m.To = `"ana> x"@example.com` },
		"no recipient":            func(m *mail.Message) { m.To = "" },
		"reply-to":                func(m *mail.Message) { m.ReplyTo = "help@example.com\nX: y" },
		"not UTF-8":               func(m *mail.Message) { m.Subject = "\xff" },
		"id":                      func(m *mail.Message) { m.ID = "a>b" },
		"host":                    func(m *mail.Message) { m.Host = "id.example>" },
		"too large":               func(m *mail.Message) { m.Text = strings.Repeat("word ", mail.MaxBytes/5) },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			m := letter()
			change(&m)
			raw, err := m.Bytes()
			if err == nil {
				t.Errorf("got %q, want a refusal", raw)
			}
			if err != nil && strings.Contains(err.Error(), "example.com") {
				t.Errorf("the error tells an address: %v", err)
			}
		})
	}
}

func TestDotsAndLinesArriveAsSent(t *testing.T) {
	s := startServer(t, behaviour{})
	c := toward(s, nil)
	c.InsecureLAN = true
	if err := c.Send(t.Context(), letter()); err != nil {
		t.Fatal(err)
	}
	raw, err := letter().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(raw), s.raw()); diff != "" {
		t.Errorf("message (-sent +got):\n%s", diff)
	}
}

// TestServerRepeatsThePassword: what a server says of a sign-in that failed is
// kept for the page and in the log, so a password that it repeats, as it came or
// in the clear, is taken out.
func TestServerRepeatsThePassword(t *testing.T) {
	const password = "correct horse"
	for _, way := range []string{sasl.Plain, sasl.Login} {
		t.Run(way, func(t *testing.T) {
			s := startServer(t, behaviour{login: way, user: "sender", password: "another", repeats: password})
			c := toward(s, nil)
			c.InsecureLAN, c.Server.User, c.Server.Password = true, "sender", password
			var lines []string
			err := c.Trace(t.Context(), letter(), func(s mail.Step) { lines = append(lines, s.Line) })
			if codeOf(err) != "mail.login" || !strings.Contains(strings.Join(lines, "\n"), "cannot take") {
				t.Fatalf("got %v after %q, want a refused sign-in", err, lines)
			}
			for _, told := range append(lines, err.Error(), fmt.Sprint(errors.Unwrap(err))) {
				for _, secret := range []string{password, "Y29ycmVjdCBob3JzZQ", "AHNlbmRlcgBjb3JyZWN0IGhvcnNl"} {
					if strings.Contains(told, secret) {
						t.Errorf("told: %s", told)
					}
				}
			}
		})
	}
}
