package httpx

import (
	"net/http"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/mileusna/useragent"

	"github.com/sallyport/sallyport/internal/core"
)

// userAgentBytes is how much of a User-Agent header is kept.
const userAgentBytes = 256

// Network returns the network that an address counts as for people and for
// throttling: its /24 for IPv4, its /64 for IPv6 (RL4). Text that is no
// address gives an empty string.
func Network(addr string) string {
	a, err := netip.ParseAddr(addr)
	if err != nil {
		return ""
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(a, bits).Masked().String()
}

// ClientAddress returns where a request comes from: the peer, or, through
// trusted proxies, the rightmost hop of X-Forwarded-For that is none of them
// (RL9). It is empty where the peer has no address.
func ClientAddress(r *http.Request) string { return text(ClientAddr(r)) }

// ClientAddr is [ClientAddress] to be compared; the zero address where the peer
// has none.
func ClientAddr(r *http.Request) netip.Addr {
	x := exchangeOf(r)
	if x == nil {
		return peerOf(r)
	}
	return x.clientAddr()
}

func text(a netip.Addr) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// FromTrusted reports whether a request was handed over by a trusted proxy, so
// that its X-Forwarded-* and X-Original-* headers may be believed (FA1). The
// peer of the connection decides, nothing that the request says.
func FromTrusted(r *http.Request) bool {
	x := exchangeOf(r)
	return x != nil && x.site.trusts(x.peerAddr())
}

func (s *Site) trusts(a netip.Addr) bool {
	if !a.IsValid() {
		return false
	}
	for _, p := range s.config.Trusted {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// peerOf returns the other end of the connection, without zone and port.
func peerOf(r *http.Request) netip.Addr {
	ap, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return ap.Addr().Unmap().WithZone("")
}

func (x *exchange) peerAddr() netip.Addr {
	if !x.peer.IsValid() {
		x.peer = peerOf(x.request)
	}
	return x.peer
}

func (x *exchange) clientAddr() netip.Addr {
	if !x.client.IsValid() {
		x.client = x.site.forwardedClient(x.peerAddr(), x.request.Header["X-Forwarded-For"])
	}
	return x.client
}

// forwardedClient walks X-Forwarded-For from the right. A hop that cannot be
// read ends the walk at the proxy that wrote it.
func (s *Site) forwardedClient(peer netip.Addr, lines []string) netip.Addr {
	client := peer
	for i := len(lines) - 1; i >= 0; i-- {
		rest := lines[i]
		for rest != "" {
			if !s.trusts(client) {
				return client
			}
			hop := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				hop, rest = rest[comma+1:], rest[:comma]
			} else {
				rest = ""
			}
			addr, ok := parseHop(strings.TrimSpace(hop))
			if !ok {
				return client
			}
			client = addr
		}
	}
	return client
}

// parseHop reads an address with or without a port; some proxies add it.
func parseHop(hop string) (netip.Addr, bool) {
	if a, err := netip.ParseAddr(hop); err == nil {
		return a.Unmap().WithZone(""), true
	}
	ap, err := netip.ParseAddrPort(hop)
	return ap.Addr().Unmap().WithZone(""), err == nil
}

// OriginOf returns from where a request comes, for events and sessions. The
// caller adds the session.
func OriginOf(r *http.Request) core.Origin {
	address := ClientAddress(r)
	agent := clip(r.UserAgent(), userAgentBytes)
	return core.Origin{
		Address: address, Network: Network(address), Device: DeviceLabel(agent),
		UserAgent: agent, RequestID: RequestID(r),
	}
}

// clip cuts s to n bytes at a character and takes out what is no text.
func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
		for len(s) > 0 && !utf8.RuneStart(s[len(s)-1]) {
			s = s[:len(s)-1]
		}
		if r, size := utf8.DecodeLastRuneInString(s); r == utf8.RuneError && size == 1 {
			s = s[:len(s)-1]
		}
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// DeviceLabel returns "Firefox on Windows" for a User-Agent header, or an empty
// string. It is a label for people and decides nothing. Only known names pass:
// the header is a stranger's text and the label stands in our mails.
func DeviceLabel(userAgent string) string {
	ua := useragent.Parse(clip(userAgent, userAgentBytes))
	browser, system := knownBrowser(ua.Name), knownSystem(ua.OS)
	switch {
	case browser != "" && system != "":
		return browser + " on " + system
	case browser != "":
		return browser
	}
	return system
}

func knownBrowser(name string) string {
	switch name {
	case useragent.Firefox, useragent.Chrome, useragent.Safari, useragent.Edge, useragent.Opera,
		useragent.OperaMini, useragent.OperaTouch, useragent.Vivaldi, useragent.SamsungBrowser,
		useragent.InternetExplorer:
		return name
	case useragent.MobileSafari:
		return useragent.Safari
	case useragent.HeadlessChrome:
		return useragent.Chrome
	}
	return ""
}

func knownSystem(name string) string {
	switch name {
	case useragent.Windows, useragent.Android, useragent.MacOS, useragent.IOS, useragent.Linux,
		useragent.FreeBSD, useragent.ChromeOS, useragent.Harmony:
		return name
	case useragent.CrOS:
		return useragent.ChromeOS
	case useragent.WindowsNT, useragent.WindowsPhone, useragent.WindowsPhoneOS:
		return useragent.Windows
	}
	return ""
}
