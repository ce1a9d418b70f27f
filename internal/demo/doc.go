// Package demo is the whole product on one machine, with people in it, for
// somebody who wants to see it within a minute: `sallyport demo`.
//
// It owns: the people of Northwind and their ninety days of history, their
// passwords in people.txt, the small application Scorecard in a server of its
// own, and the reverse proxy before it that asks Sallyport as Caddy or Traefik
// would. It does not own: anything that a real deployment uses; it starts
// package app as serve does and fills its database through the same store.
//
// Everything it makes is marked: people have the origin "demo", events
// DemoData.
//
// Neighbours: cli calls Run; it imports app and scorecard.
package demo
