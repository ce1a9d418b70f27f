// Package passwordclient is the way in for programs that know no more than a
// username and a password (Data Loader 1.0): the pause that opens it where two-factor
// authentication is in force, and app passwords, which need none.
//
// It owns: who may start a pause, for how long and from where, its end (also where
// nobody was there to end it) and who is told of both; who may make an app password
// and for what, its text, of which only a keyed hash is stored, and telling of its end;
// and checking the password that a program shows, once a minute and not once a request.
//
// It does not own: whether a pause, an app password or the policy lets a program in
// at one moment (core decides, by comparing with the clock), the rows (package
// sqlstore), and anything about sessions: nothing of this package opens one.
//
// Neighbours: pages call it; app runs [Service.Run] in every process. It imports
// core, identifier, rounds and secret.
package passwordclient
