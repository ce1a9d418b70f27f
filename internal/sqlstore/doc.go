// Package sqlstore keeps everything Sallyport remembers, in SQLite or in
// PostgreSQL, with one SQL text for both.
//
// It owns: the schema and its migrations, every SQL statement, transactions,
// and the rules that only a database can hold: single use, counters, slots,
// allowances and uniqueness, each by a conditional statement whose row count is
// read (law 5). Every method is one transaction and writes the events, mails
// and cache changes of its [core.Record] in it. It does not own: decisions
// (package core), what an event or mail says, or the contracts it fulfils,
// which stand with the packages that need them.
//
// The SQL is a common subset, checked by a test: TEXT, BIGINT and BOOLEAN
// columns; times in microseconds since 1970 with 0 for none; `$n` placeholders;
// no clock functions, sequences or locks. Only dialect.go names a database.
// Locks are taken in one order, so that transactions seldom meet: person,
// attempt, challenge, credential, guard, throttle, session, device.
//
// Neighbours: imports core alone; package app opens the [Store] and hands it to
// the services.
package sqlstore
