// Package proxies runs the configurations that docs/forward-auth.md ships, as
// they stand there, with the real nginx and Caddy between a browser, a whole
// Sallyport and applications that write down what reached them.
//
// It owns: reading the snippets out of the documentation, starting and ending
// the proxies, and the journeys through them. It does not own: what Sallyport
// answers a proxy (package forwardauth tests that by itself) or the sign-in's
// pages (package app).
//
// Neighbours: docs/forward-auth.md; app, whose servers it runs in this process.
// Traefik is not run: Debian has no package of it.
package proxies
