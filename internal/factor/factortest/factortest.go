package factortest

import (
	"crypto/sha256"
	"encoding/binary"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/factor"
	"github.com/sallyport/sallyport/internal/secret"
)

// Subject is a kind under test.
type Subject struct {
	// New returns the factor.
	New func(ring *secret.Ring, random core.Random) factor.Factor
	// Right prepares all that a person needs and returns a verification at now
	// whose Typed is right.
	Right func(t *testing.T, f factor.Factor, userID core.ID, now time.Time) factor.Verification
}

// The people and the time of the suite.
const (
	ana = core.ID("user-ana")
	bo  = core.ID("user-bo")
)

var now = time.Date(2026, 5, 3, 14, 5, 12, 0, time.UTC)

// Run proves that the subject keeps the contract of factor.Factor.
func Run(t *testing.T, s Subject) {
	t.Run("accepts", func(t *testing.T) { accepts(t, s) })
	t.Run("refuses malformed", func(t *testing.T) { refusesMalformed(t, s) })
	t.Run("refuses wrong", func(t *testing.T) { refusesWrong(t, s) })
	t.Run("refuses used", func(t *testing.T) { refusesUsed(t, s) })
	t.Run("is bound", func(t *testing.T) { isBound(t, s) })
	t.Run("prompt", func(t *testing.T) { prompt(t, s) })
	t.Run("enrolment", func(t *testing.T) { enrolment(t, s) })
	t.Run("parallel", func(t *testing.T) { parallel(t, s) })
}

// Ring returns a key ring for tests; different seeds give different ones.
func Ring(t testing.TB, seed uint64) *secret.Ring {
	t.Helper()
	random := Random(seed)
	master := make([]byte, secret.MasterBytes)
	random(master)
	ring, err := secret.OpenRing(master, []secret.WrappedKey{secret.NewWrappedKey(master, "k1", random)})
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// Random returns repeatable bytes, SHA-256 of a count, that may be shared.
func Random(seed uint64) core.Random {
	var mu sync.Mutex
	var count [16]byte
	binary.BigEndian.PutUint64(count[:], seed)
	return func(b []byte) {
		mu.Lock()
		defer mu.Unlock()
		for len(b) > 0 {
			binary.BigEndian.PutUint64(count[8:], binary.BigEndian.Uint64(count[8:])+1)
			sum := sha256.Sum256(count[:])
			b = b[copy(b, sum[:]):]
		}
	}
}

func accepts(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	v := s.Right(t, f, ana, now)
	if v.UserID != ana || !v.Now.Equal(now) || v.Typed == "" {
		t.Fatalf("the subject prepared %+v", v)
	}
	for _, typed := range []string{
		v.Typed, " " + v.Typed + "\r\n", strings.Join(strings.Split(v.Typed, ""), " "),
		v.Typed[:3] + "-" + v.Typed[3:], v.Typed[:3] + "\u00a0–\u2011" + v.Typed[3:],
		"\u200e" + v.Typed + "\u2066", fullWidth(v.Typed), strings.ToUpper(v.Typed),
	} {
		v.Typed = typed
		use, err := f.Check(v)
		if err != nil {
			t.Errorf("%+q: %v", typed, err)
		}
		if use.Kind != f.Kind() || (use.CredentialID == "") == (use.ChallengeID == "") {
			t.Errorf("%+q: nothing, or too much, to record: %+v", typed, use)
		}
	}
}

func fullWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, s)
}

func refusesMalformed(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	v := s.Right(t, f, ana, now)
	right := v.Typed
	for name, c := range map[string]struct{ typed, code string }{
		"empty":     {"", "code.empty"},
		"blank":     {" \u00a0-\t", "code.empty"},
		"short":     {right[1:], "code.short"},
		"long":      {right + "7", "code.long"},
		"twice":     {right + " " + right, "code.long"},
		"a mile":    {strings.Repeat("7", 1<<20), "code.long"},
		"a sign":    {right[1:] + "!", "code.letters"},
		"words":     {"your code is " + right, "code.letters"},
		"NUL":       {right + "\x00", "code.letters"},
		"not UTF-8": {right[1:] + "\xff", "code.letters"},
		"only that": {"\xff", "code.letters"},
		"Cyrillic":  {right[1:] + "з", "code.letters"},
	} {
		v.Typed = c.typed
		use, err := f.Check(v)
		if core.CodeOf(err) != c.code || core.KindOf(err) != core.Invalid || use != (core.FactorUse{}) {
			t.Errorf("%s: got %+v, %v; want %s", name, use, err, c.code)
		}
	}
}

func refusesWrong(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	v := s.Right(t, f, ana, now)
	right := v.Typed
	for i := range len(right) {
		other := byte('3')
		switch right[i] {
		case '-':
			continue
		case '3':
			other = '4'
		}
		v.Typed = right[:i] + string(other) + right[i+1:]
		use, err := f.Check(v)
		if core.CodeOf(err) != "code.wrong" || core.KindOf(err) != core.Invalid || use != (core.FactorUse{}) {
			t.Errorf("character %d changed: got %+v, %v; want code.wrong", i, use, err)
		}
		if strings.Contains(err.Error(), v.Typed) || strings.Contains(err.Error(), right) {
			t.Errorf("the error holds a code: %v", err)
		}
	}
}

func refusesUsed(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	v := s.Right(t, f, ana, now)
	use, err := f.Check(v)
	if err != nil {
		t.Fatal(err)
	}
	// Record the use as the store does.
	for i := range v.Credentials {
		if v.Credentials[i].ID == use.CredentialID {
			v.Credentials[i].Mark = use.Mark
			v.Credentials[i].UsedAt = now
		}
	}
	if v.Challenge.ID == use.ChallengeID {
		v.Challenge.UsedAt = now
	}
	if use, err := f.Check(v); core.CodeOf(err) != "code.used" {
		t.Fatalf("got %+v, %v; want code.used", use, err)
	}
}

// isBound: a right answer is worth nothing for another person, with nothing to
// check it against, or under other keys.
func isBound(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	right := s.Right(t, f, ana, now)
	other := right
	other.UserID = bo
	relabelled := right
	relabelled.UserID = bo
	relabelled.Credentials = append([]core.Credential(nil), right.Credentials...)
	for i := range relabelled.Credentials {
		relabelled.Credentials[i].UserID = bo
	}
	theirs := s.Right(t, s.New(Ring(t, 1), Random(3)), bo, now)
	theirs.Typed = right.Typed
	nothing := right
	nothing.Credentials, nothing.Challenge = nil, core.Challenge{}
	for name, v := range map[string]factor.Verification{
		"another person":           other,
		"rows copied to another":   relabelled,
		"what another person has":  theirs,
		"nothing to check against": nothing,
	} {
		if use, err := f.Check(v); err == nil || use != (core.FactorUse{}) {
			t.Errorf("%s: got %+v, %v", name, use, err)
		}
	}
	if use, err := s.New(Ring(t, 9), Random(1)).Check(right); err == nil || use != (core.FactorUse{}) {
		t.Errorf("other keys: got %+v, %v", use, err)
	}
}

func prompt(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	if f.Kind() == "" || f.Kind() != s.New(Ring(t, 2), Random(2)).Kind() {
		t.Errorf("kind %q", f.Kind())
	}
	v := s.Right(t, f, ana, now)
	if n := f.Prompt().Digits; n != 0 && len(v.Typed) != n {
		t.Errorf("prompts for %d digits, typed are %d", n, len(v.Typed))
	}
	code, err := f.Compose(v.Challenge)
	if f.Prompt().Mails != (err == nil) {
		t.Errorf("prompt says mails %t, composing gives %v", f.Prompt().Mails, err)
	}
	if f.Prompt().Mails && code != v.Typed {
		t.Errorf("composed a code that is not the right one")
	}
}

func enrolment(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	m, err := f.BeginEnrol(ana)
	if f.Prompt().Mails {
		if core.KindOf(err) != core.Internal || m != (factor.Material{}) {
			t.Errorf("a mailed kind began %+v, %v", m, err)
		}
		return
	}
	if err != nil || m.Sealed == "" || m.KeyID != "k1" {
		t.Fatalf("began %+v, %v", m, err)
	}
	shown, err := f.Reveal(ana, m)
	again, err2 := f.Reveal(ana, m)
	if err != nil || err2 != nil || len(shown) == 0 || strings.Join(shown, " ") != strings.Join(again, " ") {
		t.Fatalf("revealed %d, then %d, %v, %v", len(shown), len(again), err, err2)
	}
	for _, text := range shown {
		if strings.Contains(m.Sealed, text) {
			t.Error("the material shows what it seals")
		}
	}
	if stolen, err := f.Reveal(bo, m); err == nil {
		t.Errorf("another person was shown %d lines", len(stolen))
	}
	if stolen, err := f.FinishEnrol(bo, m, factor.Proof{Now: now}); err == nil {
		t.Errorf("another person enrolled %d credentials", len(stolen))
	}
	if fresh, err := f.BeginEnrol(ana); err != nil || fresh.Sealed == m.Sealed {
		t.Errorf("two enrolments are the same, or %v", err)
	}
	for _, c := range s.Right(t, f, ana, now).Credentials {
		if c.Kind != f.Kind() || c.UserID != ana || c.State != core.CredentialActive || c.KeyID != "k1" ||
			(c.Sealed == "") == (c.LookupKey == "") {
			t.Errorf("enrolled %+v", c)
		}
	}
}

// parallel runs under the race detector: factors keep no state.
func parallel(t *testing.T, s Subject) {
	f := s.New(Ring(t, 1), Random(1))
	v := s.Right(t, f, ana, now)
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := f.Check(v); err != nil {
				t.Errorf("got %v", err)
			}
		})
	}
	all.Wait()
}
