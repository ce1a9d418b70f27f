package gate

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sallyport/sallyport/internal/core"
)

// The limits of what a proxy may hand over, in bytes.
const (
	hostLimit = 260
	uriLimit  = 8 << 10
)

// ErrTarget: the address cannot be read in one single way (FA1 to FA3).
var ErrTarget = core.NewError(core.Invalid, "gate.target")

// Target is the address that somebody wants to open.
type Target struct {
	Method string
	Scheme string // http or https
	Host   string // canonical: lower case, no trailing dot, no default port
	Path   string // decoded once, without query; begins with a slash
	uri    string // path and query as they came
}

// URL returns the whole address to come back to, query included.
func (t Target) URL() string { return t.Scheme + "://" + t.Host + t.uri }

// ParseTarget reads the parts that a proxy hands over. It fails with
// [ErrTarget] for anything malformed or ambiguous: user names, backslashes,
// control characters, fragments, encoded slashes, dot-segments after one
// decoding, and what would become one of these by decoding again.
func ParseTarget(method, scheme, host, uri string) (Target, error) {
	scheme, known := schemeOf(scheme)
	if !known || !validMethod(method) || !validHost(host) {
		return Target{}, ErrTarget
	}
	if len(uri) > uriLimit || !strings.HasPrefix(uri, "/") || strings.HasPrefix(uri, "//") || !plainURI(uri) {
		return Target{}, ErrTarget
	}
	path, _, _ := strings.Cut(uri, "?")
	if !simplePath(path) {
		escaped := path
		var err error
		path, err = url.PathUnescape(escaped)
		if err != nil || strings.Contains(escaped, "%2f") || strings.Contains(escaped, "%2F") || !singlePath(path) {
			return Target{}, ErrTarget
		}
	}
	return Target{Method: method, Scheme: scheme, Host: core.CanonicalHost(scheme, host), Path: path, uri: uri}, nil
}

// ParseURL reads an absolute http or https address under the same rules.
func ParseURL(method, raw string) (Target, error) {
	scheme, rest, found := strings.Cut(raw, "://")
	if !found || scheme != "http" && scheme != "https" {
		return Target{}, ErrTarget
	}
	host, uri := rest, "/"
	if i := strings.IndexAny(rest, "/?#\\"); i >= 0 {
		host, uri = rest[:i], rest[i:]
	}
	return ParseTarget(method, scheme, host, uri)
}

// schemeOf takes the web socket schemes, which some proxies name, for what
// carries them.
func schemeOf(scheme string) (string, bool) {
	switch scheme {
	case "https", "wss":
		return "https", true
	case "http", "ws":
		return "http", true
	}
	return "", false
}

func validMethod(m string) bool {
	if m == "" || len(m) > 20 {
		return false
	}
	for i := range len(m) {
		if (m[i] < 'A' || m[i] > 'Z') && m[i] != '-' {
			return false
		}
	}
	return true
}

// validHost takes DNS names in ASCII, IPv4 addresses and IPv6 addresses in
// brackets, each with or without a port.
func validHost(host string) bool {
	if host == "" || len(host) > hostLimit {
		return false
	}
	name, port := host, ""
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:i], host[i+1:]
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
			return false
		}
	}
	if strings.HasPrefix(name, "[") {
		inside, closed := strings.CutSuffix(name[1:], "]")
		addr, err := netip.ParseAddr(inside)
		return err == nil && closed && addr.Is6() && addr.Zone() == ""
	}
	name = strings.TrimSuffix(name, ".")
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel(label) {
			return false
		}
	}
	return true
}

func validLabel(label string) bool {
	if label == "" || len(label) > 63 {
		return false
	}
	for i := range len(label) {
		c := label[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return true
}

// plainURI takes visible ASCII but backslash and number sign: everything else
// must be escaped, and a browser never sends a fragment.
func plainURI(uri string) bool {
	for i := range len(uri) {
		if c := uri[i]; c <= ' ' || c >= 0x7f || c == '\\' || c == '#' {
			return false
		}
	}
	return true
}

// simplePath reports, in one look, what holds for most paths: nothing escaped,
// no parameters, and no segment that begins with a dot.
func simplePath(path string) bool {
	for i := range len(path) {
		if c := path[i]; c == '%' || c == ';' || c == '.' && i > 0 && path[i-1] == '/' {
			return false
		}
	}
	return true
}

// singlePath reports whether every server reads a decoded path alike.
func singlePath(path string) bool {
	if !utf8.ValidString(path) || strings.Contains(path, "\\") {
		return false
	}
	for i := range len(path) {
		if path[i] < ' ' || path[i] == 0x7f {
			return false
		}
		if path[i] == '%' && i+2 < len(path) && ambiguousEscape(path[i+1], path[i+2]) {
			return false
		}
	}
	for segment := range strings.SplitSeq(path, "/") {
		// Some servers cut a segment at a semicolon: "..;a" is ".." to them.
		segment, _, _ = strings.Cut(segment, ";")
		if segment == "." || segment == ".." {
			return false
		}
	}
	return true
}

// ambiguousEscape reports whether an escape stands for a slash, a backslash, a
// dot or a control character: what must not appear by decoding.
func ambiguousEscape(high, low byte) bool {
	switch high {
	case '0', '1':
		return true
	case '2':
		return low == 'f' || low == 'F' || low == 'e' || low == 'E'
	case '5':
		return low == 'c' || low == 'C'
	case '7':
		return low == 'f' || low == 'F'
	}
	return false
}
