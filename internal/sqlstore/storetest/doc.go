// Package storetest is the conformance suite of package sqlstore: the same
// tests for every database.
//
// It owns: what a store must do, above all under parallel callers and between
// organizations. It does not own: opening a database (the caller passes an
// [Opener]) or the services' behaviour.
//
// Neighbours: the tests of package sqlstore call [Run] once per database.
package storetest
