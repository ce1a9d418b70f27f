package session_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

var errDown = errors.New("store is down")

// memory is a store that several services share, as replicas share a database.
type memory struct {
	mu       sync.Mutex
	now      time.Time
	down     bool
	sessions map[string]core.SessionView // by digest
	changes  []core.Change
	reads    int
	touched  map[core.ID]time.Time
	flushes  int
	ended    []core.SessionEnd
	// onRead runs after a session was read and before it is handed over.
	onRead func()
}

func newMemory() *memory {
	return &memory{
		now:      time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC),
		sessions: map[string]core.SessionView{}, touched: map[core.ID]time.Time{},
	}
}

func (m *memory) clock() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

func (m *memory) pass(d time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = m.now.Add(d)
}

func (m *memory) setDown(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

func (m *memory) readCount() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads
}

// token makes the cookie value of a short name.
func token(name string) string { return name + strings.Repeat("0", 52-len(name)) }

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// signIn stores a session of a person of an organization.
func (m *memory) signIn(name string, user, organization core.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[digestOf(token(name))] = core.SessionView{
		Session: core.Session{
			ID: core.ID("s-" + name), OrganizationID: organization, UserID: user,
			Level: core.LevelPassword, SignedInAt: m.now, LastSeenAt: m.now,
		},
		Account: core.Account{User: core.User{
			ID: user, OrganizationID: organization, Type: core.Ordinary,
			Status: core.Active, PasswordSealed: "x",
		}},
		Organization: core.Organization{ID: organization, Policy: core.DefaultPolicy()},
	}
}

// change edits every session that a change concerns and writes its row, as the
// transaction of a service would.
func (m *memory) change(kind core.ChangeKind, subject core.ID, edit func(*core.SessionView)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, v := range m.sessions {
		if v.Session.ID == subject || v.Account.User.ID == subject || v.Organization.ID == subject {
			edit(&v)
			m.sessions[key] = v
		}
	}
	id := core.NewID(m.now, func(b []byte) { b[0], b[1] = byte(len(m.changes)>>8), byte(len(m.changes)) })
	m.changes = append(m.changes, core.Change{ID: id, At: m.now, Kind: kind, SubjectID: subject})
}

// SessionByToken implements session.Store.
func (m *memory) SessionByToken(_ context.Context, hash string) (core.SessionView, error) {
	m.mu.Lock()
	m.reads++
	v, there := m.sessions[hash]
	down, hook := m.down, m.onRead
	m.mu.Unlock()
	if hook != nil {
		hook()
	}
	switch {
	case down:
		return core.SessionView{}, errDown
	case !there:
		return core.SessionView{}, core.ErrNotFound
	}
	return v, nil
}

// TouchSessions implements session.Store.
func (m *memory) TouchSessions(_ context.Context, touches []core.SessionTouch) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	m.flushes++
	for _, t := range touches {
		m.touched[t.SessionID] = t.SeenAt
		for key, v := range m.sessions {
			if v.Session.ID == t.SessionID && v.Session.LastSeenAt.Before(t.SeenAt) {
				v.Session.LastSeenAt = t.SeenAt
				m.sessions[key] = v
			}
		}
	}
	return nil
}

// EndSession implements session.Store.
func (m *memory) EndSession(_ context.Context, e core.SessionEnd) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return errDown
	}
	m.ended = append(m.ended, e)
	m.changes = append(m.changes, e.Record.Changes...)
	for key, v := range m.sessions {
		if v.Session.ID == e.SessionID {
			v.Session.EndedAt, v.Session.EndReason = e.At, e.Reason
			m.sessions[key] = v
		}
	}
	return nil
}

// ChangesSince implements session.Store.
func (m *memory) ChangesSince(_ context.Context, since time.Time) ([]core.Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down {
		return nil, errDown
	}
	var found []core.Change
	for _, c := range m.changes {
		if !c.At.Before(since) {
			found = append(found, c)
		}
	}
	return found, nil
}
