// Package api is what programs ask Sallyport: who is signed in (/api/session),
// whether the server runs and is ready (/healthz, /readyz), and, with an API key,
// what a page can do (/api/v1).
//
// It owns: these answers; when the server counts as ready; how a request of the
// documented API is read and answered: keys in headers, bodies, cursors, rations,
// calls that may be sent again, and the OpenAPI document, which comes from the
// same types (docs/adr/0030). It does not own: what is asked for, which the
// services of the pages do under the same rules; whose key it is (package apikey);
// how an error becomes an answer (package httpx); the page that shows the document
// (package web); forward-auth; the measurements (package metrics).
//
// Neighbours: session, apikey, people, groups and audit do the work; sqlstore keeps
// calls; app says what makes the server ready.
package api
