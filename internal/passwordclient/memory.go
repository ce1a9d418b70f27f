package passwordclient

import (
	"crypto/hmac"
	"crypto/sha256"
	"strconv"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// A bulk client shows the same password with each of a thousand requests. One that
// was right a moment ago, for the same account and from the same network, is not
// hashed again: a keyed digest of it is kept, under a key that no other process has
// and that is never stored.
const (
	rememberFor = time.Minute
	rememberAll = 10_000 // at most; beyond it passwords are hashed each time
)

// memory is of one process. It only ever says "this was right": the account is read
// anew at each request, so a changed password, a deactivation and the end of a pause
// bite at once, on every replica.
type memory struct {
	key  []byte
	mu   sync.Mutex
	seen map[digest]remembered
}

type digest [sha256.Size]byte

type remembered struct {
	until   time.Time
	outcome string // that was written down last
}

func newMemory(random core.Random) *memory {
	m := &memory{key: make([]byte, sha256.Size), seen: map[digest]remembered{}}
	random(m.key)
	return m
}

// digest binds a password to the account, its version, the network and what it is
// shown to.
func (m *memory) digest(u core.User, network string, application core.ID, password string) (d digest) {
	mac := hmac.New(sha256.New, m.key)
	for _, part := range []string{string(u.ID), strconv.FormatInt(u.PasswordVersion, 10), network, string(application), password} {
		mac.Write([]byte(strconv.Itoa(len(part)) + ":" + part))
	}
	mac.Sum(d[:0])
	return d
}

// known reports whether the password was right within the last minute.
func (m *memory) known(d digest, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.seen[d]
	return ok && now.Before(r.until)
}

// right remembers a password that was right at now.
func (m *memory) right(d digest, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.seen) >= rememberAll {
		for k, r := range m.seen {
			if !now.Before(r.until) {
				delete(m.seen, k)
			}
		}
	}
	if len(m.seen) < rememberAll {
		m.seen[d] = remembered{until: now.Add(rememberFor)}
	}
}

// unsaid takes the last outcome for not written down after all.
func (m *memory) unsaid(d digest) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.seen[d]; ok {
		r.outcome = ""
		m.seen[d] = r
	}
}

// news reports whether an outcome is another one than was written down since the
// password was checked, and takes it for written down.
func (m *memory) news(d digest, outcome string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.seen[d]
	if ok && r.outcome == outcome {
		return false
	}
	if ok {
		r.outcome = outcome
		m.seen[d] = r
	}
	return true
}
