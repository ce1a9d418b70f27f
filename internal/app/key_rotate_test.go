package app_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/keyring"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/secret"
)

// sealedIn returns the columns of the database in which a sealed text stands.
func sealedIn(s *server) []string {
	s.t.Helper()
	d := deployment{s.t, s.Config}
	db := d.database()
	list := `SELECT table_name || '.' || column_name, table_name, column_name FROM information_schema.columns
		WHERE table_schema = 'public' AND data_type = 'text'`
	if s.Config.Database == "" {
		list = `SELECT m.name || '.' || c.name, m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND c.type = 'TEXT'`
	}
	found := map[string]bool{}
	for _, column := range rowsOf(s.t, db, list) {
		for _, row := range rowsOf(s.t, db, fmt.Sprintf(`SELECT %s FROM %s`, column[2], column[1])) {
			if text, ok := row[0].(string); ok && secret.KeyID(text) != "" {
				found[fmt.Sprint(column[0])] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// rotateNow rotates in another process of the deployment that waits for nothing:
// no other process is told in time.
func (d *deployment) rotateNow() keyring.Report {
	d.t.Helper()
	b := d.mustOpen()
	b.Keys.Wait = func(context.Context, time.Duration) error { return nil }
	r := keyring.Rotation{Keeper: b.Keys, By: operator, Say: func(string, ...any) {}}
	report, err := r.Rotate(d.t.Context(), false)
	if err != nil {
		d.t.Fatal(err)
	}
	return report
}

// TestRotationMissesNothing: after every flow there is, each column that holds
// a sealed text is one that rotation knows; and all that was begun before a
// rotation, or made under the old key, is good after it on a server that nobody
// told.
func TestRotationMissesNothing(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		walkEverything(s, &ledger{long: map[string]string{}, codes: map[string]bool{}})
		s.person("dee@example.com")
		remembering, panel, mailed, form := s.browser(), s.browser(), s.browser(), s.browser()
		p := remembering.submit(remembering.signIn("dee@example.com", password), "/signin/verify", map[string]string{"method": "email"})
		remembering.submit(p, "/signin/verify/email", map[string]string{"code": s.code("dee@example.com")})
		dee, codes := remembering.turnOn(s, "dee@example.com")
		remembering.signOut()
		p = remembering.submit(remembering.signIn("dee@example.com", password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
		remembering.submit(p, "/signin/verify/app", map[string]string{"code": dee.code()}).must(t, 200, "Home")
		remembering.signOut()
		s.person("eve@example.com")
		p = panel.submit(panel.signIn("eve@example.com", password), "/signin/verify", map[string]string{"method": "email"})
		panel.submit(p, "/signin/verify/email", map[string]string{"code": s.code("eve@example.com")})
		p = panel.submit(panel.get("/account/security"), "/account/security", map[string]string{"two_factor": "on"})
		_, open := panel.scan(p.must(t, 200, "Scan the QR code"))
		p = mailed.choose(mailed.signIn("dee@example.com", password), "email")
		codePage, code := p, s.code("dee@example.com")
		signInPage := form.get("/signin")

		var known []string
		for _, c := range core.SealedColumns() {
			known = append(known, string(c))
		}
		found := sealedIn(s)
		for _, c := range found {
			if !slices.Contains(known, c) && c != "data_key.wrapped" {
				t.Errorf("%s holds sealed texts, and rotation does not know it", c)
			}
		}
		if len(found) < 6 {
			t.Errorf("only %v hold sealed texts: the flows do not reach them", found)
		}

		d := deployment{t, s.Config}
		report := d.rotateNow()
		if report.Active != "k2" || len(report.Broken) > 0 || len(report.Left) != 1 || report.Left[0].Uses.Keyed[core.KeyedRecoveryCode] < 10 {
			t.Errorf("report %+v", report)
		}
		for c, n := range report.Left[0].Uses.Sealed {
			if n > 0 {
				t.Errorf("%d of %s are under the old key", n, c)
			}
		}

		remembering.signIn("dee@example.com", password).must(t, 200, "Home")
		open.must(t, 200, "Save your recovery codes")
		panel.submit(open, "/account/security/setup/save", map[string]string{"saved": "1"}).must(t, 200, "Two-factor authentication is on")
		mailed.submit(codePage, "/signin/verify/email", map[string]string{"code": code}).must(t, 200, "Home")
		form.submit(signInPage, "/signin", map[string]string{"login": "dee@example.com", "password": password})
		p = form.get("/signin/verify/recovery").must(t, 200)
		form.submit(p, "/signin/verify/recovery", map[string]string{"code": codes[1]}).must(t, 200, "recovery codes left")
		form.signOut()
		p = form.choose(form.signIn("dee@example.com", password), "app")
		form.submit(p, "/signin/verify/app", map[string]string{"code": dee.code()}).must(t, 200, "Home")
		if s.Ring.ActiveKey() != "k2" {
			t.Errorf("the server still seals with %s", s.Ring.ActiveKey())
		}
	})
}

// rotateVariable tells this test program to be the operator's rotation.
const rotateVariable = "SALLYPORT_TEST_ROTATE"

// rotateChild is a rotation in a process of its own. It prints what it says.
func rotateChild(options string) error {
	c, err := childConfig(options)
	if err != nil {
		return err
	}
	b, err := app.OpenBase(context.Background(), c, childParts())
	if err != nil {
		return err
	}
	r := keyring.Rotation{Keeper: b.Keys, By: operator, Say: func(format string, args ...any) { fmt.Printf(format+"\n", args...) }}
	report, err := r.Rotate(context.Background(), false)
	fmt.Printf("done %+v\n", report)
	return err
}

// rotation is such a process.
type rotation struct {
	t       testing.TB
	process *exec.Cmd
	out     *bufio.Reader
}

func (d *deployment) rotate() *rotation {
	d.t.Helper()
	r := &rotation{t: d.t, process: exec.Command(os.Args[0])}
	r.process.Env = []string{rotateVariable + "=" + d.childOptions(), "DATABASE=" + d.c.Database}
	r.process.Stderr = os.Stderr
	out, err := r.process.StdoutPipe()
	if err != nil {
		d.t.Fatal(err)
	}
	if err := r.process.Start(); err != nil {
		d.t.Fatal(err)
	}
	r.out = bufio.NewReader(out)
	return r
}

// ended waits for the end and returns what was said.
func (r *rotation) ended() string {
	r.t.Helper()
	said, err := io.ReadAll(r.out)
	if err != nil {
		r.t.Error(err)
	}
	if err := r.process.Wait(); err != nil {
		r.t.Errorf("the rotation ended: %v", err)
	}
	return string(said)
}

// killWhen kills the process as soon as a condition holds, as a power cut would.
func (r *rotation) killWhen(holds func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !holds(); {
		if time.Now().After(deadline) {
			r.t.Fatal("the moment to kill the rotation did not come")
		}
	}
	if err := r.process.Process.Kill(); err != nil {
		r.t.Errorf("kill: %v", err)
	}
	_ = r.process.Wait() // says "signal: killed"
}

// The numbers of the test of a rotation under load.
const (
	rotatedPeople = 4000
	signInsAtOnce = 4
)

// TestRotationUnderLoad: people go on signing in over two servers, each step on
// the other one, while a rotation begins, is killed in the middle of sealing
// anew, and is taken up by two at once.
func TestRotationUnderLoad(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		d := newDeployment(t)
		all := d.crowd(rotatedPeople)
		servers := []string{d.spawn().URL, d.spawn().URL}
		load := d.signInsFrom(all, servers)
		db := d.database()
		under := func(key string) int { return passwordsUnder(t, db, key) }

		d.rotate().killWhen(func() bool { return under("k2") > 50 && under("k1") > 50 })
		if n := under("k1"); n == 0 {
			t.Log("the rotation was through before it was killed")
		}
		before := load.done.Load()
		first, second := d.rotate(), d.rotate()
		said := first.ended() + second.ended()
		if strings.Contains(said, "made k") || !strings.Contains(said, "going on with the rotation to k2") || strings.Count(said, "done {Active:k2") != 2 {
			t.Errorf("the rotations after the kill said:\n%s", said)
		}
		load.stop()
		if load.done.Load() == before || before < 10 {
			t.Errorf("%d sign-ins before the second rotation, %d in all: the load did not go on", before, load.done.Load())
		}
		t.Logf("%d sign-ins", load.done.Load())
		b := d.mustOpen()
		keys, uses, err := b.Keys.Uses(t.Context())
		if err != nil || len(keys) != 2 || keys[0].RetiredAt.IsZero() || keys[1].SettledAt.IsZero() || !uses["k1"].None() || uses["k2"].Sealed[core.SealedPassword] != rotatedPeople {
			t.Errorf("after it: %+v, %+v, %v", keys, uses, err)
		}
	})
}

func passwordsUnder(t testing.TB, db *sql.DB, key string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM person WHERE password_sealed LIKE 'v1.`+key+`.%'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// load is people who sign in one after the other until they are told to stop.
type load struct {
	t    testing.TB
	done atomic.Int64
	over atomic.Bool
	wait sync.WaitGroup
}

func (d *deployment) signInsFrom(all []*traveller, servers []string) *load {
	l := &load{t: d.t}
	var next atomic.Int64
	turn := make(chan struct{}, signInsAtOnce)
	for i := range signInsAtOnce {
		l.wait.Go(func() {
			for !l.over.Load() {
				v := all[next.Add(1)]
				if err := v.start(servers[i%2], turn); err != nil {
					l.t.Errorf("%s: %v", v.email, err)
					continue
				}
				if p, err := v.finish(servers[(i+1)%2], otp.TOTP(v.secret, time.Now()).String()); err != nil || v.cookie == "" {
					l.t.Errorf("%s: the code: status %d, %v", v.email, p.StatusCode, err)
				}
				l.done.Add(1)
			}
		})
	}
	d.t.Cleanup(l.stop)
	return l
}

func (l *load) stop() {
	l.over.Store(true)
	l.wait.Wait()
}
