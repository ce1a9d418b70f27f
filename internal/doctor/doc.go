// Package doctor looks over a deployment and says, line by line, what is well,
// what will become a trouble, and what is one, each with what to do.
//
// It owns: the checks and their sentences. It does not own: opening anything
// (package app lends it the database, the network and the clock), mending
// anything, or exit codes. No finding holds a secret.
//
// Neighbours: app joins it to the real world; cli prints what it found.
package doctor
