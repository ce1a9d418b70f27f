// Package loadundo takes back what a load did, in the background.
//
// It owns: what would be taken back ([Service.Preview]), beginning it, and doing it
// batch by batch from the last to the first ([Worker]), each once, as far as nobody
// has changed since what the load left behind: whoever did stays as they are, and is
// named.
//
// It does not own: what rows do, and what is kept of that (package loader); and what
// leads into an account or out of it, which goes through the calls of an administrator
// (package people).
package loadundo
