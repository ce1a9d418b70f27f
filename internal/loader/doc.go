// Package loader is the Data Loader: it brings people, groups and memberships out
// of the rows of a file into an organization.
//
// It owns: what the columns of a file are, what its rows say, what that would change
// ([Service.Plan], which writes nothing), and the change itself ([Service.Load]): a
// batch of rows in one transaction that also moves the load behind them, so that one
// that is killed goes on where it stopped and no row is done twice.
//
// It does not own: reading files (package table), and what leads into an account or
// opens more. An address, a username, a type or a state goes through the same calls
// as an administrator's pages, one person at a time, with their checks, mails and
// endings (UP5).
package loader
