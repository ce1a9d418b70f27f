package mail

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Server says where mail is handed over.
type Server struct {
	Host     string
	Port     int
	Implicit bool // TLS from the first byte (smtps); otherwise STARTTLS
	User     string
	Password string
}

// The faults of an SMTP address. None of them quotes it: it holds a password.
var (
	errURL       = errors.New("smtp url: want smtp://user:password@host:587 or smtps://user:password@host:465")
	errURLScheme = errors.New("smtp url: begin it with smtp:// (STARTTLS) or smtps:// (TLS)")
	errURLPort   = errors.New("smtp url: the port is not a number from 1 to 65535")
	errURLUser   = errors.New("smtp url: the user and the password go together, percent-encoded")
)

// ParseURL reads smtp://user:password@host:587 or smtps://host. The port is
// 587, or 465 for smtps, where none is given.
func ParseURL(text string) (Server, error) {
	if strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return Server{}, errURL
	}
	u, err := url.Parse(text)
	if err != nil || u.Opaque != "" || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return Server{}, errURL
	}
	s := Server{Host: u.Hostname(), Port: 587}
	switch u.Scheme {
	case "smtp":
	case "smtps":
		s.Port, s.Implicit = 465, true
	default:
		return Server{}, errURLScheme
	}
	if s.Host == "" || !hostLike(s.Host) {
		return Server{}, errURL
	}
	if p := u.Port(); p != "" {
		if s.Port, err = strconv.Atoi(p); err != nil || s.Port < 1 || s.Port > 65535 {
			return Server{}, errURLPort
		}
	}
	if u.User == nil {
		return s, nil
	}
	s.User = u.User.Username()
	s.Password, _ = u.User.Password()
	if s.User == "" || s.Password == "" || !cleanLine(s.User) || !cleanLine(s.Password) {
		return Server{}, errURLUser
	}
	return s, nil
}

// hostLike reports whether host is an address or looks like a name.
func hostLike(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	return len(host) <= 253 && !strings.ContainsFunc(host, func(r rune) bool {
		return notIDRune(r) && r != '_'
	})
}

// Address returns host:port.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Loopback reports whether the server is this machine, the only place to which
// mail goes in clear unasked (ML4).
func (s Server) Loopback() bool {
	ip, err := netip.ParseAddr(s.Host)
	return strings.EqualFold(s.Host, "localhost") || err == nil && ip.IsLoopback()
}
