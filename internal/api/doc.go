// Package api is what programs ask Sallyport: who is signed in
// (/api/session), and whether the server runs and is ready (/healthz, /readyz).
//
// It owns: these three answers and when the server counts as ready. It does not own:
// forward-auth (package forwardauth) nor the measurements
// (package metrics, on a port of its own). There is one JSON answer so far,
// written by hand for speed; a framework with a generated description (huma)
// comes with the endpoints that take input.
//
// Neighbours: session finds who it is; httpx turns errors into JSON; app says
// what makes the server ready.
package api
