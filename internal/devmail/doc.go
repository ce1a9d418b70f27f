// Package devmail is the development mailbox: a mail server on a loopback
// address that delivers nothing and keeps what it was given, so that the demo
// and --dev send real mail over real SMTP without anybody receiving it. Addresses
// under .invalid it refuses, as every mail server would.
//
// It owns: the server, the last messages in memory, and taking a message apart
// for people to read (subject, both bodies, the code in it).
//
// It does not own: sending (package mail), the pages that show the mailbox
// (package devtools), or any persistence: what it holds is gone with the
// process.
//
// Neighbours: app starts it, devtools reads it; it imports core.
package devmail
