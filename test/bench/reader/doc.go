// Command reader reads a workbook in a process of its own, so that its memory is
// that of the reading alone. In one form it reads the rows as the Data Loader does;
// in the other it unpacks the same parts, splits them into the tokens of XML, and
// does nothing with them.
//
// It owns: nothing but that. It does not own: measuring in turns, which test/bench
// does from outside. It prints how many rows or tokens there were, and how many
// nanoseconds that took.
package main
