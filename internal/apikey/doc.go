// Package apikey makes API keys, changes and ends them, and tells whose key a
// program shows.
//
// It owns: the two texts of a key, of which only keyed hashes are stored; who may
// make and change which key; the cache of keys in use, which the change table
// rules as it does that of sessions (law 9); writing down the last use.
//
// It does not own: what a key may do, which its scopes and its person decide at
// each request (core), headers of programs (forwardauth, api), who has shown too
// many wrong ones (throttle).
//
// A wrong secret, an access key that nobody has, and a text that is no key at all
// are one answer. A right secret is never refused because others guessed: an access
// key is no secret, and 256 bits cannot be guessed.
package apikey
