package secret

import "context"

// What the tests of package secret_test reach into.

// ParsePHC parses a PHC string and writes it again.
func ParsePHC(s string) (string, Params, error) {
	h, err := parsePHC(s)
	return h.String(), h.params, err
}

// Normalise is the normal form of a password.
func Normalise(password string) (string, error) { return normalise(password) }

// Gate is the gate by itself.
type Gate struct{ gate *gate }

// NewGate returns a gate of so many places.
func NewGate(cores int) Gate { return Gate{newGate(cores)} }

// Enter waits at the gate.
func (g Gate) Enter(ctx context.Context) (leave func(), err error) { return g.gate.enter(ctx) }

// QueueLength is how many may wait.
const QueueLength = queueLength

// Busy is how many callers compute or wait at the gates of passwords.
func Busy(p *Passwords) int {
	return len(p.gate.places) + int(p.gate.waiting.Load()) + int(p.brought.waiting.Load())
}
