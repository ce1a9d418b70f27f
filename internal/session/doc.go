// Package session answers, at every request, who a cookie belongs to and what
// that session may do now. It owns the cache that law 9 allows, the polling of
// the change table that keeps it honest on every replica, and the bookkeeping
// of when a session was last used.
//
// It does not own their beginning (package signin's, in the transaction of the
// sign-in), the cookies, or the decision what a session needs: that is
// core.Session.Verdict, pure and asked anew each time.
//
// Neighbours: api and forwardauth ask [Service.LookupShared], web for a person's
// own pages [Service.LookupAnew] and for others [Service.Lookup]; gate listens to
// the same polls through [Listener]; sqlstore implements [Store].
package session
