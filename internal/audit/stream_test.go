package audit_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/audit"
	"github.com/sallyport/sallyport/internal/core"
)

// target keeps what arrives, and refuses while away.
type target struct {
	mu    sync.Mutex
	away  bool
	half  bool // takes a batch and says it did not
	lines []string
}

func (t *target) String() string { return "test" }

func (t *target) Ship(_ context.Context, batch []audit.Shipment) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.away {
		return errors.New("away")
	}
	for i, s := range batch {
		t.lines = append(t.lines, string(s.FileLine()))
		if t.half && i == len(batch)/2 {
			t.half = false
			return errors.New("broken off")
		}
	}
	return nil
}

func (t *target) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "")
}

// TestStream: every row arrives at least once, also after the target was away,
// broke off in the middle, or the server changed; and what arrived verifies.
func TestStream(t *testing.T) {
	w := newWorld(t)
	to := &target{}
	streams := [2]*audit.Stream{
		{Deps: w.deps(0), Task: core.AuditStreaming, Target: to}, {Deps: w.deps(1), Task: core.AuditStreaming, Target: to},
	}
	w.write(w.orgs[0], 40)
	w.write(w.orgs[1], 10)
	w.seal()
	if _, err := streams[0].Send(w.ctx); err != nil {
		t.Fatal(err)
	}
	to.away = true
	w.write(w.orgs[0], 30)
	w.seal()
	if _, err := streams[0].Send(w.ctx); err == nil {
		t.Error("an error of the target is not told")
	}
	if n, err := streams[1].Send(w.ctx); err != nil || n != 0 {
		t.Errorf("the other server took over what is leased: %d, %v", n, err)
	}
	to.away, to.half = false, true
	w.pass(2 * time.Minute)
	if _, err := streams[1].Send(w.ctx); err == nil {
		t.Error("a batch that broke off is not told")
	}
	if _, err := streams[1].Send(w.ctx); err != nil {
		t.Fatal(err)
	}
	text := to.text()
	for _, o := range w.orgs {
		for _, id := range w.ids(o) {
			if !strings.Contains(text, string(id)) {
				t.Errorf("row %s did not arrive", id)
			}
		}
	}
	report, err := audit.VerifyFile(strings.NewReader(text), w.checkpoints(), nil)
	if err != nil || report.Fault() != nil || !report.Stream {
		t.Fatalf("what arrived: %+v, %v", report.Fault(), err)
	}
	torn := text[:len(text)/2] + "\n" + text[len(text)/2:]
	if report, err := audit.VerifyFile(strings.NewReader(torn), nil, nil); err != nil || report.Fault() == nil {
		t.Errorf("a row that was torn and did not come again: %+v, %v", report.Fault(), err)
	}
	changed := strings.Replace(text, "row 7\"", "row 8\"", 1)
	if report, err := audit.VerifyFile(strings.NewReader(changed), nil, nil); err != nil || report.Fault() == nil || report.Fault().Code != "audit.row_changed" {
		t.Errorf("a changed row: %+v, %v", report.Fault(), err)
	}
}

// TestStreamAfterRetention: what retention removed before it was sent is not
// waited for.
func TestStreamAfterRetention(t *testing.T) {
	w := newWorld(t)
	o := w.orgs[0]
	w.write(o, 20)
	w.seal()
	w.pass(500 * 24 * time.Hour)
	w.write(o, 20)
	w.seal()
	w.must(audit.NewSealer(w.deps(0)).Retain(w.ctx))
	to := &target{}
	s := &audit.Stream{Deps: w.deps(0), Task: core.AuditStreaming, Target: to}
	if _, err := s.Send(w.ctx); err != nil {
		t.Fatal(err)
	}
	if report, err := audit.VerifyFile(strings.NewReader(to.text()), nil, nil); err != nil || report.Fault() != nil {
		t.Errorf("%+v, %v", report.Fault(), err)
	}
	if s.Behind() != 0 {
		t.Errorf("%d seals wait", s.Behind())
	}
}
