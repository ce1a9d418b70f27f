// Package foreign reads password hashes that another system made, and checks
// passwords against them.
//
// It owns: which spellings are taken, how much work one of them may cost, what
// is said about the others. It does not own: sealing what it read, waiting at
// the gate, the work that is added so that such an account answers no sooner
// than an unknown name, replacing the hash after a sign-in (package secret and
// sign-in do).
//
// Its errors never hold the text that was read. Neighbours: package secret. It
// imports core.
package foreign
