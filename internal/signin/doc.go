// Package signin drives one sign-in: password, choice of method, code, session;
// and "Confirm it's you", which is the same walk inside a session.
//
// It owns: the order of checks and what each step records. It does not own: the
// decision what comes next (core.Attempt.Next), how a code is checked (package
// factor), counting password failures (package throttle), cookies and pages
// (package web).
//
// Neighbours: web and api call it; app wires its contracts.
package signin
