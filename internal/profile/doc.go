// Package profile is what people look after themselves about who they are: their
// names and the like, their picture, the email address they sign in with and
// the one that security notices also go to.
//
// It owns: which of these a person may write, merging what two tabs saved, the
// steps by which an address proves itself before it counts, and the way back
// for 72 hours after the sign-in address changed (SU4, SU5). It does not own:
// how a code is made and checked (package factor), reading pictures (package
// picture), which mail goes where (packages notify and outbox), "Confirm it's
// you" (package signin).
//
// Neighbours: web shows it, sqlstore keeps it, app wires it.
package profile
