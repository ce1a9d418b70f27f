// Package identifier turns what people type as a username or an email address
// into the one canonical form that is compared and the one that is stored.
//
// It owns: normalising, then validating, then deriving keys (EN4, EN5, EN6).
// It does not own: whether a name is free (package sqlstore) or whose it is.
//
// Neighbours: account stores what it returns, signin looks up by it.
package identifier
