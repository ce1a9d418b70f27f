// Package devtools is the two pages that stand in for a mail program and a
// telephone in the demo and in development: /dev/mail and /dev/authenticator.
//
// It owns: those pages, their style and script, and the setup keys that
// somebody pasted, in memory. It does not own: the mailbox itself (package
// devmail), codes (package otp), or where the demo's apps are kept (the caller
// lists them).
//
// It shows sign-in codes to whoever opens it. So it is mounted on a loopback
// address only, and every handler answers 404 to a peer or Host name that is
// not this machine's (law 10, ux §7).
//
// Neighbours: app mounts it with --dev, demo always; it imports devmail, otp,
// words, httpx and core.
package devtools
