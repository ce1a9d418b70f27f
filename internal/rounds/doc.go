// Package rounds is how work in the background waits for its next time.
//
// It owns: the loop. It does not own: what is done in it, leases, what is logged.
package rounds
