// Package keyring keeps the keys of a deployment: the master key in its file,
// the data keys in the database, and the change of both while servers run.
//
// It owns: the master key file, which data keys there are and which one seals,
// reading them again, the protocol of rotation (docs/adr/0015). It does not
// own: sealing and keyed hashes (package secret), SQL, what the sealed texts
// are for.
//
// Neighbours: app opens it and hands its ring to the services; a server lets it
// listen to the polls of package session; the operator's commands rotate.
package keyring
