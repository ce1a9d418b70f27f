package loadfile

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/loader"
	"github.com/sallyport/sallyport/internal/table"
)

// Put is a file that is put up.
type Put struct {
	Name    string
	Target  core.LoadTarget // what its rows are
	Package core.ID         // loads it, and says what they are; empty: none
	Reading Reading         // how it is read; what is zero is guessed
	// Database is where its rows were asked for; empty: they are of a file.
	Database string
}

// Upload takes a file in, reads it through and suggests what is in it. No more of it
// is in memory than one part. A file that cannot be read is not kept.
func (s *Service) Upload(ctx context.Context, c loader.Caller, put Put, in io.Reader) (core.LoadFile, error) {
	by := c.View.Account.User
	if !by.CanAdminister() {
		return core.LoadFile{}, core.ErrNotFound
	}
	if put.Package != "" {
		if _, err := s.Loads.Package(ctx, c, string(put.Package)); errors.Is(err, core.ErrNotFound) {
			return core.LoadFile{}, core.InField("package", core.NewError(core.Invalid, "load.package_gone"))
		} else if err != nil {
			return core.LoadFile{}, err
		}
	}
	now := s.Clock()
	f := core.LoadFile{
		ID: core.NewID(now, s.Random), OrganizationID: by.OrganizationID, By: core.Actor{Kind: "person", ID: by.ID, Name: by.Name()},
		Name: loader.FileName(put.Name), PackageID: put.Package, Version: 1, CreatedAt: now,
	}
	r := core.Record{Warrant: c.View.Warrant(core.Administrator, "")}
	if err := s.Store.CreateLoadFile(ctx, f, r); err != nil {
		return f, err
	}
	err := s.take(ctx, &f, in)
	if err == nil {
		err = s.inspect(ctx, &f, put.Reading)
	}
	if err == nil {
		err = s.suggest(ctx, c, &f, put.Target)
	}
	if f.PackageID != "" { // what it says is what is looked at next
		ask(&f)
	}
	if err == nil {
		r.Events = []core.Event{{
			ID: core.NewID(now, s.Random), OrganizationID: f.OrganizationID, At: s.Clock(), Kind: core.EventLoadFile, Result: "ok",
			Actor: f.By, Target: f.Name, Origin: c.Origin, Detail: map[string]string{"hash": f.Hash},
		}}
		if put.Database != "" {
			r.Events[0].Detail["database"] = put.Database
		}
		err = s.save(ctx, f, r)
	}
	if err != nil {
		return f, errors.Join(err, s.Store.DropLoadFile(context.WithoutCancel(ctx), f.OrganizationID, f.ID))
	}
	f.Version++
	return f, nil
}

// take stores the bytes of a file, part by part.
func (s *Service) take(ctx context.Context, f *core.LoadFile, in io.Reader) error {
	limit, sum, part := table.Browser().Bytes, sha256.New(), make([]byte, core.LoadChunkBytes)
	for at := 0; ; at++ {
		n, err := io.ReadFull(in, part)
		if f.Size += int64(n); f.Size > limit {
			rest, err := io.Copy(io.Discard, in) // so that what is wrong can say how large it is
			if err != nil {
				return err
			}
			const mega = 1 << 20
			return core.NewError(core.Invalid, "table.size").With("size", (f.Size+rest+mega-1)/mega).With("limit", limit/mega)
		}
		if n > 0 {
			_, _ = sum.Write(part[:n]) // a hash takes all
			id := core.LoadChunkID(f.ID, at)
			if err := s.Store.AddLoadChunk(ctx, f.OrganizationID, f.ID, id, s.Sealer.SealChunk(id, part[:n])); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			f.Hash = hex.EncodeToString(sum.Sum(nil))
			return nil
		}
		if err != nil {
			return err
		}
	}
}
