// Package bulk does one action for many people: over a selection, or over all
// who match a filter.
//
// It owns: whom a job concerns and who of them is skipped and why, the review
// before it starts, its progress, and that nobody is done twice. It does not own
// the actions: each person is done by the same service call as on their own page,
// with the rights that whoever asked has at that moment (packages people, groups,
// help).
//
// Who is concerned is written down when it is asked for, and does not change any
// more: what was reviewed is what is done. Each is looked at again before it is
// done; who does not need it any more is skipped.
//
// A job is worked on by one process at a time, which leases it. The outcome of a
// person is stored in the transaction that changes them: the [core.Origin] of the
// change names the job, and the store settles the person with it. So a process
// that is killed leaves nothing half done, and one that believes to have a lease
// that it lost does nobody twice. Mails of a job wait for all others.
//
// It also reads the rows of the reports about people, which are no jobs.
//
// Neighbours: web shows it, app wires it and runs the [Worker] in every process.
package bulk
