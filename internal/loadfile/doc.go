// Package loadfile keeps files that are put up to be loaded, for every replica.
//
// It owns: taking a file in, sealed and in parts ([Service.Upload]), reading it
// through, what a person says is in it ([Service.Map]), what would happen
// ([Service.Preview]), and loading it in the background by a lease ([Worker]), as it
// was looked at.
//
// It does not own: what rows do (package loader), and the formats of files (package
// table).
package loadfile
