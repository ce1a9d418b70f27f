// Package audit keeps the audit log trustworthy and readable: reading it with
// filters, sealing it, verifying it, exporting it, removing what is too old, and
// sending it on to syslog or a file.
//
// It owns: the one JSON form of an event and its digest, the chain of seals and
// the keys that sign them (docs/adr/0024), checkpoints, the format of an exported
// file and how it is verified without any secret, retention and its cut marks.
// It does not own: writing events (they are part of each store method's
// transaction), SQL, how a line reaches syslog (package logship), pages.
//
// Neighbours: app runs the Sealer and the Stream and hands the Service to the
// pages and to the operator's commands.
package audit
