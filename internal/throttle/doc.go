// Package throttle slows down password guessing without letting a stranger
// shut anybody out (security §12).
//
// It owns: which buckets a try belongs to, their rules, and how long an address
// that guesses a lot is kept waiting. It does not own: the counting itself
// (one conditional update in package sqlstore) or wrong second-step codes
// (core.Guard).
//
// Neighbours: signin takes a ticket before each password check; the operator's
// unlock command clears an account.
package throttle
