// Package help is how administrators and the help desk help a person: resetting
// two-factor authentication for the lost phone, and exempting a person or a group
// from it until a date.
//
// It owns: who may help whom at that moment, what is asked before (how was it
// checked who it is), what warns of somebody who is not who they say, whether a
// reset waits, the link that cancels it, carrying it out when its time has come,
// and writing down what has ended by itself.
//
// It does not own: what a person's session must have (core decides, by comparing
// an exemption with the clock), the rows (package sqlstore), or what a person does
// about their own account (package account).
//
// A helper never sees or sets a code, a secret or a password (RC6, AD1): a reset
// takes away, and the next sign-in starts with a code by email.
//
// Neighbours: pages and the command line call it; app runs [Service.Run] in every
// process. It imports core and secret.
package help
