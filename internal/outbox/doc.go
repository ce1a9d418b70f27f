// Package outbox sends the queued emails and sweeps away what is over.
//
// It owns: leasing due messages, how many are sent at once, when a failed one
// is tried again, when one is too late to be of use, and telling the store how
// it ended.
//
// It does not own: the rows (package sqlstore), writing and sending a mail
// (package mail, behind [Sender]), or who gets which mail (package notify).
//
// What is queued is sent at least once: if the process dies between a mail
// server's "250" and the settling of the row, the lease ends and the mail goes
// out once more. It is never lost, and a code that is used, replaced or expired
// is never sent.
//
// Neighbours: app runs a [Worker] in every process; services wake it after they
// queued something. It imports core.
package outbox
