package api

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// The ration of a key: so many requests in a minute, on each server.
const (
	rationMost   = 600
	rationWindow = time.Minute
)

// rationKeys is how many keys are remembered before those at rest are forgotten.
const rationKeys = 4096

// ration bounds how often each key may ask (GCRA): a request is paid for by the
// time it takes until the next one of an even flow would be due. It is in memory:
// it keeps one program from crowding out the others, and guards no secret.
type ration struct {
	mu  sync.Mutex
	due map[core.ID]time.Time // when the key's ration is whole again
}

func newRation() *ration { return &ration{due: map[core.ID]time.Time{}} }

// share is what one request found.
type share struct {
	wait  time.Duration // more than zero: it is refused
	left  int           // requests that are left at once
	whole time.Duration // until all are again
}

// take counts a request of a key at now.
func (r *ration) take(key core.ID, now time.Time) share {
	const each = rationWindow / rationMost
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.due) >= rationKeys {
		for id, at := range r.due {
			if !at.After(now) {
				delete(r.due, id)
			}
		}
	}
	due := r.due[key]
	if due.Before(now) {
		due = now
	}
	next := due.Add(each)
	if wait := next.Sub(now) - rationWindow; wait > 0 {
		return share{wait: wait, whole: due.Sub(now)}
	}
	r.due[key] = next
	return share{left: int((rationWindow - next.Sub(now)) / each), whole: next.Sub(now)}
}

// tell says in the headers of draft-ietf-httpapi-ratelimit-headers what is left.
func (s share) tell(h http.Header) {
	h.Set("RateLimit-Policy", `"key";q=`+strconv.Itoa(rationMost)+`;w=`+seconds(rationWindow))
	h.Set("RateLimit", `"key";r=`+strconv.Itoa(s.left)+`;t=`+seconds(s.whole))
}

func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }
