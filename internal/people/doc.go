// Package people is Manage Users: how administrators find the people of their
// organization, add, change and deactivate them, and send them links; and what
// of that the help desk may do.
//
// It owns: who may do what to whom, the merging of two administrators' saves,
// what is recorded and mailed of each change. It does not own: passwords, which
// no administrator sets or sees (AD1), factor resets and exemptions (package
// help), groups (package groups), or what somebody may change of themselves
// (package profile).
//
// What is refused because of rights is recorded too, as refused. Changes of who
// may administer are refused by the store where nobody would be left.
//
// Neighbours: account makes the links that are mailed; web shows it, app wires
// it.
package people
