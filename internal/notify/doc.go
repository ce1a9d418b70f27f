// Package notify decides which email goes out for what, to whom and until when.
//
// It owns: the table from an audit event to a mail (ML1), the message of an
// emailed code, and how long each is worth sending.
//
// It does not own: the rows, which the caller hands to its store in the same
// transaction as the event itself; the texts (package mail); the sending
// (package outbox).
//
// Everything here is a pure function: time and ids are passed in.
//
// "Somebody has your password" (E12) is due after the third unfinished second
// step of an hour, at most once an hour a person. Only the store can count that
// in one transaction, so the caller passes the messages of [ForEvent] as
// core.AttemptOpening.Warnings and the store drops or keeps them.
//
// Neighbours: signin, account and the operator's commands queue what it
// returns; app wires it. It imports core.
package notify
