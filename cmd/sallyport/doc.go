// Command sallyport is the whole product: the server, the demo and the
// operator's tools.
//
// It owns: the signals that stop it and the exit code. It does not own: any
// argument (package cli reads them).
package main
