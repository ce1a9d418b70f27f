package app_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sallyport/sallyport/internal/account"
	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/backup"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/otp"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// backups are the backups of a configured deployment.
func backups(c config.Config) *app.Backups {
	return app.NewBackups(c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)}, "test")
}

// savedBackup is a backup in memory, sealed to a key of its own.
type savedBackup struct {
	file bytes.Buffer
	key  backup.Key
	summ backup.Summary
}

func (k *savedBackup) source() (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(k.file.Bytes())), nil
}

// backUp takes a backup while the server runs.
func (s *server) backUp() *savedBackup {
	s.t.Helper()
	return backUp(s.t, s.Config)
}

// backUp takes a backup of a configured deployment.
func backUp(t testing.TB, c config.Config) *savedBackup {
	t.Helper()
	private, public, err := backup.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	k := &savedBackup{key: backup.Key{Identities: private}}
	k.summ, err = backups(c).Create(context.Background(), backup.Seal{Recipients: []string{public}}, operator,
		func(fill func(io.Writer) error) error { return fill(&k.file) })
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// restoring restores a backup, with the master key of from, into the database
// that a server is about to open.
func (k *savedBackup) restoring(t testing.TB, from config.Config) func(*config.Config) {
	return func(c *config.Config) {
		t.Helper()
		onEmpty(t, c)
		key, err := os.ReadFile(from.KeyPath())
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(c.KeyPath(), key, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backups(*c).Restore(context.Background(), k.source, k.key, operator); err != nil {
			t.Fatal(err)
		}
	}
}

// on is the same browser, with its cookies, in front of another server.
func (b *browser) on(s *server) *browser {
	moved := *b
	moved.base, moved.now = s.URL, s.now
	return &moved
}

// TestARestoreEndsWhatWasOpen: whatever was open, half done or on its way at the
// backup is dead after its restore, and what was used since cannot be used
// again; the next sign-in works with password and app (BK2).
func TestARestoreEndsWhatWasOpen(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		ana := s.person("ana@example.com")
		signedIn := s.browser()
		signedIn.signIn("ana@example.com", password)
		phone, codes := signedIn.turnOn(s, "ana@example.com")
		remembered := s.browser()
		p := remembered.submit(remembered.signIn("ana@example.com", password), "/signin/verify", map[string]string{"method": "app", "remember": "1"})
		remembered.submit(p, "/signin/verify/app", map[string]string{"code": phone.code()}).must(t, 200, "Home")
		remembered.submit(remembered.get("/home"), "/signout", nil)
		halfDone := s.browser()
		s.person("bo@example.com")
		s.require()
		p = halfDone.submit(halfDone.signIn("bo@example.com", password), "/signin/verify", map[string]string{"method": "email"})
		typing := p.must(t, 200, "code")
		code := s.code("bo@example.com")
		link := s.invited("cy@example.com")
		k := s.backUp()

		// What people do after the backup, and a thief saw.
		since := s.browser()
		since.signIn("ana@example.com", password)
		since.submit(since.get("/signin/verify/recovery"), "/signin/verify/recovery", map[string]string{"code": codes[0]}).must(t, 200, "9 recovery codes left")
		usedStep := otp.Step(s.now())

		r := start(t, k.restoring(t, s.Config))
		r.advance(time.Duration(s.skew.Load())) // one time for both: the app may have let a step end
		for name, b := range map[string]*browser{"open at the backup": signedIn, "opened after it": since} {
			if p := b.on(r).get("/home"); !strings.Contains(p.title(), "Sign in") {
				t.Errorf("a session %s: %q, want the sign-in page", name, p.title())
			}
		}
		remembered.on(r).signIn("ana@example.com", password).must(t, 200, "Choose how to verify it's you")
		for _, f := range typing.forms(t) {
			if f.action == "/signin/verify/email" {
				f.values.Set("code", code)
				late := halfDone.on(r).follow(halfDone.on(r).do("POST", f.action, f.values))
				if strings.Contains(late.title(), "Home") || late.StatusCode == 200 && !strings.Contains(late.title(), "Sign in") {
					t.Errorf("a code of before the restore: status %d, %q", late.StatusCode, late.title())
				}
			}
		}
		deadLink(t, r, link)
		oldCodes(t, r, codes, phone, usedStep)
		r.told(k)
		r.released(ana, codes[1])
		nothingAlive(t, r)
	})
}

// invited makes an account with a one-time link and returns its token.
func (s *server) invited(email string) string {
	s.t.Helper()
	_, token, err := s.Accounts.Create(context.Background(), account.NewUser{
		OrganizationID: s.Org.ID, Email: email, FirstName: "Cy", LastName: "Dorn", Type: core.Ordinary,
	}, s.Org, operator, core.LinkInvitation)
	if err != nil {
		s.t.Fatal(err)
	}
	return token
}

// deadLink wants a link of before to open nothing.
func deadLink(t *testing.T, r *server, token string) {
	t.Helper()
	if p := r.browser().get("/welcome/" + token); p.StatusCode < 400 || len(p.forms(t)) > 0 && strings.Contains(p.Body, `name="password"`) {
		t.Errorf("a link of before the restore: status %d, %q", p.StatusCode, p.title())
	}
}

// oldCodes wants neither recovery codes nor codes of the app up to now to be
// taken, and the next code of the app to lead in.
func oldCodes(t *testing.T, r *server, codes []string, phone *authenticator, used int64) {
	t.Helper()
	b := r.browser()
	p := b.signIn("ana@example.com", password).must(t, 200, "Your recovery codes do not work since a backup was restored")
	b.get("/signin/verify/recovery").must(t, 200, "Choose how to verify it's you")
	b.get("/signin/help").must(t, 200, "Your recovery codes do not work since a backup was restored")
	p = b.submit(p, "/signin/verify", map[string]string{"method": "app"})
	for _, f := range p.forms(t) {
		if f.action == "/signin/verify/app" {
			for _, code := range codes[:2] {
				values := url.Values{"form_token": f.values["form_token"], "code": {code}}
				if got := b.follow(b.do("POST", "/signin/verify/recovery", values)); strings.Contains(got.title(), "Home") {
					t.Fatalf("a recovery code of the backup was taken: %q", got.title())
				}
			}
		}
	}
	p = b.get("/signin/verify/app")
	replayed := otp.TOTP(phone.secret, time.Unix(used*30, 0)).String()
	p = b.submit(p, "/signin/verify/app", map[string]string{"code": replayed})
	if p.StatusCode != 422 {
		t.Fatalf("a code of the app that was used after the backup: status %d, want 422", p.StatusCode)
	}
	r.advance(30 * time.Second)
	now := otp.TOTP(phone.secret, r.now()).String()
	b.submit(p, "/signin/verify/app", map[string]string{"code": now}).must(t, 200, "Home")
	b.get("/account/security").must(t, 200, "Your recovery codes do not work since a backup was restored", "0 of 10 left")
}

// told wants the deployment and the audit log to know of the restore.
func (s *server) told(k *savedBackup) {
	s.t.Helper()
	d, err := s.Store.Deployment(context.Background())
	if err != nil || d.Epoch != 2 || d.RestoredAt.IsZero() || !d.BackedUpAt.Equal(k.summ.TakenAt.Truncate(time.Microsecond)) {
		s.t.Errorf("the deployment after the restore: %+v, %v", d, err)
	}
	events, err := s.Store.Events(context.Background(), s.Org.ID, core.EventFilter{Kinds: []string{core.EventBackupRestored}})
	if err != nil || len(events) != 1 {
		s.t.Errorf("%d events tell of the restore (%v), want 1", len(events), err)
	}
}

// released wants a held code to be taken once it was released, once.
func (s *server) released(u core.User, code string) {
	s.t.Helper()
	acc, _, err := s.Store.AccountByID(context.Background(), u.OrganizationID, u.ID)
	if err != nil || acc.HeldCodes != core.RecoveryCodeCount || acc.RecoveryCodes != 0 {
		s.t.Fatalf("%d codes are held and %d count (%v), want all held", acc.HeldCodes, acc.RecoveryCodes, err)
	}
	if n, err := s.Accounts.ReleaseAllCodes(context.Background(), operator); err != nil || n != 1 {
		s.t.Fatalf("codes of %d people were released (%v), want 1", n, err)
	}
	if err := s.Accounts.ReleaseCodes(context.Background(), acc, operator); core.CodeOf(err) != "codes.none_held" {
		s.t.Errorf("releasing twice: %v", err)
	}
	b := s.browser()
	b.signIn(u.Email, password)
	p := b.get("/signin/verify/recovery").must(s.t, 200, "Use a recovery code")
	b.submit(p, "/signin/verify/recovery", map[string]string{"code": code}).must(s.t, 200, "9 recovery codes left")
}

// nothingAlive looks into the database: no row of before is open.
func nothingAlive(t *testing.T, r *server) {
	t.Helper()
	d := &deployment{t, r.Config}
	db := d.database()
	restored, err := r.Store.Deployment(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for what, query := range map[string]string{
		"sessions":         `SELECT count(*) FROM session WHERE ended_at = 0 AND created_at < $1`,
		"devices":          `SELECT count(*) FROM remembered_device WHERE ended_at = 0 AND created_at < $1`,
		"half-done":        `SELECT count(*) FROM attempt WHERE ended_at = 0 AND created_at < $1`,
		"set-up panels":    `SELECT count(*) FROM enrolment WHERE ended_at = 0 AND created_at < $1`,
		"emailed codes":    `SELECT count(*) FROM challenge WHERE used_at = 0 AND issued_at < $1`,
		"links":            `SELECT count(*) FROM link WHERE used_at = 0 AND expires_at > $1`,
		"queued mails":     `SELECT count(*) FROM outbox WHERE delivery = 'queued' AND created_at < $1`,
		"changed mailbox":  `SELECT count(*) FROM address_change WHERE done_at = 0 AND ended_at = 0 AND started_at < $1`,
		"marks of restore": `SELECT count(*) FROM goose_db_version WHERE version_id > 1000000 AND CAST($1 AS BIGINT) > 0`,
	} {
		var n int
		if err := db.QueryRowContext(t.Context(), query, restored.RestoredAt.UnixMicro()).Scan(&n); err != nil || n > 0 {
			t.Errorf("%s of before the restore that are open: %d, %v", what, n, err)
		}
	}
}

// TestMovingBetweenDatabases: a backup of either database restores into the
// other, row by row.
func TestMovingBetweenDatabases(t *testing.T) {
	storetest.NeedServer(t)
	embedded := func(c *config.Config) { c.Database = "" }
	for name, sides := range map[string][2][]func(*config.Config){
		"to":   {{embedded}, nil},
		"from": {nil, {embedded}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Run("postgres", func(t *testing.T) {
				s := start(t, sides[0]...)
				s.person("ana@example.com", "Finance", "Ops")
				b := s.browser()
				b.signIn("ana@example.com", password)
				phone, _ := b.turnOn(s, "ana@example.com")
				k := s.backUp()
				r := start(t, append(sides[1], k.restoring(t, s.Config))...)
				if s.Store.Kind() == r.Store.Kind() {
					t.Fatalf("both are %s", s.Store.Kind())
				}
				r.advance(time.Minute)
				b = r.browser()
				p := b.submit(b.signIn("ana@example.com", password), "/signin/verify", map[string]string{"method": "app"})
				b.submit(p, "/signin/verify/app", map[string]string{"code": otp.TOTP(phone.secret, r.now()).String()}).must(t, 200, "Home")
				back := r.backUp()
				for _, table := range []string{"person", "login_key", "person_group", "membership", "credential", "data_key", "organization"} {
					if d := cmp.Diff(k.summ.Rows[table], back.summ.Rows[table]); d != "" {
						t.Errorf("rows of %s (-backup +restored):\n%s", table, d)
					}
				}
			})
		})
	}
}

// TestRestoreRefuses: what would make a restore fail is said before anything is
// written.
func TestRestoreRefuses(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		s := start(t)
		s.person("ana@example.com")
		k := s.backUp()
		restore := func(c config.Config, from []byte, key backup.Key) error {
			_, err := backups(c).Restore(context.Background(), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(from)), nil }, key, operator)
			return err
		}
		other := newDeployment(t)
		cut := k.file.Bytes()[:k.file.Len()-1]
		changed := bytes.Clone(k.file.Bytes())
		changed[len(changed)-20] ^= 1
		wrong, _, err := backup.NewKey()
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			file []byte
			key  backup.Key
			want string
		}{
			"no master key":        {k.file.Bytes(), k.key, "backup.no_master_key"},
			"cut off":              {cut, k.key, "backup.damaged"},
			"a bit changed":        {changed, k.key, "backup.damaged"},
			"another key":          {k.file.Bytes(), backup.Key{Identities: wrong}, "backup.sealed"},
			"no key":               {k.file.Bytes(), backup.Key{}, "backup.key_needed"},
			"something else":       {[]byte("something else altogether"), k.key, "backup.foreign"},
			"nothing":              {nil, k.key, "backup.foreign"},
			"more behind the end":  {append(bytes.Clone(k.file.Bytes()), 0), k.key, "backup.damaged"},
			"a passphrase instead": {k.file.Bytes(), backup.Key{Passphrase: "a long enough phrase"}, "backup.sealed"},
		} {
			if err := restore(other.c, c.file, c.key); core.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
		if _, err := os.Stat(filepath.Join(other.c.Data, "sallyport.db")); err == nil {
			t.Error("a refused restore made a database")
		}
		if err := os.WriteFile(other.c.KeyPath(), []byte("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := restore(other.c, k.file.Bytes(), k.key); core.CodeOf(err) != "backup.master_key" {
			t.Errorf("another master key: %v", err)
		}
		if err := restore(s.Config, k.file.Bytes(), k.key); core.CodeOf(err) != "backup.not_empty" {
			t.Errorf("into a database in use: %v", err)
		}
		s.browser().signIn("ana@example.com", password).must(t, 200, "Home")
	})
}
