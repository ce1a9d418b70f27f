// Package organization looks after organizations, their policy and the
// applications they put behind Sallyport.
//
// It owns: creating and changing them, with the audit event and the cache
// change that let a policy bite within five seconds. It does not own: what a
// policy means for a sign-in (core.Require) or for a request (package gate).
//
// Neighbours: cli and demo call it; the administrator's pages will.
package organization
