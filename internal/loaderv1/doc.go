// Package loaderv1 answers /loader/v1, the way in for old bulk clients that know a
// username, a password and a file (Data Loader 1.0).
//
// It owns: reading the request of such a client, and the report it gets, in the form
// that does not change any more.
//
// It does not own: whether the password is enough (package passwordclient: where
// two-factor authentication is in force it is not, outside a pause), what the file
// says (package loadfile), and what becomes of its rows (package loader). A load that
// is begun here changes nobody's way in (AK4), opens no session and gives no token
// (AD5).
//
// Neighbours: app mounts it. It imports core, words, httpx, loader and loadfile.
package loaderv1
