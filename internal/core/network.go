package core

import (
	"slices"
	"time"
)

// A remembered device types no code, so its person is told when it signs in from
// a network that its browser was not seen in (ux §12): at most once for each
// network in 30 days, and once in 24 hours, so that a phone on a train does not
// fill a mailbox.
const (
	NetworkKept    = 30 * 24 * time.Hour
	NetworkGap     = 24 * time.Hour
	networksAtMost = 20
)

// Network is where a browser signed in from, and when it last did.
type Network struct {
	Name string // a /24 or /64
	At   time.Time
}

// Networks are those of one browser, newest first.
type Networks []Network

// With returns the networks after one more sign-in: those of the last 30 days,
// 20 at most.
func (n Networks) With(name string, now time.Time) Networks {
	if name == "" {
		return n
	}
	out := Networks{{name, now}}
	for _, other := range n {
		if other.Name != name && now.Sub(other.At) < NetworkKept && len(out) < networksAtMost {
			out = append(out, other)
		}
	}
	return out
}

// Strange reports whether a sign-in of this browser from a network is worth
// telling. Where nothing is known of its networks, nothing is strange.
func (b Browser) Strange(network string, now time.Time) bool {
	if network == "" || now.Sub(b.NetworkTold) < NetworkGap {
		return false
	}
	recent := slices.DeleteFunc(slices.Clone(b.Networks), func(n Network) bool { return now.Sub(n.At) >= NetworkKept })
	return len(recent) > 0 && !slices.ContainsFunc(recent, func(n Network) bool { return n.Name == network })
}
