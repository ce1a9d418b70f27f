package api

import (
	"time"

	"github.com/sallyport/sallyport/internal/core"
)

// Strict is the check of a body.
func Strict(body []byte) error { return strict(body) }

// After reads the cursor of a list.
func After(cursor, list string) (string, error) { return Page{Cursor: cursor}.after(list) }

// CursorOf is a place in a list.
func CursorOf(list, after string) string { return cursorOf(list, after) }

// Rationing counts requests: how long one waits, and how many are left.
func Rationing() func(key core.ID, now time.Time) (wait time.Duration, left int) {
	r := newRation()
	return func(key core.ID, now time.Time) (time.Duration, int) {
		s := r.take(key, now)
		return s.wait, s.left
	}
}
