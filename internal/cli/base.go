package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/sallyport/sallyport/internal/app"
	"github.com/sallyport/sallyport/internal/config"
	"github.com/sallyport/sallyport/internal/core"
)

// operator is who the audit log names for what is done on the command line.
func operator() core.Actor { return core.Actor{Kind: "operator", Name: "command line"} }

// sources says where the configuration comes from.
func (r *run) sources(offline bool) config.Sources {
	s := config.Sources{File: r.tree.Config, Environ: r.Environ, Flags: r.flags, ReadFile: os.ReadFile, Offline: offline}
	if s.File == "" {
		s.File = r.env("SALLYPORT_CONFIG")
	}
	return s
}

func (r *run) env(name string) string {
	for _, e := range r.Environ {
		if v, ok := strings.CutPrefix(e, name+"="); ok {
			return v
		}
	}
	return ""
}

// load reads and checks the configuration. For a server it also checks what
// package config cannot know: the certificate, the mail settings, the cost of
// hashing.
func (r *run) load(offline bool) (config.Config, error) {
	c, err := config.Load(r.sources(offline))
	if err == nil && !offline {
		err = check(c)
	}
	if err != nil {
		return c, configError{err}
	}
	return c, nil
}

// parts are the real clock, randomness and log.
func parts(c config.Config, log io.Writer) app.Parts {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(c.Log.Level)) // config allows only names that parse
	opts := &slog.HandlerOptions{Level: level}
	var h slog.Handler = slog.NewTextHandler(log, opts)
	if c.Log.Format == "json" {
		h = slog.NewJSONHandler(log, opts)
	}
	_, gogc := os.LookupEnv("GOGC")
	_, limit := os.LookupEnv("GOMEMLIMIT")
	return app.Parts{Clock: time.Now, Random: random, Logger: slog.New(h), MemorySet: gogc || limit}
}

// random fills b; crypto/rand never fails (Go 1.24).
func random(b []byte) { _, _ = rand.Read(b) }

// withBase opens an existing database for one command of the operator. A data
// folder that is not there is a mistyped one: nothing is made.
func (r *run) withBase(do func(ctx context.Context, b *app.Base) error) error {
	c, err := r.load(true)
	if err != nil {
		return err
	}
	if _, err := os.Stat(c.Data); c.Database == "" && errors.Is(err, fs.ErrNotExist) {
		return openError{fmt.Errorf("there is no data folder %s; name the server's with --data or --config", c.Data)}
	}
	return r.open(c, do)
}

// withNewBase is withBase for the commands that may come first: they make what
// is not there.
func (r *run) withNewBase(do func(ctx context.Context, b *app.Base) error) error {
	c, err := r.load(true)
	if err != nil {
		return err
	}
	return r.open(c, do)
}

func (r *run) open(c config.Config, do func(ctx context.Context, b *app.Base) error) error {
	b, err := app.OpenBase(r.ctx, c, parts(c, io.Discard))
	if err != nil {
		return openError{err}
	}
	if b.KeyMade != "" {
		r.say(keyMade, b.KeyMade)
	}
	err = do(r.ctx, b)
	if closeErr := b.Close(); err == nil {
		err = closeErr
	}
	return err
}

const keyMade = "made the master key %s: keep a copy of it somewhere safe; without it no secret in the database can be read"
