// Package gate decides about forward-auth: may the person of this session open
// that address of a registered application now? It owns the reading of the
// address as a proxy hands it over, the matching to applications, and their
// cache.
//
// It does not own sessions, headers or answers. It trusts no
// address that it could read in two ways: those are refused, not repaired.
//
// Neighbours: forwardauth speaks the proxies' dialects and asks
// [Service.Decide]; session tells it of changes ([Service.Polled]); sqlstore
// implements [Store].
package gate
