// Package app is the composition root: it opens the store and the keys, makes
// the services, hands each what its contracts ask for, and serves.
//
// It owns: which part is joined to which, the corrected clock, start and
// graceful stop. It does not own: any decision, page or SQL.
//
// Neighbours: cli and demo start it; it imports everything below.
package app
