// Package account looks after a person's own factors: the set-up panel on the
// Security tab, apps, recovery codes, turning two-factor off for now or for
// good; and, for the operator, creating and mending accounts.
//
// It owns: the steps of the panel and what each change ends or tells. It does
// not own: sign-in attempts (package signin), how a code is checked (package
// factor), sessions as such (package session).
//
// Neighbours: web shows it, cli creates people with it, app wires it.
package account
