// Package forwardauth answers reverse proxies that ask whether a request for an
// application may pass: /api/authz/forward-auth in the way of Traefik, Caddy
// and HAProxy, /api/authz/auth-request in the way of nginx. It owns which
// headers are believed and what each kind of proxy must be answered.
//
// It does not own the decision: package gate decides, about a session that
// package session found. It believes nothing that does not come from a trusted proxy's network
// (FA1), and never Forwarded, X-Forwarded-Prefix or the Host header.
//
// An answer of 200 carries Remote-User, Remote-Groups, Remote-Name and
// Remote-Email, always all four, so that a proxy which copies them overwrites
// what a client sent (FA5). Values are UTF-8 as stored, neither encoded nor
// quoted, without control characters; applications behind languages that take
// headers for Latin-1 must decode them. Group names are joined by commas; one
// that contains a comma is left out.
package forwardauth
