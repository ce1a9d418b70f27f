// Package httpx is the edge every request passes. It owns: request ids, the client's
// address, the Host and cross-origin guards, security headers, limits, cookies,
// form tokens, panic recovery, the access log, and the one place where an error
// becomes a status and an answer.
//
// It does not own pages, words, sessions or stores: the pages' renderer, the
// sentences and the key of the form tokens are handed to it.
//
// Neighbours: packages web, api, forwardauth and devtools write their handlers
// as [Handler] and mount them through [Site.Wrap]; package app builds the
// [Site] and puts [Site.Serve] around the mux. It imports only core.
package httpx
