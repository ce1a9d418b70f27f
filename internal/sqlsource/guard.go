package sqlsource

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// slack is what a message may have beside the values of a row.
const slack = 64 << 10

// errMessage is what reading from a connection says once a message is too long.
var errMessage = errors.New("a message of the database is longer than a row may be")

// guard looks at the lengths of the messages that a database sends. The driver
// takes as much memory as a message claims to be long, a gigabyte if it says so;
// from here such a one is never begun.
type guard struct {
	most int
	long atomic.Bool // one was; the driver may read from a goroutine of its own
}

// wrap puts the guard before a connection.
func (g *guard) wrap(_ context.Context, _ *pgconn.Config, c net.Conn) (net.Conn, error) {
	return &guarded{Conn: c, guard: g}, nil
}

// guarded is a connection behind a guard: messages are a letter, four bytes of
// length, and the rest.
type guarded struct {
	net.Conn
	guard  *guard
	head   [5]byte
	have   int // bytes of head
	remain int // bytes of the message that are still to come
	failed bool
}

// Read implements net.Conn. Whole messages before one that is too long still pass.
func (c *guarded) Read(p []byte) (int, error) {
	if c.failed {
		return 0, errMessage
	}
	n, err := c.Conn.Read(p)
	whole := 0
	for b := p[:n]; len(b) > 0; {
		if c.remain > 0 {
			skip := min(c.remain, len(b))
			c.remain, b = c.remain-skip, b[skip:]
			whole = n - len(b)
			continue
		}
		took := copy(c.head[c.have:], b)
		c.have, b = c.have+took, b[took:]
		if c.have < len(c.head) {
			continue
		}
		c.have = 0
		length := binary.BigEndian.Uint32(c.head[1:])
		if length < 4 || int64(length) > int64(c.guard.most+slack) {
			c.failed = true
			c.guard.long.Store(true)
			if whole > 0 {
				return whole, nil
			}
			return 0, errMessage
		}
		c.remain = int(length) - 4
	}
	return n, err
}
