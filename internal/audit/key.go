package audit

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"log/slog"

	"github.com/sallyport/sallyport/internal/core"
	"github.com/sallyport/sallyport/internal/secret"
)

// Keys stores the keys that sign seals.
type Keys interface {
	AuditKeys(ctx context.Context) ([]core.AuditKey, error)
	AddAuditKey(ctx context.Context, k core.AuditKey, r core.Record) error
}

// keeper finds and makes the keys that sign.
type keeper struct {
	store  Keys
	ring   *secret.Ring
	clock  core.Clock
	random core.Random
	log    *slog.Logger
}

// active returns the key that signs now. Where the data keys were rotated since
// it was made, the next one is made: whoever had the old data key could have read
// its seed. The one before endorses it.
func (k *keeper) active(ctx context.Context) (signer, error) {
	keys, err := k.store.AuditKeys(ctx)
	if err != nil {
		return signer{}, err
	}
	under := k.ring.ActiveKey()
	known := false
	for _, key := range keys {
		known = known || key.MadeUnder == under
	}
	if len(keys) == 0 {
		return k.make(ctx, under, signer{})
	}
	newest, err := k.open(keys[len(keys)-1])
	if err != nil {
		return signer{}, err
	}
	if !known {
		return k.make(ctx, under, newest)
	}
	return newest, nil
}

func (k *keeper) open(key core.AuditKey) (signer, error) {
	seed, err := k.ring.Open(secret.AuditSeedOf(key.ID), key.SeedSealed)
	if err != nil {
		return signer{}, fmt.Errorf("the audit log's signing key %s: %w", key.ID, err)
	}
	if len(seed) != ed25519.SeedSize {
		return signer{}, fmt.Errorf("the audit log's signing key %s has %d bytes", key.ID, len(seed))
	}
	private := ed25519.NewKeyFromSeed(seed)
	clear(seed)
	return signer{id: key.ID, public: publicOf(private), seed: private}, nil
}

func publicOf(private ed25519.PrivateKey) string {
	return text.EncodeToString(private[ed25519.SeedSize:])
}

// make makes the next key. Two processes may do so at once: then there are two
// good ones, and each seal names its own.
func (k *keeper) make(ctx context.Context, under string, before signer) (signer, error) {
	seed := make([]byte, ed25519.SeedSize)
	k.random(seed)
	private := ed25519.NewKeyFromSeed(seed)
	now := k.clock()
	made := signer{id: core.NewID(now, k.random), public: publicOf(private), seed: private}
	sealed, _ := k.ring.Seal(secret.AuditSeedOf(made.id), seed)
	clear(seed)
	key := core.AuditKey{ID: made.id, Public: made.public, SeedSealed: sealed, MadeUnder: under, CreatedAt: now}
	if before.seed != nil {
		key.EndorsedBy, key.Endorsed = before.id, before.sign(keyStatement(made.id, made.public))
	}
	err := k.store.AddAuditKey(ctx, key, core.Record{Events: []core.Event{{
		ID: core.NewID(now, k.random), At: now, Kind: core.EventAuditKeyMade, Result: "ok", Actor: core.Actor{Kind: "system", Name: "Sallyport"},
		Target: made.public,
	}}})
	if err == nil {
		k.log.Info("the audit log is signed with a new key", "key", made.id, "public", made.public)
	}
	return made, err
}

// ours returns the public keys whose seeds the key ring opens: nobody else can
// have made them. Others are left out.
func (k *keeper) ours(ctx context.Context) ([]core.AuditKey, map[core.ID]string, error) {
	keys, err := k.store.AuditKeys(ctx)
	public := map[core.ID]string{}
	for _, key := range keys {
		if s, err := k.open(key); err == nil && s.public == key.Public {
			public[key.ID] = key.Public
		}
	}
	return keys, public, err
}
