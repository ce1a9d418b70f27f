package api_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/api"
	"github.com/sallyport/sallyport/internal/core"
)

// FuzzStrict: what passes is one JSON value that every reader reads alike.
func FuzzStrict(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":1}`, `{"a":1,"a":2}`, `{"a":{"b":[1,2,{"c":null}]}}`, `{"A":1}`, `[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]`, `{"a":"\u0000"}`, `{} {}`, "\xff", `"ſ"`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if api.Strict(body) != nil {
			return
		}
		var first any
		if err := json.Unmarshal(body, &first); err != nil {
			t.Fatalf("%q passes and is no JSON: %v", body, err)
		}
		encoded, err := json.Marshal(first)
		if err != nil {
			t.Fatal(err)
		}
		if err := api.Strict(encoded); err != nil && !strings.Contains(string(body), `\u`) {
			t.Errorf("%q passes, written anew it does not: %v", body, err)
		}
	})
}

// FuzzCursor: a cursor leads to where it was made for, and nothing else does.
func FuzzCursor(f *testing.F) {
	const list = "abcdefgh"
	f.Add(api.CursorOf(list, "06h20kjkomf3a0qnhp75cdecsc"))
	f.Add("!")
	f.Add("YWJjZGVmZ2g\n0")
	f.Add(strings.Repeat("A", 400))
	f.Fuzz(func(t *testing.T, cursor string) {
		after, err := api.After(cursor, list)
		if err == nil && cursor != "" && api.CursorOf(list, after) != cursor {
			t.Errorf("%q leads to %q, whose cursor is another", cursor, after)
		}
	})
}

// TestRation: as many at once as in a minute, then an even flow; each key for
// itself.
func TestRation(t *testing.T) {
	now, take := noon, api.Rationing()
	for i := range 600 {
		if wait, left := take("a", now); wait != 0 || left != 599-i {
			t.Fatalf("request %d waits %v, %d left", i, wait, left)
		}
	}
	if wait, _ := take("a", now); wait != 100*time.Millisecond {
		t.Errorf("one more waits %v", wait)
	}
	if wait, _ := take("b", now); wait != 0 {
		t.Errorf("another key waits %v", wait)
	}
	for range 20 {
		now = now.Add(100 * time.Millisecond)
		if wait, left := take("a", now); wait != 0 || left != 0 {
			t.Errorf("an even flow waits %v, %d left", wait, left)
		}
	}
	now = now.Add(time.Minute)
	if _, left := take(core.ID("a"), now); left != 599 {
		t.Errorf("a minute later %d are left", left)
	}
}
