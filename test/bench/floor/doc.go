// Command floor is what the figures of test/bench are compared with. In one
// form it is a bare net/http server that always writes the same answer; in the
// other it computes Argon2id hashes, one per core at once, and nothing else.
//
// It owns: nothing but that. It does not own: measuring, which test/bench does
// from outside, as it does for the real server. It is a program of its own so
// that its memory is that of a small program.
package main
