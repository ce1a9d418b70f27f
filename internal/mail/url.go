package mail

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/sallyport/sallyport/internal/core"
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
	if !hostLike(s.Host) {
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
	return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, func(r rune) bool {
		return notIDRune(r) && r != '_'
	})
}

// Ports returns those at which mail servers take mail from programs (RFC 8314,
// and what providers offer beside it). Pages know no others, so that nobody uses
// them to look around in a network (IN5).
func Ports() []int { return []int{25, 465, 587, 2465, 2525, 2587} }

// Validate checks a server that somebody typed into a page; the error has the
// fields "host", "port", "user" and "password".
func (s Server) Validate() error {
	all := map[string]*core.Error{}
	bad := func(field, code string) { all[field] = core.NewError(core.Invalid, code) }
	if ip, err := netip.ParseAddr(s.Host); !hostLike(s.Host) || err == nil && !callable(ip) {
		bad("host", "mail.server_host")
	}
	if !slices.Contains(Ports(), s.Port) {
		bad("port", "mail.server_port")
	}
	if len(s.User) > maxLogin || !cleanLine(s.User) {
		bad("user", "mail.server_user")
	}
	if len(s.Password) > maxLogin || !cleanLine(s.Password) {
		bad("password", "mail.server_password")
	}
	if len(all) > 0 {
		return &core.Error{Kind: core.Invalid, Code: "form.invalid", Fields: all}
	}
	return nil
}

// maxLogin bounds user and password.
const maxLogin = 255

// callable reports whether a mail server can be at an address: not "nowhere",
// not many at once, and not the link-local ones, where clouds keep what a
// machine may know of itself.
func callable(ip netip.Addr) bool {
	ip = ip.Unmap()
	return !ip.IsUnspecified() && !ip.IsMulticast() && !ip.IsLinkLocalUnicast()
}

// Address returns host:port.
func (s Server) Address() string { return net.JoinHostPort(s.Host, strconv.Itoa(s.Port)) }

// Loopback reports whether the server is this machine, the only place to which
// mail goes in clear unasked (ML4).
func (s Server) Loopback() bool {
	ip, err := netip.ParseAddr(s.Host)
	return strings.EqualFold(s.Host, "localhost") || err == nil && ip.IsLoopback()
}
