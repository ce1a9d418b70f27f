package secret_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// brought seals what another system made of a password.
func brought(t testing.TB, p *secret.Passwords, text string) string {
	t.Helper()
	sealed, err := p.SealForeign("u1", text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return sealed
}

// bcryptOf hashes at the least cost, as another system would.
func bcryptOf(t testing.TB, password string) string {
	t.Helper()
	b, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestBroughtHashIsReplaced: the right password is outdated, so that the caller
// hashes it anew; what it stores then is one of ours (PW9).
func TestBroughtHashIsReplaced(t *testing.T) {
	p := newPasswords(t)
	for _, text := range []string{
		bcryptOf(t, "correct horse battery"),
		" " + bcryptOf(t, "correct horse battery") + "\n",
		"{CRYPT}" + bcryptOf(t, "correct horse battery"),
		// the parameters of these tests: ours in form, theirs in what was hashed
		"$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$" + argonTag("correct horse battery"),
	} {
		sealed := brought(t, p, text)
		if strings.Contains(sealed, text[4:20]) {
			t.Error("not sealed")
		}
		right, outdated, err := p.Verify(t.Context(), "u1", sealed, "correct horse battery")
		if err != nil || !right || !outdated {
			t.Errorf("%s: right password: got %t, outdated %t, %v", text, right, outdated, err)
		}
		for _, wrong := range []string{"Correct horse battery", "correct horse battery ", "", strings.TrimSpace(text)} {
			right, outdated, err = p.Verify(t.Context(), "u1", sealed, wrong)
			if err != nil || right || outdated {
				t.Errorf("%s: %q: got %t, outdated %t, %v", text, wrong, right, outdated, err)
			}
		}
		if right, _, err := p.Verify(t.Context(), "u2", sealed, "correct horse battery"); err == nil || right {
			t.Errorf("%s: somebody else's row: got %t, %v", text, right, err)
		}
	}
}

// TestBroughtHashOfWhatWasTyped: another system hashed the bytes as its form sent
// them. They count as they are typed here, and as we compose them.
func TestBroughtHashOfWhatWasTyped(t *testing.T) {
	const composed, apart, space = "caf\u00e9 au lait", "cafe\u0301 au lait", "caf\u00e9\u00a0au lait"
	p := newPasswords(t)
	for name, c := range map[string]struct {
		hashed, typed string
		want          bool
	}{
		"composed, typed so":         {composed, composed, true},
		"apart, typed so":            {apart, apart, true},
		"composed, typed apart":      {composed, apart, true},
		"other space, typed so":      {space, space, true},
		"space, typed as other":      {composed, space, true},
		"apart, typed composed":      {apart, composed, false}, // nobody can tell what else it was
		"a word that nobody has set": {"", "", false},
	} {
		sealed := brought(t, p, bcryptOf(t, c.hashed))
		right, outdated, err := p.Verify(t.Context(), "u1", sealed, c.typed)
		if err != nil || right != c.want || outdated != c.want {
			t.Errorf("%s: got %t, outdated %t, %v", name, right, outdated, err)
		}
	}
}

// TestBroughtHashThatEndsEarly: what follows 72 bytes was never proved, so it does
// not become part of the password by being typed once.
func TestBroughtHashThatEndsEarly(t *testing.T) {
	p := newPasswords(t)
	word := strings.Repeat("kz-Vq9!x", 9) // 72
	sealed := brought(t, p, bcryptOf(t, word))
	for typed, renewed := range map[string]bool{word: true, word + "tail": false} {
		right, outdated, err := p.Verify(t.Context(), "u1", sealed, typed)
		if err != nil || !right || outdated != renewed {
			t.Errorf("%d bytes: got %t, outdated %t, %v", len(typed), right, outdated, err)
		}
	}
}

// TestBroughtHashOfLongText: letters that are typed apart can make a text four
// times as long as what counts. It is not hashed as it came: some kinds go through
// the whole password at every round.
func TestBroughtHashOfLongText(t *testing.T) {
	p := newPasswords(t)
	composed, apart := strings.Repeat("\u1fa6", 128), strings.Repeat("\u03c9\u0313\u0342\u0345", 128)
	sealed := brought(t, p, bcryptOf(t, apart[:72]))
	if right, _, err := p.Verify(t.Context(), "u1", sealed, apart); err != nil || right {
		t.Errorf("%d bytes as they came: got %t, %v", len(apart), right, err)
	}
	sealed = brought(t, p, bcryptOf(t, composed[:72]))
	if right, _, err := p.Verify(t.Context(), "u1", sealed, apart); err != nil || !right {
		t.Errorf("composed: got %t, %v", right, err)
	}
}

// TestTypedTextOfBroughtHash: what is judged of the typed text alone stays so
// (PW2): a tab is refused whatever the account has.
func TestTypedTextOfBroughtHash(t *testing.T) {
	p := newPasswords(t)
	sealed := brought(t, p, bcryptOf(t, "correct\thorse"))
	for typed, want := range map[string]string{"correct\thorse": "password.control", "a\x00b": "password.control", strings.Repeat("a", 129): "password.long"} {
		if _, _, err := p.Verify(t.Context(), "u1", sealed, typed); core.CodeOf(err) != want {
			t.Errorf("%q: got %v, want %s", typed, err, want)
		}
	}
	stopped, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := p.Verify(stopped, "u1", sealed, "correct"); core.CodeOf(err) != "internal" {
		t.Errorf("past a closed gate: %v", err)
	}
}

// TestBroughtHashCostsMore: whatever it costs, it answers no sooner than an
// unknown name (EN2). Without the work on top this one would be a hundred times
// faster.
func TestBroughtHashCostsMore(t *testing.T) {
	p := secret.NewPasswords(newRing(t), secret.Params{MemoryKiB: 16 << 10, Time: 2, Parallelism: 1}, 1, random)
	sealed := brought(t, p, "{SSHA}e0ONOzY4fMjvJYV4xFMyfVmBcBJzYWx0")
	fastest := func(sealed string) time.Duration {
		least := time.Hour
		for range 5 {
			start := time.Now()
			if _, _, err := p.Verify(t.Context(), "u1", sealed, "wrong"); err != nil {
				t.Fatal(err)
			}
			least = min(least, time.Since(start))
		}
		return least
	}
	if with, without := fastest(sealed), fastest(""); with < without*2/3 {
		t.Fatalf("with a brought hash %s, without one %s", with, without)
	}
}

// TestSealForeignRefuses: a text that is none, with the codes of package foreign.
func TestSealForeignRefuses(t *testing.T) {
	p := newPasswords(t)
	for text, want := range map[string]string{"correct horse": "hash.unknown", "$1$salt$x": "hash.weak", "$2b$31$" + strings.Repeat("a", 53): "hash.costly"} {
		sealed, err := p.SealForeign("u1", text)
		if sealed != "" || core.CodeOf(err) != want || strings.Contains(fmt.Sprint(err), text) {
			t.Errorf("%s: got %q, %v", text, sealed, err)
		}
	}
}

// BenchmarkSealForeign is what a load does for each person who brings a hash.
func BenchmarkSealForeign(b *testing.B) {
	p := newPasswords(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.SealForeign("u1", "$6$saltstring$"+strings.Repeat("a", 86)); err != nil {
			b.Fatal(err)
		}
	}
}

// argonTag is the Argon2id of these tests, of a salt that Argon2's own use.
func argonTag(password string) string {
	return base64.RawStdEncoding.EncodeToString(argon2.IDKey([]byte(password), []byte("somesalt"), 1, 64, 1, 32))
}

// TestBroughtHashesLeaveRoom: whoever loads hashes that cost all that is allowed
// takes no more than half of the cores with them, so everybody else signs in.
func TestBroughtHashesLeaveRoom(t *testing.T) {
	const some = 5
	p := newPasswords(t)
	salt, tag := base64.StdEncoding.EncodeToString(make([]byte, 16)), base64.StdEncoding.EncodeToString(make([]byte, 32))
	costly := brought(t, p, "pbkdf2_sha256$400000$"+strings.TrimRight(salt, "=")+"$"+tag)
	var g sync.WaitGroup
	var done atomic.Int32
	for range some {
		g.Go(func() {
			if right, _, err := p.Verify(t.Context(), "u1", costly, "a guess"); err != nil || right {
				t.Errorf("a guess is %t (%v)", right, err)
			}
			done.Add(1)
		})
	}
	for secret.Busy(p) < some && done.Load() == 0 {
		runtime.Gosched()
	}
	if _, _, err := p.Verify(t.Context(), "u2", "", "somebody else"); err != nil {
		t.Error(err)
	}
	if n := done.Load(); n > 1 {
		t.Errorf("%d costly ones came first", n)
	}
	g.Wait()
}
