package httpx

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// lookEvery is how late a timeout may bite.
const lookEvery = 500 * time.Millisecond

// Listener returns l with cheaper timeouts. The standard server moves four
// timers for every request, which is a tenth of what a small answer costs. The
// connections of this listener only note when time will be up; one look at all
// of them every half second ends what is over. Timeouts bite up to that much
// later, and never earlier. Now must be time.Now outside of tests: the server
// makes its deadlines by the machine's clock, not by the corrected one.
func Listener(l net.Listener, now core.Clock) net.Listener {
	t := &timedListener{Listener: l, now: now, connections: map[*timedConn]struct{}{}, closed: make(chan struct{})}
	go t.watch()
	return t
}

type timedListener struct {
	net.Listener
	now    core.Clock
	once   sync.Once
	closed chan struct{}

	mu          sync.Mutex
	connections map[*timedConn]struct{}
}

// Accept implements net.Listener.
func (t *timedListener) Accept() (net.Conn, error) {
	conn, err := t.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c := &timedConn{Conn: conn, listener: t}
	t.mu.Lock()
	t.connections[c] = struct{}{}
	t.mu.Unlock()
	return c, nil
}

// Close implements net.Listener. Connections that are still open keep their
// timeouts, as a graceful stop needs.
func (t *timedListener) Close() error {
	t.once.Do(func() { close(t.closed) })
	return t.Listener.Close()
}

// watch ends when the listener is closed and its last connection is.
func (t *timedListener) watch() {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	closed := t.closed
	for over := false; !over || t.look() > 0; {
		select {
		case <-tick.C:
			t.look()
		case <-closed:
			over, closed = true, nil
		}
	}
}

// look ends what is over and returns how many connections are open.
func (t *timedListener) look() int {
	now := t.now().UnixNano()
	t.mu.Lock()
	defer t.mu.Unlock()
	for c := range t.connections {
		c.read.end(now, c.Conn.SetReadDeadline)
		c.write.end(now, c.Conn.SetWriteDeadline)
	}
	return len(t.connections)
}

// timedConn notes its deadlines instead of setting timers for them.
type timedConn struct {
	net.Conn
	listener    *timedListener
	read, write deadline
}

// deadline is one direction of a connection.
type deadline struct {
	at  atomic.Int64 // when time is up, nanoseconds; 0: never
	set atomic.Bool  // the connection itself was given a deadline
}

// longAgo is before any real deadline: the server sets such a time to wake a
// read that waits.
const longAgo = 1 << 30 // seconds: the year 2004

// move notes a deadline; only one in the past goes to the connection, and none
// or a later one takes it off again.
func (d *deadline) move(t time.Time, set func(time.Time) error) error {
	switch {
	case t.IsZero():
		d.at.Store(0)
	case t.Unix() < longAgo:
		d.at.Store(0)
		d.set.Store(true)
		return set(t)
	default:
		d.at.Store(t.UnixNano())
	}
	if d.set.Load() && d.set.CompareAndSwap(true, false) {
		return set(time.Time{})
	}
	return nil
}

// end wakes what waits past its time.
func (d *deadline) end(now int64, set func(time.Time) error) {
	if at := d.at.Load(); at != 0 && at < now && d.at.CompareAndSwap(at, 0) {
		d.set.Store(true)
		// The connection may be closed meanwhile, which is as good.
		_ = set(time.Unix(1, 0))
	}
}

// SetReadDeadline implements net.Conn.
func (c *timedConn) SetReadDeadline(t time.Time) error {
	return c.read.move(t, c.Conn.SetReadDeadline)
}

// SetWriteDeadline implements net.Conn.
func (c *timedConn) SetWriteDeadline(t time.Time) error {
	return c.write.move(t, c.Conn.SetWriteDeadline)
}

// SetDeadline implements net.Conn.
func (c *timedConn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// Close implements net.Conn.
func (c *timedConn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.connections, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}
