package core

import (
	"net/netip"
	"strings"
)

// The bounds of a list of networks: it is looked at for every request.
const (
	maxNetworks     = 100
	maxNetworksText = 8 << 10
)

// AllowedNetworks are the networks that people of an organization may use;
// none: any.
type AllowedNetworks []netip.Prefix

// ParseNetworks reads networks such as 203.0.113.0/24 and 2001:db8::/32, or
// single addresses, one a line or separated by commas. Its error names the line
// that is none.
func ParseNetworks(text string) (AllowedNetworks, *Error) {
	if len(text) > maxNetworksText {
		return nil, NewError(Invalid, "policy.networks_many").With("count", maxNetworks)
	}
	var all AllowedNetworks
	for line := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		p, ok := parseNetwork(line)
		if !ok {
			return nil, NewError(Invalid, "policy.allowed_networks").With("line", firstRunes(line, 60))
		}
		if all = append(all, p); len(all) > maxNetworks {
			return nil, NewError(Invalid, "policy.networks_many").With("count", maxNetworks)
		}
	}
	return all, nil
}

// parseNetwork reads one network, its host bits cleared. An IPv4 network written
// as IPv6 is the IPv4 one, as addresses of clients are.
func parseNetwork(line string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(line); err == nil {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), a.Zone() == ""
	}
	p, err := netip.ParsePrefix(line)
	if err != nil {
		return netip.Prefix{}, false
	}
	if p.Addr().Is4In6() {
		if p.Bits() < 96 {
			return netip.Prefix{}, false
		}
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p.Masked(), true
}

// Allow reports whether a request may come from an address; one that is not
// known may not where there is a list. It allocates nothing.
func (n AllowedNetworks) Allow(address netip.Addr) bool {
	if len(n) == 0 {
		return true
	}
	address = address.Unmap()
	for _, p := range n {
		if p.Contains(address) {
			return true
		}
	}
	return false
}

// String returns the list as it is stored: one network a line, as typed but for
// host bits.
func (n AllowedNetworks) String() string {
	lines := make([]string, len(n))
	for i, p := range n {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// firstRunes returns at most n code points of a text that is shown to people.
func firstRunes(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
