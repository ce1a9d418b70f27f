// Package delivery hands every email of Sallyport to a mail server that nobody of
// this project wrote, Debian's own exim4, and reads what arrived in its mailbox.
//
// It owns: the server as a process of its own on loopback, with its own
// configuration, certificate and mailbox, and the comparison. It does not own:
// how a failing server is met (packages mail and outbox have servers of their
// tests that fail as told), or what the mails say (package mail).
//
// Neighbours: mail, outbox and sqlstore, which it tests from outside.
package delivery
