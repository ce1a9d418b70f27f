// Package mailroom knows through which servers mail goes and how they are doing.
//
// It owns: what holds where the operator's configuration and the pages both say
// something (the configuration wins, server by server), who may change the
// rest (administrators, while there is one organization), the passwords of mail
// servers, sealed, which never leave again; the test mail to oneself; and the
// health of each server, to which every replica adds what it saw.
//
// It does not own: the conversation with a server and which one is tried first
// (package mail), the queue (package outbox), SQL.
//
// A change is in use on every replica within a second or two, by the change
// table (law 9). What a replica saw of a server is written at once where the
// server began to fail or came back, and every [noteEvery] otherwise. A server
// that fails is looked at again by one replica after a minute, later every ten:
// as far as the sender, with nothing sent.
//
// Neighbours: outbox sends through it, web shows it, api and metrics say whether
// mail works. It imports core, identifier, mail and secret.
package mailroom
