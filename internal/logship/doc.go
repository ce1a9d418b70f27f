// Package logship puts lines where a log is kept outside of the database: to
// syslog (RFC 5424) over a Unix socket, UDP, TCP or TLS, or into a file.
//
// It owns: the form of a syslog message, framing, connections and their time
// limits, appending to a file that others rotate. It does not own: what is sent,
// how far it got, or trying again (package audit).
//
// Neighbours: package audit hands it batches; app opens it from the
// configuration.
package logship
