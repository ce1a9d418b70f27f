// Package scorecard is the demo's application: measures with a value per
// period, a chart, and a CSV file to load more.
//
// It owns: its measures, their file and its one page. It does not own: who may
// come in. It has no passwords, no sessions and no users; it believes the
// Remote-* headers, so it must only be reachable through a proxy that asks a
// sign-in server first and overwrites them.
//
// Neighbours: none. It imports the standard library only and nothing of
// Sallyport, as any application behind Sallyport would.
package scorecard
