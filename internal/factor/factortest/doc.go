// Package factortest is the suite that every way to verify it's you must pass:
// one call of [Run] in the test of its file.
//
// It owns: what the contract factor.Factor promises whatever the kind. It does
// not own: what is particular to a kind (windows, life times, alphabets), which
// the kind's own tests hold.
//
// Neighbours: only tests import it. It imports core, factor and secret.
package factortest
