package app_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/storetest"
)

// deployment is a data folder and a database that starts are tried on.
type deployment struct {
	t testing.TB
	c config.Config
}

// newDeployment is one that was never started, on the database that the test's
// name asks for.
func newDeployment(t testing.TB) *deployment {
	t.Helper()
	c, err := config.Load(config.Sources{Flags: map[string]string{
		"base-url": "http://localhost", "data": filepath.Join(t.TempDir(), "data"), "password-memory-kib": "19456", "password-time": "2",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if onPostgres(t) {
		c.Database = storetest.EmptyDatabase(t)
	}
	return &deployment{t, c}
}

// open is one start of a replica; the test closes it.
func (d *deployment) open() (*app.Base, error) {
	b, err := app.OpenBase(context.Background(), d.c, app.Parts{Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)})
	if err == nil {
		d.t.Cleanup(func() {
			if err := b.Close(); err != nil {
				d.t.Error(err)
			}
		})
	}
	return b, err
}

// makeTables makes the database without any key in it.
func (d *deployment) makeTables() {
	d.t.Helper()
	c := sqlstore.Config{DSN: d.c.Database, Clock: time.Now, Random: random, Logger: slog.New(slog.DiscardHandler)}
	if c.DSN == "" {
		c.Path = filepath.Join(d.c.Data, "sallyport.db")
	}
	store, err := sqlstore.Open(d.t.Context(), c)
	if err != nil {
		d.t.Fatal(err)
	}
	if err := errors.Join(store.Migrate(d.t.Context()), store.Close()); err != nil {
		d.t.Fatal(err)
	}
}

func (d *deployment) mustOpen() *app.Base {
	d.t.Helper()
	b, err := d.open()
	if err != nil {
		d.t.Fatal(err)
	}
	return b
}

// refused wants a start to fail, to say what, and to leave key file and data
// keys as they are.
func (d *deployment) refused(says string, keys []core.StoredKey, witness *app.Base) {
	d.t.Helper()
	before, beforeErr := os.ReadFile(d.c.KeyPath())
	if b, err := d.open(); err == nil {
		d.t.Fatalf("started with key %q", b.KeyMade)
	} else if !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), d.c.KeyPath()) {
		d.t.Errorf("error %q, want one that says %q and names the file", err, says)
	}
	after, afterErr := os.ReadFile(d.c.KeyPath())
	if !bytes.Equal(before, after) || errors.Is(beforeErr, fs.ErrNotExist) != errors.Is(afterErr, fs.ErrNotExist) {
		d.t.Error("the refused start touched the key file")
	}
	now, err := witness.Store.Keys(d.t.Context())
	if err != nil || len(now) != len(keys) || now[0] != keys[0] {
		d.t.Errorf("the refused start left data keys %v, %v; want %v", now, err, keys)
	}
}

var sealedBy = secret.Binding{Table: "test", Row: "1", Field: "x"}

// reads reports whether b opens what another start sealed.
func reads(b *app.Base, sealed string) bool {
	plain, err := b.Ring.Open(sealedBy, sealed)
	return err == nil && string(plain) == "secret"
}

func TestMasterKeyIsMadeOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		d := newDeployment(t)
		first := d.mustOpen()
		path := d.c.KeyPath()
		if first.KeyMade != path || strings.HasPrefix(path, d.c.Data+string(filepath.Separator)) {
			t.Errorf("the key was made at %q, want %q outside of %q", first.KeyMade, path, d.c.Data)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("key file: %v, %v; want mode 0600", info.Mode(), err)
		}
		made, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(made))); err != nil || len(key) != secret.MasterBytes {
			t.Errorf("the key file holds %d bytes, %v; want %d in base64", len(key), err, secret.MasterBytes)
		}
		sealed, _ := first.Ring.Seal(sealedBy, []byte("secret"))
		second := d.mustOpen()
		if second.KeyMade != "" || !reads(second, sealed) {
			t.Errorf("the second start made key %q and reads what the first sealed: %v", second.KeyMade, reads(second, sealed))
		}
		if again, err := os.ReadFile(path); err != nil || !bytes.Equal(made, again) {
			t.Errorf("the second start changed the key file: %v", err)
		}
	})
}

func TestMasterKeyRefusals(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		d := newDeployment(t)
		b := d.mustOpen()
		keys, err := b.Store.Keys(t.Context())
		if err != nil || len(keys) != 1 {
			t.Fatalf("data keys after the first start: %v, %v; want one", keys, err)
		}
		path := d.c.KeyPath()
		right, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write := func(text string) {
			t.Helper()
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		write(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("another key."), 3)[:secret.MasterBytes]))
		d.refused("is not the one of this database", keys, b)
		for _, damaged := range []string{"", "not base64!", string(right[:20]), string(right) + string(right)} {
			write(damaged)
			d.refused("must hold 32 bytes in base64", keys, b)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		d.refused("is missing", keys, b)
		for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o620} {
			write(string(right))
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			d.refused("can be read by others", keys, b)
		}
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		sealed, _ := b.Ring.Seal(sealedBy, []byte("secret"))
		if !reads(d.mustOpen(), sealed) {
			t.Error("the right key, put back, does not read what was sealed")
		}
	})
}

// TestReplicasStartAtOnce: replicas that share a key file and a database that
// is empty make one data key between them, and each reads what any other seals.
func TestReplicasStartAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T) {
		d := newDeployment(t)
		d.makeTables()
		key := make([]byte, secret.MasterBytes)
		random(key)
		if err := os.WriteFile(d.c.KeyPath(), []byte(base64.StdEncoding.EncodeToString(key)), 0o600); err != nil {
			t.Fatal(err)
		}
		replicas := make([]*app.Base, 8)
		errs := make([]error, len(replicas))
		var g sync.WaitGroup
		for i := range replicas {
			g.Go(func() { replicas[i], errs[i] = d.open() })
		}
		g.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		keys, err := replicas[0].Store.Keys(t.Context())
		if err != nil || len(keys) != 1 || !keys[0].Active {
			t.Errorf("data keys: %v, %v; want one that is active", keys, err)
		}
		for i, from := range replicas {
			if from.KeyMade != "" {
				t.Errorf("replica %d made key %q", i, from.KeyMade)
			}
			sealed, _ := from.Ring.Seal(sealedBy, []byte("secret"))
			for j, to := range replicas {
				if !reads(to, sealed) {
					t.Errorf("replica %d cannot read what replica %d sealed", j, i)
				}
			}
		}
	})
}
