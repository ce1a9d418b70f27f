package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"hash/fnv"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/sallyport/sallyport/internal/sqlstore"
	"github.com/sallyport/sallyport/internal/sqlstore/migrations"
)

// Making all tables takes longer than most tests do, so it is done once: a file
// is copied, a database on a server is emptied for the next test. That they are
// made rightly is for the tests of the migrations.

// File puts an empty, migrated file at path, as a first start leaves it.
func File(t testing.TB, path string) {
	t.Helper()
	made, err := madeFile()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, made, 0o600); err != nil {
		t.Fatal(err)
	}
}

// madeFile is what an empty, migrated file holds.
var madeFile = sync.OnceValues(func() (made []byte, err error) {
	folder, err := os.MkdirTemp("", "sallyport-made-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "db")
	if err := migrate(context.Background(), sqlstore.Config{Path: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// versionOfTables tells these migrations from any others.
func versionOfTables() string {
	sum := fnv.New64a()
	files, _ := fs.Glob(migrations.Files, "*") // the pattern is right
	for _, f := range files {
		text, _ := fs.ReadFile(migrations.Files, f) // it is part of the binary
		_, _ = sum.Write(text)                      // never fails
	}
	return strconv.FormatUint(sum.Sum64(), 36)
}

func random(b []byte) {
	_, _ = rand.Read(b) // never fails
}

func migrate(ctx context.Context, c sqlstore.Config) (err error) {
	c.Clock, c.Random, c.Logger = time.Now, random, slog.New(slog.DiscardHandler)
	s, err := sqlstore.Open(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Migrate(ctx)
}
