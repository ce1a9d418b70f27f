// Package secret keeps what must not be read: it seals columns under data keys
// that the master key wraps, derives keyed hashes, digests tokens, and hashes
// and screens passwords.
//
// It owns: the key ring (AES-256-GCM, a key id in every sealed text, additional
// data that binds it to its row), HKDF subkeys per purpose, Argon2id with its
// gate, the list of common passwords. It does not own: where the master key
// lies (package app reads the file), which rows hold sealed texts, throttling,
// or any sentence (it returns codes of core.Error).
//
// Neighbours: package factor seals app secrets and recovery codes with it;
// sign-in and accounts hash passwords through its gate; the store sees only
// sealed text. It imports core.
//
// The list of common passwords, common.bin, is a sorted file of 5-byte
// prefixes of SHA-256. blocklist/generate.go makes it from the lists that
// NOTICE names.
package secret
