// Package core is the vocabulary of Sallyport and its rules: organizations,
// people, credentials, sign-in attempts, sessions, and the two pure decisions
// everything else serves: which step a sign-in takes next ([Attempt.Next]) and
// what a session must have ([Require], [Session.Verdict]).
//
// It owns: types, validation, decisions. It does not own: storage, HTTP,
// cryptography, time and randomness (both are passed in), or any sentence shown
// to people (package words renders an [Error] from its code).
//
// Neighbours: every package may import core; core imports the standard library
// only, and of that neither net/http nor database/sql nor os.
package core
